// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/print_pods.hpp"

#include "tools/podctl/duration.hpp"

#include <algorithm>

namespace ctl {

namespace {

std::string or_none(const std::string& text) {
    return text.empty() ? "<none>" : text;
}

// "" when a container does not change what the pod says of itself.
std::string reason_of(const spec::ContainerState& state) {
    if (state.waiting && !state.waiting->reason.empty())
        return state.waiting->reason;
    if (!state.terminated)
        return "";
    if (!state.terminated->reason.empty())
        return state.terminated->reason;
    return "ExitCode:" + std::to_string(state.terminated->exit_code);
}

bool is_running(const spec::ContainerStatus& container) {
    return container.ready && container.state.running && reason_of(container.state).empty();
}

bool has_ready_condition(const spec::PodStatus& status) {
    return std::any_of(status.conditions.begin(), status.conditions.end(),
                       [](const spec::PodCondition& c) { return c.type == "Ready" && c.status == "True"; });
}

bool is_sidecar(const spec::PodView& view, std::size_t init) {
    const auto& containers = view.pod.spec.init_containers;
    return init < containers.size() && containers[init].restart_policy == spec::RestartPolicy::Always;
}

// What the pod says while its init containers are at work: "Init:1/2", "Init:CrashLoopBackOff"; "" when they are
// through.
std::string init_reason(const spec::PodView& view) {
    const auto& statuses = view.status.init_container_statuses;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        const spec::ContainerState& state = statuses[i].state;
        if (state.terminated ? state.terminated->exit_code == 0 : is_sidecar(view, i) && statuses[i].started)
            continue;
        const std::string reason = reason_of(state);
        return "Init:" + (!reason.empty() && reason != "PodInitializing"
                              ? reason
                              : std::to_string(i) + '/' + std::to_string(view.pod.spec.init_containers.size()));
    }
    return "";
}

// "3 (45s ago)": RFC 3339 times in UTC compare as text. Init containers that are through do not count any more.
std::string restarts_text(const spec::PodView& view, std::int64_t now_ms) {
    std::int64_t restarts = 0;
    std::string last;
    const auto count = [&](const spec::ContainerStatus& container) {
        restarts += container.restart_count;
        if (container.last_state.terminated)
            last = std::max(last, container.last_state.terminated->finished_at);
    };
    const bool initializing = !init_reason(view).empty();
    for (std::size_t i = 0; i < view.status.init_container_statuses.size(); ++i)
        if (initializing || is_sidecar(view, i))
            count(view.status.init_container_statuses[i]);
    if (!initializing)
        std::for_each(view.status.container_statuses.begin(), view.status.container_statuses.end(), count);
    std::string text = std::to_string(restarts);
    if (restarts != 0 && !last.empty())
        text += " (" + age(last, now_ms) + " ago)";
    return text;
}

// "1/2": how many of the conditions that it waits for are there.
std::string gates_text(const spec::PodView& view) {
    const auto& gates = view.pod.spec.readiness_gates;
    if (gates.empty())
        return "<none>";
    const auto& conditions = view.status.conditions;
    const auto open = std::count_if(gates.begin(), gates.end(), [&](const spec::ReadinessGate& gate) {
        return std::any_of(conditions.begin(), conditions.end(), [&](const spec::PodCondition& condition) {
            return condition.type == gate.condition_type && condition.status == "True";
        });
    });
    return std::to_string(open) + '/' + std::to_string(gates.size());
}

} // namespace

std::string pod_status(const spec::PodView& view) {
    const spec::PodStatus& status = view.status;
    std::string reason = status.reason.empty() ? status.phase : status.reason;
    const std::string init = init_reason(view);
    // The first container that has something to say, says it.
    const auto speaker = std::find_if(status.container_statuses.begin(), status.container_statuses.end(),
                                      [](const auto& container) { return !reason_of(container.state).empty(); });
    if (!init.empty())
        reason = init;
    else if (speaker != status.container_statuses.end())
        reason = reason_of(speaker->state);
    if (reason == "Completed" &&
        std::any_of(status.container_statuses.begin(), status.container_statuses.end(), is_running))
        reason = has_ready_condition(status) ? "Running" : "NotReady";
    const bool ended = status.phase == "Succeeded" || status.phase == "Failed";
    return !view.deletion_timestamp.empty() && !ended ? "Terminating" : reason;
}

std::string labels_text(spec::StringMap labels) {
    std::sort(labels.begin(), labels.end());
    std::string text;
    for (const auto& [key, value] : labels)
        text += (text.empty() ? "" : ",") + key + '=' + value;
    return or_none(text);
}

std::vector<std::string> pod_header(RowOptions options) {
    std::vector<std::string> row = {"NAME", "READY", "STATUS", "RESTARTS", "AGE"};
    if (options.with_namespace)
        row.insert(row.begin(), "NAMESPACE");
    if (options.wide)
        row.insert(row.end(), {"IP", "NODE", "NOMINATED NODE", "READINESS GATES"});
    if (options.show_labels)
        row.emplace_back("LABELS");
    return row;
}

std::vector<std::string> pod_row(const spec::PodView& view, RowOptions options, std::int64_t now_ms) {
    const spec::PodStatus& status = view.status;
    auto ready = std::count_if(status.container_statuses.begin(), status.container_statuses.end(), is_running);
    std::size_t containers = view.pod.spec.containers.size();
    for (std::size_t i = 0; i < status.init_container_statuses.size(); ++i)
        if (is_sidecar(view, i)) {
            ++containers;
            ready += is_running(status.init_container_statuses[i]);
        }
    std::vector<std::string> row = {
        view.pod.metadata.name,      std::to_string(ready) + '/' + std::to_string(containers), pod_status(view),
        restarts_text(view, now_ms), age(view.pod.metadata.creation_timestamp, now_ms),
    };
    if (options.with_namespace)
        row.insert(row.begin(), view.pod.metadata.namespace_);
    if (options.wide) {
        const std::string ip = status.pod_ips.empty() ? "" : status.pod_ips.front().ip;
        row.insert(row.end(), {or_none(ip), or_none(view.pod.spec.node_name), "<none>", gates_text(view)});
    }
    if (options.show_labels)
        row.push_back(labels_text(view.pod.metadata.labels));
    return row;
}

} // namespace ctl
