// SPDX-License-Identifier: Apache-2.0
// Environment variables in the order in which they came. One that is set again keeps its place and takes the new value.
// Many are found by hash: a ConfigMap may bring a hundred thousand, and PID 1 has no time to look at each for each.
#pragma once

#include "spec/pod.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

class Variables {
  public:
    void set(std::string_view name, std::string value);
    const std::string* find(std::string_view name) const noexcept;
    const spec::StringMap& list() const noexcept { return list_; }

  private:
    std::size_t place_of(std::string_view name) const noexcept;
    std::size_t index_of(std::string_view name) const noexcept;
    void grow();

    spec::StringMap list_;
    std::vector<std::uint32_t> table_; // by hash: 1 + index into list_, 0 where free; at most half full. Empty for few
};

} // namespace initd
