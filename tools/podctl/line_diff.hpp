// SPDX-License-Identifier: Apache-2.0
// Two texts as a unified diff, as `diff -u` writes it.
#pragma once

#include <string>
#include <string_view>

namespace ctl {

// The hunks, with three lines around each change; "" when the texts are equal. Shortest as long as it takes no more
// than some thousand changes; past that, what is between the first and the last change is shown as changed throughout.
std::string unified_diff(std::string_view before, std::string_view after);

} // namespace ctl
