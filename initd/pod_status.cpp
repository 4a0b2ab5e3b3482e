// SPDX-License-Identifier: Apache-2.0
#include "initd/pod_status.hpp"

#include "initd/plain_text.hpp"
#include "initd/pod_conditions.hpp"
#include "initd/termination.hpp"
#include "spec/qos.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace initd {
namespace {

// As Go prints a time.Duration: "500ms", "1.5s", "1m20s", "5m0s".
std::string go_duration(Millis span) {
    const long long ms = span.count();
    if (ms < 1000)
        return std::to_string(ms) + "ms";
    const long long seconds = ms / 1000;
    std::string text;
    if (seconds >= 3600)
        text += std::to_string(seconds / 3600) + "h";
    if (seconds >= 60)
        text += std::to_string(seconds / 60 % 60) + "m";
    text += std::to_string(seconds % 60);
    if (ms % 1000 != 0) {
        std::string fraction = std::to_string(1000 + ms % 1000);
        fraction.erase(fraction.find_last_not_of('0') + 1);
        text += "." + fraction.substr(1);
    }
    return text + "s";
}

const StartFailure* find_failure(const StatusFacts& facts, std::size_t container) {
    const auto failure = std::ranges::find(facts.failures, container, &StartFailure::container);
    return failure == facts.failures.end() ? nullptr : &*failure;
}

// Sums of strings cost more code than all else here.
std::string join(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (std::string_view part : parts)
        text += part;
    return text;
}

std::string container_id(const StatusFacts& facts, std::size_t container, std::uint32_t attempt) {
    return join({"podinit://", facts.pod.metadata.uid, "/", spec::container_at(facts.pod, container).name, "/",
                 std::to_string(attempt)});
}

std::string_view terminated_reason(const Exit& exit) {
    if (exit.never_ran)
        return "StartError";
    if (exit.oom_killed)
        return "OOMKilled";
    return exit.code == 0 ? "Completed" : "Error";
}

// Within its container's share of what a pod may say.
std::string message_of(const StatusFacts& facts, std::size_t container, std::uint32_t attempt) {
    const auto found = std::ranges::find_if(
        facts.messages, [&](const RunMessage& m) { return m.container == container && m.attempt == attempt; });
    if (found == facts.messages.end())
        return {};
    const std::size_t share = max_messages_of_pod / spec::container_count(facts.pod);
    return plain_text(std::string_view(found->text).substr(0, share));
}

void set_terminated(spec::ContainerState& state, const PastRun& run, const StatusFacts& facts, std::size_t container) {
    if (!run.valid)
        return;
    spec::StateTerminated& terminated = state.terminated.emplace();
    terminated.exit_code = run.exit.code;
    terminated.reason = terminated_reason(run.exit);
    terminated.message = message_of(facts, container, run.attempt);
    // containerd says the epoch of what never ran.
    terminated.started_at = run.started == never ? spec::rfc3339(1) : wall_time(facts.clock, run.started);
    terminated.finished_at = wall_time(facts.clock, run.finished);
    terminated.container_id = container_id(facts, container, run.attempt);
}

void set_crash_loop(spec::StateWaiting& waiting, const UnitState& unit, const StatusFacts& facts,
                    std::size_t container) {
    const spec::ObjectMeta& metadata = facts.pod.metadata;
    waiting.reason = "CrashLoopBackOff";
    waiting.message = join({"back-off ", go_duration(unit.resume - unit.last.finished),
                            " restarting failed container=", spec::container_at(facts.pod, container).name,
                            " pod=", metadata.name, "_", metadata.namespace_, "(", metadata.uid, ")"});
}

// Nothing has been made of the container, at least not this time.
void set_creating(spec::StateWaiting& waiting, const PodState& pod, const UnitState& unit, const StatusFacts& facts,
                  std::size_t container) {
    waiting.reason = facts.pod.spec.init_containers.empty() ? "ContainerCreating" : "PodInitializing";
    const StartFailure* failure = find_failure(facts, container);
    if (failure && unit.phase != UnitPhase::Starting) {
        if (failure->reason != "ContainerCreating") // without its sandbox a pod is only as far as it was
            waiting.reason = failure->reason;
        waiting.message = failure->message;
    } else if (!facts.waits_for.empty()) {
        waiting.message = facts.waits_for;
    } else if (pod.phase == PodPhase::Waiting) {
        waiting.message = "the pod that this one replaces has not ended yet";
    }
}

void set_volume_mounts(spec::ContainerStatus& status, const spec::Container& container) {
    status.volume_mounts.reserve(container.volume_mounts.size());
    for (const spec::VolumeMount& mount : container.volume_mounts) {
        spec::VolumeMountStatus& shown = status.volume_mounts.emplace_back();
        shown.name = mount.name;
        shown.mount_path = mount.mount_path;
        shown.read_only = mount.read_only.value_or(false);
        const auto recursive = mount.recursive_read_only.value_or(spec::RecursiveReadOnly::Disabled);
        if (shown.read_only)
            shown.recursive_read_only = recursive == spec::RecursiveReadOnly::Disabled ? "Disabled" : "Enabled";
    }
}

void set_container(spec::ContainerStatus& status, const PodState& pod, const UnitState& unit, const StatusFacts& facts,
                   std::size_t container) {
    status.name = spec::container_at(facts.pod, container).name;
    status.image = spec::container_at(facts.pod, container).image;
    set_volume_mounts(status, spec::container_at(facts.pod, container));
    status.restart_count = static_cast<std::int32_t>(unit.restarts);
    const bool running = unit.phase == UnitPhase::Running;
    const bool done = unit.facts.role == Role::Init; // then it is ready when it has done its work
    status.started = running && (done || has_started(unit));
    status.ready = done ? unit.phase == UnitPhase::Done && !has_failed(unit.last.exit) : running && unit.ready;
    if (running || unit.last.valid)
        status.container_id = container_id(facts, container, running ? unit.restarts : unit.last.attempt);

    if (unit.phase == UnitPhase::Running) {
        status.state.running.emplace().started_at = wall_time(facts.clock, unit.started);
        set_terminated(status.last_state, unit.last, facts, container);
    } else if (!unit.last.valid || (pod.phase == PodPhase::Waiting && pod.held)) {
        set_creating(status.state.waiting.emplace(), pod, unit, facts, container);
        set_terminated(status.last_state, unit.last, facts, container);
    } else if (unit.phase == UnitPhase::BackOff) {
        if (unit.not_created)
            set_creating(status.state.waiting.emplace(), pod, unit, facts, container);
        else
            set_crash_loop(status.state.waiting.emplace(), unit, facts, container);
        set_terminated(status.last_state, unit.last, facts, container);
    } else { // also just before its next start, as the kubelet shows it
        set_terminated(status.state, unit.last, facts, container);
        set_terminated(status.last_state, unit.before, facts, container);
    }
}

// The machine goes down, and takes the pod along: Kubernetes calls that a failure, however its containers end.
bool is_disrupted(const PodState& pod) {
    return pod.stop_asked != never && !pod.removed && pod.finish == Finish::None;
}

std::string_view phase_of(const PodState& pod, std::span<const UnitState> units) {
    const auto first = std::ranges::find(units, Role::Regular, [](const UnitState& unit) { return unit.facts.role; });
    const std::span regular(first, units.end());
    const auto is_running = [](const UnitState& unit) { return unit.phase == UnitPhase::Running; };
    const auto never_ran = [&](const UnitState& unit) { return !is_running(unit) && !unit.last.valid; };
    const bool over = pod.finish == Finish::Failed || pod.finish == Finish::Deadline || is_disrupted(pod);
    if (over && std::ranges::none_of(units, is_live))
        return "Failed";
    const bool initializing = !pod.initialized && first != units.begin();
    if (initializing || std::ranges::any_of(regular, never_ran))
        return pod.phase == PodPhase::Dropping && pod.stop_asked != never ? "Failed"
                                                                          : "Pending"; // before it could start
    if (!std::ranges::all_of(regular, [](const UnitState& unit) { return unit.phase == UnitPhase::Done; }))
        return "Running";
    // Sidecars that still end keep it running; how they end does not count.
    if (std::ranges::any_of(units, is_live))
        return "Running";
    return std::ranges::all_of(regular, [](const UnitState& unit) { return unit.last.exit.code == 0; }) ? "Succeeded"
                                                                                                        : "Failed";
}

} // namespace

std::string wall_time(const Clock& clock, Millis moment) {
    if (moment == never)
        return "";
    // A machine without a clock of its own boots in 1970, where 0 would say "unset".
    return spec::rfc3339(std::max<std::int64_t>(1, clock.epoch_ms - (clock.boot - moment).count()));
}

spec::PodStatus make_status(const Core& core, std::uint32_t slot, const StatusFacts& facts) {
    const PodState& pod = core.pod(slot);
    const std::span<const UnitState> units = core.units(slot);
    spec::PodStatus status;
    status.observed_generation = spec::pod_generation;
    status.phase = phase_of(pod, units);
    status.qos_class = spec::qos_class(facts.pod);
    status.start_time = wall_time(facts.clock, pod.started);
    if (!facts.host_ip.empty()) {
        status.host_ip = facts.host_ip;
        status.host_ips.emplace_back().ip = facts.host_ip;
        if (facts.pod.spec.host_network.value_or(false) && pod.started != never) {
            status.pod_ip = facts.host_ip;
            status.pod_ips.emplace_back().ip = facts.host_ip;
        }
    }
    if (is_disrupted(pod)) {
        status.reason = "Terminated";
        status.message = "Pod was terminated in response to imminent node shutdown.";
    }
    if (pod.finish == Finish::Deadline) {
        status.reason = "DeadlineExceeded";
        status.message = "Pod was active on the node longer than the specified deadline";
    }
    const std::size_t init = facts.pod.spec.init_containers.size();
    for (std::size_t i = 0; i < units.size(); ++i)
        set_container((i < init ? status.init_container_statuses : status.container_statuses).emplace_back(), pod,
                      units[i], facts, i);
    set_conditions(status, pod, units, facts);
    if (is_disrupted(pod))
        status.phase = "Failed"; // while it still ends, too (nodeshutdown_manager.go)
    return status;
}

} // namespace initd
