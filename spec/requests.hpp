// SPDX-License-Identifier: Apache-2.0
// What the containers of a pod ask for, together (component-helpers: AggregateContainerRequests).
#pragma once

#include "spec/pod.hpp"

namespace spec {

// For each resource the larger one of: what the containers and the sidecars (init containers that restart always) ask
// for while the pod runs, and what any init container asks for beside the sidecars before it. Sorted by name.
ResourceList requests_of_containers(const PodSpec& spec);

} // namespace spec
