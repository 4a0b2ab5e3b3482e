// SPDX-License-Identifier: Apache-2.0
#include "initd/role_mains.hpp"

#include <cstring>

#include <unistd.h>

namespace initd {

int complain(std::string_view name, std::string_view why) {
    std::string line(name);
    line.append(": ").append(why).append("\n");
    (void)!::write(STDERR_FILENO, line.data(), line.size());
    return 1;
}

int complain(std::string_view name, int err) {
    const char* why = ::strerrordesc_np(err);
    return complain(name, std::string_view(why ? why : "unknown error"));
}

} // namespace initd
