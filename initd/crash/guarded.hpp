// SPDX-License-Identifier: Apache-2.0
// What the crash handler works with, for the parts of crash/ alone: its stack and the few words that it believes.
//
// All of it has a fixed address, so that there is no pointer that could be scribbled over. Below the stack nothing is
// mapped, and what follows it is read-only but for the last page.
#pragma once

#include "initd/signals.hpp"
#include "initd/state/control_block.hpp"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <sys/types.h>

namespace initd::crash {

inline constexpr std::size_t page_size = 4096;
inline constexpr std::size_t stack_size = 12 * page_size; // a signal's frame takes up to 12 kB of it (AMX)

struct Words { // read-only once guard() is through
    ControlBlock* control;
    char** argv; // with --resume=FD
    char** env;
    std::uint64_t waited_for; // signals that the last resort listens to; bit n - 1 is signal n
    int state;                // descriptors, -1: none
    int binary;
    int kmsg;
    int pmsg;
    int timer; // of the kernel's: timer_create(2)
    pid_t pid; // 0: nobody is guarded
    Standing standing;
};

struct alignas(page_size) Guarded {
    std::byte below[page_size];
    std::byte stack[stack_size];
    union {
        Words words;
        std::byte words_page[page_size];
    };
    // Writable, and never believed further than a fault in the handler goes.
    alignas(page_size) volatile int depth; // faults of the handler itself
    volatile bool going_down;              // the last resort has been told to end the machine
    volatile bool armed;                   // the hang timer
    volatile std::uint32_t turns_seen;     // when it was armed
    volatile std::uint32_t turns;          // since this image was started
}; // all of it zero at first: none of it is in the program's file

extern constinit Guarded guarded;

// After as many crashes without a turn of the loop podinit does not try again.
inline constexpr std::uint32_t most_in_row = 8;

inline constexpr int hang_signal = 64; // the last real-time signal, which means nothing to any init

constexpr std::uint64_t bit(int signo) noexcept {
    return 1ull << (signo - 1);
}
constexpr std::uint64_t fault_bits() noexcept {
    std::uint64_t bits = 0;
    for (const int signo : faults)
        bits |= bit(signo);
    return bits;
}

// Where the crashed code was, and its stack.
struct Registers {
    std::uint64_t ip;
    std::uint64_t sp;
};

// handler.cpp. Executes podinit again with the state file; returns -errno.
long execute_again() noexcept;
void on_fault(int signo, siginfo_t* info, void* context) noexcept;

// hang.cpp
int make_timer() noexcept;
void arm_timer() noexcept;
void on_hang_timer(int signo, siginfo_t* info, void* context) noexcept;

} // namespace initd::crash
