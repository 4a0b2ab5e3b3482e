// SPDX-License-Identifier: Apache-2.0
// A loop that hangs: one timer of the kernel's, whose signal looks whether there was a turn since the last one.
//
// It is armed by the first work after a wait and arms itself again while the loop turns. When it comes and the loop
// waits it is left alone, so a podinit that has nothing to do is woken once and no more.
#include "initd/crash/crash.hpp"
#include "initd/crash/guarded.hpp"
#include "ns/syscalls.hpp"

#include <ctime>

namespace initd::crash {

using ns::raw::call;

int make_timer() noexcept {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = hang_signal;
    int timer = -1; // the kernel's timer_t, which is not libc's
    return call(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) < 0 ? -1 : timer;
}

void arm_timer() noexcept {
    guarded.turns_seen = guarded.turns;
    const std::uint32_t ms = guarded.words.control->hang_ms;
    const itimerspec at{{}, {static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000) * 1'000'000}};
    call(SYS_timer_settime, guarded.words.timer, 0, &at, nullptr);
    guarded.armed = ms != 0;
}

void on_hang_timer(int signo, siginfo_t* info, void* context) noexcept {
    guarded.armed = false;
    ControlBlock& control = *guarded.words.control;
    if (info->si_code != SI_TIMER || control.waiting)
        return;
    if (guarded.turns != guarded.turns_seen)
        return arm_timer();
    on_fault(signo, info, context);
}

void works() noexcept {
    if (guarded.words.pid == 0)
        return;
    guarded.words.control->waiting = 0;
    if (!guarded.armed && guarded.words.control->hang_ms != 0)
        arm_timer();
}

void waits() noexcept {
    if (guarded.words.pid == 0)
        return;
    ControlBlock& control = *guarded.words.control;
    take_in_hand(control, InHand::Nothing, 0, 0);
    // What podinit comes back from by this turn is behind it. The first turn only begins what was resumed.
    if (guarded.turns != 0 && control.crashes_in_row != 0)
        control.crashes_in_row = 0;
    guarded.turns = guarded.turns + 1;
    ++control.turns;
    control.waiting = 1;
}

void stop_watching() noexcept {
    if (guarded.words.pid != 0)
        guarded.words.control->waiting = 1;
}

} // namespace initd::crash
