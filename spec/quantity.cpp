// SPDX-License-Identifier: Apache-2.0
#include "spec/quantity.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace spec {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

struct Suffix {
    std::string_view text;
    std::uint8_t base;
    std::int8_t exponent;
};

constexpr std::array suffixes = {
    Suffix{"", 10, 0},   Suffix{"n", 10, -9}, Suffix{"u", 10, -6}, Suffix{"m", 10, -3},
    Suffix{"k", 10, 3},  Suffix{"M", 10, 6},  Suffix{"G", 10, 9},  Suffix{"T", 10, 12},
    Suffix{"P", 10, 15}, Suffix{"E", 10, 18}, Suffix{"Ki", 2, 10}, Suffix{"Mi", 2, 20},
    Suffix{"Gi", 2, 30}, Suffix{"Ti", 2, 40}, Suffix{"Pi", 2, 50}, Suffix{"Ei", 2, 60},
};

constexpr Suffix bad{"", 0, 0};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// "e3", "E-2". The largest and smallest numbers that matter are 10^18 and 10^-18, so an exponent is cut at 40.
Suffix parse_exponent(std::string_view text) {
    text.remove_prefix(1);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    if (text.empty() || !std::ranges::all_of(text, is_digit))
        return bad;
    int value = 0;
    for (const char c : text)
        value = std::min(value * 10 + (c - '0'), 40);
    return {"", 10, static_cast<std::int8_t>(negative ? -value : value)};
}

Suffix parse_suffix(std::string_view text) {
    for (const Suffix& suffix : suffixes)
        if (suffix.text == text)
            return suffix;
    return text.starts_with('e') || text.starts_with('E') ? parse_exponent(text) : bad;
}

// `nanos` billionths times the suffix, in whole units, rounded up.
std::uint64_t scale(Wide nanos, Suffix suffix) {
    constexpr Wide billion = 1'000'000'000;
    bool rest = false;
    int down = suffix.exponent < 0 ? -suffix.exponent : 0;
    for (; down > 0 && nanos != 0; --down) {
        rest |= nanos % 10 != 0;
        nanos /= 10;
    }
    for (int up = suffix.exponent; up > 0 && nanos != 0; --up) {
        if (nanos > billion * most)
            return most;
        nanos *= suffix.base;
    }
    rest |= nanos % billion != 0;
    return static_cast<std::uint64_t>(std::min<Wide>(nanos / billion + rest, most));
}

// The value in parts of a unit, `parts` to each.
std::optional<std::int64_t> parse(std::string_view text, unsigned parts) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    constexpr Wide cap = Wide{1'000'000'000} * 10 * most; // far past the largest value, far from overflow
    Wide nanos = 0;
    bool digits = false;
    bool rest = false; // what is finer than a billionth
    std::size_t i = 0;
    for (; i < text.size() && is_digit(text[i]); ++i, digits = true)
        nanos = std::min<Wide>(nanos * 10 + static_cast<unsigned>(text[i] - '0'), cap / 1'000'000'000);
    nanos *= 1'000'000'000;
    if (i < text.size() && text[i] == '.') {
        ++i;
        for (std::uint32_t place = 100'000'000; i < text.size() && is_digit(text[i]); ++i, place /= 10, digits = true) {
            nanos += place * static_cast<unsigned>(text[i] - '0');
            rest |= place == 0 && text[i] != '0';
        }
    }
    const Suffix suffix = parse_suffix(text.substr(i));
    if (!digits || suffix.base == 0)
        return std::nullopt;
    const auto value = static_cast<std::int64_t>(scale((nanos + rest) * parts, suffix));
    return negative ? -value : value;
}

} // namespace

std::optional<std::int64_t> parse_quantity(std::string_view text) noexcept {
    return parse(text, 1);
}

std::optional<std::int64_t> milli_quantity(std::string_view text) noexcept {
    return parse(text, 1000);
}

} // namespace spec
