// SPDX-License-Identifier: Apache-2.0
#include "initd/role_mains.hpp"

#include <cstring>

#include <unistd.h>

namespace initd {

int complain(std::string_view role, std::string_view name, std::string_view why) {
    std::string line;
    for (std::string_view part :
         {role, std::string_view(": "), name, std::string_view(": "), why, std::string_view("\n")})
        line += part;
    (void)!::write(STDERR_FILENO, line.data(), line.size());
    return 1;
}

int complain(std::string_view role, std::string_view name, int err) {
    const char* why = ::strerrordesc_np(err);
    return complain(role, name, std::string_view(why ? why : "unknown error"));
}

} // namespace initd
