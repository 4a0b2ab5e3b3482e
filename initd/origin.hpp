// SPDX-License-Identifier: Apache-2.0
// Which file an object in force has come from. After a crash nothing else says that a file which cannot be read is the
// one that holds it.
#pragma once

#include "initd/state/archive.hpp"

#include <cstdint>

namespace initd {

struct Origin { // name_hash() of each; 0: none
    std::uint32_t directory = 0;
    std::uint32_t file = 0;
    friend bool operator==(Origin, Origin) = default;
};

template <class Archive>
void fields(Archive& a, Of<Origin> auto& origin) {
    a(origin.directory);
    a(origin.file);
}

} // namespace initd
