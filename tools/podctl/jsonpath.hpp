// SPDX-License-Identifier: Apache-2.0
// The part of kubectl's JSONPath (k8s.io/client-go/util/jsonpath) that scripts live on:
// {.a.b}, {.a['b.c']}, {.a\.b}, {.a[0]}, {.a[-1]}, {.a[*]}, {.a[?(@.b=="c")].d}, {range .a[*]}...{end}, {"text"}.
// What is not there is nothing, as in kubectl.
#pragma once

#include "tools/podctl/json_value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ctl {

// Text with expressions in braces. Throws Failure for a template that is none.
std::string expand_jsonpath(std::string_view text, const JsonValue& root);

// What a path (without braces) leads to. Throws Failure.
std::vector<const JsonValue*> select_jsonpath(std::string_view path, const JsonValue& from);

// A string as it is, anything else as JSON.
std::string jsonpath_text(const JsonValue& value);

} // namespace ctl
