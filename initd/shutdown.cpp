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
#include <new>

#include <linux/reboot.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

namespace initd {
namespace {

constexpr int term_seconds = 2;
constexpr int kill_seconds = 1;
constexpr int slowest_seconds = 90; // of all steps together that get on, however slowly
constexpr std::size_t most_hangs = 8;

struct DiskStep {
    const char* doing;
    int seconds; // without progress
    void (*run)(const DiskState&);
};

constexpr DiskStep disk_steps[] = {
    {"sync", 10, [](const DiskState&) { ::sync(); }}, {"swap off", 10, swap_off},          {"unmount", 10, unmount_all},
    {"read-only remount", 5, remount_read_only},      {"rest by force", 5, rest_by_force},
};

void write_to(int fd, const char* byte) noexcept {
    if (fd >= 0)
        (void)!::write(fd, byte, 1);
}

class LastSteps {
  public:
    explicit LastSteps(int watchdog) noexcept
        : watchdog_(watchdog)
        , slowest_(seconds_from_now(slowest_seconds)) {}

    void end_processes() noexcept;
    void rest_disks() noexcept;

  private:
    static timespec seconds_from_now(int seconds) noexcept;
    static bool left_until(const timespec& end, timespec& left) noexcept;
    bool reap(pid_t wanted, int seconds) const noexcept;
    bool gets_done(pid_t child, int seconds) const noexcept;
    void run(const DiskStep& step) noexcept;

    int watchdog_;
    timespec slowest_;
    DiskState state_;
};

timespec LastSteps::seconds_from_now(int seconds) noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += seconds;
    return time;
}

// What is left until `end`; false when it has passed.
bool LastSteps::left_until(const timespec& end, timespec& left) noexcept {
    const timespec time = seconds_from_now(0);
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
// PID namespace are ours by then, or become ours when their parents end. The watchdog is fed once a second.
bool LastSteps::reap(pid_t wanted, int seconds) const noexcept {
    sigset_t children;
    ::sigemptyset(&children);
    ::sigaddset(&children, SIGCHLD);
    const timespec end = seconds_from_now(seconds);
    for (;;) {
        const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
        if (ended > 0 && ended == wanted)
            return true;
        if (ended < 0 && errno == ECHILD)
            return true;
        if (ended != 0)
            continue;
        write_to(watchdog_, "k");
        timespec left{};
        if (!left_until(end, left))
            return false;
        if (left.tv_sec >= 1)
            left = {1, 0};
        ::sigtimedwait(&children, nullptr, &left);
    }
}

void LastSteps::end_processes() noexcept {
    ::kill(-1, SIGTERM);
    ::kill(-1, SIGCONT); // a stopped process takes its SIGTERM only then
    ::kill(-1, SIGHUP);  // an interactive shell ignores SIGTERM
    if (reap(-1, term_seconds))
        return;
    log(Level::Notice, {"shutdown: processes that outlive SIGTERM are killed"});
    ::kill(-1, SIGKILL);
    state_.survivors = !reap(-1, kill_seconds);
    if (state_.survivors)
        log(Level::Warning, {"shutdown: some processes outlive SIGKILL"});
}

[[noreturn]] void run_and_exit(const DiskStep& step, const DiskState& state) noexcept {
    try {
        step.run(state);
    } catch (...) {
        log(Level::Error, {"shutdown: ", step.doing, ": out of memory"});
    }
    ::_exit(0);
}

// A slow disk is no dead one: as long as there is less to write each time, it is waited for, though not for ever.
bool LastSteps::gets_done(pid_t child, int seconds) const noexcept {
    timespec left{};
    for (std::int64_t before = unwritten(), now;; before = now) {
        if (reap(child, seconds))
            return true;
        now = unwritten();
        if (now >= before || !left_until(slowest_, left))
            return false;
    }
}

// In a child. What it hangs at is left out when it is tried again.
void LastSteps::run(const DiskStep& step) noexcept {
    for (int seconds = step.seconds;; seconds = 5) {
        state_.doing->hash = 0;
        const pid_t child = ::_Fork(); // what fork(3) calls besides concerns threads
        if (child == 0)
            run_and_exit(step, state_);
        if (child < 0)
            return log(Level::Error, {"shutdown: ", step.doing, ": ", ::strerrordesc_np(errno)});
        if (gets_done(child, seconds))
            return;
        const std::uint32_t hangs_at = state_.doing->hash;
        log(Level::Error, {"shutdown: ", step.doing, hangs_at != 0 ? " " : "", hangs_at != 0 ? state_.doing->name : "",
                           ": hangs, going on without it"});
        ::kill(child, SIGKILL);
        if (hangs_at == 0 || state_.hung_count == most_hangs)
            return;
        state_.hung[state_.hung_count++] = hangs_at;
    }
}

void LastSteps::rest_disks() noexcept {
    void* shared = ::mmap(nullptr, sizeof *state_.doing, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    UnderWay alone;
    state_.doing = shared == MAP_FAILED ? &alone : new (shared) UnderWay;
    for (const DiskStep& step : disk_steps)
        run(step);
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

// A machine that is to stay down must not be reset; one that hangs on its way up again must. (The "magic close" of
// watchdog-api.rst: any byte feeds it, and only after a 'V' does it stop when it is closed.)
void leave(int watchdog, spec::PowerAction action) noexcept {
    switch (action) {
    case spec::PowerAction::PowerOff:
    case spec::PowerAction::Halt:
        write_to(watchdog, "V");
        if (watchdog >= 0)
            ::close(watchdog);
        return;
    case spec::PowerAction::Reboot:
    case spec::PowerAction::Kexec: return write_to(watchdog, "k");
    }
}

} // namespace

void go_down(spec::PowerAction action, int watchdog) noexcept {
    if (::getpid() != 1) // kill(-1) of anybody else would be somebody else's processes
        return;
    const sigset_t all = all_but_faults();
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    LastSteps last(watchdog);
    last.end_processes();
    if (!is_machine_init())
        return;
    (void)!::chdir("/");
    last.rest_disks();
    if (action == spec::PowerAction::Kexec && !kernel_loaded()) {
        log(Level::Error, {"shutdown: no kernel is loaded for kexec"});
        action = spec::PowerAction::Reboot;
    }
    log(Level::Notice, {farewell(action)});
    leave(watchdog, action);
    ::reboot(command(action));
    log(Level::Error, {farewell(action), ": ", ::strerrordesc_np(errno), "; rebooting"});
    ::reboot(LINUX_REBOOT_CMD_RESTART);
    for (;;) // PID 1 does not end
        ::pause();
}

} // namespace initd
