// SPDX-License-Identifier: Apache-2.0
#include "initd/fate.hpp"

#include <algorithm>

namespace initd {

bool all_ready(std::span<const UnitState> units) noexcept {
    return std::ranges::all_of(units, [](const UnitState& unit) {
        return unit.facts.role == Role::Init || (unit.phase == UnitPhase::Running && unit.ready);
    });
}

Fate fate_of(const PodState& pod, std::span<const UnitState> units) noexcept {
    if (pod.finish != Finish::None) {
        if (std::ranges::any_of(units, is_live))
            return Fate::Underway; // its phase is Running until the last sidecar has ended
        const bool succeeded = std::ranges::all_of(
            units, [](const UnitState& unit) { return unit.facts.role != Role::Regular || unit.last.exit.code == 0; });
        return pod.finish == Finish::Ended && succeeded ? Fate::Succeeded : Fate::Failed;
    }
    const bool runs = pod.phase == PodPhase::Up && !pod.sandbox_lost && !pod.restarting_all && !pod.held;
    return runs && all_ready(units) ? Fate::Ready : Fate::Underway;
}

} // namespace initd
