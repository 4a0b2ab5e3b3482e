// SPDX-License-Identifier: Apache-2.0
#include "initd/shutdown.hpp"

#include "initd/boot.hpp"
#include "initd/files.hpp"
#include "initd/log.hpp"
#include "initd/unmount.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include <linux/reboot.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

namespace initd {
namespace {

constexpr int term_seconds = 2;
constexpr int kill_seconds = 1;

struct DiskStep {
    const char* doing;
    int seconds;
    void (*run)();
};

constexpr DiskStep disk_steps[] = {
    {"sync", 10, [] { ::sync(); }},
    {"swap off", 10, swap_off},
    {"unmount", 10, unmount_all},
    {"read-only remount", 5, remount_read_only},
};

timespec now() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

// What is left until `end`; false when it has passed.
bool left_until(const timespec& end, timespec& left) noexcept {
    const timespec time = now();
    left.tv_sec = end.tv_sec - time.tv_sec;
    left.tv_nsec = end.tv_nsec - time.tv_nsec;
    if (left.tv_nsec < 0) {
        left.tv_nsec += 1'000'000'000;
        --left.tv_sec;
    }
    return left.tv_sec >= 0;
}

// Reaps until `wanted` has ended, or with -1 until no child is left; false when `seconds` were not enough. SIGCHLD is
// blocked, so one that comes between waitpid(2) and sigtimedwait(2) ends the wait at once. All other processes of this
// PID namespace are ours by then, or become ours when their parents end.
bool reap(pid_t wanted, int seconds) noexcept {
    sigset_t children;
    ::sigemptyset(&children);
    ::sigaddset(&children, SIGCHLD);
    timespec end = now();
    end.tv_sec += seconds;
    for (;;) {
        const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
        if (ended > 0 && ended == wanted)
            return true;
        if (ended < 0 && errno == ECHILD)
            return true;
        if (ended != 0)
            continue;
        timespec left{};
        if (!left_until(end, left))
            return false;
        ::sigtimedwait(&children, nullptr, &left);
    }
}

void end_processes() noexcept {
    ::kill(-1, SIGTERM);
    ::kill(-1, SIGCONT); // a stopped process takes its SIGTERM only then
    ::kill(-1, SIGHUP);  // an interactive shell ignores SIGTERM
    if (reap(-1, term_seconds))
        return;
    log(Level::Notice, {"shutdown: processes that outlive SIGTERM are killed"});
    ::kill(-1, SIGKILL);
    if (!reap(-1, kill_seconds))
        log(Level::Warning, {"shutdown: some processes outlive SIGKILL"});
}

[[noreturn]] void run_and_exit(const DiskStep& step) noexcept {
    try {
        step.run();
    } catch (...) {
        log(Level::Error, {"shutdown: ", step.doing, ": out of memory"});
    }
    ::_exit(0);
}

void run_bounded(const DiskStep& step) noexcept {
    const pid_t child = ::_Fork(); // what fork(3) calls besides concerns threads
    if (child == 0)
        run_and_exit(step);
    if (child < 0)
        log(Level::Error, {"shutdown: ", step.doing, ": ", ::strerrordesc_np(errno)});
    else if (!reap(child, step.seconds)) {
        log(Level::Error, {"shutdown: ", step.doing, ": hangs, going on without it"});
        ::kill(child, SIGKILL);
    }
}

bool kernel_loaded() noexcept {
    return read_kernel_file("/sys/kernel/kexec_loaded") == "1";
}

int command(spec::PowerAction action) noexcept {
    switch (action) {
    case spec::PowerAction::PowerOff: return LINUX_REBOOT_CMD_POWER_OFF;
    case spec::PowerAction::Reboot: return LINUX_REBOOT_CMD_RESTART;
    case spec::PowerAction::Halt: return LINUX_REBOOT_CMD_HALT;
    case spec::PowerAction::Kexec: return LINUX_REBOOT_CMD_KEXEC;
    }
    return LINUX_REBOOT_CMD_RESTART;
}

const char* farewell(spec::PowerAction action) noexcept {
    switch (action) {
    case spec::PowerAction::PowerOff: return "powering off";
    case spec::PowerAction::Reboot: return "rebooting";
    case spec::PowerAction::Halt: return "halting";
    case spec::PowerAction::Kexec: return "starting the loaded kernel";
    }
    return "";
}

} // namespace

void go_down(spec::PowerAction action) noexcept {
    if (::getpid() != 1) // kill(-1) of anybody else would be somebody else's processes
        return;
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    end_processes();
    if (!is_machine_init())
        return;
    (void)!::chdir("/");
    for (const DiskStep& step : disk_steps)
        run_bounded(step);
    if (action == spec::PowerAction::Kexec && !kernel_loaded()) {
        log(Level::Error, {"shutdown: no kernel is loaded for kexec"});
        action = spec::PowerAction::Reboot;
    }
    log(Level::Notice, {farewell(action)});
    ::reboot(command(action));
    log(Level::Error, {farewell(action), ": ", ::strerrordesc_np(errno), "; rebooting"});
    ::reboot(LINUX_REBOOT_CMD_RESTART);
    for (;;) // PID 1 does not end
        ::pause();
}

} // namespace initd
