// SPDX-License-Identifier: Apache-2.0
// ConfigMap and Secret: bytes by key, under the rules of pkg/apis/core/validation (internal to spec).
#pragma once

#include "spec/fields.hpp"
#include "spec/pod.hpp"
#include "spec/problem.hpp"

#include <optional>
#include <string>

namespace spec {

struct LocalData {
    std::string api_version;
    std::string kind;
    ObjectMeta metadata;
    StringMap data;        // of a Secret base64 in JSON; here always bytes
    StringMap binary_data; // ConfigMap: base64 in JSON
    StringMap string_data; // Secret: wins over `data`; empty after apply_defaults()
    std::optional<bool> immutable;
    std::string type; // Secret; defaulted: Opaque
};

extern const fields::Type config_map_type;
extern const fields::Type secret_type;

// Sorts by key, merges string_data into data, fills in the type of a Secret.
void apply_defaults(LocalData& object);

// Appends what is wrong with the keys, the size and, of a Secret, with what its type asks for. Comes after
// apply_defaults().
void validate(const LocalData& object, Problems& problems);

// Appends a warning for what nothing here gives a meaning.
void warn_unhonoured(const LocalData& object, Problems& problems);

} // namespace spec
