// SPDX-License-Identifier: Apache-2.0
#include "ns/clone.hpp"

#include <sys/syscall.h>

namespace ns::raw {

// Registers are all that a child on a new stack has of its parent, so what it needs is in registers before the call.
// The frame pointer is cleared to end back-traces here.
#if defined(__x86_64__)

long clone3(clone_args& args, void (*entry)(void*) noexcept, void* argument) noexcept {
    long result = SYS_clone3;
    register void (*function)(void*) noexcept asm("r8") = entry;
    register void* parameter asm("r9") = argument;
    asm volatile("syscall\n\t"
                 "test %%rax, %%rax\n\t"
                 "jnz 1f\n\t"
                 "xor %%ebp, %%ebp\n\t"
                 "and $-16, %%rsp\n\t"
                 "mov %%r9, %%rdi\n\t"
                 "call *%%r8\n\t"
                 "ud2\n"
                 "1:"
                 : "+a"(result)
                 : "D"(&args), "S"(sizeof args), "r"(function), "r"(parameter)
                 : "rcx", "r11", "memory", "cc");
    return result;
}

#elif defined(__aarch64__)

long clone3(clone_args& args, void (*entry)(void*) noexcept, void* argument) noexcept {
    register long x8 asm("x8") = SYS_clone3;
    register long x0 asm("x0") = (long)&args;
    register long x1 asm("x1") = sizeof args;
    register void (*function)(void*) noexcept asm("x10") = entry;
    register void* parameter asm("x11") = argument;
    asm volatile("svc 0\n\t"
                 "cbnz x0, 1f\n\t"
                 "mov x29, xzr\n\t"
                 "mov x30, xzr\n\t"
                 "mov x0, x11\n\t"
                 "blr x10\n\t"
                 "brk 0\n"
                 "1:"
                 : "+r"(x0)
                 : "r"(x8), "r"(x1), "r"(function), "r"(parameter)
                 : "memory", "cc");
    return x0;
}

#endif

} // namespace ns::raw
