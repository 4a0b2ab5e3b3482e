// SPDX-License-Identifier: Apache-2.0
// Objects in the layout of `kubectl describe`.
#pragma once

#include "tools/podctl/events.hpp"
#include "tools/podctl/objects.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace ctl {

// `pods`: those of a workload. `events`: those of a pod, in the order of their last times.
std::string describe(const ListedObject& object, std::span<const ListedObject> pods,
                     std::span<const ListedEvent> events, std::int64_t now_ms);
// `problems`: what of the manifest is not acted on.
std::string describe_pod(const spec::PodView& view, const spec::Problems& problems, std::span<const ListedEvent> events,
                         std::int64_t now_ms);

} // namespace ctl
