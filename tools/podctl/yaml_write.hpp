// SPDX-License-Identifier: Apache-2.0
// JSON text as the YAML that kubectl prints: keys sorted, two spaces, "- " under its key, quotes only where a string
// would read as something else, several lines as a literal block.
#pragma once

#include <string>
#include <string_view>

namespace ctl {

// Valid JSON in; with a final newline. Empty when memory runs out.
std::string yaml_of_json(std::string_view json);

} // namespace ctl
