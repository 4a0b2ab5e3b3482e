// SPDX-License-Identifier: Apache-2.0
#include "initd/workloads.hpp"

#include "initd/fate.hpp"

#include <algorithm>

namespace initd {

PodDifference compare_pods(const PodStore& pods, std::uint32_t owner, std::span<const spec::Manifest> wanted) {
    PodDifference difference;
    std::vector<bool> stays(pods.slots());
    std::vector<std::size_t> fresh; // indices in `missing` of names that there are not now
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        std::string name = spec::full_name(wanted[i].pod.metadata);
        auto slot = pods.find(name);
        if (slot)
            stays[*slot] = true;
        if (slot && pods.at(*slot).owner == owner && pods.at(*slot).text == wanted[i].text)
            continue;
        auto before = pods.find_any(name);
        if (!before)
            fresh.push_back(difference.missing.size());
        difference.missing.push_back({i, before.value_or(no_slot)});
    }
    for (std::uint32_t slot = 0; slot < pods.slots(); ++slot)
        if (pods.at(slot).owner == owner && !pods.at(slot).name.empty() && !pods.at(slot).leaving && !stays[slot])
            difference.surplus.push_back(slot);
    // A new template gives new names. Each takes the place of an old one, whose ports and files it may need.
    for (std::size_t i = 0; i < std::min(fresh.size(), difference.surplus.size()); ++i)
        difference.missing[fresh[i]].after = difference.surplus[i];
    return difference;
}

std::string conflict_text(const spec::Object& object, std::string_view pod, std::string_view holder) {
    std::string text;
    if (object.kind != spec::Kind::Pod)
        text = object.resource + " " + spec::full_name(object.metadata) + " needs the name of another: ";
    text += pod;
    return holder.empty() ? text + " is there already, and has a manifest of its own"
                          : text.append(" belongs to ").append(holder);
}

std::optional<std::string> find_conflict(const PodStore& pods, const ObjectStore& objects, const spec::Object& object) {
    std::uint32_t owner = 0;
    if (is_workload(object.kind)) {
        const ObjectRecord* record = objects.find(object.kind, spec::full_name(object.metadata));
        owner = record ? record->id : no_id;
    }
    for (const spec::Manifest& manifest : object.pods) {
        std::string pod = spec::full_name(manifest.pod.metadata);
        auto slot = pods.find(pod);
        if (!slot || pods.at(*slot).owner == owner)
            continue;
        const ObjectRecord* other = objects.find(pods.at(*slot).owner);
        std::string holder = other ? called(spec::resource_of(other->kind), other->name) : "";
        return conflict_text(object, "pod " + pod, holder);
    }
    return std::nullopt;
}

PodCount count_pods(const PodStore& pods, const Core& core, std::uint32_t owner) noexcept {
    PodCount count;
    for (std::uint32_t slot = 0; slot < pods.slots(); ++slot) {
        if (pods.at(slot).owner != owner || pods.at(slot).leaving)
            continue;
        ++count.pods;
        count.ready += gates_are_open(pods.at(slot)) && all_ready(core.units(slot));
    }
    return count;
}

bool has_pods(const PodStore& pods, std::uint32_t owner, std::uint32_t but) noexcept {
    for (std::uint32_t slot = 0; slot < pods.slots(); ++slot)
        if (slot != but && pods.at(slot).owner == owner)
            return true;
    return false;
}

} // namespace initd
