// SPDX-License-Identifier: Apache-2.0
// Could this podinit go on from the state that standard input is a copy of? Every record is read as it would be then.
#include "initd/role_mains.hpp"
#include "initd/state/state_file.hpp"

#include <string>

#include <unistd.h>

namespace initd {

int check_main() {
    auto state = StateFile::adopt(ns::Fd(STDIN_FILENO));
    if (!state)
        return complain("state", std::string_view(ns::to_text(state.error())));
    if (const auto& damaged = state->damaged(); !damaged.empty())
        return complain("state", "record " + std::to_string(static_cast<unsigned>(damaged.front().kind)) + "/" +
                                     std::to_string(damaged.front().id) + " cannot be read");
    std::string passed(check_passed);
    passed += PODINIT_VERSION "\n";
    (void)!::write(STDERR_FILENO, passed.data(), passed.size());
    return 1;
}

} // namespace initd
