// SPDX-License-Identifier: Apache-2.0
// What the core knows of a pod, in the words of a Kubernetes PodStatus (kubelet: kubelet_pods.go getPhase and
// convertToAPIContainerStatuses, status/generate.go). Computes only.
#pragma once

#include "initd/clock.hpp"
#include "initd/core.hpp"
#include "initd/pods.hpp"
#include "spec/status.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace initd {

// What the core remembers is since boot, and becomes wall time only when it is shown. RFC 3339; "" for `never`.
std::string wall_time(const Clock& clock, Millis moment);

struct StatusFacts { // what the core does not know
    const spec::Pod& pod;
    std::span<const StartFailure> failures; // why the last tries at a start failed
    std::span<const RunMessage> messages;   // what runs that ended have said
    std::span<const GivenCondition> conditions;
    std::string host_ip; // empty: the machine has no address yet
    Clock clock;
    std::string waits_for{}; // why it is held; empty when it is not
};

spec::PodStatus make_status(const Core& core, std::uint32_t slot, const StatusFacts& facts);

} // namespace initd
