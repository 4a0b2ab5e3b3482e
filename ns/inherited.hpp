// SPDX-License-Identifier: Apache-2.0
// What every child starts with because its parent has it: read once, so that a child makes only the calls that change
// something.
#pragma once

#include "ns/plan.hpp"

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace ns {

struct Inherited {
    uid_t uid = 0;
    gid_t gid = 0;
    bool one_user = false;  // real, effective and saved uid are the same
    bool one_group = false; // and gid
    std::vector<gid_t> groups;
    CapabilitySets capabilities;       // ambient is not read: PID 1 has none to give
    std::uint64_t ignored_signals = 0; // bit n - 1 is signal n: what CLONE_CLEAR_SIGHAND leaves ignored
    std::uint64_t open_files = 0;      // RLIMIT_NOFILE, when the soft and the hard limit are the same
    mode_t umask = 0;
    bool at_root = false; // the working directory is "/"
};

// May throw bad_alloc.
Inherited read_inherited();

} // namespace ns
