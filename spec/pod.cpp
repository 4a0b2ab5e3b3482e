// SPDX-License-Identifier: Apache-2.0
#include "spec/pod.hpp"

#include <algorithm>

namespace spec {

Pod::Pod() = default;
Pod::Pod(const Pod&) = default;
Pod::Pod(Pod&&) noexcept = default;
Pod& Pod::operator=(const Pod&) = default;
Pod& Pod::operator=(Pod&&) noexcept = default;
Pod::~Pod() = default;

const std::string* find_sorted(const StringMap& map, std::string_view key) noexcept {
    const auto at = std::ranges::lower_bound(map, key, {}, &StringMap::value_type::first);
    return at == map.end() || at->first != key ? nullptr : &at->second;
}

} // namespace spec
