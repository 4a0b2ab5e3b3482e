// SPDX-License-Identifier: Apache-2.0
// The kinds beside Pod as a client gets them: what is kept, and for workloads the status that their controllers show.
#pragma once

#include "spec/object.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace spec {

// Of a workload. A pod that is on its way out does not count; one that there is has the current template, since the
// pods of another go as soon as the template changes.
struct ObjectCounts {
    std::int32_t wanted = 0; // that it stands for
    std::int32_t pods = 0;   // that there are
    std::int32_t ready = 0;  // of them
};

// Canonical text with metadata.creationTimestamp (RFC 3339) and, of a workload, the status.
std::string kept_object(Kind kind, std::string_view canonical, const ObjectCounts& counts,
                        std::string_view creation_timestamp);

} // namespace spec
