// SPDX-License-Identifier: Apache-2.0
// From a fault to execve(2): system calls and plain stores, on the handler's own stack.
#include "initd/crash/guarded.hpp"
#include "initd/crash/in_hand.hpp"
#include "initd/crash/last_resort.hpp"
#include "initd/crash/last_words.hpp"
#include "ns/syscalls.hpp"

#include <fcntl.h>
#include <ucontext.h>

namespace initd::crash {
namespace {

using ns::raw::call;

Registers registers_of(const void* context) noexcept {
    const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    return {static_cast<std::uint64_t>(machine.gregs[REG_RIP]), static_cast<std::uint64_t>(machine.gregs[REG_RSP])};
#elif defined(__aarch64__)
    return {machine.pc, machine.sp};
#endif
}

bool on_our_stack(std::uint64_t sp) noexcept {
    const auto low = reinterpret_cast<std::uint64_t>(guarded.stack);
    return sp >= low && sp <= low + stack_size;
}

// A fork's fault is its own.
void die_of(int signo) noexcept {
    ::signal(signo, SIG_DFL);
    call(SYS_kill, call(SYS_getpid), signo);
}

} // namespace

long execute_again() noexcept {
    // Signals that wait are the next image's; a fault while its signal is blocked would end us.
    const std::uint64_t blocked = ~fault_bits();
    call(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, nullptr, sizeof blocked);
    call(SYS_fcntl, guarded.words.state, F_SETFD, 0);
    const long failed =
        call(SYS_execveat, guarded.words.binary, "", guarded.words.argv, guarded.words.env, AT_EMPTY_PATH);
    call(SYS_execve, "/proc/self/exe", guarded.words.argv, guarded.words.env);
    return failed;
}

void on_fault(int signo, siginfo_t* info, void* context) noexcept {
    if (call(SYS_getpid) != guarded.words.pid)
        return die_of(signo);
    const Registers at = registers_of(context);
    guarded.depth = on_our_stack(at.sp) ? guarded.depth + 1 : 0;
    bool again = guarded.depth <= 1 && !guarded.going_down && guarded.words.state >= 0;
    if (guarded.depth == 0) { // nothing that has just led to a fault is touched by the second one
        ControlBlock& control = *guarded.words.control;
        note_crash(control, signo, reinterpret_cast<std::uint64_t>(info->si_addr));
        say_last_words(at);
        again = again && control.crashes_in_row < most_in_row;
    }
    last_resort(again ? execute_again() : 0);
}

} // namespace initd::crash
