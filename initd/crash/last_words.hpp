// SPDX-License-Identifier: Apache-2.0
// What podinit says when it crashes: one line on the kernel's log and in pstore, or on standard error. Makes system
// calls only, and touches no memory that could be bad: the stack is read by process_vm_readv(2), which does not fault.
#pragma once

#include "initd/crash/guarded.hpp"

#include <string_view>

namespace initd::crash {

// "crash 3, 1 in a row: SIGSEGV at ADDRESS, ip IP, in hand: manifest A B, stack: ..."; the control block has been told
// of the crash. Addresses are those of podinit's code that are found on the stack, the innermost first.
void say_last_words(const Registers& at) noexcept;

// "podinit: WORDS" where last words go.
void say(std::string_view words) noexcept;

} // namespace initd::crash
