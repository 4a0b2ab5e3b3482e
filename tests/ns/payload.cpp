// SPDX-License-Identifier: Apache-2.0
// A program without a C library that tells what it finds: each argument is a verb, carried out in order.
// It is static and a few kilobytes, so a directory holding nothing else is an image.
#include "ns/syscalls.hpp"

#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <linux/time.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>

using ns::raw::call;

extern "C" void* memset(void* to, int value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        static_cast<volatile unsigned char*>(to)[i] = static_cast<unsigned char>(value);
    }
    return to;
}

namespace {

long length(const char* text) {
    long n = 0;
    while (text[n])
        ++n;
    return n;
}

bool same(const char* a, const char* b) {
    for (; *a && *a == *b; ++a, ++b) {
    }
    return *a == *b;
}

void print(const char* text) {
    call(SYS_write, 1, text, length(text));
}

void print(long value) {
    char text[24];
    char* begin = text + sizeof text;
    *--begin = '\0';
    std::uint64_t rest = value < 0 ? 0u - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    do
        *--begin = static_cast<char>('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--begin = '-';
    print(begin);
}

void line(const char* name, long value) {
    print(name);
    print("=");
    print(value);
    print("\n");
}

void copy(long fd) {
    char buffer[4096];
    for (long got; (got = call(SYS_read, fd, buffer, sizeof buffer)) > 0;)
        call(SYS_write, 1, buffer, got);
}

void print_descriptors() {
    print("fds=");
    for (int fd = 0; fd < 4096; ++fd)
        if (call(SYS_fcntl, fd, F_GETFD) >= 0) {
            print(fd);
            print(" ");
        }
    print("\n");
}

void print_signals() {
    std::uint64_t mask = 0;
    call(SYS_rt_sigprocmask, 0, nullptr, &mask, sizeof mask);
    line("mask", static_cast<long>(mask));
    long changed = 0;
    for (int number = 1; number <= 64; ++number) {
        std::uint64_t action[4]{};
        call(SYS_rt_sigaction, number, nullptr, action, 8);
        changed += action[0] != 0;
    }
    line("not_default", changed);
}

void print_directory(const char* path) {
    alignas(8) char buffer[4096];
    const long fd = call(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
    for (long got; (got = call(SYS_getdents64, fd, buffer, sizeof buffer)) > 0;)
        for (long at = 0; at < got;) {
            const char* entry = buffer + at;
            print(entry + 19); // struct linux_dirent64: d_name
            print("\n");
            at += *reinterpret_cast<const unsigned short*>(entry + 16); // d_reclen
        }
    call(SYS_close, fd);
}

[[noreturn]] void leave(long code) {
    for (;;)
        call(SYS_exit_group, code);
}

long number(const char* text) {
    long value = 0;
    for (; *text >= '0' && *text <= '9'; ++text)
        value = value * 10 + (*text - '0');
    return value;
}

// Verbs with an argument; the others print.
void run(char** argument, char** environment) {
    for (; *argument; ++argument) {
        const char* verb = *argument;
        const auto next = [&] { return argument[1] ? *++argument : *argument; };
        if (same(verb, "cat")) {
            const long fd = call(SYS_openat, AT_FDCWD, next(), O_RDONLY);
            if (fd < 0)
                line("error", fd);
            copy(fd);
            call(SYS_close, fd);
        } else if (same(verb, "write")) {
            const long fd = call(SYS_openat, AT_FDCWD, next(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
            const char* text = next();
            const long wrote = fd < 0 ? fd : call(SYS_write, fd, text, length(text));
            line("wrote", wrote);
            call(SYS_close, fd);
        } else if (same(verb, "say")) { // TEXT to descriptor N
            const long fd = number(next());
            const char* text = next();
            call(SYS_write, fd, text, length(text));
        } else if (same(verb, "ls")) {
            print_directory(next());
        } else if (same(verb, "mode")) {
            const char* path = next();
            std::uint32_t status[64]{};
            const long result = call(SYS_statx, AT_FDCWD, path, 0, 0x7ff, status);
            line("mode", result < 0 ? result : static_cast<long>(status[7] & 0xffff)); // stx_mode
        } else if (same(verb, "queue")) {
            line("queue", call(SYS_msgget, number(next()), 0));
        } else if (same(verb, "tmpfs")) {
            line("tmpfs", call(SYS_mount, "tmpfs", next(), "tmpfs", 0, 0));
        } else if (same(verb, "chdir")) {
            line("chdir", call(SYS_chdir, next()));
        } else if (same(verb, "chroot")) {
            line("chroot", call(SYS_chroot, next()));
        } else if (same(verb, "exit")) {
            leave(number(next()));
        } else if (same(verb, "fds")) {
            print_descriptors();
        } else if (same(verb, "signals")) {
            print_signals();
        } else if (same(verb, "ids")) {
            line("pid", call(SYS_getpid));
            line("ppid", call(SYS_getppid));
            line("session", call(SYS_getsid, 0));
        } else if (same(verb, "umask")) {
            line("umask", call(SYS_umask, 0));
        } else if (same(verb, "env")) {
            for (char** entry = environment; *entry; ++entry) {
                print(*entry);
                print("\n");
            }
        } else if (same(verb, "cwd")) {
            char path[4096];
            call(SYS_getcwd, path, sizeof path);
            print(path);
            print("\n");
        } else if (same(verb, "tty")) {
            int session = -1;
            const long result = call(SYS_ioctl, 0, TIOCGSID, &session);
            line("tty", result < 0 ? result : session);
        } else if (same(verb, "input")) {
            copy(0);
        } else if (same(verb, "time")) { // nanoseconds, eight bytes
            timespec now{};
            call(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
            const std::uint64_t nanoseconds =
                static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
            call(SYS_write, 1, &nanoseconds, sizeof nanoseconds);
        } else {
            print("unknown verb\n");
            leave(2);
        }
    }
}

} // namespace

extern "C" [[noreturn, gnu::used]] void begin(long* stack) {
    char** arguments = reinterpret_cast<char**>(stack + 1);
    run(arguments + 1, arguments + stack[0] + 1);
    leave(0);
}

#if defined(__x86_64__)
asm(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin\n");
#elif defined(__aarch64__)
asm(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x0, sp\n\tbl begin\n");
#endif
