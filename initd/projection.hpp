// SPDX-License-Identifier: Apache-2.0
// What the files of a configMap, secret, downwardAPI or projected volume are. Computes only; projection_files.hpp
// writes them.
#pragma once

#include "initd/objects.hpp"
#include "initd/planner.hpp"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace initd {

struct ProjectedFile {
    std::string path; // relative, without ".."
    mode_t mode = 0644;
    std::string bytes;
};
using Projection = std::vector<ProjectedFile>; // sorted by path, each path once

// Ours: PID 1 writes them, and must be done soon.
inline constexpr std::size_t max_projected_files = 4096;
inline constexpr std::size_t max_projected_bytes = 16u << 20;

bool is_projected(const spec::Volume& volume) noexcept;

// The error is what the kubelet says after "MountVolume.SetUp failed for volume "v" : ".
std::expected<Projection, std::string> project(const spec::Volume& volume, const spec::Pod& pod, const NodeFacts& node,
                                               const ObjectStore& objects);

// Does the volume, or anything in a container's environment, come from that object?
bool refers_to(const spec::Volume& volume, spec::Kind kind, std::string_view name) noexcept;
bool refers_to(const spec::Container& container, spec::Kind kind, std::string_view name) noexcept;

} // namespace initd
