// SPDX-License-Identifier: Apache-2.0
// Objects as tables, by the rules of kubectl's printers (pkg/printers/internalversion), and as JSON and YAML.
#pragma once

#include "tools/podctl/objects.hpp"
#include "tools/podctl/print_pods.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

std::vector<std::string> header(spec::Kind kind, RowOptions options);
std::vector<std::string> row(const ListedObject& object, RowOptions options, std::int64_t now_ms);

// A table for each run of objects of one kind, an empty line between.
std::string tables(const std::vector<ListedObject>& objects, RowOptions options, bool headers, std::int64_t now_ms);

// Compact, members sorted: one object as it is, otherwise a List, as kubectl makes it.
std::string as_one_json(std::span<const std::string> objects, bool single);

// "NAME:.metadata.name,IMAGE:.spec.containers[*].image" as a table. Throws Failure.
std::string custom_columns(std::string_view columns, const std::vector<ListedObject>& objects, bool headers);

void print_json(std::string_view json, std::string_view format); // "json" or "yaml"

} // namespace ctl
