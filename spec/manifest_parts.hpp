// SPDX-License-Identifier: Apache-2.0
// The steps of read_manifest() that the reading of other kinds shares (internal to spec; they may throw bad_alloc).
#pragma once

#include "spec/json.hpp"
#include "spec/manifest.hpp"

#include <cstddef>
#include <expected>

namespace spec {

void apply_defaults(ObjectMeta& metadata);

// read_manifest() of a document that is parsed already; `bytes` is about how long its text is.
std::expected<Manifest, Problems> read_pod(const json::Node& root, std::size_t bytes);

// Writes manifest.text from manifest.pod, which gets a uid from it if it has none.
void write_canonical(Manifest& manifest, std::size_t bytes);

} // namespace spec
