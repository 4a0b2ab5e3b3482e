// SPDX-License-Identifier: Apache-2.0
#include "spec/sink.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace spec {

namespace {

// Which bytes cannot stand for themselves in a JSON string. DEL could, but not on a terminal.
constexpr auto needs_escape = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c)
        table[c] = true;
    table['"'] = table['\\'] = table[0x7f] = true;
    return table;
}();

constexpr std::size_t longest_escape = 6;

char* put_escape(char* at, char c) {
    *at++ = '\\';
    switch (c) {
    case '"':
    case '\\': *at++ = c; return at;
    case '\n': *at++ = 'n'; return at;
    case '\r': *at++ = 'r'; return at;
    case '\t': *at++ = 't'; return at;
    default: break;
    }
    constexpr char digits[] = "0123456789abcdef";
    at = std::copy_n("u00", 3, at);
    *at++ = digits[static_cast<unsigned char>(c) >> 4];
    *at++ = digits[c & 15];
    return at;
}

} // namespace

void Sink::append(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    at_ += text.size();
}

void Sink::fill(std::size_t n, char c) {
    std::memset(room(n), c, n);
    at_ += n;
}

void Sink::grow(std::size_t n) {
    const auto size = static_cast<std::size_t>(at_ - out_.data());
    const std::size_t room = std::max({out_.capacity(), size * 2, size + n});
    // What is past `size` is written before it is read, so clearing it would be for nothing.
    out_.resize_and_overwrite(room, [](char*, std::size_t whole) { return whole; });
    at_ = out_.data() + size;
    end_ = out_.data() + out_.size();
}

void append_json_string(Sink& out, std::string_view value) {
    char* at = out.room(value.size() + 2);
    *at++ = '"';
    std::size_t left = value.size();
    for (const char c : value) {
        if (needs_escape[static_cast<unsigned char>(c)]) [[unlikely]] {
            out.wrote(at);
            at = put_escape(out.room(left + longest_escape + 1), c);
        } else {
            *at++ = c;
        }
        --left;
    }
    *at++ = '"';
    out.wrote(at);
}

void append_json_string(std::string& out, std::string_view value) {
    out.reserve(out.size() + value.size() + 2);
    Sink sink(out);
    append_json_string(sink, value);
}

void append_int(Sink& out, long long value) {
    constexpr std::size_t longest = 20;
    char* at = out.room(longest);
    out.wrote(std::to_chars(at, at + longest, value).ptr);
}

} // namespace spec
