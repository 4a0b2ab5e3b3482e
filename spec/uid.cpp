// SPDX-License-Identifier: Apache-2.0
#include "spec/uid.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace spec {

// The prime is 2^88 + 0x13b, so one wide multiplication a word is enough.
Hash128 hash_of(std::string_view text) noexcept {
    __extension__ using Wide = unsigned __int128;
    std::uint64_t high = 0x6c62272e07bb0142;
    std::uint64_t low = 0x62b821756295c58d;
    const auto mix = [&](std::uint64_t word) __attribute__((always_inline)) {
        if constexpr (std::endian::native == std::endian::big)
            word = __builtin_bswap64(word);
        low ^= word;
        const Wide product = Wide{low} * 0x13b;
        high = high * 0x13b + (low << 24) + static_cast<std::uint64_t>(product >> 64);
        low = static_cast<std::uint64_t>(product);
    };
    std::uint64_t word;
    for (; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
        std::memcpy(&word, text.data(), sizeof word);
        mix(word);
    }
    word = 0; // the last word ends in zeros: no text has any
    std::memcpy(&word, text.data(), text.size());
    mix(word);
    return {high, low};
}

std::array<char, uid_form.size()> uid_of(std::string_view text) noexcept {
    const Hash128 hash = hash_of(text);
    std::array<char, uid_form.size()> uid;
    std::uint64_t rest = hash.low;
    for (std::size_t i = uid.size(); i-- > 0;) {
        if (i == 17)
            rest = hash.high; // the last 16 digits are written
        uid[i] = uid_form[i] == '-' ? '-' : "0123456789abcdef"[rest & 15];
        rest >>= uid_form[i] == '-' ? 0 : 4;
    }
    return uid;
}

} // namespace spec
