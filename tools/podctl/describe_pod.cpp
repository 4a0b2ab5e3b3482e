// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/describe.hpp"

#include "tools/podctl/describe_parts.hpp"
#include "tools/podctl/duration.hpp"
#include "tools/podctl/table.hpp"

#include <algorithm>

namespace ctl {

using namespace describing;

namespace {

void status_lines(Writer& out, const spec::PodView& view, std::int64_t now_ms) {
    const spec::PodStatus& status = view.status;
    if (!view.deletion_timestamp.empty() && status.phase != "Succeeded" && status.phase != "Failed") {
        out.line(0, {"Status:\tTerminating (lasts ", age(view.deletion_timestamp, now_ms), ")"});
        const auto grace = view.pod.spec.termination_grace_period_seconds.value_or(30);
        out.line(0, {"Termination Grace Period:\t", std::to_string(grace), "s"});
    } else {
        out.line(0, {"Status:\t", status.phase});
    }
    if (!status.reason.empty())
        out.line(0, {"Reason:\t", status.reason});
    if (!status.message.empty())
        out.line(0, {"Message:\t", status.message});
    if (const auto& context = view.pod.spec.security_context; context && context->seccomp_profile)
        seccomp(out, 0, *context->seccomp_profile);
    out.line(0, {"IP:\t", status.pod_ip});
    out.line(0, {"IPs:", status.pod_ips.empty() ? "\t<none>" : ""});
    for (const spec::PodIp& ip : status.pod_ips)
        out.line(1, {"IP:\t", ip.ip});
}

std::string controller_text(const spec::ObjectMeta& metadata) {
    for (const spec::OwnerReference& owner : metadata.owner_references)
        if (owner.controller.value_or(false))
            return owner.kind + '/' + owner.name;
    return "";
}

// What the manifest asks for and does not get. Not kubectl's: there nothing is dropped without an API server's warning.
void warnings(Writer& out, const spec::Problems& problems) {
    if (problems.empty())
        return;
    out.line(0, {"Warnings:"});
    for (const spec::Problem& problem : problems)
        out.line(1, {problem.pointer, ": ", problem.message});
}

void events_lines(Writer& out, std::span<const ListedEvent> events, std::int64_t now_ms) {
    if (events.empty())
        return out.line(0, {"Events:\t<none>"});
    out.line(0, {"Events:"});
    out.line(1, {"Type\tReason\tAge\tFrom\tMessage"});
    out.line(1, {"----\t------\t----\t----\t-------"});
    for (const auto& [event, json] : events) {
        const std::string& part = event.involved_object.field_path;
        out.line(1, {event.type, "\t", event.reason, "\t", interval(event, now_ms), "\t", event.source.component, "\t",
                     part, part.empty() ? "" : ": ", printable(event.message)});
    }
}

void conditions(Writer& out, const spec::PodView& view) {
    const auto& list = view.status.conditions;
    if (!view.pod.spec.readiness_gates.empty()) {
        out.line(0, {"Readiness Gates:"});
        out.line(1, {"Type\tStatus"});
    }
    for (const spec::ReadinessGate& gate : view.pod.spec.readiness_gates) {
        const auto found = std::find_if(list.begin(), list.end(), [&](const spec::PodCondition& condition) {
            return condition.type == gate.condition_type;
        });
        out.line(1, {gate.condition_type, " \t", found == list.end() ? "<none>" : found->status, " "});
    }
    if (list.empty())
        return;
    out.line(0, {"Conditions:"});
    out.line(1, {"Type\tStatus"});
    for (const spec::PodCondition& condition : list) {
        const bool says = condition.type.starts_with(spec::notify_condition); // podinit's own: in the container's words
        out.line(1, {condition.type, " \t", condition.status, " ", says ? "\t" : "", says ? condition.reason : "",
                     says && !condition.message.empty() ? ": " : "", says ? printable(condition.message) : ""});
    }
}

void head(Writer& out, const spec::PodView& view) {
    const spec::PodSpec& spec = view.pod.spec;
    out.line(0, {"Name:\t", view.pod.metadata.name});
    out.line(0, {"Namespace:\t", view.pod.metadata.namespace_});
    if (spec.priority)
        out.line(0, {"Priority:\t", std::to_string(*spec.priority)});
    if (!spec.priority_class_name.empty())
        out.line(0, {"Priority Class Name:\t", spec.priority_class_name});
    if (const std::string* account = spec::find(spec.ignored, "serviceAccountName"))
        if (const auto name = read_json(*account))
            out.line(0, {"Service Account:\t", name->text});
    const std::string& address = view.status.host_ip;
    out.line(0, {"Node:\t", or_none(spec.node_name), address.empty() ? "" : "/", address});
    if (!view.status.start_time.empty())
        out.line(0, {"Start Time:\t", time_text(view.status.start_time)});
    labels(out, "Labels", view.pod.metadata.labels);
    annotations(out, "Annotations", view.pod.metadata.annotations);
}

} // namespace

std::string describe_pod(const spec::PodView& view, const spec::Problems& problems, std::span<const ListedEvent> events,
                         std::int64_t now_ms) {
    const spec::PodSpec& spec = view.pod.spec;
    Writer out;
    head(out, view);
    status_lines(out, view, now_ms);
    if (const std::string controller = controller_text(view.pod.metadata); !controller.empty())
        out.line(0, {"Controlled By:\t", controller});
    if (!spec.init_containers.empty())
        containers(out, "Init Containers", spec.init_containers, {}, view.pod, Where::Pod);
    containers(out, "Containers", spec.containers, view.status.container_statuses, view.pod, Where::Pod);
    conditions(out, view);
    volumes(out, spec.volumes, Where::Pod);
    out.line(0, {"QoS Class:\t", view.status.qos_class});
    placement(out, spec, Where::Pod);
    warnings(out, problems);
    events_lines(out, events, now_ms);
    return align(out.text, describe_stops);
}

} // namespace ctl
