// SPDX-License-Identifier: Apache-2.0
#include "spec/pod.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace spec {

Pod::Pod() = default;
Pod::Pod(const Pod&) = default;
Pod::Pod(Pod&&) noexcept = default;
// By the constructors: member by member it would be 20 kB of code.
Pod& Pod::operator=(const Pod& other) {
    return *this = Pod(other);
}
Pod& Pod::operator=(Pod&& other) noexcept {
    if (this != &other) {
        std::destroy_at(this);
        std::construct_at(this, std::move(other));
    }
    return *this;
}
Pod::~Pod() = default;

const std::string* find_sorted(const StringMap& map, std::string_view key) noexcept {
    const auto at = std::ranges::lower_bound(map, key, {}, &StringMap::value_type::first);
    return at == map.end() || at->first != key ? nullptr : &at->second;
}

} // namespace spec
