// SPDX-License-Identifier: Apache-2.0
#include "initd/plain_text.hpp"

#include <cstddef>

namespace initd {

namespace {

// How many bytes the character takes that the text starts with; 0 when it is none (RFC 3629, section 4).
std::size_t length_of_first(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80)
        return first != 0;
    const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (text.size() < length)
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
    // Too long for what they say; half of a surrogate pair; past U+10FFFF.
    const bool wrong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0) ||
                       (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90);
    return wrong ? 0 : length;
}

} // namespace

std::string plain_text(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::size_t length = length_of_first(bytes);
        text += length > 0 ? bytes.substr(0, length) : "\xef\xbf\xbd";
        bytes.remove_prefix(length > 0 ? length : 1);
    }
    return text;
}

} // namespace initd
