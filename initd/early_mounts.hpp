// SPDX-License-Identifier: Apache-2.0
// The file systems that the kernel offers and every program expects: what is missing and may be mounted is mounted.
//
// On a machine every row of the table is, unless something is mounted there already (the initramfs did). In somebody
// else's container or PID namespace the mounts may be shared with others, so there a row is mounted only if what it
// would bring is not there at all: no /proc/self, no /dev/null; or, for the writable places, no permission to write.
#pragma once

#include <span>
#include <sys/types.h>

namespace initd {

struct EarlyMount {
    const char* path;
    const char* fstype;
    const char* data;
    unsigned long flags;
    const char* witness; // a name below `path` that is there when the file system is; nullptr: a place to write
};

std::span<const EarlyMount> early_mounts() noexcept;

struct MountFacts {
    bool mounted = false;  // `path` is the root of a mount
    bool witness = false;  // the witness is there
    bool writable = false; // `path` can be written to
};

// The decision for one row.
bool wants_mount(const EarlyMount& row, const MountFacts& facts, bool machine) noexcept;

// Mounts what is wanted of `rows`; a failure costs one line of log on a machine, nothing elsewhere.
void mount_early(std::span<const EarlyMount> rows, bool machine) noexcept;

} // namespace initd
