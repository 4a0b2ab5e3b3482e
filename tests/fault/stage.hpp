// SPDX-License-Identifier: Apache-2.0
// podinit as PID 1 with ten services, each of which has a connection from here that was made once and has answered ever
// since. A service that is lost, replaced or forgotten shows: by its process, its connection, or what podinit says of
// it.
#pragma once

#include "tests/daemon/supervisor_rig.hpp"
#include "tests/fault/symbols.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fault {

struct Witness {
    std::string pod;
    ns::Fd connection{};
    pid_t pid = -1;
    std::string started{}; // as /proc/PID/stat has it
    unsigned long asked = 0;
};

class Stage {
  public:
    explicit Stage(std::string output = ""); // all ten run; see Supervisor

    initd::Supervisor& podinit() noexcept { return podinit_; }
    const initd::Supervisor& podinit() const noexcept { return podinit_; }
    // A line for each service that is not what it was; "" when nothing is lost.
    std::string lost();
    bool alive() const; // PID 1
    // What podinit has said since the last time.
    std::string news();

  private:
    std::string ask(Witness& witness);

    initd::Supervisor podinit_;
    std::vector<Witness> witnesses_;
    std::size_t heard_ = 0;
};

// podinit's own.
const Symbols& symbols();

} // namespace fault
