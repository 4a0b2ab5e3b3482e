// SPDX-License-Identifier: Apache-2.0
// The bytes of the state file: a sealed memfd that only grows, seen through one mapping that never moves.
//
// Room is taken and given back by granules; which are free is known in ordinary memory alone. What is free is there
// all the same (fallocate), so that writing to it never faults, except for holes: pages that trim() has given back to
// the kernel, and which are fetched again before the file grows.
#pragma once

#include "ns/error.hpp"
#include "ns/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <vector>

namespace initd {

class StateSpace {
  public:
    static constexpr std::uint32_t granule = 64;
    static constexpr std::uint32_t page = 4096; // whatever the machine's are: a bit a granule makes a word a page
    static constexpr std::uint32_t granules_a_page = page / granule;
    static constexpr std::size_t address_space = std::size_t{256} << 20;

    struct Pages {
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };

    // All may throw bad_alloc, and may be moved from, not to.
    StateSpace() = default;
    StateSpace(StateSpace&&) = delete;
    ~StateSpace();

    // True: there is a new one with nothing taken but the first page, or that of `file`. Otherwise errno says why not.
    bool create();
    bool adopt(ns::Fd file);

    std::byte* at(std::uint32_t first) const noexcept { return base_ + std::size_t{first} * granule; }
    std::uint32_t granules() const noexcept { return static_cast<std::uint32_t>(taken_.size()) * granules_a_page; }
    int fd() const noexcept { return file_.get(); }

    // `count` granules on end; 0 when there is no memory.
    std::uint32_t take(std::uint32_t count) noexcept;
    // Those that hold something in a file that has been adopted.
    void mark(std::uint32_t first, std::uint32_t count) noexcept { set(first, count, true); }
    void give_back(std::uint32_t first, std::uint32_t count) noexcept;

    // Of a file that has been adopted: the pages that hold nothing.
    const std::vector<Pages>& holes() const noexcept { return holes_; }
    // Gives whole pages back, but for a few, when they are many.
    void trim() noexcept;

  private:
    static constexpr std::uint32_t step = 8; // pages by which it grows at least
    static constexpr std::uint32_t remembered = 32;

    bool map();
    bool find_holes();
    bool grow(std::uint32_t pages) noexcept;
    bool fetch(Pages pages) noexcept;
    void set(std::uint32_t first, std::uint32_t count, bool taken) noexcept;
    bool is_free(std::uint32_t first, std::uint32_t count) const noexcept;
    std::uint32_t find(std::uint32_t count) const noexcept;

    ns::Fd file_;
    std::byte* base_ = nullptr;
    std::vector<std::uint64_t> taken_; // a bit a granule; those of a hole are set
    std::vector<Pages> holes_;
    std::uint32_t full_ = 0;                    // pages below have no free granule
    std::uint32_t recent_[remembered + 1] = {}; // by count: what was given back last, and is warm
};

} // namespace initd
