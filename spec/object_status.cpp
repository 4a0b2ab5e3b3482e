// SPDX-License-Identifier: Apache-2.0
#include "spec/object_status.hpp"

#include <cassert>
#include <initializer_list>

namespace spec {

namespace {

struct Count {
    std::string_view name;
    std::int32_t value;
    bool always = false; // also when it is 0: Go's type has no omitempty
};

void append_status(std::string& out, std::initializer_list<Count> counts) {
    out += ",\"status\":{";
    char before = 0;
    for (const Count& count : counts) {
        if (count.value == 0 && !count.always)
            continue;
        if (before)
            out += before;
        out.append("\"").append(count.name).append("\":").append(std::to_string(count.value));
        before = ',';
    }
    out += '}';
}

void append_status(std::string& out, Kind kind, const ObjectCounts& counts) {
    const std::int32_t missing = counts.wanted > counts.ready ? counts.wanted - counts.ready : 0;
    switch (kind) {
    case Kind::Deployment:
        return append_status(out, {{"availableReplicas", counts.ready},
                                   {"readyReplicas", counts.ready},
                                   {"replicas", counts.pods},
                                   {"unavailableReplicas", missing},
                                   {"updatedReplicas", counts.pods}});
    case Kind::DaemonSet:
        return append_status(out, {{"currentNumberScheduled", counts.pods, true},
                                   {"desiredNumberScheduled", counts.wanted, true},
                                   {"numberAvailable", counts.ready},
                                   {"numberMisscheduled", 0, true},
                                   {"numberReady", counts.ready, true},
                                   {"numberUnavailable", missing},
                                   {"updatedNumberScheduled", counts.pods}});
    case Kind::StatefulSet:
        return append_status(out, {{"availableReplicas", counts.ready, true},
                                   {"currentReplicas", counts.pods},
                                   {"readyReplicas", counts.ready},
                                   {"replicas", counts.pods, true},
                                   {"updatedReplicas", counts.pods}});
    case Kind::Pod:
    case Kind::ConfigMap:
    case Kind::Secret:
    case Kind::Ignored: return;
    }
}

} // namespace

// As pod_object(): no string of a user's can look like the place right inside of metadata, which is never empty, and
// the first such place is the object's own.
std::string kept_object(Kind kind, std::string_view canonical, const ObjectCounts& counts,
                        std::string_view creation_timestamp) {
    constexpr std::string_view metadata = "\"metadata\":{";
    const std::size_t at = canonical.find(metadata) + metadata.size();
    assert(at >= metadata.size() && canonical.ends_with('}'));
    constexpr std::size_t usual_additions = 256;
    std::string out;
    out.reserve(canonical.size() + usual_additions);
    out = canonical.substr(0, at);
    out.append("\"creationTimestamp\":\"").append(creation_timestamp).append("\",");
    out.append(canonical.substr(at, canonical.size() - at - 1));
    append_status(out, kind, counts);
    return out += '}';
}

} // namespace spec
