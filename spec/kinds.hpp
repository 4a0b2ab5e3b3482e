// SPDX-License-Identifier: Apache-2.0
// The table of kinds: which exist here, and what becomes of an object of each (internal to spec).
#pragma once

#include "spec/fields.hpp"
#include "spec/object.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec {

// A kind that is kept.
struct KeptKind {
    Kind kind;
    std::string_view name;        // "Deployment"
    std::string_view api_version; // "apps/v1"
    std::string_view resource;    // "deployment.apps"
    std::string_view short_name;  // "deploy"
};
extern const std::span<const KeptKind> kept_kinds;

// The names of those that are ignored with a warning; for the documentation.
std::vector<std::string_view> ignored_kinds();

struct Recognized {
    Kind kind;
    std::string resource; // as kubectl prints it
    std::string_view why; // Ignored: the reason
};

// The root of a document, by apiVersion and kind. nullopt: it is refused, and the reader has the error that says why.
std::optional<Recognized> recognize(fields::Reader& reader, const json::Node& object);

// Its table; nullptr when Ignored.
const fields::Type* type_of(Kind kind) noexcept;

} // namespace spec
