// SPDX-License-Identifier: Apache-2.0
// Holds a process where it is, whatever signals come, until the end: hold PID.
#include <cstdio>
#include <cstdlib>

#include <sys/ptrace.h>
#include <unistd.h>

int main(int argc, char** argv) {
    const pid_t pid = argc == 2 ? std::atoi(argv[1]) : -1;
    if (ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0 || ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0) {
        std::perror("hold");
        return 1;
    }
    for (;;)
        pause();
}
