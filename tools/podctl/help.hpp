// SPDX-License-Identifier: Apache-2.0
// What `podctl --help` and `podctl VERB --help` print.
#pragma once

#include <string_view>

namespace ctl {

// Of the whole program for "".
std::string_view help_text(std::string_view verb);

} // namespace ctl
