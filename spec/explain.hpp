// SPDX-License-Identifier: Apache-2.0
// What the field table says, for people and their editors: the documentation is made from what the reader goes by, so
// that neither can be wrong about the other. Linked to podctl only.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace spec {

// "pod.spec.hostNetwork", "deployments", "cm.data": a resource as kind_of() knows it, then fields, in the layout of
// `kubectl explain`, with a paragraph on what podinit makes of the field. `recursive` lists the fields below by their
// names only. The error is a sentence in kubectl's words.
std::expected<std::string, std::string> explain(std::string_view path, bool recursive);

// Every field of every kind that is kept, as Markdown tables: path, type, what becomes of it.
std::string field_table();

// A JSON Schema (draft 2020-12) of what read_object() takes, as far as a schema can tell; with the descriptions.
std::string json_schema();

} // namespace spec
