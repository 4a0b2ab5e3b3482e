// SPDX-License-Identifier: Apache-2.0
// Which elements of a list repeat an earlier one (internal to spec): without allocation in the lists that people write,
// and in O(n log n), since a manifest may have a million.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace spec {

inline constexpr std::size_t short_list = 16;

// Calls report(index) for every element whose key(element) an earlier element has too.
template <class T, class Key, class Report>
void for_each_duplicate(const std::vector<T>& list, Key key, Report report) {
    if (list.size() <= short_list) {
        for (std::size_t i = 1; i < list.size(); ++i)
            if (std::any_of(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(i),
                            [&](const T& earlier) { return key(earlier) == key(list[i]); }))
                report(i);
        return;
    }
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
