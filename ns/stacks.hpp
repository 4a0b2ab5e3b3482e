// SPDX-License-Identifier: Apache-2.0
// The stacks of the children that share our memory: one mapping, each stack with an unmapped guard below it.
//
// A stack is made usable when it is first asked for, so a machine that starts few things at a time pays for few, and an
// untouched one costs address space only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ns {

class Stacks {
  public:
    static constexpr std::size_t count = 128;
    static constexpr std::size_t size = 28 << 10; // a test measures that the deepest path leaves most of it
    static constexpr std::size_t guard = 4 << 10;

    Stacks() noexcept = default;
    Stacks(const Stacks&) = delete;
    ~Stacks();

    bool map() noexcept; // sets errno
    bool ready(std::size_t index) noexcept;
    std::uint64_t base(std::size_t index) const noexcept; // its lowest address
    void give_back(std::size_t index) noexcept;           // the memory, not the stack

  private:
    std::byte* mapping_ = nullptr;
    std::size_t ready_ = 0; // stacks below this index are usable
};

} // namespace ns
