// SPDX-License-Identifier: Apache-2.0
// What is counted at a crash.
//
// Two crashes with the same task in hand, and that task never done between them, are no accident: whoever resumes asks
// to_set_aside() and does not try a third time.
#pragma once

#include "initd/state/control_block.hpp"

#include <optional>
#include <utility>

namespace initd::crash {

inline constexpr std::uint32_t too_often = 2;

inline void note_crash(ControlBlock& control, int signo, std::uint64_t address) noexcept {
    ++control.crashes;
    ++control.crashes_in_row;
    control.last_signal = signo;
    control.last_address = address;
    Task now = control.in_hand;
    now.times = now.what == InHand::Nothing ? 0 : same(now, control.last_in_hand) ? control.last_in_hand.times + 1 : 1;
    control.last_in_hand = now;
    control.in_hand = {};
}

// What was in hand at the last two crashes; told once.
inline std::optional<Task> to_set_aside(ControlBlock& control) noexcept {
    if (control.last_in_hand.times < too_often)
        return std::nullopt;
    return std::exchange(control.last_in_hand, {});
}

} // namespace initd::crash
