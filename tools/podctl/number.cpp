// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/number.hpp"

#include "tools/podctl/output.hpp"

#include <charconv>

namespace ctl {

std::int64_t parse_number(std::string_view option, const std::string& text) {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end)
        fail({"invalid argument \"", text, "\" for \"", option, "\" flag: not a whole number"});
    return value;
}

} // namespace ctl
