// SPDX-License-Identifier: Apache-2.0
// What a pod is worth to those who wait for it.
#pragma once

#include "initd/core_state.hpp"
#include "spec/pod.hpp"

#include <cstdint>
#include <span>

namespace initd {

enum class Fate : std::uint8_t {
    Underway, // none of those below, or not any more
    Ready,
    Succeeded,
    Failed, // for good
};

// Is it to end, and does nothing say when it is ready? May throw bad_alloc.
bool is_task(const spec::Pod& pod);

Fate fate_of(const PodState& pod, std::span<const UnitState> units) noexcept;

// Is every container ready that is to run all the time?
bool all_ready(std::span<const UnitState> units) noexcept;

} // namespace initd
