// SPDX-License-Identifier: Apache-2.0
#include "initd/planner_parts.hpp"

#include "initd/projection.hpp"
#include "ns/container_fs.hpp"
#include "spec/expand.hpp"
#include "spec/names.hpp"
#include "spec/quantity.hpp"

#include <algorithm>
#include <sys/mount.h>

namespace initd {

namespace {

bool privileged(const spec::Container& c) {
    return c.security_context && is_set(c.security_context->privileged);
}

bool in_memory(const spec::Volume& volume) {
    return is_projected(volume) || (volume.empty_dir && !volume.empty_dir->medium.empty());
}

ns::Source volume_source(const spec::Volume& volume, const ContainerInputs& in) {
    using Kind = ns::Source::Kind;
    ns::Source source;
    if (in_memory(volume)) {
        source.path = volume_dir(in.node, in.pod, volume);
        source.create = !is_projected(volume); // a sub path
        source.create_mode = 0777;
        return source;
    }
    if (!volume.host_path) {
        source.path = empty_dir_path(in.node, in.pod, volume);
        source.create = true;
        source.create_mode = 0777;
        if (const auto group = fs_group(in.pod))
            source.create_group = *group;
        return source;
    }
    source.path = volume.host_path->path;
    switch (volume.host_path->type.value_or(spec::HostPathType::Unset)) {
    case spec::HostPathType::Unset: source.create = true; break; // the runtimes make a missing directory
    case spec::HostPathType::DirectoryOrCreate: source.kind = Kind::Directory, source.create = true; break;
    case spec::HostPathType::Directory: source.kind = Kind::Directory; break;
    case spec::HostPathType::FileOrCreate:
        source.kind = Kind::File, source.create = true, source.create_mode = 0644;
        break;
    case spec::HostPathType::File: source.kind = Kind::File; break;
    case spec::HostPathType::Socket: source.kind = Kind::Socket; break;
    case spec::HostPathType::CharDevice: source.kind = Kind::CharDevice; break;
    case spec::HostPathType::BlockDevice: source.kind = Kind::BlockDevice; break;
    }
    return source;
}

// Opens `source` before the root changes and puts it on `target` after it.
std::uint32_t add_source(ns::Plan& plan, ns::Source source) {
    plan.sources.push_back(std::move(source));
    return static_cast<std::uint32_t>(plan.sources.size() - 1);
}

void place(ns::Plan& plan, std::uint32_t index, std::string target, std::uint64_t flags) {
    ns::Setup setup;
    setup.op = ns::Setup::Op::Place;
    setup.target = std::move(target);
    setup.index = index;
    setup.flags = flags;
    plan.setup.push_back(std::move(setup));
}

ns::Source machine_path(std::string path) {
    ns::Source source;
    source.path = std::move(path);
    return source;
}

ns::Propagation propagation_of(const spec::VolumeMount& mount) {
    switch (mount.mount_propagation.value_or(spec::MountPropagation::None)) {
    case spec::MountPropagation::None: return ns::Propagation::Private;
    case spec::MountPropagation::HostToContainer: return ns::Propagation::Slave;
    case spec::MountPropagation::Bidirectional: return ns::Propagation::Shared;
    }
    return ns::Propagation::Private;
}

// Every kernel that podinit runs on can make what is mounted below read-only too, so "IfPossible" is "Enabled".
std::uint64_t flags_of(const spec::VolumeMount& mount, const spec::Volume& volume) {
    if (!is_set(mount.read_only) && !is_projected(volume))
        return 0;
    const auto recursive = mount.recursive_read_only.value_or(spec::RecursiveReadOnly::Disabled);
    return recursive == spec::RecursiveReadOnly::Disabled ? MS_RDONLY : MS_RDONLY | MS_REC;
}

// The words are the kubelet's (kubelet_pods.go, makeMounts).
std::expected<std::string, std::string> sub_path_of(const spec::VolumeMount& mount, const Variables& variables) {
    if (mount.sub_path_expr.empty())
        return mount.sub_path;
    std::string missing;
    std::string path = spec::expand(mount.sub_path_expr, [&](std::string_view name) {
        const std::string* value = variables.find(name);
        if (!value || value->empty())
            missing.append(missing.empty() ? "" : ", ").append(name);
        return value;
    });
    if (!missing.empty())
        return std::unexpected("missing value for " + missing);
    if (path.starts_with('/'))
        return std::unexpected("error SubPath `" + path + "` must not be an absolute path");
    if (spec::has_dot_dot(path))
        return std::unexpected("unable to provision SubPath `" + path + "`: must not contain '..'");
    return path;
}

std::optional<PlanFailure> add_volume_mounts(ns::Plan& plan, const ContainerInputs& in, const Variables& variables) {
    for (const spec::VolumeMount& mount : in.container().volume_mounts) {
        auto volume = std::ranges::find(in.pod.spec.volumes, mount.name, &spec::Volume::name);
        if (volume == in.pod.spec.volumes.end())
            continue; // validation has seen to it
        auto sub_path = sub_path_of(mount, variables);
        if (!sub_path)
            return PlanFailure{"CreateContainerConfigError", std::move(sub_path.error())};
        ns::Source source = volume_source(*volume, in);
        source.sub_path = std::move(*sub_path);
        source.propagation = propagation_of(mount);
        std::string target = mount.mount_path.starts_with('/') ? mount.mount_path : "/" + mount.mount_path;
        place(plan, add_source(plan, std::move(source)), std::move(target), flags_of(mount, *volume));
    }
    return std::nullopt;
}

bool has_own_message_path(const spec::Container& container) {
    const std::string& path = container.termination_message_path;
    return !path.empty() && path != spec::default_message_path;
}

// On the machine's own root the file is put over one of the machine's, which cannot be made everywhere; there nobody
// misses the default.
void place_message_file(ns::Plan& plan, const ContainerInputs& in) {
    const std::string& path = in.container().termination_message_path;
    place(plan, add_source(plan, machine_path(std::string(in.message_file))), path.starts_with('/') ? path : "/" + path,
          0);
    plan.setup.back().optional = in.image.rootfs.empty() && !has_own_message_path(in.container());
}

} // namespace

std::optional<PlanFailure> add_mounts(ns::Plan& plan, const ContainerInputs& in, const Variables& of_manifest,
                                      bool wanted) {
    const spec::PodSpec& s = in.pod.spec;
    const spec::Container& container = in.container();
    bool own_root = !in.image.rootfs.empty();
    bool own_ipc = !is_set(s.host_ipc);
    bool read_only = container.security_context && is_set(container.security_context->read_only_root_filesystem);
    // The machine's root in the machine's namespaces needs no mount of its own, and then no mount namespace: what it
    // mounts, the machine sees. Nobody reads a termination message from the default path then.
    plan.create_mount = wanted || own_root || !is_set(s.host_pid) || own_ipc || !is_set(s.host_network) || read_only ||
                        !container.volume_mounts.empty() || has_own_message_path(container);
    if (!plan.create_mount)
        return std::nullopt;
    plan.root_image = in.image.rootfs;
    plan.root_overlay = own_root && !read_only;
    plan.root_read_only = read_only;

    ns::ContainerFs fs;
    fs.own_root = own_root;
    fs.privileged = privileged(container);
    fs.own_ipc = own_ipc;
    if (own_ipc)
        fs.shm_source =
            static_cast<int>(add_source(plan, machine_path(sandbox_dir(in.node, in.pod.metadata.uid) + "/shm")));
    else if (own_root)
        fs.shm_source = static_cast<int>(add_source(plan, machine_path("/dev/shm")));
    if (own_root && fs.privileged)
        fs.dev_source = static_cast<int>(add_source(plan, machine_path("/dev")));
    plan.setup = ns::container_mounts(fs);

    // The node's own name service goes with the node's network; a private network has neither yet.
    if (own_root && is_set(s.host_network)) {
        if (in.node.has_resolv_conf)
            place(plan, add_source(plan, machine_path("/etc/resolv.conf")), "/etc/resolv.conf", MS_RDONLY);
        if (in.node.has_hosts)
            place(plan, add_source(plan, machine_path("/etc/hosts")), "/etc/hosts", MS_RDONLY);
    }
    if (auto failure = add_volume_mounts(plan, in, of_manifest))
        return failure;
    if (!in.message_file.empty())
        place_message_file(plan, in);
    return std::nullopt;
}

std::string sandbox_dir(const NodeFacts& node, std::string_view uid) {
    return node.run_dir + "/pods/" + std::string(uid);
}

std::string volumes_dir(const NodeFacts& node, std::string_view uid) {
    return node.state_dir + "/pods/" + std::string(uid);
}

std::string volume_dir(const NodeFacts& node, const spec::Pod& pod, const spec::Volume& volume) {
    return sandbox_dir(node, pod.metadata.uid) + "/volumes/" + volume.name;
}

std::string empty_dir_path(const NodeFacts& node, const spec::Pod& pod, const spec::Volume& volume) {
    if (in_memory(volume))
        return volume_dir(node, pod, volume);
    return volumes_dir(node, pod.metadata.uid) + "/volumes/kubernetes.io~empty-dir/" + volume.name;
}

std::optional<gid_t> fs_group(const spec::Pod& pod) noexcept {
    if (!pod.spec.security_context || !pod.spec.security_context->fs_group)
        return std::nullopt;
    return static_cast<gid_t>(*pod.spec.security_context->fs_group);
}

bool has_disk_volumes(const spec::Pod& pod) noexcept {
    return std::any_of(pod.spec.volumes.begin(), pod.spec.volumes.end(),
                       [](const spec::Volume& v) { return v.empty_dir && v.empty_dir->medium.empty(); });
}

namespace {

constexpr std::string_view huge_pages = "hugepages-";

// The size that an emptyDir of huge pages has: its medium's, else the one that a container asks for; empty: the
// machine's default.
std::string_view huge_page_size(const spec::Pod& pod, std::string_view medium) {
    if (const auto dash = medium.find('-'); dash != medium.npos)
        return medium.substr(dash + 1);
    for (const spec::Container& container : pod.spec.containers)
        for (const auto* list : {&container.resources.limits, &container.resources.requests})
            for (const auto& [resource, amount] : *list)
                if (resource.starts_with(huge_pages))
                    return std::string_view(resource).substr(huge_pages.size());
    return {};
}

SandboxPlan::Mount volume_mount(const spec::Volume& volume, const spec::Pod& pod, const NodeFacts& node) {
    SandboxPlan::Mount mount{.path = volume_dir(node, pod, volume), .options = "mode=0777"};
    if (const auto group = fs_group(pod)) // and what is made in it is the group's as well
        mount.options = "mode=2777,gid=" + std::to_string(*group);
    if (!volume.empty_dir)
        return mount;
    if (volume.empty_dir->medium.starts_with("HugePages")) {
        mount.fstype = "hugetlbfs";
        if (auto bytes = spec::parse_quantity(huge_page_size(pod, volume.empty_dir->medium)))
            mount.options += ",pagesize=" + std::to_string(*bytes);
    } else if (auto limit = spec::parse_quantity(volume.empty_dir->size_limit); limit && *limit > 0) {
        mount.options += ",size=" + std::to_string(*limit);
    }
    return mount;
}

} // namespace

SandboxPlan plan_sandbox(const spec::Pod& pod, const NodeFacts& node) {
    const spec::PodSpec& s = pod.spec;
    SandboxPlan plan;
    plan.net = !is_set(s.host_network);
    plan.uts = !is_set(s.host_network); // the runtimes share the UTS namespace with the network's
    plan.ipc = !is_set(s.host_ipc);
    plan.shared_pid = is_set(s.share_process_namespace) && !is_set(s.host_pid);
    if (plan.uts)
        plan.hostname = pod_hostname(pod, node);
    std::string dir = sandbox_dir(node, pod.metadata.uid);
    if (plan.ipc)
        plan.mounts.push_back(
            {.path = dir + "/shm", .options = "mode=1777,size=65536k"}); // 64 MiB, as the container runtimes
    for (const spec::Volume& volume : s.volumes)
        if (in_memory(volume))
            plan.mounts.push_back(volume_mount(volume, pod, node));
    return plan;
}

} // namespace initd
