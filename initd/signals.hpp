// SPDX-License-Identifier: Apache-2.0
// What a signal asks of podinit: the table of README.md, as a pure function.
//
// On the machine the meanings are those that BusyBox init (TERM, USR1, USR2), sysvinit (INT as ctrl-alt-del, PWR, HUP)
// and systemd (RTMIN+3 to RTMIN+6) gave them, so that `reboot`, `poweroff`, `halt` and a UPS daemon of any of the three
// work. In a container the runtime's wish to stop comes as TERM (docker, podman, CRI), RTMIN+3 (a systemd image's
// STOPSIGNAL), or PWR and INT (LXC). A supervisor is a program among others: TERM and INT end it.
// SIGCHLD has no meaning here: it is read with waitid(2), since signals are no queue.
#pragma once

#include <csignal>
#include <cstdint>
#include <optional>

namespace initd {

enum class Standing : std::uint8_t {
    Machine,    // PID 1 of the machine: is_machine_init()
    Container,  // PID 1 of a PID namespace below it
    Supervisor, // not PID 1
};

enum class SignalMeaning : std::uint8_t {
    Reload, // read the manifest directories again
    Exit,   // stop every pod, then end with 0
    PowerOff,
    Reboot,
    Halt,
    Kexec,
};

std::optional<SignalMeaning> meaning(int signo, Standing standing) noexcept;

// SIGCHLD and every signal that has a meaning: to be blocked, then read from a signalfd.
sigset_t signals_of(Standing standing) noexcept;

// Signals that say that podinit itself is broken (crash/): a fault while its signal is blocked ends the process.
inline constexpr int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
sigset_t all_but_faults() noexcept;

} // namespace initd
