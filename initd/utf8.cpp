// SPDX-License-Identifier: Apache-2.0
#include "initd/utf8.hpp"

#include <cstdint>

namespace initd {

namespace {

// The length of the character at the front; 0: there is none.
std::size_t character(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned first = byte(0);
    if (first < 0x80)
        return 1;
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size)
        return 0;
    std::uint32_t value = first & (0x7fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0u) != 0x80)
            return 0;
        value = value << 6 | (byte(i) & 0x3fu);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    const bool surrogate = value >= 0xd800 && value < 0xe000;
    return overlong || surrogate || value > 0x10ffff ? 0 : size;
}

} // namespace

void append_utf8(std::string& out, std::string_view bytes, std::size_t limit) {
    const std::size_t end = out.size() + limit;
    while (!bytes.empty()) {
        const std::size_t size = character(bytes);
        const std::string_view next = size == 0 ? "\xef\xbf\xbd" : bytes.substr(0, size);
        if (out.size() + next.size() > end)
            return;
        out += next;
        bytes.remove_prefix(size == 0 ? 1 : size);
    }
}

} // namespace initd
