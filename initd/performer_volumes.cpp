// SPDX-License-Identifier: Apache-2.0
// The performer's half that makes a pod's volumes in memory, and follows the objects that they show.
#include "initd/performer.hpp"

#include "initd/files.hpp"
#include "initd/node_info.hpp"
#include "initd/projection_files.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

namespace initd {

namespace {

// In the kubelet's words, with the reason that a container shows while it waits for its pod's volumes.
PlanFailure volume_failure(const spec::Volume& volume, std::string_view why) {
    std::string message = "MountVolume.SetUp failed for volume \"" + volume.name + "\" : ";
    return {"ContainerCreating", message.append(why)};
}

PlanFailure mount_failure(const SandboxPlan::Mount& mount, const ns::Error& error) {
    return {"CreatePodSandboxError", mount.path + ": " + mount.fstype + ": " + ns::to_text(error)};
}

bool is_in(std::string_view pod, std::string_view namespace_) {
    return pod.size() > namespace_.size() && pod.starts_with(namespace_) && pod[namespace_.size()] == '/';
}

} // namespace

// What can fail for want of an object comes before anything is made.
std::expected<std::vector<Performer::VolumeFiles>, PlanFailure> Performer::project_volumes(const spec::Pod& pod) {
    std::vector<VolumeFiles> volumes;
    for (const spec::Volume& volume : pod.spec.volumes) {
        if (!is_projected(volume))
            continue;
        if (volumes.empty())
            look_at_node();
        auto files = project(volume, pod, node_, objects_);
        if (!files)
            return std::unexpected(volume_failure(volume, files.error()));
        volumes.push_back({&volume, std::move(*files)});
    }
    return volumes;
}

// /run is memory: making, mounting and writing there never waits for a disk.
std::expected<void, PlanFailure> Performer::make_volumes(const spec::Pod& pod, const SandboxPlan& plan,
                                                         const std::vector<VolumeFiles>& volumes) {
    for (const SandboxPlan::Mount& m : plan.mounts) {
        if (auto made = make_directories(m.path, 0700); !made)
            return std::unexpected(mount_failure(m, made.error()));
        if (mount(m.fstype, m.path.c_str(), m.fstype, MS_NOSUID | MS_NODEV, m.options.c_str()) != 0)
            return std::unexpected(mount_failure(m, {errno, ns::Step::Mount}));
    }
    for (const VolumeFiles& v : volumes)
        if (auto written = write_projection(volume_dir(node_, pod, *v.volume), v.files, fs_group(pod)); !written)
            return std::unexpected(volume_failure(*v.volume, ns::to_text(written.error())));
    return {};
}

void Performer::drop_volumes(const SandboxPlan& plan, const std::string& sandbox) noexcept {
    for (const SandboxPlan::Mount& m : plan.mounts) {
        umount2(m.path.c_str(), MNT_DETACH);
        rmdir(m.path.c_str());
    }
    if (plan.mounts.empty())
        return;
    rmdir((sandbox + "/volumes").c_str());
    rmdir(sandbox.c_str());
}

void Performer::object_changed(spec::Kind kind, std::string_view namespace_, std::string_view name,
                               Events& events) noexcept {
    for (std::uint32_t slot = 0; slot < pods_.slots(); ++slot)
        try { // a pod is a text; most do not even have the name in it
            const std::string quoted = "\"" + std::string(name) + "\"";
            if (is_in(pods_.at(slot).name, namespace_) && pods_.at(slot).text.find(quoted) != std::string::npos)
                follow(slot, kind, name, events);
        } catch (...) { // out of memory: that pod goes on with what it has
        }
}

// A volume that cannot be made anew, because a key has gone perhaps, stays as it is.
void Performer::follow(std::uint32_t slot, spec::Kind kind, std::string_view name, Events& events) {
    const spec::Pod& pod = pods_.pod(slot);
    const auto concerned = [&](const auto& part) { return refers_to(part, kind, name); };
    for (const spec::Volume& volume : pod.spec.volumes) {
        const std::string directory = volume_dir(node_, pod, volume);
        if (!concerned(volume) || access((directory + "/..data").c_str(), F_OK) != 0)
            continue;
        look_at_node();
        auto files = project(volume, pod, node_, objects_);
        if (!files)
            complain(slot, ~0u, volume_failure(volume, files.error()));
        else if (auto written = write_projection(directory, *files, fs_group(pod)); !written)
            complain(slot, ~0u, volume_failure(volume, ns::to_text(written.error())));
    }
    if (pods_.at(slot).failures.empty() || !(std::ranges::any_of(pod.spec.volumes, concerned) ||
                                             std::ranges::any_of(pod.spec.init_containers, concerned) ||
                                             std::ranges::any_of(pod.spec.containers, concerned)))
        return;
    Event retry{};
    retry.kind = Event::Kind::RetryAsked;
    retry.run.unit = Unit(slot, 0);
    events.push_back(retry);
}

void Performer::look_at_node() {
    auto addresses = node_addresses();
    node_.host_ip = addresses.empty() ? "" : std::move(addresses.front());
    node_.cpus = get_nprocs();
    struct sysinfo system {};
    if (sysinfo(&system) == 0)
        node_.memory_bytes = static_cast<std::int64_t>(system.totalram) * system.mem_unit;
    struct statfs disk {};
    if (statfs(node_.state_dir.c_str(), &disk) == 0)
        node_.disk_bytes = static_cast<std::int64_t>(disk.f_blocks) * disk.f_bsize;
}

} // namespace initd
