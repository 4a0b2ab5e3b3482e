// SPDX-License-Identifier: Apache-2.0
#include "initd/signals.hpp"

namespace initd {
namespace {

std::optional<SignalMeaning> on_machine(int signo) noexcept {
    // SIGRTMIN is a function call (libc keeps the first real-time signals to itself), so these are no case labels.
    if (signo == SIGRTMIN + 3)
        return SignalMeaning::Halt;
    if (signo == SIGRTMIN + 4)
        return SignalMeaning::PowerOff;
    if (signo == SIGRTMIN + 5)
        return SignalMeaning::Reboot;
    if (signo == SIGRTMIN + 6)
        return SignalMeaning::Kexec;
    switch (signo) {
    case SIGHUP: return SignalMeaning::Reload;
    case SIGINT: return SignalMeaning::Reboot; // ctrl-alt-del, once the kernel is told so
    case SIGTERM: return SignalMeaning::Reboot;
    case SIGUSR1: return SignalMeaning::Halt;
    case SIGUSR2: return SignalMeaning::PowerOff;
    case SIGPWR: return SignalMeaning::PowerOff;
    }
    return std::nullopt;
}

std::optional<SignalMeaning> in_container(int signo) noexcept {
    if (signo == SIGRTMIN + 3 || signo == SIGRTMIN + 4 || signo == SIGPWR || signo == SIGTERM || signo == SIGINT)
        return SignalMeaning::Exit;
    if (signo == SIGHUP)
        return SignalMeaning::Reload;
    return std::nullopt;
}

std::optional<SignalMeaning> as_supervisor(int signo) noexcept {
    if (signo == SIGTERM || signo == SIGINT)
        return SignalMeaning::Exit;
    if (signo == SIGHUP)
        return SignalMeaning::Reload;
    return std::nullopt;
}

} // namespace

std::optional<SignalMeaning> meaning(int signo, Standing standing) noexcept {
    switch (standing) {
    case Standing::Machine: return on_machine(signo);
    case Standing::Container: return in_container(signo);
    case Standing::Supervisor: return as_supervisor(signo);
    }
    return std::nullopt;
}

sigset_t signals_of(Standing standing) noexcept {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGCHLD);
    for (int signo = 1; signo <= SIGRTMAX; ++signo)
        if (meaning(signo, standing))
            ::sigaddset(&set, signo);
    return set;
}

sigset_t all_but_faults() noexcept {
    sigset_t set;
    ::sigfillset(&set);
    for (const int fault : faults)
        ::sigdelset(&set, fault);
    return set;
}

} // namespace initd
