// SPDX-License-Identifier: Apache-2.0
// From a manifest to a process: Pod in, ns::Plan out. Computes only; performer.cpp carries it out.
#pragma once

#include "initd/images.hpp"
#include "ns/plan.hpp"
#include "spec/pod.hpp"

#include <cstddef>
#include <expected>
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
};

// Which namespaces a pod has of its own, and what is mounted for it before its first container starts.
struct SandboxPlan {
    bool net = false, ipc = false, uts = false;
    bool shared_pid = false; // shareProcessNamespace: a holder is the PID namespace's first process
    std::string hostname;    // of the new UTS namespace
    struct Tmpfs {
        std::string path;    // below run_dir
        std::string options; // "mode=1777,size=..."
    };
    std::vector<Tmpfs> mounts; // /dev/shm of a private IPC namespace, emptyDir volumes in memory
};
SandboxPlan plan_sandbox(const spec::Pod& pod, const NodeFacts& node);

// The pod's hostname: its own, cut to 63 characters as the kubelet does, or the node's under hostNetwork.
std::string pod_hostname(const spec::Pod& pod, const NodeFacts& node);

std::string sandbox_dir(const NodeFacts& node, std::string_view uid); // RUN_DIR/pods/UID
std::string volumes_dir(const NodeFacts& node, std::string_view uid); // STATE_DIR/pods/UID
bool has_disk_volumes(const spec::Pod& pod) noexcept;

// A reason and a message as a container's status shows them.
struct PlanFailure {
    std::string reason;
    std::string message;
};

// All of the plan but descriptors (streams, namespaces to join), which the performer fills in.
std::expected<ns::Plan, PlanFailure> plan_container(const spec::Pod& pod, std::size_t index, const Image& image,
                                                    const Identity& identity, const NodeFacts& node);

// A process beside a running container: the same identity, environment and limits, another command. `term` is TERM.
std::expected<ns::Plan, PlanFailure> plan_exec(const spec::Pod& pod, std::size_t index, const Image& image,
                                               const Identity& identity, const NodeFacts& node,
                                               std::vector<std::string> command, std::string_view term);

// The user a container runs as, as find_identity() reads it: the manifest's, else the image's.
std::string container_user(const spec::Pod& pod, const spec::Container& container, const Image& image);

// The device of annotation podinit/console ("console", "ttyS0", "tty1"), as a path; empty when there is none.
std::expected<std::string, PlanFailure> console_device(const spec::Pod& pod);

} // namespace initd
