// SPDX-License-Identifier: Apache-2.0
// The conditions of a pod's status (kubelet: pkg/kubelet/status/generate.go).
//
// The core keeps no history of conditions: when one last changed is told from when containers started and ended.
#pragma once

#include "initd/pod_status.hpp"

#include <span>

namespace initd {

// The rest of `status` is complete already.
void set_conditions(spec::PodStatus& status, const PodState& pod, std::span<const UnitState> units,
                    const StatusFacts& facts);

} // namespace initd
