// SPDX-License-Identifier: Apache-2.0
#include "initd/pod_conditions.hpp"

#include <algorithm>
#include <string_view>

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

// Ready since the last container became so; not ready since the first of those that are not has ceased to be.
Millis ready_since(const PodState& pod, std::span<const UnitState> units, bool ready) {
    Millis since = never;
    for (const UnitState& unit : units) {
        const bool running = unit.phase == UnitPhase::Running;
        if (unit.facts.role == Role::Init || (!ready && running && unit.ready))
            continue;
        if (!running && unit.last.started == never)
            return pod.added;
        const Millis changed = running ? unit.ready_changed : unit.last.finished;
        since = since == never ? changed : ready ? std::max(since, changed) : std::min(since, changed);
    }
    return since;
}

struct Unready {
    std::string_view reason;
    std::string message;
};

// "[a b]": those of which it holds.
template <class Holds>
std::string names(const spec::PodStatus& status, std::span<const UnitState> units, Holds holds) {
    std::string text = "[";
    std::size_t i = 0;
    for (const auto* list : {&status.init_container_statuses, &status.container_statuses})
        for (const spec::ContainerStatus& container : *list)
            if (holds(container, units[i++]))
                text.append(text.size() == 1 ? "" : " ").append(container.name);
    return text += ']';
}

std::string_view why_over(std::string_view phase) {
    return phase == "Succeeded" ? "PodCompleted" : phase == "Failed" ? "PodFailed" : "";
}

Unready why_unready(const spec::PodStatus& status, std::span<const UnitState> units) {
    if (const std::string_view over = why_over(status.phase); !over.empty())
        return {over, ""};
    Unready unready{"ContainersNotReady", "containers with unready status: "};
    const auto is_unready = [&](const spec::ContainerStatus& container, const UnitState& unit) {
        return !container.ready && unit.facts.role != Role::Init;
    };
    unready.message += names(status, units, is_unready);
    return unready;
}

// Why a pod is not ready whose containers are, and since when: a gate without its condition was never open.
Unready closed_gates(const StatusFacts& facts, const PodState& pod, Millis& since) {
    Unready unready{"ReadinessGatesNotReady", ""};
    for (const spec::ReadinessGate& gate : facts.pod.spec.readiness_gates) {
        const auto given = std::ranges::find(facts.conditions, gate.condition_type, &GivenCondition::type);
        since = std::max(since, given == facts.conditions.end() ? pod.added : given->since);
        if (given != facts.conditions.end() && given->status == "True")
            continue;
        if (!unready.message.empty())
            unready.message += ", ";
        if (given == facts.conditions.end())
            unready.message.append("corresponding condition of pod readiness gate \"")
                .append(gate.condition_type)
                .append("\" does not exist.");
        else
            unready.message.append("the status of pod readiness gate \"")
                .append(gate.condition_type)
                .append("\" is not \"True\", but ")
                .append(given->status);
    }
    return unready;
}

void add(spec::PodStatus& status, std::string_view type, bool holds, const std::string& since,
         std::string_view reason = "", std::string_view message = "") {
    spec::PodCondition& condition = status.conditions.emplace_back();
    condition.type = type;
    condition.observed_generation = spec::pod_generation;
    condition.status = holds ? "True" : "False";
    condition.last_transition_time = since;
    condition.reason = reason;
    condition.message = message;
}

// Without init containers a pod is initialized from the first; once its containers have run, it stays so.
void set_initialized(spec::PodStatus& status, const PodState& pod, std::span<const UnitState> units,
                     const Clock& clock) {
    const bool none = status.init_container_statuses.empty();
    if (none || pod.initialized)
        return add(status, "Initialized", true, wall_time(clock, none ? pod.added : pod.initialized_at),
                   status.phase == "Succeeded" ? "PodCompleted" : "");
    const auto is_incomplete = [](const spec::ContainerStatus& container, const UnitState& unit) {
        return unit.facts.role == Role::Init ? !container.ready
                                             : unit.facts.role == Role::Sidecar && !container.started;
    };
    add(status, "Initialized", false, wall_time(clock, pod.added), "ContainersNotInitialized",
        "containers with incomplete status: " + names(status, units, is_incomplete));
}

// Only of a pod in which a rule may ask for it.
void set_restarting(spec::PodStatus& status, const PodState& pod, std::span<const UnitState> units,
                    const StatusFacts& facts) {
    Millis since = never;
    bool may = false;
    for (std::size_t i = 0; i < units.size(); ++i) {
        for (const spec::ContainerRestartRule& rule : spec::container_at(facts.pod, i).restart_policy_rules)
            may |= rule.action == spec::RestartRuleAction::RestartAllContainers;
        if (units[i].last.exit.rule == RestartRule::RestartAll)
            since = std::max(since, units[i].last.finished);
    }
    if (!may)
        return;
    const bool holds = pod.restarting_all && !pod.held && since != never;
    add(status, "AllContainersRestarting", holds, wall_time(facts.clock, since == never ? pod.added : since),
        holds ? "RestartAllContainersStarted" : why_over(status.phase),
        holds ? "container exited with restart policy rule" : "");
}

} // namespace

void set_conditions(spec::PodStatus& status, const PodState& pod, std::span<const UnitState> units,
                    const StatusFacts& facts) {
    const Clock& clock = facts.clock;
    const std::string added = wall_time(clock, pod.added);
    bool ready = std::ranges::all_of(status.container_statuses, &spec::ContainerStatus::ready);
    for (std::size_t i = 0; i < status.init_container_statuses.size(); ++i)
        ready &= status.init_container_statuses[i].ready || units[i].facts.role == Role::Init;
    const Millis since = ready_since(pod, units, ready);
    Millis open_since = since;
    Unready unready = ready ? closed_gates(facts, pod, open_since) : why_unready(status, units);
    const bool open = ready && unready.message.empty();
    if (open)
        unready.reason = "";

    status.conditions.reserve(7 + facts.conditions.size());
    for (const GivenCondition& given : facts.conditions) {
        add(status, given.type, false, wall_time(clock, given.since));
        status.conditions.back().status = given.status;
    }
    if (!status.reason.empty() && pod.finish == Finish::None)
        add(status, "DisruptionTarget", true, wall_time(clock, pod.stop_asked), "TerminationByKubelet", status.message);
    add(status, "PodReadyToStartContainers", sandbox_is_up(pod), wall_time(clock, sandbox_since(pod, units)));
    set_initialized(status, pod, units, clock);
    add(status, "Ready", open, wall_time(clock, open_since), unready.reason, unready.message);
    if (ready)
        unready = {};
    add(status, "ContainersReady", ready, wall_time(clock, since), unready.reason, unready.message);
    add(status, "PodScheduled", true, added);
    set_restarting(status, pod, units, facts);
}

} // namespace initd
