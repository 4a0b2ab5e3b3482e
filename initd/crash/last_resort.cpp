// SPDX-License-Identifier: Apache-2.0
#include "initd/crash/last_resort.hpp"

#include "initd/crash/guarded.hpp"
#include "initd/crash/last_words.hpp"
#include "initd/shutdown.hpp"
#include "ns/syscalls.hpp"

#include <cerrno>
#include <ctime>

#include <linux/reboot.h>
#include <linux/watchdog.h>
#include <sys/wait.h>

namespace initd::crash {
namespace {

using ns::raw::call;

constexpr std::int64_t try_every = 10; // seconds
constexpr std::int64_t feed_every = 1;
constexpr std::int64_t never_s = INT64_MAX;

std::int64_t seconds() noexcept {
    timespec time{};
    call(SYS_clock_gettime, CLOCK_BOOTTIME, &time);
    return time.tv_sec;
}

// Looked at first: a crash between the two must not lose it.
void reap_all(ControlBlock& control) noexcept {
    for (;;) {
        siginfo_t info{};
        if (call(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT, nullptr) < 0 || info.si_pid == 0)
            return;
        control.ended[control.ended_count % std::size(control.ended)] = {
            info.si_pid, info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status};
        ++control.ended_count;
        call(SYS_waitid, P_PID, info.si_pid, nullptr, WEXITED | WNOHANG, nullptr);
    }
}

void reboot_now() noexcept {
    call(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, nullptr);
}

// A fault on the way comes back here (handler.cpp): then there is no order any more.
void end_machine(spec::PowerAction action) noexcept {
    if (guarded.going_down)
        reboot_now();
    guarded.going_down = true;
    go_down(action, guarded.words.control->watchdog);
    call(SYS_exit_group, 1); // in a container, or a supervisor
}

void obey(int signo) noexcept {
    const auto what = meaning(signo, guarded.words.standing);
    if (!what)
        return;
    switch (*what) {
    case SignalMeaning::Reload: execute_again(); break;
    case SignalMeaning::Exit:
    case SignalMeaning::Reboot: return end_machine(spec::PowerAction::Reboot);
    case SignalMeaning::PowerOff: return end_machine(spec::PowerAction::PowerOff);
    case SignalMeaning::Halt: return end_machine(spec::PowerAction::Halt);
    case SignalMeaning::Kexec: return end_machine(spec::PowerAction::Kexec);
    }
}

// One that came by `podctl node reexec` and cannot go on gives way to the one before.
void fall_back(ControlBlock& control) noexcept {
    const int before = control.program_before;
    control.program_before = -1;
    if (before < 0 || call(SYS_dup3, before, guarded.words.binary, 0) < 0)
        return;
    call(SYS_close, before);
    say("crash: executing the podinit before this one");
    control.crashes_in_row = 0;
    execute_again();
}

void feed(int watchdog) noexcept {
    call(SYS_ioctl, watchdog, WDIOC_KEEPALIVE, nullptr);
}

} // namespace

void last_resort(long failed) noexcept {
    constexpr int hopeless = 4; // not even this can be done without a fault
    while (guarded.depth >= hopeless)
        call(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
    if (guarded.going_down)
        end_machine(spec::PowerAction::Reboot);
    ControlBlock& control = *guarded.words.control;
    if (guarded.depth == 0)
        fall_back(control);
    const std::uint64_t blocked = ~fault_bits();
    call(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, nullptr, sizeof blocked);
    if (guarded.depth <= 1)
        say(failed != 0 ? "crash: cannot be executed again: services go on without it, it will be tried every 10 s"
                        : "crash: too often in a row: services go on without podinit");
    const std::int64_t now = seconds();
    std::int64_t execute_at = failed != 0 ? now + try_every : never_s;
    const std::int64_t reboot_at = guarded.words.standing == Standing::Machine && control.reboot_after_s != 0
                                       ? now + control.reboot_after_s
                                       : never_s;
    for (;;) {
        reap_all(control);
        const std::int64_t time = seconds();
        if (time >= reboot_at) {
            say("crash: rebooting");
            end_machine(spec::PowerAction::Reboot);
        }
        if (time >= execute_at) {
            execute_again();
            execute_at = time + try_every;
        }
        std::int64_t next = execute_at < reboot_at ? execute_at : reboot_at;
        if (control.watchdog >= 0) {
            feed(control.watchdog);
            next = next < time + feed_every ? next : time + feed_every;
        }
        const timespec left{next - time, 0};
        const long signo = call(SYS_rt_sigtimedwait, &guarded.words.waited_for, nullptr,
                                next == never_s ? nullptr : &left, sizeof guarded.words.waited_for);
        if (signo > 0)
            obey(static_cast<int>(signo));
    }
}

} // namespace initd::crash
