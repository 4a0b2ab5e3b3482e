// SPDX-License-Identifier: Apache-2.0
#include "initd/rescue.hpp"

#include <cstdlib>
#include <string>

namespace initd {

ns::Plan rescue_plan(const spec::Config& config, int console) {
    // The kernel hands TERM= of its command line, or "linux", to PID 1.
    const char* term = std::getenv("TERM");
    ns::Plan plan;
    plan.programs = {config.rescue.empty() ? "/bin/sh" : config.rescue.front()};
    plan.argv = config.rescue.empty() ? plan.programs : config.rescue;
    plan.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/",
                std::string("TERM=") + (term ? term : "linux")};
    plan.stdin_fd = plan.stdout_fd = plan.stderr_fd = console;
    plan.controlling_terminal = true;
    plan.open_files = 0;
    return plan;
}

} // namespace initd
