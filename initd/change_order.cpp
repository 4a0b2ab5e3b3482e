// SPDX-License-Identifier: Apache-2.0
#include "initd/change_order.hpp"

#include <algorithm>

namespace initd {

namespace {

constexpr std::int64_t before_pods = std::int64_t{1} << 32;

std::int64_t priority_of(const ObjectChange& change) {
    if (!change.wanted || change.object.pods.empty())
        return before_pods;
    return change.object.pods.front().pod.spec.priority.value_or(0);
}

} // namespace

std::vector<std::uint32_t> in_order(const std::vector<ObjectChange>& changes, std::int64_t least) {
    std::vector<std::int64_t> priorities;
    priorities.reserve(changes.size());
    for (const ObjectChange& change : changes)
        priorities.push_back(priority_of(change));
    if (std::ranges::adjacent_find(priorities, std::ranges::not_equal_to()) != priorities.end())
        for (std::size_t i = 0; i < changes.size(); ++i)
            for (std::size_t before = 0; before < i; ++before)
                if (changes[before].kind == changes[i].kind && changes[before].name == changes[i].name)
                    priorities[i] = std::min(priorities[i], priorities[before]);
    std::vector<std::uint32_t> order;
    order.reserve(changes.size());
    for (std::uint32_t i = 0; i < changes.size(); ++i)
        if (priorities[i] >= least)
            order.insert(std::ranges::upper_bound(order, -priorities[i], {},
                                                  [&](std::uint32_t index) { return -priorities[index]; }),
                         i);
    return order;
}

} // namespace initd
