// SPDX-License-Identifier: Apache-2.0
#include "spec/names.hpp"

#include "spec/text.hpp"

#include <algorithm>
#include <array>

namespace spec {

namespace {

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_alnum(char c) {
    return is_lower(c) || is_upper(c) || is_digit(c);
}
bool is_lower_alnum(char c) {
    return is_lower(c) || is_digit(c);
}
char lower(char c) {
    return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

// A NAME of at most 63 characters, alphanumeric at both ends.
bool is_qualified_name(std::string_view name) {
    if (name.empty() || name.size() > 63 || !is_alnum(name.front()) || !is_alnum(name.back()))
        return false;
    return std::ranges::all_of(name, [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

// A label without the limit on its length: subdomains only limit the whole.
bool is_label_text(std::string_view name) {
    if (name.empty() || !is_lower_alnum(name.front()) || !is_lower_alnum(name.back()))
        return false;
    return std::ranges::all_of(name, [](char c) { return is_lower_alnum(c) || c == '-'; });
}

} // namespace

bool is_dns_label(std::string_view name) noexcept {
    return name.size() <= 63 && is_label_text(name);
}

bool is_dns_subdomain(std::string_view name) noexcept {
    if (name.size() > 253)
        return false;
    for (;;) {
        const std::size_t dot = name.find('.');
        if (!is_label_text(name.substr(0, dot)))
            return false;
        if (dot == std::string_view::npos)
            return true;
        name.remove_prefix(dot + 1);
    }
}

bool is_label_key(std::string_view key) noexcept {
    const std::size_t slash = key.find('/');
    if (slash == std::string_view::npos)
        return is_qualified_name(key);
    return is_dns_subdomain(key.substr(0, slash)) && is_qualified_name(key.substr(slash + 1));
}

bool is_label_value(std::string_view value) noexcept {
    return value.empty() || is_qualified_name(value);
}

bool is_env_name(std::string_view name) noexcept {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~' && c != '='; });
}

bool is_port_name(std::string_view name) noexcept {
    return name.size() <= 15 && is_label_text(name) && name.find("--") == std::string_view::npos &&
           std::ranges::any_of(name, is_lower);
}

bool has_dot_dot(std::string_view path) noexcept {
    for (;;) {
        const std::size_t slash = path.find('/');
        if (path.substr(0, slash) == "..")
            return true;
        if (slash == std::string_view::npos)
            return false;
        path.remove_prefix(slash + 1);
    }
}

std::string quoted(std::string_view text) {
    constexpr std::size_t most = 100;
    std::string out;
    if (text.size() <= most) {
        append_json_string(out, text);
        return out;
    }
    std::size_t cut = most;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80)
        --cut; // not in the middle of a UTF-8 sequence
    append_json_string(out, text.substr(0, cut));
    return out + "...";
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
    std::array<std::size_t, 48> row; // no name in a table is longer
    if (a.size() >= row.size() || std::max(a.size(), b.size()) - std::min(a.size(), b.size()) >= limit)
        return limit;
    for (std::size_t i = 0; i <= a.size(); ++i)
        row[i] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
        std::size_t diagonal = row[0];
        row[0] = j;
        for (std::size_t i = 1; i <= a.size(); ++i) {
            const std::size_t replaced = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            diagonal = row[i];
            row[i] = std::min({replaced, row[i] + 1, row[i - 1] + 1});
        }
    }
    return std::min(row[a.size()], limit);
}

} // namespace spec
