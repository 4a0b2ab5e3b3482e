// SPDX-License-Identifier: Apache-2.0
#include "initd/variables.hpp"

#include "initd/name_hash.hpp"

#include <algorithm>

namespace initd {

// Where the name is in the table, or where it would be.
std::size_t Variables::place_of(std::string_view name) const noexcept {
    const std::size_t mask = table_.size() - 1;
    std::size_t at = name_hash(name) & mask;
    while (table_[at] != 0 && list_[table_[at] - 1].first != name)
        at = (at + 1) & mask;
    return at;
}

void Variables::grow() {
    table_.assign(std::max<std::size_t>(32, 2 * table_.size()), 0);
    for (std::uint32_t i = 0; i < list_.size(); ++i)
        table_[place_of(list_[i].first)] = i + 1;
}

void Variables::set(std::string_view name, std::string value) {
    if (2 * (list_.size() + 1) > table_.size())
        grow();
    std::uint32_t& index = table_[place_of(name)];
    if (index != 0) {
        list_[index - 1].second = std::move(value);
        return;
    }
    list_.emplace_back(name, std::move(value));
    index = static_cast<std::uint32_t>(list_.size());
}

const std::string* Variables::find(std::string_view name) const noexcept {
    if (table_.empty())
        return nullptr;
    const std::uint32_t index = table_[place_of(name)];
    return index == 0 ? nullptr : &list_[index - 1].second;
}

} // namespace initd
