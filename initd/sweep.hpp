// SPDX-License-Identifier: Apache-2.0
// Removes a tree whose depth and names were chosen by somebody else.
//
// Nothing recurses and no path is walked twice: a directory that is not empty has its own non-empty directories moved
// up to the tree's root, where their turn comes. So two descriptors are enough for any depth, and no ".." is ever
// trusted. A link is unlinked, not followed; a mount point cannot be moved, removed or entered, so it stays, and is
// reported.
#pragma once

#include <string_view>

namespace initd {

// 0, or the last errno; what is not there is removed.
int remove_tree(std::string_view path);

} // namespace initd
