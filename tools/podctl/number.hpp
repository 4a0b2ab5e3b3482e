// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ctl {

// A whole number given to an option, maybe negative. Throws Failure in kubectl's words.
std::int64_t parse_number(std::string_view option, const std::string& text);

} // namespace ctl
