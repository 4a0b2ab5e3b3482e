// SPDX-License-Identifier: Apache-2.0
// From a manifest to a process: Pod in, ns::Plan out. Computes only, from what it is given; performer.cpp carries it
// out.
#pragma once

#include "initd/images.hpp"
#include "initd/objects.hpp"
#include "ns/plan.hpp"
#include "spec/pod.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

struct NodeFacts {
    std::string hostname;
    std::string run_dir;   // /run/podinit: mounts of a pod's own below pods/UID
    std::string state_dir; // /var/lib/podinit: emptyDir volumes below pods/UID
    bool has_resolv_conf = false;
    bool has_hosts = false;
    // What the downward API tells; looked up only for those who ask.
    std::string host_ip; // empty: none yet
    std::int64_t cpus = 0;
    std::int64_t memory_bytes = 0;
    std::int64_t disk_bytes = 0; // of the file system of state_dir
};

// Which namespaces a pod has of its own, and what is mounted for it before its first container starts.
struct SandboxPlan {
    bool net = false, ipc = false, uts = false;
    bool shared_pid = false; // shareProcessNamespace: a holder is the PID namespace's first process
    std::string hostname;    // of the new UTS namespace
    struct Mount {
        std::string path; // below run_dir
        const char* fstype = "tmpfs";
        std::string options; // "mode=1777,size=..."
    };
    std::vector<Mount> mounts; // /dev/shm of a private IPC namespace, volumes in memory
};
SandboxPlan plan_sandbox(const spec::Pod& pod, const NodeFacts& node);

// The pod's hostname: its own, cut to 63 characters as the kubelet does, or the node's under hostNetwork.
std::string pod_hostname(const spec::Pod& pod, const NodeFacts& node);

std::string sandbox_dir(const NodeFacts& node, std::string_view uid); // RUN_DIR/pods/UID
std::string volumes_dir(const NodeFacts& node, std::string_view uid); // STATE_DIR/pods/UID
// Where a volume that lives in memory is mounted: its files are there for every container of the pod.
std::string volume_dir(const NodeFacts& node, const spec::Pod& pod, const spec::Volume& volume);
std::string empty_dir_path(const NodeFacts& node, const spec::Pod& pod, const spec::Volume& volume);
bool has_disk_volumes(const spec::Pod& pod) noexcept;
// The group that the pod's volumes belong to.
std::optional<gid_t> fs_group(const spec::Pod& pod) noexcept;

// A reason and a message as a container's status shows them.
struct PlanFailure {
    std::string reason;
    std::string message;
};

// A file in an emptyDir, as it was found when the container was about to be started.
struct EnvFile {
    std::string volume, path;
    std::expected<std::string, ns::Error> text;
};
const EnvFile* find_env_file(std::span<const EnvFile> files, const spec::FileKeySelector& ref) noexcept;

struct ContainerInputs {
    const spec::Pod& pod;
    std::size_t index; // of the container: see container_at()
    const Image& image;
    const Identity& identity;
    const NodeFacts& node;
    const ObjectStore& objects;
    std::span<const EnvFile> env_files = {}; // all that the container's variables refer to
    std::string_view message_file = {}; // on the machine, for the run's last words; empty: none
    const spec::Container& container() const noexcept { return spec::container_at(pod, index); }
};

// All of the plan but descriptors (streams, namespaces to join), which the performer fills in.
std::expected<ns::Plan, PlanFailure> plan_container(const ContainerInputs& in);

// Mounts the Unix socket at `path` where NOTIFY_SOCKET says; the plan has a mount namespace for it.
void place_notify_socket(ns::Plan& plan, std::string path);

// A process beside a running container: the same identity, environment and limits, another command. `term` is TERM.
// Variables whose object has gone since are left out.
std::expected<ns::Plan, PlanFailure> plan_exec(const ContainerInputs& in, std::vector<std::string> command,
                                               std::string_view term);

// The user a container runs as, as find_identity() reads it: the manifest's, else the image's.
std::string container_user(const spec::Pod& pod, const spec::Container& container, const Image& image);

// The device of annotation podinit/console ("console", "ttyS0", "tty1"), as a path; empty when there is none.
std::expected<std::string, PlanFailure> console_device(const spec::Pod& pod);

} // namespace initd
