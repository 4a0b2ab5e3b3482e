// SPDX-License-Identifier: Apache-2.0
// What podinit is doing while something goes wrong: each scenario begins and ends with the ten services alone.
#pragma once

#include "tests/daemon/supervisor_rig.hpp"

#include <string>

namespace fault {

class Trial {
  public:
    Trial(initd::Supervisor& subject, bool strict)
        : podinit(subject)
        , strict_(strict) {}

    // A step: when it must succeed it waits long for that, and says what did not; otherwise for half a second in all.
    template <class Done>
    bool step(const char* what, Done done) {
        using namespace std::chrono;
        const auto left = duration_cast<milliseconds>(soon_ - steady_clock::now());
        const bool good = initd::eventually(done, strict_ ? milliseconds{20'000} : left);
        if (!good && strict_ && wrong.empty())
            wrong = what;
        return good;
    }
    // What cannot be tried again.
    bool check(const char* what, bool good) {
        if (!good && strict_ && wrong.empty())
            wrong = what;
        return good;
    }

    initd::Supervisor& podinit;
    std::string wrong{}; // the first step that went wrong, if that matters

  private:
    bool strict_;
    std::chrono::steady_clock::time_point soon_ = std::chrono::steady_clock::now() + std::chrono::milliseconds{500};
};

struct Scenario {
    const char* name;
    void (*run)(Trial&);
};

const Scenario* find_scenario(const std::string& name);
// Whatever a scenario may have left is gone.
void clean_up(Trial& trial);

} // namespace fault
