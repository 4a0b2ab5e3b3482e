// SPDX-License-Identifier: Apache-2.0
// Which elements of a list repeat an earlier one, in O(n log n): a manifest may have a million (internal to spec).
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace spec {

// Calls report(index) for every element whose key(element) an earlier element has too.
template <class T, class Key, class Report>
void for_each_duplicate(const std::vector<T>& list, Key key, Report report) {
    if (list.size() < 2)
        return;
    std::vector<std::size_t> order(list.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (key(list[a]) == key(list[b]))
            return a < b;
        return key(list[a]) < key(list[b]);
    });
    for (std::size_t i = 1; i < order.size(); ++i)
        if (key(list[order[i - 1]]) == key(list[order[i]]))
            report(order[i]);
}

} // namespace spec
