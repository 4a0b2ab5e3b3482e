// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/describe_parts.hpp"

#include <algorithm>

namespace ctl::describing {

namespace {

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
        for (const std::string_view part : lines_of(word))
            out.line(3, {part});
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

void resources(Writer& out, std::string_view title, spec::ResourceList list) {
    if (list.empty())
        return;
    out.line(2, {title, ":"});
    std::sort(list.begin(), list.end());
    for (const auto& [name, quantity] : list)
        out.line(3, {name, ":\t", quantity});
}

std::string port_text(const spec::IntOrString& port) {
    return port.name ? *port.name : std::to_string(port.number);
}

std::string probe_text(const spec::Probe& probe) {
    const auto number = [](std::int64_t value) { return std::to_string(value); };
    const std::string times =
        " delay=" + number(probe.initial_delay_seconds) + "s timeout=" + number(probe.timeout_seconds) +
        "s period=" + number(probe.period_seconds) + "s #success=" + number(probe.success_threshold) +
        " #failure=" + number(probe.failure_threshold);
    if (probe.exec) {
        std::string words;
        for (const std::string& word : probe.exec->command)
            words += (words.empty() ? "" : " ") + word;
        return "exec [" + words + "]" + times;
    }
    if (probe.http_get) {
        const spec::HttpGetAction& get = *probe.http_get;
        const bool ipv6 = get.host.find(':') != std::string::npos;
        return std::string("http-get ") + (get.scheme == spec::UriScheme::Https ? "https://" : "http://") +
               (ipv6 ? "[" + get.host + "]" : get.host) + ":" + port_text(get.port) +
               (get.path.starts_with('/') ? "" : "/") + get.path + times;
    }
    if (probe.tcp_socket)
        return "tcp-socket " + probe.tcp_socket->host + ":" + port_text(probe.tcp_socket->port) + times;
    if (probe.grpc)
        return "grpc <pod>:" + number(probe.grpc->port) + " " + probe.grpc->service.value_or("") + times;
    return "unknown" + times;
}

void probe(Writer& out, std::string_view title, const spec::Box<spec::Probe>& probe) {
    if (probe)
        out.line(2, {title, ":\t", probe_text(*probe)});
}

void environment_sources(Writer& out, const std::vector<spec::EnvFromSource>& sources) {
    if (sources.empty())
        return;
    out.line(2, {"Environment Variables from:"});
    for (const spec::EnvFromSource& source : sources) {
        const bool is_config_map = source.config_map_ref.has_value();
        const auto reference =
            is_config_map ? *source.config_map_ref : source.secret_ref.value_or(spec::ObjectReference{});
        const std::string prefix = source.prefix.empty() ? "" : " with prefix '" + source.prefix + "'";
        out.line(3, {reference.name, "\t", is_config_map ? "ConfigMap" : "Secret", prefix,
                     "\tOptional: ", true_or_false(reference.optional)});
    }
}

// What the pod itself says; the node's answers are not in it.
std::string field_value(const spec::Pod& pod, std::string_view path) {
    const spec::ObjectMeta& metadata = pod.metadata;
    if (path == "metadata.name")
        return metadata.name;
    if (path == "metadata.namespace")
        return metadata.namespace_;
    if (path == "metadata.uid")
        return metadata.uid;
    for (const auto& [prefix, map] : {std::pair(std::string_view("metadata.labels['"), &metadata.labels),
                                      std::pair(std::string_view("metadata.annotations['"), &metadata.annotations)}) {
        if (!path.starts_with(prefix) || !path.ends_with("']"))
            continue;
        const std::string* value = spec::find(*map, path.substr(prefix.size(), path.size() - prefix.size() - 2));
        return value ? *value : "";
    }
    return "";
}

void reference(Writer& out, std::string_view variable, std::string_view of, const spec::KeySelector& key) {
    out.line(3, {variable, ":\t<set to the key '", key.key, "' ", of, " '", key.name,
                 "'>\tOptional: ", true_or_false(key.optional)});
}

void variable_from(Writer& out, const spec::EnvVar& variable, const spec::Pod& pod, Where where) {
    const spec::EnvVarSource& from = *variable.value_from;
    if (from.field_ref)
        out.line(3, {variable.name, ":\t", where == Where::Pod ? field_value(pod, from.field_ref->field_path) : "",
                     " (", from.field_ref->api_version, ":", from.field_ref->field_path, ")"});
    else if (from.resource_field_ref)
        out.line(3, {variable.name, ":\t (", from.resource_field_ref->resource, ")"});
    else if (from.secret_key_ref)
        reference(out, variable.name, "in secret", *from.secret_key_ref);
    else if (from.config_map_key_ref)
        reference(out, variable.name, "of config map", *from.config_map_key_ref);
    else if (from.file_key_ref)
        out.line(3, {variable.name, ":\t<set to the key '", from.file_key_ref->key, "' in file '",
                     from.file_key_ref->path, "' of volume '", from.file_key_ref->volume_name,
                     "'>\tOptional: ", true_or_false(from.file_key_ref->optional)});
}

void environment(Writer& out, const std::vector<spec::EnvVar>& env, const spec::Pod& pod, Where where) {
    out.line(2, {"Environment:", env.empty() ? "\t<none>" : ""});
    for (const spec::EnvVar& variable : env) {
        if (variable.value_from) {
            variable_from(out, variable, pod, where);
            continue;
        }
        std::string title = variable.name + ":";
        for (const std::string_view part : lines_of(variable.value)) {
            out.line(3, {title, "\t", part});
            title.clear();
        }
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

std::string_view profile_text(spec::ProfileType type) {
    switch (type) {
    case spec::ProfileType::Unconfined: return "Unconfined";
    case spec::ProfileType::RuntimeDefault: return "RuntimeDefault";
    case spec::ProfileType::Localhost: return "Localhost";
    }
    return "";
}

void container(Writer& out, const spec::Container& container, const spec::ContainerStatus* status, const spec::Pod& pod,
               Where where) {
    out.line(1, {where == Where::Template ? " " : "", container.name, ":"});
    if (status)
        out.line(2, {"Container ID:\t", status->container_id});
    out.line(2, {"Image:\t", container.image});
    if (status)
        out.line(2, {"Image ID:\t", status->image_id});
    ports(out, container);
    if (container.security_context && container.security_context->seccomp_profile)
        seccomp(out, 2, *container.security_context->seccomp_profile);
    words(out, "Command:", container.command);
    words(out, "Args:", container.args);
    if (status) {
        state(out, "State", status->state);
        if (status->last_state.terminated)
            state(out, "Last State", status->last_state);
        out.line(2, {"Ready:\t", status->ready ? "True" : "False"});
        out.line(2, {"Restart Count:\t", std::to_string(status->restart_count)});
    }
    resources(out, "Limits", container.resources.limits);
    resources(out, "Requests", container.resources.requests);
    probe(out, "Liveness", container.liveness_probe);
    probe(out, "Readiness", container.readiness_probe);
    probe(out, "Startup", container.startup_probe);
    environment_sources(out, container.env_from);
    environment(out, container.env, pod, where);
    mounts(out, container.volume_mounts);
}

} // namespace

void seccomp(Writer& out, std::size_t level, const spec::SecurityProfile& profile) {
    out.line(level, {"SeccompProfile:\t", profile_text(profile.type.value_or(spec::ProfileType::Unconfined))});
    if (profile.type == spec::ProfileType::Localhost)
        out.line(level + (level > 0 ? 1 : 0), {"LocalhostProfile:\t", profile.localhost_profile.value_or("")});
}

void containers(Writer& out, std::string_view title, const std::vector<spec::Container>& list,
                std::span<const spec::ContainerStatus> statuses, const spec::Pod& pod, Where where) {
    out.line(where == Where::Template ? 1 : 0, {title, ":"});
    for (const spec::Container& each : list) {
        const auto found = std::find_if(statuses.begin(), statuses.end(),
                                        [&](const spec::ContainerStatus& status) { return status.name == each.name; });
        container(out, each, found == statuses.end() ? nullptr : &*found, pod, where);
    }
}

} // namespace ctl::describing
