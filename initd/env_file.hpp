// SPDX-License-Identifier: Apache-2.0
// Files that a container's fileKeyRef variables come from: another container has written them into an emptyDir, so
// what is in them is as little trusted as the container.
#pragma once

#include "initd/planner.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

// Reads each file that the container refers to, once. No link leads out of the volume.
std::vector<EnvFile> read_env_files(const spec::Pod& pod, std::size_t container, const NodeFacts& node);

// The value of `key`; empty when the file has none. nullopt: the text is not lines of NAME='VALUE' (with lines in the
// value, and a comment after it, if need be), comments and blank lines. The kubelet's rules (pkg/kubelet/util/env):
// what comes after the key is not looked at.
std::optional<std::string> env_file_value(std::string_view text, std::string_view key);

} // namespace initd
