// SPDX-License-Identifier: Apache-2.0
// What podinit itself has to say: /dev/kmsg as PID 1 (the kernel prints it on its consoles and keeps it in the ring),
// standard error otherwise. Never blocks, never allocates more than the line.
// A line reads "namespace/pod/container: verb: reason".
#pragma once

#include <initializer_list>
#include <string_view>

namespace initd {

enum class Level : unsigned char { Error = 3, Warning = 4, Notice = 5, Info = 6 }; // syslog(3)

void open_log(bool kmsg) noexcept;
int kmsg_fd() noexcept; // -1: what is said goes to standard error
void log(Level level, std::initializer_list<std::string_view> parts) noexcept; // joined without separators

} // namespace initd
