// SPDX-License-Identifier: Apache-2.0
// What the core wants to know of a pod, out of its manifest.
#pragma once

#include "initd/core_state.hpp"
#include "spec/pod.hpp"

#include <cstdint>
#include <vector>

namespace initd {

struct CoreFacts {
    PodFacts pod; // points into the two below: only good beside them
    std::vector<UnitFacts> units;
    std::vector<ProbeFacts> probes;
};

// May throw bad_alloc. A pod of plain containers needs neither list, and gets none.
CoreFacts facts_of(const spec::Pod& pod, std::uint32_t after);

inline const spec::Box<spec::Probe>& probe_of(const spec::Container& container, ProbeKind kind) noexcept {
    switch (kind) {
    case ProbeKind::Startup: return container.startup_probe;
    case ProbeKind::Liveness: return container.liveness_probe;
    case ProbeKind::Readiness: break;
    }
    return container.readiness_probe;
}

// A span as a manifest or a client writes it: any number of seconds, a negative one is none.
Millis seconds_of(std::int64_t seconds) noexcept;

// The first of the container's rules that fits the exit code says what follows.
RestartRule rule_of(const spec::Container& container, std::int32_t code) noexcept;

} // namespace initd
