// SPDX-License-Identifier: Apache-2.0
#include "spec/names.hpp"

#include "spec/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <signal.h>

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

bool is_name_char(char c) {
    return is_alnum(c) || c == '-' || c == '_' || c == '.';
}

bool is_word_char(char c) {
    return is_lower_alnum(c) || c == '-' || c == '_';
}

template <class Inner, class Outer>
bool is_enclosed(std::string_view text, Inner inner, Outer at_both_ends) {
    return !text.empty() && at_both_ends(text.front()) && at_both_ends(text.back()) && std::ranges::all_of(text, inner);
}

// A NAME of at most 63 characters, alphanumeric at both ends.
bool is_qualified_name(std::string_view name) {
    return name.size() <= 63 && is_enclosed(name, is_name_char, is_alnum);
}

// A label without the limit on its length: subdomains only limit the whole.
bool is_label_text(std::string_view name) {
    return is_enclosed(
        name, [](char c) { return is_lower_alnum(c) || c == '-'; }, is_lower_alnum);
}

template <class IsPart>
bool all_parts(std::string_view text, std::string_view separators, IsPart is_part) {
    for (;;) {
        const std::size_t end = text.find_first_of(separators);
        if (!is_part(text.substr(0, end)))
            return false;
        if (end == std::string_view::npos)
            return true;
        text.remove_prefix(end + 1);
    }
}

} // namespace

bool is_dns_label(std::string_view name) noexcept {
    return name.size() <= 63 && is_label_text(name);
}

bool is_dns_subdomain(std::string_view name) noexcept {
    return name.size() <= 253 && all_parts(name, ".", is_label_text);
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

bool is_config_key(std::string_view key) noexcept {
    return !key.empty() && key.size() <= 253 && key != "." && !key.starts_with("..") &&
           std::ranges::all_of(key, is_name_char);
}

bool is_header_name(std::string_view name) noexcept {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_search_domain(std::string_view name) noexcept {
    if (name == ".")
        return true;
    if (name.ends_with('.'))
        name.remove_suffix(1);
    return name.size() <= 253 && all_parts(name, ".", [](std::string_view part) {
               part.remove_prefix(part.starts_with('_'));
               return is_enclosed(part, is_word_char, is_lower_alnum);
           });
}

bool is_sysctl_name(std::string_view name) noexcept {
    return name.size() <= 253 &&
           all_parts(name, "./", [](std::string_view part) { return is_enclosed(part, is_word_char, is_lower_alnum); });
}

bool is_signal_name(std::string_view name) noexcept {
    if (!name.starts_with("SIG"))
        return false;
    name.remove_prefix(3);
    if (name == "RTMIN" || name == "RTMAX" || name == "CLD" || name == "IO" || name == "IOT")
        return true;
    for (int signal = 1; signal < 32; ++signal)
        if (const char* abbreviation = sigabbrev_np(signal); abbreviation && name == abbreviation)
            return true;
    const bool up = name.starts_with("RTMIN+");
    if (!up && !name.starts_with("RTMAX-"))
        return false;
    name.remove_prefix(6);
    if (name.empty() || name.size() > 2 || name.front() == '0' || !std::ranges::all_of(name, is_digit))
        return false;
    const int offset = name.size() == 1 ? name[0] - '0' : (name[0] - '0') * 10 + (name[1] - '0');
    return offset <= (up ? 15 : 14);
}

bool is_ip_address(const std::string& text) noexcept {
    in6_addr address; // room for either
    return inet_pton(AF_INET, text.c_str(), &address) == 1 || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool has_dot_dot(std::string_view path) noexcept {
    return !all_parts(path, "/", [](std::string_view part) { return part != ".."; });
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
