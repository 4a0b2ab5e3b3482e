// SPDX-License-Identifier: Apache-2.0
#include "initd/role_mains.hpp"

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

namespace initd {

int pause_main() noexcept {
    // With SIGCHLD ignored the kernel reaps by itself, also those that ended before they became ours (exit.c,
    // reparent_leader): nothing ever wakes this process. All other signals from inside the namespace are dropped for
    // its first process, which has no handlers; SIGKILL from outside ends it, and every process in there with it.
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGCHLD, &ignore, nullptr);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) // who ended as ours before that
        continue;
    for (;;)
        ::pause();
}

} // namespace initd
