// SPDX-License-Identifier: Apache-2.0
// Any bytes as one or two quantities: no crash, and the canonical text is the same value, in the same order.
#include "spec/quantity.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

bool try_quantity(std::string_view text) {
    const auto value = spec::parse_quantity(text);
    const auto milli = spec::milli_quantity(text);
    const auto canonical = spec::canonical_quantity(text);
    require(value.has_value() == milli.has_value() && value.has_value() == canonical.has_value());
    if (!value)
        return false;
    require(spec::canonical_quantity(*canonical) == canonical);
    require(spec::parse_quantity(*canonical) == value && spec::milli_quantity(*canonical) == milli);
    require(spec::order_quantities(text, text) == std::strong_ordering::equal);
    const auto sign = spec::order_quantities(text, "0");
    require((sign > 0) == (*value > 0) && (sign < 0) == (*value < 0));
    return sign >= 0;
}

void try_two(std::string_view a, std::string_view b) {
    const auto order = spec::order_quantities(a, b);
    require((order < 0) == (spec::order_quantities(b, a) > 0) && (order == 0) == (spec::order_quantities(b, a) == 0));
    require(order >= 0 || *spec::parse_quantity(a) <= *spec::parse_quantity(b));
    const std::string sum = spec::add_quantities(a, b);
    require(spec::canonical_quantity(sum) == sum);
    if (*spec::parse_quantity(sum) == std::numeric_limits<std::int64_t>::max())
        return; // as much as one of the binary family can be, perhaps less than its parts
    require(spec::order_quantities(sum, a) >= 0 && spec::order_quantities(sum, b) >= 0);
    require(spec::order_quantities(sum, spec::add_quantities(b, a)) == 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const std::size_t end = text.find('\n');
    const bool positive = try_quantity(text.substr(0, end));
    if (end != std::string_view::npos && try_quantity(text.substr(end + 1)) && positive)
        try_two(text.substr(0, end), text.substr(end + 1));
    return 0;
}
