// SPDX-License-Identifier: Apache-2.0
// What becomes of podinit when it faults, aborts or hangs: it says its last words and executes itself again, with the
// state file.
//
// The handler runs on a stack of its own and trusts nothing that podinit can write to: descriptors, arguments and
// environment lie in pages that are read-only once they are set up. A fault in the handler goes straight to execve(2).
// Crashes in a row without a turn of the loop between them end in the last resort (last_resort.hpp), and so does an
// execve(2) that fails.
//
// Only the process that called guard() is guarded: a fork of it dies of a fault as any program does, and what it
// launches has no handlers (CLONE_CLEAR_SIGHAND).
#pragma once

#include "initd/signals.hpp"
#include "spec/config.hpp"

namespace initd::crash {

// The descriptor in "--resume=FD" when that is the first argument and a state file; the argument is taken out, whatever
// it says. -1: an ordinary start.
int resumed_from(int& argc, char** argv) noexcept;

// Handles SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS and SIGTRAP from now on, and watches for a loop that hangs.
// `state` is the state file's descriptor; without one (-1) a crash leads to the last resort. Arguments and environment
// are copied. /proc is needed once, at the first start of all.
void guard(int state, char** argv, char** env, Standing standing) noexcept;

// What the configuration says of crashes and hangs.
void configure(const spec::Config& config) noexcept;

// The loop has something to do; it is done and waits for more. What comes between the two must not take longer than
// hangTimeout. The second ends a turn.
void works() noexcept;
void waits() noexcept;

// Executes another program with the state file, as after a crash, and from now on after one. Comes back when that
// failed (errno). `program` is an O_PATH descriptor.
void become(int program) noexcept;

// The loop is over: what comes now has deadlines of its own.
void stop_watching() noexcept;

} // namespace initd::crash
