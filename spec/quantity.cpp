// SPDX-License-Identifier: Apache-2.0
#include "spec/quantity.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace spec {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
constexpr Wide billion = 1'000'000'000;
constexpr int most_exponent = 10'000;
constexpr int most_digits = 34; // two more, and twice as much, still fit in a Wide

enum class Family : std::uint8_t { Decimal, Exponent, Binary };

// mantissa * 10^exponent; the mantissa does not end in a zero, and that of 0 is 0 with the exponent 0.
struct Quantity {
    Wide mantissa = 0;
    int exponent = 0;
    bool negative = false;
    Family family = Family::Decimal;
};

struct Suffix {
    std::string_view text;
    Family family;
    int exponent; // of 10, and of 2 when it is binary
};

constexpr std::array suffixes = {
    Suffix{"", Family::Decimal, 0},   Suffix{"n", Family::Decimal, -9}, Suffix{"u", Family::Decimal, -6},
    Suffix{"m", Family::Decimal, -3}, Suffix{"k", Family::Decimal, 3},  Suffix{"M", Family::Decimal, 6},
    Suffix{"G", Family::Decimal, 9},  Suffix{"T", Family::Decimal, 12}, Suffix{"P", Family::Decimal, 15},
    Suffix{"E", Family::Decimal, 18}, Suffix{"Ki", Family::Binary, 10}, Suffix{"Mi", Family::Binary, 20},
    Suffix{"Gi", Family::Binary, 30}, Suffix{"Ti", Family::Binary, 40}, Suffix{"Pi", Family::Binary, 50},
    Suffix{"Ei", Family::Binary, 60},
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr Wide power_of_10(int n) {
    Wide value = 1;
    for (; n > 0; --n)
        value *= 10;
    return value;
}

constexpr Wide room_for_a_digit = power_of_10(most_digits - 1);

Wide divide_up(Wide value, Wide by) {
    return value / by + (value % by != 0);
}

// ---- reading ----------------------------------------------------------------------------------------------------

// "e3", "E-2". An exponent is cut where no mantissa could make up for it.
std::optional<Suffix> parse_exponent(std::string_view text) {
    text.remove_prefix(1);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    if (text.empty() || !std::ranges::all_of(text, is_digit))
        return std::nullopt;
    int value = 0;
    for (const char c : text)
        value = std::min(value * 10 + (c - '0'), most_exponent);
    return Suffix{"", Family::Exponent, negative ? -value : value};
}

std::optional<Suffix> parse_suffix(std::string_view text) {
    for (const Suffix& suffix : suffixes)
        if (suffix.text == text)
            return suffix;
    return text.starts_with('e') || text.starts_with('E') ? parse_exponent(text) : std::nullopt;
}

// Takes the digits and the point off the front of `text`; false when there is no digit.
bool parse_number(std::string_view& text, Quantity& out) {
    bool digits = false;
    bool point = false;
    bool rest = false; // what was left out
    std::size_t i = 0;
    for (; i < text.size() && (is_digit(text[i]) || (text[i] == '.' && !point)); ++i) {
        if (text[i] == '.') {
            point = true;
            continue;
        }
        digits = true;
        if (out.mantissa < room_for_a_digit) {
            out.mantissa = out.mantissa * 10 + static_cast<unsigned>(text[i] - '0');
            out.exponent -= point;
        } else {
            rest |= text[i] != '0';
            out.exponent += !point;
        }
    }
    out.mantissa += rest;
    text.remove_prefix(i);
    return digits;
}

// Binary quantities are no larger than 2^63-1 and are made of billionths.
void scale_binary(Quantity& quantity, int bits) {
    if (quantity.exponent == 0 && quantity.mantissa <= most >> bits) { // as good as always
        quantity.mantissa <<= bits;
        return;
    }
    constexpr int kept = 18; // digits of the fraction: 2^60 times as much still fits
    if (quantity.exponent < -kept) {
        quantity.mantissa = divide_up(quantity.mantissa, power_of_10(std::min(-quantity.exponent - kept, most_digits)));
        quantity.exponent = -kept;
    }
    const Wide unit = power_of_10(std::max(-quantity.exponent, 0));
    const Wide whole = quantity.mantissa / unit;
    const Wide fraction = quantity.mantissa % unit * (power_of_10(kept) / unit);
    if (whole > most >> bits || (quantity.exponent > 0 && whole != 0))
        quantity.mantissa = most * billion;
    else
        quantity.mantissa = std::min((whole << bits) * billion + divide_up(fraction << bits, billion), most * billion);
    quantity.exponent = -9;
}

void normalize(Quantity& quantity) {
    if (quantity.mantissa == 0)
        quantity.exponent = 0;
    for (; quantity.mantissa > most && quantity.mantissa % 10 == 0; ++quantity.exponent)
        quantity.mantissa /= 10;
    if (quantity.mantissa <= most) {
        auto narrow = static_cast<std::uint64_t>(quantity.mantissa); // a Wide is divided by a function
        for (; narrow != 0 && narrow % 10 == 0; ++quantity.exponent)
            narrow /= 10;
        quantity.mantissa = narrow;
    }
    quantity.exponent = std::min(quantity.exponent, most_exponent); // what is written is read as the same again
}

std::optional<Quantity> parse(std::string_view text, int finest = -9) {
    Quantity out{.negative = text.starts_with('-')};
    if (out.negative || text.starts_with('+'))
        text.remove_prefix(1);
    if (!parse_number(text, out))
        return std::nullopt;
    const auto suffix = parse_suffix(text);
    if (!suffix)
        return std::nullopt;
    out.family = suffix->family;
    if (out.family == Family::Binary)
        scale_binary(out, suffix->exponent);
    else
        out.exponent += suffix->exponent;
    if (out.exponent < finest) {
        out.mantissa = divide_up(out.mantissa, power_of_10(std::min(finest - out.exponent, most_digits + 1)));
        out.exponent = finest;
    }
    normalize(out);
    return out;
}

// ---- the value --------------------------------------------------------------------------------------------------

// In units of 10^-places, rounded up, and no more than fits.
std::int64_t whole(const Quantity& quantity, int places) {
    Wide value = quantity.mantissa;
    int exponent = quantity.exponent + places;
    for (; exponent > 0 && value != 0 && value <= most; --exponent)
        value *= 10;
    if (exponent < 0)
        value = divide_up(value, power_of_10(std::min(-exponent, most_digits + 1)));
    const auto magnitude = static_cast<std::int64_t>(std::min<Wide>(value, most));
    return quantity.negative ? -magnitude : magnitude;
}

// In units of 10^exponent, rounded up: for one that fits.
Wide scaled(const Quantity& quantity, int exponent) {
    const int up = quantity.exponent - exponent;
    return quantity.mantissa == 0 ? 0
           : up >= 0              ? quantity.mantissa * power_of_10(up)
                                  : divide_up(quantity.mantissa, power_of_10(std::min(-up, most_digits + 1)));
}

int digits_of(Wide value) {
    int digits = 0;
    for (; value != 0; value /= 10)
        ++digits;
    return digits;
}

std::strong_ordering order_magnitudes(const Quantity& a, const Quantity& b) {
    if (a.mantissa == 0 || b.mantissa == 0)
        return (a.mantissa != 0) <=> (b.mantissa != 0);
    if (const auto order = digits_of(a.mantissa) + a.exponent <=> digits_of(b.mantissa) + b.exponent; order != 0)
        return order;
    // Of equally many digits before the point, so neither gets more of them than the other has.
    const int exponent = std::min(a.exponent, b.exponent);
    const Wide left = scaled(a, exponent);
    const Wide right = scaled(b, exponent);
    return left < right ? std::strong_ordering::less
                        : (left > right ? std::strong_ordering::greater : std::strong_ordering::equal);
}

// ---- writing ----------------------------------------------------------------------------------------------------

std::string decimal(Wide value) {
    if (value <= most)
        return std::to_string(static_cast<std::uint64_t>(value));
    std::string digits;
    for (; value != 0; value /= 10)
        digits += static_cast<char>('0' + static_cast<int>(value % 10));
    std::ranges::reverse(digits);
    return digits;
}

std::string print_binary(std::uint64_t value) {
    int bits = 0;
    for (; value % 1024 == 0 && bits < 60; bits += 10)
        value /= 1024;
    std::string out = std::to_string(value);
    for (const Suffix& suffix : suffixes)
        if (bits != 0 && suffix.family == Family::Binary && suffix.exponent == bits)
            out += suffix.text;
    return out;
}

std::string print_decimal(const Quantity& quantity) {
    Wide mantissa = quantity.mantissa;
    int exponent = quantity.exponent;
    for (; exponent % 3 != 0; --exponent)
        mantissa *= 10;
    std::string out = quantity.negative ? "-" + decimal(mantissa) : decimal(mantissa);
    if (exponent == 0)
        return out;
    if (quantity.family != Family::Exponent)
        for (const Suffix& suffix : suffixes)
            if (suffix.family == Family::Decimal && suffix.exponent == exponent)
                return out += suffix.text;
    return out.append("e").append(std::to_string(exponent)); // past "E" there is no other way
}

std::string print(const Quantity& quantity) {
    if (quantity.mantissa == 0)
        return "0";
    const std::int64_t units = whole(quantity, 0);
    // What gets no binary suffix is read as decimal, so it is written as that: else it would be another text each time.
    const bool plain = units % 1024 != 0;
    if (quantity.family != Family::Binary || plain || quantity.exponent < 0)
        return print_decimal(quantity);
    return (quantity.negative ? "-" : "") +
           print_binary(static_cast<std::uint64_t>(quantity.negative ? -units : units));
}

} // namespace

std::optional<std::int64_t> parse_quantity(std::string_view text) noexcept {
    const auto quantity = parse(text);
    return quantity ? std::optional(whole(*quantity, 0)) : std::nullopt;
}

std::optional<std::int64_t> milli_quantity(std::string_view text) noexcept {
    const auto quantity = parse(text);
    return quantity ? std::optional(whole(*quantity, 3)) : std::nullopt;
}

std::optional<std::string> canonical_quantity(std::string_view text, Precision precision) {
    const auto quantity = parse(text, -static_cast<int>(precision));
    return quantity ? std::optional(print(*quantity)) : std::nullopt;
}

std::strong_ordering order_quantities(std::string_view a, std::string_view b) noexcept {
    if (a == b)
        return std::strong_ordering::equal;
    const Quantity left = parse(a).value_or(Quantity{});
    const Quantity right = parse(b).value_or(Quantity{});
    const bool below = left.negative && left.mantissa != 0;
    if (below != (right.negative && right.mantissa != 0))
        return below ? std::strong_ordering::less : std::strong_ordering::greater;
    return below ? order_magnitudes(right, left) : order_magnitudes(left, right);
}

std::string add_quantities(std::string_view a, std::string_view b) {
    const Quantity left = parse(a).value_or(Quantity{});
    const Quantity right = parse(b).value_or(Quantity{});
    const int places = std::max(digits_of(left.mantissa) + left.exponent, digits_of(right.mantissa) + right.exponent);
    const int exponent = std::max(std::min(left.exponent, right.exponent), places - most_digits);
    Quantity sum{.mantissa = scaled(left, exponent) + scaled(right, exponent),
                 .exponent = exponent,
                 .family = left.mantissa == 0 ? right.family : left.family};
    if (digits_of(sum.mantissa) > most_digits) {
        sum.mantissa = divide_up(sum.mantissa, 10);
        ++sum.exponent;
    }
    normalize(sum);
    return print(sum);
}

} // namespace spec
