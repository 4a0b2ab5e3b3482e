// SPDX-License-Identifier: Apache-2.0
// A file of JSON may hold several objects, one behind the other, and kubectl takes them all.
#pragma once

#include "tools/podctl/yaml_read.hpp"

#include <string_view>
#include <vector>

namespace ctl {

struct JsonText {
    std::string_view text; // from "{" to its "}"; whether it is JSON in between is not looked at
    YamlMark begin;
};

// Empty when the text is anything but objects with white space around them.
std::vector<JsonText> split_json(std::string_view text);

} // namespace ctl
