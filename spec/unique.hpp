// SPDX-License-Identifier: Apache-2.0
// Which elements of a list repeat an earlier one (internal to spec): without allocation in the lists that people write,
// and in O(n log n), since a manifest may have a million.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace spec {

inline constexpr std::size_t short_list = 16;

// The indices of the names that are the same as an earlier one.
std::vector<std::size_t> repeated(const std::vector<std::string_view>& names);

// Calls report(index) for every element whose name(element), a text that stays where it is, an earlier element has too.
template <class T, class Name, class Report>
void for_each_duplicate(const std::vector<T>& list, Name name, Report report) {
    if (list.size() > short_list) { // one sort for all types of element: a copy of it for each is large
        std::vector<std::string_view> names;
        names.reserve(list.size());
        for (const T& element : list)
            names.push_back(name(element));
        for (const std::size_t i : repeated(names))
            report(i);
        return;
    }
    for (std::size_t i = 1; i < list.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (std::string_view(name(list[j])) == name(list[i])) {
                report(i);
                break;
            }
}

} // namespace spec
