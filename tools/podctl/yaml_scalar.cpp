// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>

namespace ctl {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

struct Word {
    std::string_view text;
    ScalarKind kind;
    std::string_view json;
    double number = 0;
};
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr auto words = std::to_array<Word>({
    {"", ScalarKind::Null, "null"},         {"~", ScalarKind::Null, "null"},
    {"null", ScalarKind::Null, "null"},     {"Null", ScalarKind::Null, "null"},
    {"NULL", ScalarKind::Null, "null"},     {"y", ScalarKind::Bool, "true"},
    {"Y", ScalarKind::Bool, "true"},        {"yes", ScalarKind::Bool, "true"},
    {"Yes", ScalarKind::Bool, "true"},      {"YES", ScalarKind::Bool, "true"},
    {"true", ScalarKind::Bool, "true"},     {"True", ScalarKind::Bool, "true"},
    {"TRUE", ScalarKind::Bool, "true"},     {"on", ScalarKind::Bool, "true"},
    {"On", ScalarKind::Bool, "true"},       {"ON", ScalarKind::Bool, "true"},
    {"n", ScalarKind::Bool, "false"},       {"N", ScalarKind::Bool, "false"},
    {"no", ScalarKind::Bool, "false"},      {"No", ScalarKind::Bool, "false"},
    {"NO", ScalarKind::Bool, "false"},      {"false", ScalarKind::Bool, "false"},
    {"False", ScalarKind::Bool, "false"},   {"FALSE", ScalarKind::Bool, "false"},
    {"off", ScalarKind::Bool, "false"},     {"Off", ScalarKind::Bool, "false"},
    {"OFF", ScalarKind::Bool, "false"},     {".nan", ScalarKind::Float, "", nan},
    {".NaN", ScalarKind::Float, "", nan},   {".NAN", ScalarKind::Float, "", nan},
    {".inf", ScalarKind::Float, "", inf},   {".Inf", ScalarKind::Float, "", inf},
    {".INF", ScalarKind::Float, "", inf},   {"+.inf", ScalarKind::Float, "", inf},
    {"+.Inf", ScalarKind::Float, "", inf},  {"+.INF", ScalarKind::Float, "", inf},
    {"-.inf", ScalarKind::Float, "", -inf}, {"-.Inf", ScalarKind::Float, "", -inf},
    {"-.INF", ScalarKind::Float, "", -inf},
});

// Go's strconv.ParseInt and ParseUint with base 0; a positive number may use all 64 bits.
std::optional<std::string> integer(std::string_view text) {
    const bool negative = text.starts_with('-');
    const bool has_sign = negative || text.starts_with('+');
    if (has_sign)
        text.remove_prefix(1);
    int base = 10;
    if (text.size() > 1 && text[0] == '0') {
        const char mark = static_cast<char>(text[1] | 0x20);
        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    constexpr std::uint64_t most_negative = std::uint64_t{1} << 63;
    if ((negative && value > most_negative) || (has_sign && !negative && value >= most_negative))
        return std::nullopt;
    return (negative && value != 0 ? "-" : "") + std::to_string(value);
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
    std::size_t i = 0;
    const auto digits = [&] {
        const std::size_t begin = i;
        while (i < text.size() && is_digit(text[i]))
            ++i;
        return i - begin;
    };
    const auto sign = [&] { i += i < text.size() && (text[i] == '-' || text[i] == '+'); };
    sign();
    const std::size_t whole = digits();
    if (i < text.size() && text[i] == '.') {
        ++i;
        if (digits() == 0 && whole == 0)
            return false;
    } else if (whole == 0) {
        return false;
    }
    if (i < text.size() && (text[i] | 0x20) == 'e') {
        ++i;
        sign();
        if (digits() == 0)
            return false;
    }
    return i == text.size();
}

// A finite number's decimal digits, the first of them before the point, times ten to the power of `exponent`.
struct Decimal {
    bool negative = false;
    std::string digits;
    int exponent = 0;
};

// The fewest digits that read back as the same number; as the same number of 32 bits when `narrow`.
Decimal shortest(double value, bool narrow) {
    std::array<char, 40> buffer{};
    for (int precision = 0; precision < 17; ++precision) {
        std::snprintf(buffer.data(), buffer.size(), "%.*e", precision, value);
        const double again = narrow ? std::strtof(buffer.data(), nullptr) : std::strtod(buffer.data(), nullptr);
        if (again == value)
            break;
    }
    std::string_view text(buffer.data());
    Decimal decimal{.negative = text.starts_with('-'), .digits = {}, .exponent = 0};
    text.remove_prefix(decimal.negative);
    const std::size_t e = text.find('e');
    decimal.exponent = std::atoi(text.data() + e + 1);
    decimal.digits = text.substr(0, e);
    std::erase(decimal.digits, '.');
    return decimal;
}

// With an exponent when it is below `low` or from `high` on, of at least `width` digits.
std::string lay_out(Decimal decimal, int low, int high, std::size_t width) {
    std::string out = decimal.negative ? "-" : "";
    std::string& digits = decimal.digits;
    const int count = static_cast<int>(digits.size());
    if (decimal.exponent < low || decimal.exponent >= high) {
        if (count > 1)
            digits.insert(1, 1, '.');
        const std::string exponent = std::to_string(std::abs(decimal.exponent));
        return out + digits + (decimal.exponent < 0 ? "e-" : "e+") +
               std::string(width - std::min(width, exponent.size()), '0') + exponent;
    }
    if (decimal.exponent < 0)
        return out + "0." + std::string(static_cast<std::size_t>(-decimal.exponent - 1), '0') + digits;
    const auto whole = static_cast<std::size_t>(decimal.exponent + 1);
    if (decimal.exponent + 1 >= count)
        return out + digits + std::string(whole - digits.size(), '0');
    return out + digits.insert(whole, 1, '.');
}

// As Go's encoding/json.
std::string float_json(double value) {
    return value == 0 ? "0" : lay_out(shortest(value, false), -6, 21, 1);
}

// YAML 1.1 minutes and hours, "12:30:45": [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?
bool looks_like_base60(std::string_view text) {
    return text.find(':') != text.npos && (is_digit(text[0]) || text[0] == '-' || text[0] == '+') &&
           std::all_of(text.begin() + 1, text.end(),
                       [](char c) { return is_digit(c) || c == ':' || c == '_' || c == '.'; });
}

// "2001-01-01", with a time behind it or not.
bool looks_like_timestamp(std::string_view text) {
    return text.size() >= 8 && std::all_of(text.begin(), text.begin() + 4, is_digit) && text[4] == '-' &&
           is_digit(text[5]) && std::all_of(text.begin() + 5, text.end(), [](char c) {
               return is_digit(c) || std::string_view("-:.+ TtZ").find(c) != std::string_view::npos;
           });
}

} // namespace

Scalar resolve_plain(std::string_view text) {
    if (text.size() <= 5)
        for (const Word& word : words)
            if (word.text == text)
                return {word.kind, std::string(word.json), word.number};
    const char first = text.empty() ? '\0' : text[0];
    if (!is_digit(first) && first != '+' && first != '-' && first != '.')
        return {};
    std::string plain(text);
    if (first != '.') { // go-yaml drops underscores from what begins like a number
        std::erase(plain, '_');
        if (auto json = integer(plain))
            return {ScalarKind::Int, *std::move(json), 0};
    }
    if (!looks_like_float(plain))
        return {};
    const double value = std::strtod(plain.c_str(), nullptr);
    if (std::isinf(value))
        return {};
    return {ScalarKind::Float, float_json(value), value};
}

std::string float_key(double number) {
    const auto narrow = static_cast<float>(number);
    if (std::isnan(narrow))
        return ".nan";
    if (std::isinf(narrow))
        return narrow < 0 ? "-.inf" : ".inf";
    // Go's strconv.FormatFloat(number, 'g', -1, 32)
    return narrow == 0 ? (std::signbit(narrow) ? "-0" : "0") : lay_out(shortest(narrow, true), -4, 6, 2);
}

bool needs_quotes(std::string_view text) {
    return resolve_plain(text).kind != ScalarKind::String || looks_like_base60(text) || looks_like_timestamp(text);
}

} // namespace ctl
