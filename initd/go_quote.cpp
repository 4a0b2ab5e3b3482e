// SPDX-License-Identifier: Apache-2.0
#include "initd/references.hpp"

#include <algorithm>

namespace initd {

namespace {

// What strconv.IsPrint() does not count as printable, from U+007F up; code points that Unicode has not assigned are
// taken for printable.
struct Range {
    char32_t first, last;
};
constexpr Range unprintable[] = {
    {0x7f, 0xa0},     {0xad, 0xad},     {0x600, 0x605},   {0x61c, 0x61c},   {0x6dd, 0x6dd},     {0x70f, 0x70f},
    {0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f},   {0x3000, 0x3000},
    {0xd800, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xe01f0, 0x10ffff},
};

bool is_printable(char32_t c) {
    return c >= ' ' && std::ranges::none_of(unprintable, [&](Range r) { return r.first <= c && c <= r.last; });
}

// Takes a character off the front of UTF-8 text.
char32_t take(std::string_view& text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = byte(0) < 0x80 ? 1 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
    char32_t c = length == 1 ? byte(0) : byte(0) & (0x7fu >> length);
    for (std::size_t i = 1; i < std::min(length, text.size()); ++i)
        c = c << 6 | (byte(i) & 0x3fu);
    text.remove_prefix(std::min(length, text.size()));
    return c;
}

void append_hex(std::string& out, char32_t c, int digits) {
    for (int i = digits - 1; i >= 0; --i)
        out += "0123456789abcdef"[c >> 4 * i & 0xf];
}

void append_escaped(std::string& out, char32_t c) {
    constexpr std::string_view letters = "abtnvfr"; // from 7 on
    out += '\\';
    if (c >= 7 && c < 7 + letters.size()) {
        out += letters[c - 7];
    } else if (c < ' ' || c == 0x7f) {
        out += 'x';
        append_hex(out, c, 2);
    } else if (c < 0x10000) {
        out += 'u';
        append_hex(out, c, 4);
    } else {
        out += 'U';
        append_hex(out, c, 8);
    }
}

} // namespace

std::string go_quoted(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const std::string_view rest = text;
        const char32_t c = take(text);
        if (c == '"' || c == '\\')
            out += '\\';
        if (is_printable(c))
            out += rest.substr(0, rest.size() - text.size());
        else
            append_escaped(out, c);
    }
    return out += '"';
}

} // namespace initd
