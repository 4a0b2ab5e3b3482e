// SPDX-License-Identifier: Apache-2.0
#include "spec/image.hpp"
#include "spec/manifest_parts.hpp"
#include "spec/pod_fields.hpp"
#include "spec/requests.hpp"
#include "spec/rules.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace spec {

namespace {

// For a field whose absence means the same as `value`.
template <class T>
void drop(std::optional<T>& member, T value) {
    if (member == value)
        member.reset();
}

template <class T>
void default_to(std::optional<T>& member, T value) {
    if (!member)
        member = value;
}

void default_to(std::string& member, std::string_view value) {
    if (member.empty())
        member = value;
}

void default_to(std::int32_t& member, std::int32_t value) {
    if (member == 0)
        member = value;
}

// ---- references -------------------------------------------------------------------------------------------------

// Of a downward file, or of a variable's source.
template <class T>
void default_fields(T& source) {
    if (source.field_ref)
        default_to(source.field_ref->api_version, "v1");
    if (source.resource_field_ref)
        default_to(source.resource_field_ref->divisor, "0");
}

void default_source(EnvVarSource& source) {
    default_fields(source);
    if (source.config_map_key_ref)
        drop(source.config_map_key_ref->optional, false);
    if (source.secret_key_ref)
        drop(source.secret_key_ref->optional, false);
    if (source.file_key_ref)
        drop(source.file_key_ref->optional, false);
}

// ---- probes and hooks -------------------------------------------------------------------------------------------

void default_http_get(HttpGetAction& action) {
    default_to(action.path, "/");
    default_to(action.scheme, UriScheme::Http);
}

void default_probe(Box<Probe>& probe) {
    if (!probe)
        return;
    default_to(probe->timeout_seconds, 1);
    default_to(probe->period_seconds, 10);
    default_to(probe->success_threshold, 1);
    default_to(probe->failure_threshold, 3);
    if (probe->http_get)
        default_http_get(*probe->http_get);
    if (probe->grpc && !probe->grpc->service)
        probe->grpc->service.emplace();
}

void default_handler(Box<LifecycleHandler>& handler) {
    if (handler && handler->http_get)
        default_http_get(*handler->http_get);
}

// ---- containers -------------------------------------------------------------------------------------------------

// What is limited is also asked for.
void default_resources(ResourceRequirements& resources) {
    std::ranges::sort(resources.limits);
    std::ranges::sort(resources.requests);
    const std::size_t given = resources.requests.size();
    for (const auto& limit : resources.limits) {
        const std::span asked(resources.requests.data(), given);
        if (!std::ranges::binary_search(asked, limit.first, {}, &StringMap::value_type::first))
            resources.requests.push_back(limit);
    }
    if (resources.requests.size() > given)
        std::ranges::sort(resources.requests);
}

// What the containers ask for together is also what a pod with limits of its own asks for.
void default_pod_resources(PodSpec& spec) {
    ResourceRequirements& resources = *spec.resources;
    if (!resources.limits.empty()) {
        for (auto& asked : requests_of_containers(spec)) {
            const std::string& name = asked.first;
            const bool can_be_shared = name == "cpu" || name == "memory"; // pages of the large sizes cannot
            if (can_be_shared && !find(resources.requests, name))
                resources.requests.push_back(std::move(asked));
        }
    }
    default_resources(resources);
}

void default_port(ContainerPort& port, bool host_network) {
    default_to(port.protocol, Protocol::Tcp);
    drop(port.host_port, 0);
    if (host_network)
        default_to(port.host_port, port.container_port);
}

void default_mount(VolumeMount& mount) {
    drop(mount.read_only, false);
    drop(mount.recursive_read_only, RecursiveReadOnly::Disabled);
    drop(mount.mount_propagation, MountPropagation::None);
    if (!mount.mount_path.empty() && mount.mount_path.front() != '/')
        mount.mount_path.insert(0, 1, '/'); // as the kubelet does
}

void default_security(Box<SecurityContext>& context) {
    if (!context)
        return;
    drop(context->privileged, false);
    drop(context->read_only_root_filesystem, false);
    drop(context->proc_mount, ProcMount::Default);
    if (context->capabilities && context->capabilities->add.empty() && context->capabilities->drop.empty())
        context->capabilities.reset();
    if (is_empty(*context))
        context.reset();
}

void default_container(Container& container, bool host_network) {
    default_to(container.image_pull_policy, default_pull_policy(container.image));
    default_to(container.termination_message_path, default_message_path);
    default_to(container.termination_message_policy, TerminationMessagePolicy::File);
    default_resources(container.resources);
    for (EnvVar& variable : container.env)
        if (variable.value_from)
            default_source(*variable.value_from);
    for (EnvFromSource& source : container.env_from) {
        if (source.config_map_ref)
            drop(source.config_map_ref->optional, false);
        if (source.secret_ref)
            drop(source.secret_ref->optional, false);
    }
    for (ContainerPort& port : container.ports)
        default_port(port, host_network);
    for (VolumeMount& mount : container.volume_mounts)
        default_mount(mount);
    default_probe(container.startup_probe);
    default_probe(container.readiness_probe);
    default_probe(container.liveness_probe);
    if (container.lifecycle) {
        default_handler(container.lifecycle->post_start);
        default_handler(container.lifecycle->pre_stop);
    }
    drop(container.stdin_open, false);
    drop(container.stdin_once, false);
    drop(container.tty, false);
    default_security(container.security_context);
}

// ---- volumes ----------------------------------------------------------------------------------------------------

constexpr std::int32_t usual_mode = 0644;

void default_objects(ObjectVolume& volume) {
    drop(volume.optional, false);
}

void default_files(DownwardVolume& volume) {
    for (DownwardFile& file : volume.items)
        default_fields(file);
}

void default_volume(Volume& volume) {
    if (volume.host_path)
        drop(volume.host_path->type, HostPathType::Unset);
    for (Box<ObjectVolume>* objects : {&volume.config_map, &volume.secret}) {
        if (*objects) {
            default_to((*objects)->default_mode, usual_mode);
            default_objects(**objects);
        }
    }
    if (volume.downward_api) {
        default_to(volume.downward_api->default_mode, usual_mode);
        default_files(*volume.downward_api);
    }
    if (volume.projected) {
        default_to(volume.projected->default_mode, usual_mode);
        for (VolumeProjection& source : volume.projected->sources) {
            if (source.config_map)
                default_objects(*source.config_map);
            if (source.secret)
                default_objects(*source.secret);
            if (source.downward_api)
                default_files(*source.downward_api);
        }
    }
    if (!volume.host_path && !volume.config_map && !volume.secret && !volume.downward_api && !volume.projected &&
        !volume.empty_dir)
        volume.empty_dir.emplace();
}

} // namespace

void apply_defaults(ObjectMeta& metadata) {
    if (metadata.namespace_.empty())
        metadata.namespace_ = "default";
    std::ranges::sort(metadata.labels);
    std::ranges::sort(metadata.annotations);
}

void apply_defaults(Pod& pod) {
    apply_defaults(pod.metadata);
    PodSpec& spec = pod.spec;
    default_to(spec.restart_policy, RestartPolicy::Always);
    default_to(spec.termination_grace_period_seconds, std::int64_t{30});
    default_to(spec.dns_policy, DnsPolicy::ClusterFirst);
    drop(spec.host_network, false);
    drop(spec.host_pid, false);
    drop(spec.host_ipc, false);
    drop(spec.host_users, true);
    drop(spec.share_process_namespace, false);
    drop(spec.set_hostname_as_fqdn, false);
    std::ranges::sort(spec.node_selector);
    if (const auto priority = system_priority(spec.priority_class_name))
        default_to(spec.priority, *priority);
    else
        drop(spec.priority, 0);
    if (spec.security_context) {
        drop(spec.security_context->supplemental_groups_policy, SupplementalGroupsPolicy::Merge);
        if (is_empty(*spec.security_context))
            spec.security_context.reset();
    }
    for (Volume& volume : spec.volumes)
        default_volume(volume);
    default_app_armor(pod);
    for (Container& container : spec.init_containers)
        default_container(container, spec.host_network.has_value());
    for (Container& container : spec.containers)
        default_container(container, spec.host_network.has_value());
    if (spec.resources)
        default_pod_resources(spec);
}

PullPolicy default_pull_policy(std::string_view image) noexcept {
    if (image.find('@') != std::string_view::npos)
        return PullPolicy::IfNotPresent; // a digest says exactly which image
    const std::size_t slash = image.rfind('/');
    const std::string_view last = image.substr(slash == std::string_view::npos ? 0 : slash + 1);
    const std::size_t colon = last.find(':');
    const bool latest = colon == std::string_view::npos || last.substr(colon + 1) == "latest";
    return latest ? PullPolicy::Always : PullPolicy::IfNotPresent;
}

} // namespace spec
