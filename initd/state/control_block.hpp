// SPDX-License-Identifier: Apache-2.0
// The first page of the state file: plain words that are right at every instruction, for whoever comes after a crash.
//
// Everything here is written by single stores or by the kernel itself, without a checksum; what it says is checked
// before it is believed. Fields are only ever appended: another version reads it.
#pragma once

#include "ns/launcher.hpp"
#include "ns/sandbox.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace initd {

// What the loop has in hand, so that what brings podinit down twice is not tried for ever.
enum class InHand : std::uint32_t {
    Nothing,
    Event,    // a: its pod's hash and its kind, b: its run's cookie
    Deadline, // a: 0, b: the slot's Unit
    Ready,    // a: Source, b: id
    Manifest, // a: directory, b: hash of name and content
    Call,     // a: the connection, b: hash of the message
    Record,   // a: RecordKind, b: id, while it is restored
};

struct Task {
    InHand what = InHand::Nothing;
    std::uint32_t times = 0; // crashes in a row with the same one in hand
    std::uint64_t a = 0;
    std::uint64_t b = 0;
};

// A child that is being born: clone3(CLONE_PARENT_SETTID) writes its pid before it runs.
struct Birth {
    std::uint64_t serial = 0; // 0: none is under way
    std::uint64_t id = 0;     // ChildId::id
    std::uint32_t kind = 0;   // ChildId::kind
    std::int32_t pid = 0;
};

// What makes a file a state file. It stands in the second page again: if one is overwritten, the other holds.
struct FileIdentity {
    std::uint64_t magic = 0x0074696e69646f70; // "podinit"
    std::uint64_t version = 1;                // of the first page and of how records stand, not of what is in them
    std::uint64_t key = 0;
    std::uint64_t check = 0;
};

// A process that was reaped when there was no podinit to be told (crash/last_resort.hpp).
struct Ended {
    std::int32_t pid = 0;
    std::int32_t code = 0; // as ChildExit has it
};

struct ControlBlock {
    FileIdentity identity;
    std::uint32_t crashes = 0;        // in all
    std::uint32_t crashes_in_row = 0; // since the loop last completed a turn
    std::uint32_t turns = 0;          // of the loop; wraps
    std::int32_t last_signal = 0;
    std::uint32_t waiting = 0; // the loop is in epoll_wait(2), where it may stay as long as it likes
    std::uint64_t last_address = 0;
    Task in_hand;
    Task last_in_hand; // at the crash before
    Birth birth;
    ns::ReportPipe reports;
    ns::Home home;
    std::int32_t binary = -1;   // the program that is executed after a crash (O_PATH)
    std::int32_t watchdog = -1; // the hardware watchdog, for the last resort to feed
    std::uint32_t hang_ms = 10'000;
    std::uint32_t reboot_after_s = 300; // in the last resort of a machine; 0: never
    std::uint32_t ended_count = 0;      // of the last resort; the last ones are in `ended`
    Ended ended[128];
    std::uint32_t ordered = 0;        // podinit was executed again because it was asked to
    std::uint32_t generation = 0;     // the last one that the core has given, also to what is gone
    std::int32_t program_before = -1; // for one that was executed so, and crashes again and again
};

constexpr const Ended* find_ended(const ControlBlock& control, std::int32_t pid) noexcept {
    constexpr std::uint32_t room = std::size(ControlBlock{}.ended);
    for (std::uint32_t i = 0; i < room && i < control.ended_count; ++i)
        if (control.ended[i].pid == pid && pid > 0)
            return &control.ended[i];
    return nullptr;
}

constexpr bool same(const Task& one, const Task& other) noexcept {
    return one.what == other.what && one.a == other.a && one.b == other.b;
}

// Plain stores, in an order that never leaves a task that is neither: half of a new one is Nothing. What was in hand
// before is done by now, and if it is what was in hand at the crash before, that was an accident.
inline void take_in_hand(ControlBlock& control, InHand what, std::uint64_t a, std::uint64_t b) noexcept {
    Task& task = control.in_hand;
    if (control.last_in_hand.times != 0 && same(task, control.last_in_hand))
        control.last_in_hand.times = 0;
    std::atomic_ref(task.what).store(InHand::Nothing, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    task.a = a;
    task.b = b;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::atomic_ref(task.what).store(what, std::memory_order_relaxed);
}

inline constexpr std::size_t control_size = 4096;
static_assert(sizeof(ControlBlock) <= control_size);

} // namespace initd
