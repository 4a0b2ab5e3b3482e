// SPDX-License-Identifier: Apache-2.0
// What a machine has written to its disk, as QEMU's blklogwrites notes it, and what of it a power cut would have left.
//
// Everything before the last flush is on the disk. Of what was written after it any part may be, since a disk's cache
// keeps no order: each write in whole, in part (by sectors) or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace boot {

class WriteLog {
  public:
    static constexpr std::size_t sector = 512;

    // Throws when the file is no such log. What was being noted when QEMU ended is passed over.
    explicit WriteLog(const std::string& path);

    std::size_t size() const noexcept { return entries_.size(); }

    // The first entry that wrote this sector, or size().
    std::size_t written(std::uint64_t at) const noexcept;

    // Makes `disk`, which held what it had after entry `from` and all flushed, what it holds for sure after entry `to`.
    // The entry of the last flush, or `from`.
    std::size_t replay(int disk, std::size_t from, std::size_t to) const;
    // And what it may hold beside that: some of what came between the flush and `to`.
    void replay_some(int disk, std::size_t flush, std::size_t to, std::mt19937_64& random) const;

  private:
    struct Entry {
        std::uint64_t first;   // sector
        std::uint64_t sectors; // 0: a flush alone
        std::uint64_t offset;  // of the data in the log
        bool flushes;
    };
    void write(int disk, const Entry& entry, std::uint64_t skip, std::uint64_t sectors) const;

    std::string data_;
    std::vector<Entry> entries_;
};

} // namespace boot
