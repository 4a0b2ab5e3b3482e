// SPDX-License-Identifier: Apache-2.0
// Getting every file system to rest: the blocking half of shutdown.hpp, run in children that may hang.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace initd {

struct Mounted {
    std::string path;
    std::string fstype;
};

// What has to go, of a /proc/self/mountinfo: last mounted first; all but the root, /run and what is at or below /proc,
// /sys and /dev. Those hold nothing that outlives the machine, and we still need them.
std::vector<Mounted> to_unmount(std::string_view mountinfo);

// Does its disk have to be told (as opposed to memory, the kernel's own, or another machine's file system)?
bool has_disk(std::string_view fstype) noexcept;

// The paths of a /proc/swaps.
std::vector<std::string> swap_areas(std::string_view swaps);

void swap_off();
// In passes, until all is unmounted or a pass gets nowhere; loop devices are given up on the way.
void unmount_all();
// The root, and what could not be unmounted.
void remount_read_only();

} // namespace initd
