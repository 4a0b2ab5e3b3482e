// SPDX-License-Identifier: Apache-2.0
// A workload's pods: those that it stands for against those that there are. Computes only.
//
// A pod belongs to whoever it was made for. Its name is not free for others, a Pod manifest included, until it is on
// its way out.
#pragma once

#include "initd/core.hpp"
#include "initd/objects.hpp"
#include "initd/pods.hpp"
#include "spec/object.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

// What makes the owner's pods those that are wanted, and leaves alone those that are so already.
struct PodDifference {
    struct Missing {
        std::size_t wanted;  // index of the manifest
        std::uint32_t after; // the slot of the pod that it takes the place of, which ends first; no_slot
    };
    std::vector<Missing> missing;       // also changed ones, by whose name there is a pod now
    std::vector<std::uint32_t> surplus; // slots
};
PodDifference compare_pods(const PodStore& pods, std::uint32_t owner, std::span<const spec::Manifest> wanted);

// Why the object cannot come into force: one of its pods has a name that is another's. nullopt: it can.
std::optional<std::string> find_conflict(const PodStore& pods, const ObjectStore& objects, const spec::Object& object);

// The same in words: `pod` is "pod NAMESPACE/NAME", `holder` the workload that it belongs to, "" when it has a
// manifest.
std::string conflict_text(const spec::Object& object, std::string_view pod, std::string_view holder);

// The owner's pods that are not leaving.
struct PodCount {
    std::uint32_t pods = 0;
    std::uint32_t ready = 0;
};
PodCount count_pods(const PodStore& pods, const Core& core, std::uint32_t owner) noexcept;

// Has the owner any pod, those leaving included, besides the one in slot `but`?
bool has_pods(const PodStore& pods, std::uint32_t owner, std::uint32_t but = no_slot) noexcept;

} // namespace initd
