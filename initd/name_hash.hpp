// SPDX-License-Identifier: Apache-2.0
// A hash to tell names apart before they are compared: names of one kind often have one length and one beginning, and a
// list of them is gone through for each of its members.
#pragma once

#include <cstdint>
#include <string_view>

namespace initd {

// FNV-1a, 32 bits.
constexpr std::uint32_t name_hash(std::string_view name) noexcept {
    std::uint32_t hash = 2166136261u;
    for (char c : name)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return hash;
}

} // namespace initd
