// SPDX-License-Identifier: Apache-2.0
#include "initd/variables.hpp"

#include "initd/name_hash.hpp"

#include <algorithm>

namespace initd {

namespace {

constexpr std::size_t few = 16; // as many are looked at one by one

} // namespace

// Where the name is in the table, or where it would be.
std::size_t Variables::place_of(std::string_view name) const noexcept {
    const std::size_t mask = table_.size() - 1;
    std::size_t at = name_hash(name) & mask;
    while (table_[at] != 0 && list_[table_[at] - 1].first != name)
        at = (at + 1) & mask;
    return at;
}

// Its index in the list, or the list's size.
std::size_t Variables::index_of(std::string_view name) const noexcept {
    if (!table_.empty()) {
        const std::uint32_t entry = table_[place_of(name)];
        return entry == 0 ? list_.size() : entry - 1;
    }
    const auto at = std::ranges::find(list_, name, &spec::StringMap::value_type::first);
    return static_cast<std::size_t>(at - list_.begin());
}

void Variables::grow() {
    table_.assign(std::max(4 * few, 2 * table_.size()), 0);
    for (std::uint32_t i = 0; i < list_.size(); ++i)
        table_[place_of(list_[i].first)] = i + 1;
}

void Variables::set(std::string_view name, std::string value) {
    if (const std::size_t index = index_of(name); index < list_.size()) {
        list_[index].second = std::move(value);
        return;
    }
    if (list_.size() >= few && 2 * (list_.size() + 1) > table_.size())
        grow();
    list_.emplace_back(name, std::move(value));
    if (!table_.empty())
        table_[place_of(name)] = static_cast<std::uint32_t>(list_.size());
}

const std::string* Variables::find(std::string_view name) const noexcept {
    const std::size_t index = index_of(name);
    return index < list_.size() ? &list_[index].second : nullptr;
}

} // namespace initd
