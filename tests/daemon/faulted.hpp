// SPDX-License-Identifier: Apache-2.0
// A real fault of podinit's: its next instruction is nowhere.
#pragma once

#if defined(__x86_64__)
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <cstddef>
#include <string>

#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

namespace initd {

// Lets go of it right before the fault: a signal of a traced init is another thing. `meanwhile` is done when it has
// stopped already.
template <class Meanwhile>
void crash(pid_t pid, Meanwhile meanwhile) {
    REQUIRE(::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0);
    REQUIRE(::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0);
    int status = 0;
    REQUIRE(::waitpid(pid, &status, __WALL) == pid);
    meanwhile();
    user_regs_struct registers{};
    REQUIRE(::ptrace(PTRACE_GETREGS, pid, nullptr, &registers) == 0);
    registers.rip = 0;
    registers.orig_rax = ~0ull; // no call is begun again
    REQUIRE(::ptrace(PTRACE_SETREGS, pid, nullptr, &registers) == 0);
    REQUIRE(::ptrace(PTRACE_DETACH, pid, nullptr, nullptr) == 0);
}

inline std::size_t count(const std::string& text, const std::string& what) {
    std::size_t times = 0;
    for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1))
        ++times;
    return times;
}

// Crashes it, and waits until it has gone on.
template <class Meanwhile>
void crash_and_resume(const Supervisor& podinit, Meanwhile meanwhile) {
    const std::size_t before = count(podinit.said(), "goes on with");
    crash(podinit.pid(), meanwhile);
    REQUIRE(eventually([&] { return count(podinit.said(), "goes on with") == before + 1; }));
}
inline void crash_and_resume(const Supervisor& podinit) {
    crash_and_resume(podinit, [] {});
}

} // namespace initd
#endif
