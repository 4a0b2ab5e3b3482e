// SPDX-License-Identifier: Apache-2.0
#include "spec/image.hpp"
#include "spec/manifest_parts.hpp"
#include "spec/pod_fields.hpp"
#include "spec/rules.hpp"

#include <algorithm>

namespace spec {

namespace {

// For a field whose absence means false.
void drop_false(std::optional<bool>& flag) {
    if (flag == false)
        flag.reset();
}

template <class T>
void default_to(std::optional<T>& member, T value) {
    if (!member)
        member = value;
}

void default_container(Container& container, bool host_network) {
    default_to(container.image_pull_policy, default_pull_policy(container.image));
    if (container.termination_message_path.empty())
        container.termination_message_path = "/dev/termination-log";
    default_to(container.termination_message_policy, TerminationMessagePolicy::File);
    for (ContainerPort& port : container.ports) {
        default_to(port.protocol, Protocol::Tcp);
        if (port.host_port == 0)
            port.host_port.reset();
        if (host_network)
            default_to(port.host_port, port.container_port);
    }
    for (VolumeMount& mount : container.volume_mounts) {
        drop_false(mount.read_only);
        if (!mount.mount_path.empty() && mount.mount_path.front() != '/')
            mount.mount_path.insert(0, 1, '/'); // as the kubelet does
    }
    drop_false(container.stdin_open);
    drop_false(container.stdin_once);
    drop_false(container.tty);
    if (auto& context = container.security_context) {
        drop_false(context->privileged);
        drop_false(context->read_only_root_filesystem);
        if (context->capabilities && context->capabilities->add.empty() && context->capabilities->drop.empty())
            context->capabilities.reset();
        if (is_empty(*context))
            context.reset();
    }
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
    drop_false(spec.host_network);
    drop_false(spec.host_pid);
    drop_false(spec.host_ipc);
    drop_false(spec.share_process_namespace);
    if (spec.security_context && is_empty(*spec.security_context))
        spec.security_context.reset();
    for (Volume& volume : spec.volumes) {
        if (!volume.host_path && !volume.empty_dir && !volume.config_map && !volume.secret && !volume.downward_api &&
            !volume.projected)
            volume.empty_dir.emplace();
        if (volume.host_path && volume.host_path->type == HostPathType::Unset)
            volume.host_path->type.reset();
    }
    for (Container& container : spec.containers)
        default_container(container, spec.host_network.has_value());
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
