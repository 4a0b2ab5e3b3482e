// SPDX-License-Identifier: Apache-2.0
// What every container finds in its file system beside its image: /proc, /dev, /sys, as the OCI runtime spec
// (config-linux.md, "Default Filesystems" and "Default Devices") and the container runtimes' defaults have it.
#pragma once

#include "ns/plan.hpp"

#include <vector>

namespace ns {

struct ContainerFs {
    bool own_root = true;    // an image of its own, as opposed to the machine's root: needs all of /dev and /sys
    bool privileged = false; // nothing masked, /sys writable, the machine's devices
    bool mount_proc = true;  // a new /proc: whenever the mount namespace is ours
    bool own_ipc = true;     // /dev/mqueue of the IPC namespace; `shm_source` on /dev/shm
    int shm_source = -1;     // index of the plan's Source for /dev/shm; -1: a tmpfs of its own
    int dev_source = -1;     // index of the plan's Source for the machine's /dev, when privileged with own_root
};

std::vector<Setup> container_mounts(const ContainerFs& fs);

} // namespace ns
