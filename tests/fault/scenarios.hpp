// SPDX-License-Identifier: Apache-2.0
// What podinit is doing while something goes wrong: each scenario begins and ends with the ten services alone.
#pragma once

#include "tests/daemon/supervisor_rig.hpp"
#include "tests/fault/injector.hpp"

#include <chrono>
#include <string>

namespace fault {

class Trial {
  public:
    // Everything must succeed; with `meanwhile` it need not, and is given up soon after that has happened.
    explicit Trial(initd::Supervisor& subject, const Injector* meanwhile = nullptr)
        : podinit(subject)
        , meanwhile_(meanwhile) {}

    // A step that is tried again until it succeeds.
    template <class Done>
    bool step(const char* what, Done done) {
        bool good = false;
        initd::eventually([&] { return (good = done()) || given_up(); });
        return check(what, good);
    }
    // What cannot be tried again.
    bool check(const char* what, bool good) {
        if (!good && !meanwhile_ && wrong.empty())
            wrong = what;
        return good;
    }

    initd::Supervisor& podinit;
    std::string wrong{}; // the first step that went wrong, if that matters

  private:
    bool given_up() {
        const auto now = std::chrono::steady_clock::now();
        if (meanwhile_ && meanwhile_->happened() && give_up_ == never)
            give_up_ = now + std::chrono::milliseconds{500};
        return now >= give_up_;
    }

    const Injector* meanwhile_;
    static constexpr auto never = std::chrono::steady_clock::time_point::max();
    std::chrono::steady_clock::time_point give_up_ = never;
};

struct Scenario {
    const char* name;
    void (*run)(Trial&);
};

const Scenario* find_scenario(const std::string& name);
// Whatever a scenario may have left is gone.
void clean_up(Trial& trial);

} // namespace fault
