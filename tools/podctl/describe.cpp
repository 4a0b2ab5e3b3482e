// SPDX-License-Identifier: Apache-2.0
// Text with tabs first, columns at the end: what lines up with what follows from which lines are neighbours.
#include "tools/podctl/describe.hpp"

#include "tools/podctl/duration.hpp"
#include "tools/podctl/table.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <initializer_list>
#include <string_view>

namespace ctl {

namespace {

constexpr std::size_t max_annotation = 140; // as kubectl has it

class Writer {
  public:
    // A line, indented by two spaces a level.
    void line(std::size_t level, std::initializer_list<std::string_view> parts) {
        text.append(2 * level, ' ');
        for (const std::string_view part : parts)
            text += part;
        text += '\n';
    }

    std::string text;
};

std::string_view or_none(std::string_view text) {
    return text.empty() ? "<none>" : text;
}

// Local time, as Go's RFC1123Z; its zero time for none.
std::string time_text(std::string_view rfc3339) {
    const auto ms = spec::parse_rfc3339(rfc3339);
    if (!ms)
        return "Mon, 01 Jan 0001 00:00:00 +0000";
    const auto seconds = static_cast<std::time_t>(*ms / 1000);
    std::tm local{};
    localtime_r(&seconds, &local);
    std::array<char, 64> buffer;
    return {buffer.data(), std::strftime(buffer.data(), buffer.size(), "%a, %d %b %Y %H:%M:%S %z", &local)};
}

template <typename Function>
void each_line(std::string_view text, Function function) {
    for (;;) {
        const std::size_t end = text.find('\n');
        function(text.substr(0, end));
        if (end == text.npos)
            return;
        text.remove_prefix(end + 1);
    }
}

void labels(Writer& out, spec::StringMap map) {
    std::sort(map.begin(), map.end());
    std::string_view title = "Labels:";
    for (const auto& [key, value] : map) {
        out.line(0, {title, "\t", key, "=", value});
        title = "";
    }
    if (map.empty())
        out.line(0, {title, "\t<none>"});
}

void annotations(Writer& out, spec::StringMap map) {
    std::sort(map.begin(), map.end());
    std::string_view title = "Annotations:";
    for (const auto& [key, whole] : map) {
        std::string_view value = whole;
        if (value.ends_with('\n'))
            value.remove_suffix(1);
        if (value.size() + key.size() + 2 <= max_annotation && value.find('\n') == value.npos) {
            out.line(0, {title, "\t", key, ": ", value});
        } else {
            out.line(0, {title, "\t", key, ":"});
            each_line(value, [&out](std::string_view part) {
                const bool cut = part.size() > max_annotation - 2;
                out.line(0, {"\t  ", part.substr(0, max_annotation - 2), cut ? "..." : ""});
            });
        }
        title = "";
    }
    if (map.empty())
        out.line(0, {title, "\t<none>"});
}

std::string_view protocol_text(spec::Protocol protocol) {
    switch (protocol) {
    case spec::Protocol::Tcp: return "TCP";
    case spec::Protocol::Udp: return "UDP";
    case spec::Protocol::Sctp: return "SCTP";
    }
    return "";
}

void ports(Writer& out, const spec::Container& container) {
    std::string own, host;
    for (const spec::ContainerPort& port : container.ports) {
        const std::string_view separator = own.empty() ? "" : ", ";
        const std::string_view protocol = protocol_text(port.protocol.value_or(spec::Protocol::Tcp));
        own.append(separator).append(std::to_string(port.container_port)).append("/").append(protocol);
        host.append(separator).append(std::to_string(port.host_port.value_or(0))).append("/").append(protocol);
    }
    const std::string_view plural = container.ports.size() > 1 ? "s" : "";
    out.line(2, {"Port", plural, ":\t", or_none(own)});
    out.line(2, {"Host Port", plural, ":\t", or_none(host)});
}

void words(Writer& out, std::string_view title, const std::vector<std::string>& list) {
    if (list.empty())
        return;
    out.line(2, {title});
    for (const std::string& word : list)
        each_line(word, [&out](std::string_view part) { out.line(3, {part}); });
}

void state(Writer& out, std::string_view title, const spec::ContainerState& state) {
    if (state.running) {
        out.line(2, {title, ":\tRunning"});
        out.line(3, {"Started:\t", time_text(state.running->started_at)});
    } else if (state.terminated) {
        const spec::StateTerminated& ended = *state.terminated;
        out.line(2, {title, ":\tTerminated"});
        if (!ended.reason.empty())
            out.line(3, {"Reason:\t", ended.reason});
        if (!ended.message.empty())
            out.line(3, {"Message:\t", ended.message});
        out.line(3, {"Exit Code:\t", std::to_string(ended.exit_code)});
        out.line(3, {"Started:\t", time_text(ended.started_at)});
        out.line(3, {"Finished:\t", time_text(ended.finished_at)});
    } else {
        out.line(2, {title, ":\tWaiting"});
        if (state.waiting && !state.waiting->reason.empty())
            out.line(3, {"Reason:\t", state.waiting->reason});
        // Not kubectl's: it leaves the reason's reason to events, which podinit does not have.
        if (state.waiting && !state.waiting->message.empty())
            out.line(3, {"Message:\t", state.waiting->message});
    }
}

void environment(Writer& out, const std::vector<spec::EnvVar>& env) {
    out.line(2, {"Environment:", env.empty() ? "\t<none>" : ""});
    for (const spec::EnvVar& variable : env) {
        std::string title = variable.name + ":";
        each_line(variable.value, [&](std::string_view part) {
            out.line(3, {title, "\t", part});
            title.clear();
        });
    }
}

void mounts(Writer& out, std::vector<spec::VolumeMount> list) {
    out.line(2, {"Mounts:", list.empty() ? "\t<none>" : ""});
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.mount_path < b.mount_path; });
    for (const spec::VolumeMount& mount : list) {
        const std::string sub_path = mount.sub_path.empty() ? "" : ",path=\"" + mount.sub_path + "\"";
        out.line(3, {mount.mount_path, " from ", mount.name, mount.read_only.value_or(false) ? " (ro" : " (rw",
                     sub_path, ")"});
    }
}

void container(Writer& out, const spec::Container& container, const spec::ContainerStatus* status) {
    out.line(1, {container.name, ":"});
    if (status)
        out.line(2, {"Container ID:\t", status->container_id});
    out.line(2, {"Image:\t", container.image});
    if (status)
        out.line(2, {"Image ID:\t", status->image_id});
    ports(out, container);
    words(out, "Command:", container.command);
    words(out, "Args:", container.args);
    if (status) {
        state(out, "State", status->state);
        if (status->last_state.terminated)
            state(out, "Last State", status->last_state);
        out.line(2, {"Ready:\t", status->ready ? "True" : "False"});
        out.line(2, {"Restart Count:\t", std::to_string(status->restart_count)});
    }
    environment(out, container.env);
    mounts(out, container.volume_mounts);
}

std::string_view type_text(spec::HostPathType type) {
    switch (type) {
    case spec::HostPathType::Unset: return "";
    case spec::HostPathType::DirectoryOrCreate: return "DirectoryOrCreate";
    case spec::HostPathType::Directory: return "Directory";
    case spec::HostPathType::FileOrCreate: return "FileOrCreate";
    case spec::HostPathType::File: return "File";
    case spec::HostPathType::Socket: return "Socket";
    case spec::HostPathType::CharDevice: return "CharDevice";
    case spec::HostPathType::BlockDevice: return "BlockDevice";
    }
    return "";
}

void volumes(Writer& out, const std::vector<spec::Volume>& list) {
    out.line(0, {"Volumes:", list.empty() ? "\t<none>" : ""});
    for (const spec::Volume& volume : list) {
        out.line(1, {volume.name, ":"});
        if (volume.host_path) {
            out.line(2, {"Type:\tHostPath (bare host directory volume)"});
            out.line(2, {"Path:\t", volume.host_path->path});
            out.line(
                2, {"HostPathType:\t", or_none(type_text(volume.host_path->type.value_or(spec::HostPathType::Unset)))});
        } else if (volume.empty_dir) {
            const bool memory = volume.empty_dir->medium == "Memory";
            const std::string& limit = volume.empty_dir->size_limit;
            out.line(2, {"Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)"});
            out.line(2, {"Medium:\t", memory ? "Memory" : ""});
            out.line(2, {"SizeLimit:\t", limit.empty() ? "<unset>" : limit});
        }
    }
}

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
    out.line(0, {"IP:\t", status.pod_ip});
    out.line(0, {"IPs:", status.pod_ips.empty() ? "\t<none>" : ""});
    for (const spec::PodIp& ip : status.pod_ips)
        out.line(1, {"IP:\t", ip.ip});
}

} // namespace

std::string describe_pod(const spec::PodView& view, std::int64_t now_ms) {
    const spec::PodSpec& spec = view.pod.spec;
    const spec::PodStatus& status = view.status;
    Writer out;
    out.line(0, {"Name:\t", view.pod.metadata.name});
    out.line(0, {"Namespace:\t", view.pod.metadata.namespace_});
    if (spec.node_name.empty())
        out.line(0, {"Node:\t<none>"});
    else
        out.line(0, {"Node:\t", spec.node_name, "/", status.host_ip});
    if (!status.start_time.empty())
        out.line(0, {"Start Time:\t", time_text(status.start_time)});
    labels(out, view.pod.metadata.labels);
    annotations(out, view.pod.metadata.annotations);
    status_lines(out, view, now_ms);
    out.line(0, {"Containers:"});
    for (const spec::Container& each : spec.containers) {
        const auto found = std::find_if(status.container_statuses.begin(), status.container_statuses.end(),
                                        [&](const spec::ContainerStatus& s) { return s.name == each.name; });
        container(out, each, found == status.container_statuses.end() ? nullptr : &*found);
    }
    if (!status.conditions.empty()) {
        out.line(0, {"Conditions:"});
        out.line(1, {"Type\tStatus"});
        for (const spec::PodCondition& condition : status.conditions)
            out.line(1, {condition.type, " \t", condition.status, " "});
    }
    volumes(out, spec.volumes);
    out.line(0, {"QoS Class:\t", status.qos_class});
    return align(out.text, describe_stops);
}

} // namespace ctl
