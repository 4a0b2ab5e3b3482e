// SPDX-License-Identifier: Apache-2.0
#include "initd/fate.hpp"

#include <algorithm>

namespace initd {

bool all_ready(std::span<const UnitState> units) noexcept {
    return std::ranges::all_of(units, [](const UnitState& unit) {
        return unit.facts.role == Role::Init || (unit.phase == UnitPhase::Running && unit.ready);
    });
}

bool is_task(const spec::Pod& pod) {
    const auto is_over_once = [&](const spec::Container& container) {
        const auto policy = container.restart_policy ? container.restart_policy : pod.spec.restart_policy;
        return policy != spec::RestartPolicy::Always && !container.readiness_probe && !container.startup_probe;
    };
    const auto says_so = [&](std::string_view key) { return spec::find(pod.metadata.annotations, key) != nullptr; };
    return std::ranges::all_of(pod.spec.containers, is_over_once) && !says_so("podinit/notify") &&
           !says_so("podinit/notification-fd");
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
