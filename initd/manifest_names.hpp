// SPDX-License-Identifier: Apache-2.0
// The names of the files that hold objects.
#pragma once

#include "spec/object.hpp"

#include <string>
#include <string_view>

namespace initd {

// Does a directory entry of this name hold a manifest?
bool is_manifest_name(std::string_view name) noexcept;

// The name of the file that podctl's objects are kept in: no two of them have one name, short of a miracle.
std::string manifest_file_name(spec::Kind kind, std::string_view namespace_, std::string_view name);

} // namespace initd
