// SPDX-License-Identifier: Apache-2.0
// Capability names become sets. The only user of libcap-ng; the child applies the sets with capset(2) and prctl(2),
// because libcap-ng keeps state that a child sharing our memory must not touch.
#pragma once

#include "ns/plan.hpp"

#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace ns {

struct CapabilityRequest {
    std::span<const std::string> add; // "NET_ADMIN", "CAP_NET_ADMIN" or "ALL"
    std::span<const std::string> drop;
    bool privileged = false; // every capability of this kernel
    bool root = true;        // uid 0: other users get no permitted set (capabilities(7), as containerd does)
};

// The name that the kernel does not know.
struct UnknownCapability {
    std::string name;
};

// As containerd does it: the container runtimes' default fourteen, or all when ALL is added, or none when ALL is
// dropped; then single names are added; then single names are dropped. All bits set is "whatever podinit itself holds".
std::expected<CapabilitySets, UnknownCapability> capability_sets(const CapabilityRequest& request) noexcept;

} // namespace ns
