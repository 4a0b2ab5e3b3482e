// SPDX-License-Identifier: Apache-2.0
// Raw system calls: the result is what the kernel returned, -errno for a failure.
//
// A child that shares its parent's memory runs on these alone: a libc wrapper would write the parent's errno.
#pragma once

#include <sys/syscall.h>

namespace ns::raw {

#if defined(__x86_64__)

inline long five(long number, long a, long b, long c, long d, long e) noexcept {
    register long r10 asm("r10") = d;
    register long r8 asm("r8") = e;
    asm volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return number;
}

#elif defined(__aarch64__)

inline long five(long number, long a, long b, long c, long d, long e) noexcept {
    register long x8 asm("x8") = number;
    register long x0 asm("x0") = a;
    register long x1 asm("x1") = b;
    register long x2 asm("x2") = c;
    register long x3 asm("x3") = d;
    register long x4 asm("x4") = e;
    asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}

#else
#error "podinit knows the system calls of x86-64 and aarch64 only"
#endif

// One word of a system call: an integer or a pointer.
struct Word {
    long value = 0;
    Word() noexcept = default;
    template <class T>
    Word(T given) noexcept
        : value((long)given) {}
};

inline long call(long number, Word a = {}, Word b = {}, Word c = {}, Word d = {}, Word e = {}) noexcept {
    return five(number, a.value, b.value, c.value, d.value, e.value);
}

} // namespace ns::raw
