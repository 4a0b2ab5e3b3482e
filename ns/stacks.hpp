// SPDX-License-Identifier: Apache-2.0
// The stacks of the children that share our memory: one mapping, in groups with an unmapped guard below each.
//
// A group is made usable when one of it is first asked for: that splits the mapping, which costs the kernel as much as
// reading a manifest. Inside a group nothing guards a stack from the one above it but its size, of which the deepest path
// touches less than half; a test measures that. An untouched stack costs address space only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ns {

class Stacks {
  public:
    static constexpr std::size_t group = 16;
    static constexpr std::size_t count = 8 * group;
    static constexpr std::size_t size = 28 << 10;
    static constexpr std::size_t guard = 4 << 10;

    Stacks() noexcept = default;
    Stacks(const Stacks&) = delete;
    ~Stacks();

    bool map() noexcept; // sets errno
    bool ready(std::size_t index) noexcept;
    std::uint64_t base(std::size_t index) const noexcept; // its lowest address
    void give_back(std::size_t index) noexcept;           // the memory, not the stack

  private:
    static constexpr std::size_t whole = count / group * (guard + group * size);

    std::byte* mapping_ = nullptr;
    std::size_t ready_ = 0; // stacks below this index are usable; a multiple of `group`
};

} // namespace ns
