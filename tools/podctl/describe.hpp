// SPDX-License-Identifier: Apache-2.0
// Objects in the layout of `kubectl describe`.
#pragma once

#include "tools/podctl/objects.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace ctl {

// `pods`: those of a workload.
std::string describe(const ListedObject& object, std::span<const ListedObject> pods, std::int64_t now_ms);
// `problems`: what of the manifest is not acted on.
std::string describe_pod(const spec::PodView& view, const spec::Problems& problems, std::int64_t now_ms);

} // namespace ctl
