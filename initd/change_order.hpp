// SPDX-License-Identifier: Apache-2.0
// In which order changes of objects come into force: what is no pod that comes, then pods by spec.priority, the higher
// first, each else in its turn. The changes of one object keep theirs.
#pragma once

#include "initd/manifests.hpp"

#include <cstdint>
#include <vector>

namespace initd {

// Indices; without the pods whose priority is below `least`. May throw bad_alloc.
std::vector<std::uint32_t> in_order(const std::vector<ObjectChange>& changes, std::int64_t least);

} // namespace initd
