// SPDX-License-Identifier: Apache-2.0
// The faults by name: what they make of a stopped process's registers and memory.
#pragma once

#include "tests/fault/symbols.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <sys/user.h>

namespace fault {

bool known_fault(const std::string& name);
// Changes the process, which stands at some instruction, so that it faults when it goes on.
void commit(const std::string& name, pid_t pid, user_regs_struct& registers, const Symbols& symbols);

std::optional<int> error_number(const std::string& name); // "ENOMEM"
std::optional<long> call_number(const std::string& name); // "epoll_wait"

bool write_memory(pid_t pid, std::uint64_t at, const void* bytes, std::size_t size);
bool read_memory(pid_t pid, std::uint64_t at, void* bytes, std::size_t size);

} // namespace fault
