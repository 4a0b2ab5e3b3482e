// SPDX-License-Identifier: Apache-2.0
// The Pod's field table from outside (internal to spec).
#pragma once

#include "spec/fields.hpp"
#include "spec/pod.hpp"

#include <cstddef>
#include <string>

namespace spec {

// Reads metadata and spec into a Pod. apiVersion and kind are skipped: see is_pod().
extern const fields::Type pod_type;
extern const fields::Type object_meta_type; // ObjectMeta, of whatever kind, and of pod templates
extern const fields::Type pod_spec_type;    // PodSpec

// Is this {"apiVersion": "v1", "kind": "Pod"}? If not, the reader gets an error that says what would be.
bool is_pod(fields::Reader& reader, const json::Node& object);

// Appends {"apiVersion":"v1","kind":"Pod","metadata":{...},"spec":{...}} and returns where in `out` metadata's } is:
// what is inserted there, after a comma, is one more field of metadata, the uid's place among them.
std::size_t write_pod(std::string& out, const Pod& pod);

// Does a security context set nothing?
bool is_empty(const SecurityContext& context);
bool is_empty(const PodSecurityContext& context);

} // namespace spec
