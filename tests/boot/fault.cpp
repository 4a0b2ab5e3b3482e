// SPDX-License-Identifier: Apache-2.0
// fault PID: makes a process fault, really: its next instruction is where there is none. A fatal signal from
// kill(2) proves less, since the kernel knows where it comes from.
#include <cstdio>
#include <cstdlib>

#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

bool fault(pid_t pid) {
    if (ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0 || ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0 ||
        waitpid(pid, nullptr, __WALL) != pid)
        return false;
    user_regs_struct registers{};
    bool done = ptrace(PTRACE_GETREGS, pid, nullptr, &registers) == 0;
    registers.rip = 0x10;
    registers.orig_rax = ~0ull; // a system call that was interrupted is not begun again
    done = done && ptrace(PTRACE_SETREGS, pid, nullptr, &registers) == 0;
    return ptrace(PTRACE_DETACH, pid, nullptr, nullptr) == 0 && done;
}

} // namespace

int main(int argc, char** argv) {
    if (argc == 2 && fault(std::atoi(argv[1])))
        return 0;
    std::perror("fault");
    return 1;
}
