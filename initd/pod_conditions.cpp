// SPDX-License-Identifier: Apache-2.0
#include "initd/pod_conditions.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace initd {
namespace {

bool sandbox_is_up(const PodState& pod) {
    return (pod.phase == PodPhase::Up && !pod.sandbox_lost) || pod.phase == PodPhase::Stopping;
}

// A sandbox that was up goes when the last container has ended, or the pod is removed after that.
Millis sandbox_since(const PodState& pod, std::span<const UnitState> units) {
    if (sandbox_is_up(pod))
        return pod.started;
    Millis since = std::max(pod.added, pod.stop_asked);
    for (const UnitState& unit : units)
        since = std::max(since, unit.last.finished);
    return since;
}

// Ready since the last container started; not ready since the first of those that do not run has ended.
Millis ready_since(const PodState& pod, std::span<const UnitState> units, bool ready) {
    Millis since = never;
    for (const UnitState& unit : units) {
        if (ready)
            since = std::max(since, unit.started);
        else if (unit.phase != UnitPhase::Running && unit.last.started == never)
            return pod.added;
        else if (unit.phase != UnitPhase::Running && (since == never || unit.last.finished < since))
            since = unit.last.finished;
    }
    return since;
}

// Of Ready and ContainersReady alike, as there are no readiness gates.
struct Unready {
    std::string_view reason;
    std::string message;
};

Unready why_unready(const spec::PodStatus& status) {
    if (status.phase == "Succeeded")
        return {"PodCompleted", ""};
    if (status.phase == "Failed")
        return {"PodFailed", ""};
    Unready unready{"ContainersNotReady", "containers with unready status: ["};
    bool first = true;
    for (const spec::ContainerStatus& container : status.container_statuses) {
        if (container.ready)
            continue;
        if (!std::exchange(first, false))
            unready.message += ' ';
        unready.message += container.name;
    }
    unready.message += ']';
    return unready;
}

void add(spec::PodStatus& status, std::string_view type, bool holds, const std::string& since,
         std::string_view reason = "", std::string_view message = "") {
    spec::PodCondition& condition = status.conditions.emplace_back();
    condition.type = type;
    condition.status = holds ? "True" : "False";
    condition.last_transition_time = since;
    condition.reason = reason;
    condition.message = message;
}

} // namespace

void set_conditions(spec::PodStatus& status, const PodState& pod, std::span<const UnitState> units,
                    const Clock& clock) {
    const std::string added = wall_time(clock, pod.added);
    const bool ready = std::ranges::all_of(status.container_statuses, &spec::ContainerStatus::ready);
    const std::string since = wall_time(clock, ready_since(pod, units, ready));
    const Unready unready = ready ? Unready{} : why_unready(status);

    status.conditions.reserve(6);
    if (!status.reason.empty())
        add(status, "DisruptionTarget", true, wall_time(clock, pod.stop_asked), "TerminationByKubelet", status.message);
    add(status, "PodReadyToStartContainers", sandbox_is_up(pod), wall_time(clock, sandbox_since(pod, units)));
    add(status, "Initialized", true, added, status.phase == "Succeeded" ? "PodCompleted" : "");
    add(status, "Ready", ready, since, unready.reason, unready.message);
    add(status, "ContainersReady", ready, since, unready.reason, unready.message);
    add(status, "PodScheduled", true, added);
}

} // namespace initd
