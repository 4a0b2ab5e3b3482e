// SPDX-License-Identifier: Apache-2.0
// Getting every file system to rest: the blocking half of shutdown.hpp, run in children that may hang.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

struct Mounted {
    std::string path;
    std::string fstype;
    std::string device;    // MAJOR:MINOR
    bool writable = false; // the file system, not only this mount of it
};

// All of a /proc/PID/mountinfo, last mounted first.
std::vector<Mounted> mounts_in(std::string_view mountinfo);

// What has to go, of a /proc/self/mountinfo: last mounted first; all but the root, /run and what is at or below /proc,
// /sys and /dev. Those hold nothing that outlives the machine, and we still need them.
std::vector<Mounted> to_unmount(std::string_view mountinfo);

// Does its disk have to be told (as opposed to memory, the kernel's own, or another machine's file system)?
bool has_disk(std::string_view fstype) noexcept;

// The paths of a /proc/swaps.
std::vector<std::string> swap_areas(std::string_view swaps);

struct UnderWay {                        // what may hang, in memory that is shared with whoever waits for it
    std::atomic<std::uint32_t> hash = 0; // of its name; 0: nothing
    char name[124] = {};
};

// What the steps below know of each other, and the one that waits for them of them.
struct DiskState {
    bool survivors = false; // processes are left, who may hold anything
    UnderWay* doing = nullptr;
    std::size_t hung_count = 0;
    std::uint32_t hung[8] = {}; // what did: not tried again
};

void swap_off(const DiskState& state);
// In passes, until all is unmounted or a pass gets nowhere; loop devices are given up on the way.
void unmount_all(const DiskState& state);
// The root, and what could not be unmounted.
void remount_read_only(const DiskState& state);
// What can still be written to, wherever it is mounted and whoever has it open, is frozen or remounted by force.
void rest_by_force(const DiskState& state);

// How much there is to write, or to read back from swap, in kB: whether a slow disk gets on.
std::int64_t unwritten() noexcept;

} // namespace initd
