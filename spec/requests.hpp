// SPDX-License-Identifier: Apache-2.0
// What the containers of a pod ask for, together (component-helpers: AggregateContainerRequests).
#pragma once

#include "spec/pod.hpp"

#include <cstddef>

namespace spec {

// Ours: how many resources one list may name; a longer one is refused, and counts as empty here.
inline constexpr std::size_t max_resources = 100;

// For each resource the larger one of: what the containers and the sidecars (init containers that restart always) ask
// for while the pod runs, and what any init container asks for beside the sidecars before it. Sorted by name.
ResourceList requests_of_containers(const PodSpec& spec);

} // namespace spec
