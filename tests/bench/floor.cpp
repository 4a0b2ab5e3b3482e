// SPDX-License-Identifier: Apache-2.0
// The least that a supervisor can do: starts COUNT copies of a program, one after the other, and a dead one again at
// once. No configuration, no isolation, no log, no client: what nobody who does more can be below.
//   floor COUNT PROGRAM [ARGUMENT]...
#include "ns/clone.cpp" // one translation unit, no library
#include "tests/bench/bare.hpp"

#include <csignal>
#include <sched.h>
#include <sys/wait.h>

namespace {

using bench::call;

constexpr std::size_t most = 4096;
long pids[most];
alignas(16) unsigned char stack[16384];

struct Program {
    char** arguments;
    char** environment;
};

void child(void* given) noexcept {
    const Program& program = *static_cast<const Program*>(given);
    const std::uint64_t no_signals = 0;
    call(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, nullptr, sizeof no_signals);
    call(SYS_setsid);
    call(SYS_execve, program.arguments[0], program.arguments, program.environment);
    call(SYS_exit_group, 127);
}

// Waits until the child has made way for its program (CLONE_VFORK): one stack is enough.
long start(Program& program) {
    clone_args args{};
    args.flags = CLONE_VM | CLONE_VFORK;
    args.exit_signal = SIGCHLD;
    args.stack = reinterpret_cast<std::uintptr_t>(stack);
    args.stack_size = sizeof stack;
    return ns::raw::clone3(args, child, &program);
}

} // namespace

int main_bare(char** arguments, char** environment) {
    if (!arguments[0] || !arguments[1] || !arguments[2])
        return 2;
    const std::size_t count = bench::number(arguments[1]);
    if (count > most)
        return 2;
    Program program{arguments + 2, environment};
    for (std::size_t i = 0; i < count; ++i)
        pids[i] = start(program);
    for (;;) {
        const long dead = call(SYS_wait4, -1, nullptr, 0, nullptr);
        if (dead < 0)
            call(SYS_ppoll, nullptr, 0, nullptr, nullptr);
        for (std::size_t i = 0; i < count; ++i)
            if (pids[i] == dead) {
                pids[i] = start(program);
                break;
            }
    }
}
