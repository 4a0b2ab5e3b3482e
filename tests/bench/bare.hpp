// SPDX-License-Identifier: Apache-2.0
// What the benchmarks' own programs stand on: no C library, so that what is measured is the supervisor and the kernel.
//
// One program is one translation unit, which includes this and defines main_bare().
#pragma once

#include "ns/syscalls.hpp"

#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <linux/time.h>

// Its result is the exit code.
int main_bare(char** arguments, char** environment);

namespace bench {

using ns::raw::call;

// What a service says of its start; short enough that pipes keep it whole.
struct Stamp {
    std::uint64_t nanoseconds; // CLOCK_MONOTONIC
    std::uint64_t pid;
};

inline std::uint64_t now() {
    timespec time{};
    call(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

inline std::size_t length(const char* text) {
    std::size_t size = 0;
    while (text[size])
        ++size;
    return size;
}

inline unsigned long number(const char* text) {
    unsigned long value = 0;
    for (; *text >= '0' && *text <= '9'; ++text)
        value = value * 10 + static_cast<unsigned long>(*text - '0');
    return value;
}

// Writes `value` in decimals at `to`; where it ends.
inline char* put(char* to, std::uint64_t value) {
    char digits[20];
    int count = 0;
    do
        digits[count++] = static_cast<char>('0' + value % 10);
    while (value /= 10);
    while (count > 0)
        *to++ = digits[--count];
    return to;
}

} // namespace bench

// The compiler calls these on its own account.
extern "C" [[gnu::used]] inline void* memset(void* to, int value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        static_cast<volatile unsigned char*>(to)[i] = static_cast<unsigned char>(value);
    return to;
}

extern "C" [[gnu::used]] inline void* memcpy(void* to, const void* from, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        static_cast<volatile unsigned char*>(to)[i] = static_cast<const unsigned char*>(from)[i];
    return to;
}

extern "C" [[noreturn, gnu::used]] inline void begin_bare(long* stack) {
    char** arguments = reinterpret_cast<char**>(stack + 1);
    const int code = main_bare(arguments, arguments + stack[0] + 1);
    for (;;)
        bench::call(SYS_exit_group, code);
}

#if defined(__x86_64__)
asm(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin_bare\n");
#elif defined(__aarch64__)
asm(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x0, sp\n\tbl begin_bare\n");
#endif
