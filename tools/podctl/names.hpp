// SPDX-License-Identifier: Apache-2.0
// The words after a verb: resource types and names, as kubectl takes them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ctl {

// "pods", "pod NAME...", "po/NAME pod/NAME ...": the names, none for all. Throws Failure.
std::vector<std::string> pod_names(std::span<const std::string> args);

// "NAME" or "pod/NAME". Throws Failure.
std::string pod_name(const std::string& arg);

} // namespace ctl
