// SPDX-License-Identifier: Apache-2.0
#include "spec/base64.hpp"

#include <cstddef>
#include <cstdint>

namespace spec {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int value_of(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

} // namespace

bool decode_base64(std::string_view text, std::string& out) {
    out.clear();
    out.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    std::size_t letters = 0; // of the group of four
    std::size_t padding = 0;
    for (const char c : text) {
        if (c == '\n' || c == '\r')
            continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        const int value = value_of(c);
        if (value < 0 || padding != 0)
            return false;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        if (++letters < 4)
            continue;
        letters = 0;
        out += static_cast<char>(bits >> 16 & 0xff);
        out += static_cast<char>(bits >> 8 & 0xff);
        out += static_cast<char>(bits & 0xff);
    }
    if (letters == 0)
        return padding == 0;
    if (letters == 1 || letters + padding != 4)
        return false;
    bits <<= 6 * padding;
    out += static_cast<char>(bits >> 16 & 0xff);
    if (letters == 3)
        out += static_cast<char>(bits >> 8 & 0xff);
    return true;
}

void append_base64(std::string& out, std::string_view bytes) {
    out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
    while (!bytes.empty()) {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u);
        for (std::size_t i = 0; i < 4; ++i)
            out += i <= bytes.size() ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
        bytes.remove_prefix(bytes.size() < 3 ? bytes.size() : 3);
    }
}

} // namespace spec
