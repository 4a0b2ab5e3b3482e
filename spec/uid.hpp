// SPDX-License-Identifier: Apache-2.0
// Names made from what an object says (internal to spec): the same text gives the same name on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace spec {

struct Hash128 {
    std::uint64_t high;
    std::uint64_t low;
};

// FNV-1a with 128 bits of state over words of eight bytes instead of bytes: boot reads a hundred manifests.
Hash128 hash_of(std::string_view text) noexcept;

inline constexpr std::string_view uid_form = "00000000-0000-0000-0000-000000000000";

// The hash of `text` in the shape of a UUID.
std::array<char, uid_form.size()> uid_of(std::string_view text) noexcept;

} // namespace spec
