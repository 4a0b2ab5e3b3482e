// SPDX-License-Identifier: Apache-2.0
// What a child does between clone3 and execve.
//
// It may share PID 1's memory, errno and descriptor table while PID 1 runs on. So nothing here allocates, locks, calls
// a libc function or touches a thread-local: raw system calls, and memory that the parent prepared and does not touch
// until the kernel has cleared the child's tid word. The plan's strings belong to the child for that time; it cuts
// paths in place at their slashes and mends them. A step that fails ends the child: see must().
#pragma once

#include "ns/error.hpp"
#include "ns/inherited.hpp"
#include "ns/plan.hpp"
#include "ns/syscalls.hpp"

#include <cstddef>
#include <cstdint>

namespace ns {

struct Child {
    Plan* plan = nullptr;
    const Inherited* own = nullptr;
    char** argv = nullptr;
    char** env = nullptr;
    int* sources = nullptr;                // room for a descriptor for each of the plan's sources
    const char* overlay_options = nullptr; // of the writable layer's tmpfs
    std::uint64_t cookie = 0;
    int report_fd = -1;
    int null_fd = -1;
    int terminal_fd = -1;                  // where take_streams() put the terminal socket
    const char* empty_directory = nullptr; // a mount that hides directories, once there is one
    int first_closable = 0; // no descriptor that the child needs after its namespaces is at this number or above
};

// Room for any pid in decimal, and its NUL, at the end of each of the plan's `pid_env`.
inline constexpr std::size_t pid_room = 12;

// Writes a number in decimal so that it ends right before `end`; where it begins.
char* write_decimal(char* end, std::uint32_t value) noexcept;

// clone3's entry: `child` is a Child*.
[[noreturn]] void run_child(void* child) noexcept;

void report(const Child& child, Step step, long err) noexcept;
[[noreturn]] void fail(const Child& child, Step step, long result) noexcept; // result: -errno

// The result of a system call that has to succeed.
inline long must(const Child& child, Step step, long result) noexcept {
    if (result < 0)
        fail(child, step, result);
    return result;
}

// child_mounts.cpp: from a mount namespace of its own to the container's root and what is mounted there.
void set_up_mounts(Child& child) noexcept;
// child_setup.cpp: the plan's `setup`, in order.
void run_setup(Child& child) noexcept;
// child_sources.cpp: those of Child::sources that are Private, or the others.
void open_sources(Child& child, bool is_private) noexcept;
// child_streams.cpp: a descriptor table of its own with nothing but 0-2, what is passed, and what this file's functions
// need until exec.
void take_streams(Child& child) noexcept;
void open_terminal(Child& child) noexcept;
// child_identity.cpp
void take_identity(const Child& child) noexcept;

// Makes a directory and its parents (these 0755); -errno. One that exists is fine.
long make_directories(char* path, mode_t mode) noexcept;
// Makes an empty file and, when `parents`, the directories above it; -errno. One that exists is fine.
long make_file(char* path, mode_t mode, bool parents) noexcept;
// Adds MS_RDONLY, MS_NOSUID, MS_NODEV and MS_NOEXEC of `flags` to a mount; with MS_REC to those below it as well.
long add_mount_flags(int directory, const char* path, unsigned at, std::uint64_t flags) noexcept;

} // namespace ns
