// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/faults.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <sys/syscall.h>
#include <unistd.h>

namespace fault {

namespace {

enum class Stack { Kept, Low, Wild, Smashed, Aligned };

struct Fault {
    const char* name;
    const char* code; // instructions, put where the program has begun; nullptr: `function` is gone to
    std::size_t size;
    const char* function = nullptr;
    Stack stack = Stack::Kept;
};

constexpr std::uint64_t low = 0x1000, wild = 0x4141'4141'4141'4141;

template <std::size_t n>
constexpr Fault by_code(const char* name, const char (&code)[n], Stack stack = Stack::Kept) {
    return {name, code, n - 1, nullptr, stack};
}

constexpr Fault faults[] = {
    by_code("null-read", "\x48\x8b\x04\x25\x00\x00\x00\x00"), // mov rax, [0]: SIGSEGV
    by_code("null-jump", "\x31\xc0\xff\xe0"),                 // xor eax, eax; jmp rax: SIGSEGV
    by_code("wild-jump", "\x48\xb8\x41\x41\x41\x41\x41\x41\x41\x41\xff\xe0"),
    by_code("text-write", "\xc6\x05\x00\x00\x00\x00\x01"),    // mov byte [rip], 1: read-only memory
    by_code("privileged", "\xf4"),                            // hlt: SIGSEGV
    by_code("illegal", "\x0f\x0b"),                           // ud2: SIGILL
    by_code("divide", "\x31\xc9\xf7\xf1"),                    // div ecx: SIGFPE
    by_code("trap", "\xcc"),                                  // int3: SIGTRAP
    by_code("low-stack", "\x50", Stack::Low),                 // push rax: SIGSEGV, and no stack to handle it on
    by_code("wild-stack", "\x50", Stack::Wild),               // not even an address: SIGBUS
    by_code("smashed-stack", "\xc3", Stack::Smashed),         // ret into what an overrun left there
    by_code("bad-frame", "\x31\xed\x48\x8b\x45\xf8\xc9\xc3"), // xor ebp, ebp; mov rax, [rbp - 8]
    by_code("overflow", "\xe8\xfb\xff\xff\xff"),              // calls itself until the stack is full
    by_code("hang", "\xeb\xfe"),                              // jmp to itself
    {"abort", nullptr, 0, "abort", Stack::Aligned},
    {"terminate", nullptr, 0, "std::terminate", Stack::Aligned},
    {"throws", nullptr, 0, "std::__throw_bad_alloc"}, // the function does, instead of what it is for
};

struct Name {
    const char* name;
    long number;
};

constexpr Name errors[] = {
    {"ENOMEM", ENOMEM}, {"EMFILE", EMFILE},   {"ENFILE", ENFILE}, {"EAGAIN", EAGAIN}, {"ENOSPC", ENOSPC},
    {"EROFS", EROFS},   {"EIO", EIO},         {"EINTR", EINTR},   {"EPERM", EPERM},   {"ENOSYS", ENOSYS},
    {"EACCES", EACCES}, {"EBUSY", EBUSY},     {"ENODEV", ENODEV}, {"EUSERS", EUSERS}, {"EINVAL", EINVAL},
    {"ECHILD", ECHILD}, {"ENOBUFS", ENOBUFS}, {"ENOENT", ENOENT}, {"EDQUOT", EDQUOT}, {"EFAULT", EFAULT},
};

#define CALL(name)                                                                                                     \
    { #name, SYS_##name }
constexpr Name calls[] = {
    CALL(accept4),
    CALL(access),
    CALL(bind),
    CALL(bpf),
    CALL(brk),
    CALL(chdir),
    CALL(clock_gettime),
    CALL(clone3),
    CALL(close),
    CALL(close_range),
    CALL(connect),
    CALL(dup3),
    CALL(epoll_create1),
    CALL(epoll_ctl),
    CALL(epoll_pwait),
    CALL(epoll_wait),
    CALL(execve),
    CALL(execveat),
    CALL(faccessat2),
    CALL(fallocate),
    CALL(fchmod),
    CALL(fchown),
    CALL(fcntl),
    CALL(fsconfig),
    CALL(fsmount),
    CALL(fsopen),
    CALL(fstat),
    CALL(fsync),
    CALL(ftruncate),
    CALL(getdents64),
    CALL(getpid),
    CALL(getsockname),
    CALL(getsockopt),
    CALL(inotify_add_watch),
    CALL(inotify_init1),
    CALL(ioctl),
    CALL(kill),
    CALL(listen),
    CALL(lseek),
    CALL(madvise),
    CALL(memfd_create),
    CALL(mkdir),
    CALL(mkdirat),
    CALL(mmap),
    CALL(mount),
    CALL(move_mount),
    CALL(mprotect),
    CALL(munmap),
    CALL(newfstatat),
    CALL(open),
    CALL(open_tree),
    CALL(openat),
    CALL(openat2),
    CALL(pidfd_open),
    CALL(pipe2),
    CALL(poll),
    CALL(prctl),
    CALL(pread64),
    CALL(prlimit64),
    CALL(pwrite64),
    CALL(read),
    CALL(readlink),
    CALL(readlinkat),
    CALL(recvfrom),
    CALL(recvmsg),
    CALL(rename),
    CALL(renameat),
    CALL(renameat2),
    CALL(rmdir),
    CALL(rt_sigaction),
    CALL(rt_sigprocmask),
    CALL(sendmsg),
    CALL(sendto),
    CALL(sethostname),
    CALL(setns),
    CALL(setsockopt),
    CALL(sigaltstack),
    CALL(signalfd4),
    CALL(socket),
    CALL(socketpair),
    CALL(stat),
    CALL(statfs),
    CALL(statx),
    CALL(symlinkat),
    CALL(sysinfo),
    CALL(timerfd_create),
    CALL(timerfd_settime),
    CALL(umount2),
    CALL(unlink),
    CALL(unlinkat),
    CALL(unshare),
    CALL(wait4),
    CALL(waitid),
    CALL(write),
    CALL(writev),
};
#undef CALL

const Fault* find_fault(const std::string& name) {
    const auto found = std::ranges::find_if(faults, [&](const Fault& f) { return name == f.name; });
    return found == std::end(faults) ? nullptr : found;
}

template <std::size_t n>
std::optional<long> number(const Name (&table)[n], const std::string& name) {
    const auto found = std::ranges::find_if(table, [&](const Name& row) { return name == row.name; });
    return found == std::end(table) ? std::nullopt : std::optional(found->number);
}

int memory_of(pid_t pid, int flags) {
    return ::open(("/proc/" + std::to_string(pid) + "/mem").c_str(), flags | O_CLOEXEC);
}

} // namespace

bool write_memory(pid_t pid, std::uint64_t at, const void* bytes, std::size_t size) {
    const int fd = memory_of(pid, O_WRONLY);
    const bool done = ::pwrite(fd, bytes, size, static_cast<off_t>(at)) == static_cast<ssize_t>(size);
    ::close(fd);
    return done;
}

bool read_memory(pid_t pid, std::uint64_t at, void* bytes, std::size_t size) {
    const int fd = memory_of(pid, O_RDONLY);
    const bool done = ::pread(fd, bytes, size, static_cast<off_t>(at)) == static_cast<ssize_t>(size);
    ::close(fd);
    return done;
}

bool known_fault(const std::string& name) {
    return name == "null" || name == "smashed-chunk" || find_fault(name) || error_number(name);
}

std::optional<int> error_number(const std::string& name) {
    const auto found = number(errors, name);
    return found ? std::optional(static_cast<int>(*found)) : std::nullopt;
}

std::optional<long> call_number(const std::string& name) {
    return number(calls, name);
}

void commit(const std::string& name, pid_t pid, user_regs_struct& registers, const Symbols& symbols) {
    registers.orig_rax = ~0ull; // a call that has been interrupted is not begun again
    char junk[512];
    std::memset(junk, 0x41, sizeof junk);
    if (name == "smashed-chunk") { // at the entry of free(): what an overrun of the chunk before leaves
        write_memory(pid, registers.rdi - 16, junk, 16);
        return;
    }
    const Fault& fault = *find_fault(name);
    if (fault.code) {
        write_memory(pid, symbols.entry(), fault.code, fault.size);
        registers.rip = symbols.entry();
    } else {
        registers.rip = symbols.find(fault.function).value_or(0);
    }
    switch (fault.stack) {
    case Stack::Kept: break;
    case Stack::Low: registers.rsp = low; break;
    case Stack::Wild: registers.rsp = wild; break;
    case Stack::Smashed: write_memory(pid, registers.rsp, junk, sizeof junk); break;
    case Stack::Aligned: registers.rsp = ((registers.rsp - 128) & ~15ull) - 8; break; // below the red zone, as a call
    }
}

} // namespace fault
