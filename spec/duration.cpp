// SPDX-License-Identifier: Apache-2.0
#include "spec/duration.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace spec {

namespace {

std::optional<std::int64_t> unit_ns(std::string_view unit) noexcept {
    struct Unit {
        std::string_view name;
        std::int64_t ns;
    };
    static constexpr Unit units[] = {
        {"ns", 1},         {"us", 1'000},        {"\u00b5s", 1'000},    {"\u03bcs", 1'000},
        {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000},
    };
    for (const Unit& row : units)
        if (row.name == unit)
            return row.ns;
    return std::nullopt;
}

std::string_view take_digits(std::string_view& text) noexcept {
    const std::string_view taken = text.substr(0, text.find_first_not_of("0123456789"));
    text.remove_prefix(taken.size());
    return taken;
}

// Takes one number with its unit, "1.5h", off the front.
std::optional<std::int64_t> take_part(std::string_view& text) noexcept {
    const std::string_view whole = take_digits(text);
    std::string_view fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = take_digits(text);
    }
    const std::string_view name = text.substr(0, text.find_first_of("0123456789."));
    text.remove_prefix(name.size());
    auto unit = unit_ns(name);
    if (!unit || (whole.empty() && fraction.empty()))
        return std::nullopt;

    std::int64_t value = 0;
    if (!whole.empty() && std::from_chars(whole.begin(), whole.end(), value).ec != std::errc{})
        return std::nullopt;
    if (__builtin_mul_overflow(value, *unit, &value))
        return std::nullopt;
    for (const char digit : fraction) {
        *unit /= 10;
        if (__builtin_add_overflow(value, (digit - '0') * *unit, &value))
            return std::nullopt;
    }
    return value;
}

} // namespace

std::optional<std::int64_t> parse_duration_ms(std::string_view text) noexcept {
    if (text == "0")
        return 0;
    if (text.empty())
        return std::nullopt;
    std::int64_t total = 0;
    while (!text.empty()) {
        const auto part = take_part(text);
        if (!part || __builtin_add_overflow(total, *part, &total))
            return std::nullopt;
    }
    return total / 1'000'000;
}

} // namespace spec
