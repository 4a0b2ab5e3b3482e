// SPDX-License-Identifier: Apache-2.0
#include "initd/planner_parts.hpp"

#include "ns/container_fs.hpp"
#include "spec/quantity.hpp"

#include <algorithm>
#include <sys/mount.h>

namespace initd {

namespace {

bool privileged(const spec::Container& c) {
    return c.security_context && is_set(c.security_context->privileged);
}

ns::Source volume_source(const spec::Volume& volume, const spec::Pod& pod, const NodeFacts& node) {
    using Kind = ns::Source::Kind;
    ns::Source source;
    if (!volume.host_path) {
        bool memory = volume.empty_dir && volume.empty_dir->medium == "Memory";
        source.path = memory ? sandbox_dir(node, pod.metadata.uid) + "/volumes/" + volume.name
                             : volumes_dir(node, pod.metadata.uid) + "/volumes/kubernetes.io~empty-dir/" + volume.name;
        source.create = true;
        source.create_mode = 0777;
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

void add_volume_mounts(ns::Plan& plan, const spec::Pod& pod, const spec::Container& container, const NodeFacts& node) {
    for (const spec::VolumeMount& mount : container.volume_mounts) {
        auto volume = std::find_if(pod.spec.volumes.begin(), pod.spec.volumes.end(),
                                   [&](const spec::Volume& v) { return v.name == mount.name; });
        if (volume == pod.spec.volumes.end())
            continue; // validation has seen to it
        ns::Source source = volume_source(*volume, pod, node);
        source.sub_path = mount.sub_path;
        std::string target = mount.mount_path.starts_with('/') ? mount.mount_path : "/" + mount.mount_path;
        place(plan, add_source(plan, std::move(source)), std::move(target), is_set(mount.read_only) ? MS_RDONLY : 0);
    }
}

} // namespace

void add_mounts(ns::Plan& plan, const spec::Pod& pod, const spec::Container& container, const Image& image,
                const NodeFacts& node) {
    const spec::PodSpec& s = pod.spec;
    bool own_root = !image.rootfs.empty();
    bool own_ipc = !is_set(s.host_ipc);
    bool read_only = container.security_context && is_set(container.security_context->read_only_root_filesystem);
    // The machine's root in the machine's namespaces needs no mount of its own, and then no mount namespace.
    plan.create_mount = own_root || !is_set(s.host_pid) || own_ipc || !is_set(s.host_network) || read_only ||
                        !container.volume_mounts.empty();
    if (!plan.create_mount)
        return;
    plan.root_image = image.rootfs;
    plan.root_overlay = own_root && !read_only;
    plan.root_read_only = read_only;

    ns::ContainerFs fs;
    fs.own_root = own_root;
    fs.privileged = privileged(container);
    fs.own_ipc = own_ipc;
    if (own_ipc)
        fs.shm_source = static_cast<int>(add_source(plan, machine_path(sandbox_dir(node, pod.metadata.uid) + "/shm")));
    else if (own_root)
        fs.shm_source = static_cast<int>(add_source(plan, machine_path("/dev/shm")));
    if (own_root && fs.privileged)
        fs.dev_source = static_cast<int>(add_source(plan, machine_path("/dev")));
    plan.setup = ns::container_mounts(fs);

    // The node's own name service goes with the node's network; a private network has neither yet.
    if (own_root && is_set(s.host_network)) {
        if (node.has_resolv_conf)
            place(plan, add_source(plan, machine_path("/etc/resolv.conf")), "/etc/resolv.conf", MS_RDONLY);
        if (node.has_hosts)
            place(plan, add_source(plan, machine_path("/etc/hosts")), "/etc/hosts", MS_RDONLY);
    }
    add_volume_mounts(plan, pod, container, node);
}

std::string sandbox_dir(const NodeFacts& node, std::string_view uid) {
    return node.run_dir + "/pods/" + std::string(uid);
}

std::string volumes_dir(const NodeFacts& node, std::string_view uid) {
    return node.state_dir + "/pods/" + std::string(uid);
}

bool has_disk_volumes(const spec::Pod& pod) noexcept {
    return std::any_of(pod.spec.volumes.begin(), pod.spec.volumes.end(), [](const spec::Volume& v) {
        return v.empty_dir && v.empty_dir->medium.empty();
    });
}

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
        plan.mounts.push_back({dir + "/shm", "mode=1777,size=65536k"}); // 64 MiB, as the container runtimes
    for (const spec::Volume& volume : s.volumes)
        if (volume.empty_dir && volume.empty_dir->medium == "Memory") {
            std::string options = "mode=0777";
            if (auto bytes = spec::parse_quantity(volume.empty_dir->size_limit); bytes && *bytes > 0)
                options += ",size=" + std::to_string(*bytes);
            plan.mounts.push_back({dir + "/volumes/" + volume.name, std::move(options)});
        }
    return plan;
}

} // namespace initd
