// SPDX-License-Identifier: Apache-2.0
#include "tests/boot/write_log.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <unistd.h>

namespace boot {

namespace {

// Documentation/admin-guide/device-mapper/log-writes.rst; all little-endian, and each entry fills a sector.
constexpr std::uint64_t magic = 0x6a736677736872;
constexpr std::uint64_t flush_flag = 1, fua_flag = 2, discard_flag = 4;

struct Header {
    std::uint64_t sector, sectors, flags, data_bytes;
};

} // namespace

WriteLog::WriteLog(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    data_.assign(std::istreambuf_iterator<char>(file), {});
    std::uint64_t found = 0;
    if (data_.size() >= sector)
        std::memcpy(&found, data_.data(), sizeof found);
    if (found != magic)
        throw std::runtime_error(path + " is no log of writes");
    for (std::uint64_t at = sector; at + sector <= data_.size();) {
        Header header{};
        std::memcpy(&header, data_.data() + at, sizeof header);
        if (header.sectors == 0 && header.flags == 0)
            break; // never written
        const bool has_data = !(header.flags & discard_flag);
        const std::uint64_t bytes = has_data ? header.sectors * sector : 0;
        at += sector;
        if (at + bytes > data_.size())
            break;
        entries_.push_back({header.sector, bytes / sector, at, (header.flags & (flush_flag | fua_flag)) != 0});
        at += bytes;
    }
}

std::size_t WriteLog::written(std::uint64_t at) const noexcept {
    std::size_t index = 0;
    while (index < entries_.size() &&
           !(entries_[index].first <= at && at < entries_[index].first + entries_[index].sectors))
        ++index;
    return index;
}

void WriteLog::write(int disk, const Entry& entry, std::uint64_t skip, std::uint64_t sectors) const {
    const auto bytes = static_cast<std::size_t>(sectors * sector);
    if (::pwrite(disk, data_.data() + entry.offset + skip * sector, bytes,
                 static_cast<off_t>((entry.first + skip) * sector)) != static_cast<ssize_t>(bytes))
        throw std::runtime_error("a disk image cannot be written to");
}

std::size_t WriteLog::replay(int disk, std::size_t from, std::size_t to) const {
    std::size_t flush = from;
    for (std::size_t i = from; i < to; ++i)
        if (entries_[i].flushes)
            flush = i + 1;
    for (std::size_t i = from; i < flush; ++i)
        write(disk, entries_[i], 0, entries_[i].sectors);
    return flush;
}

void WriteLog::replay_some(int disk, std::size_t flush, std::size_t to, std::mt19937_64& random) const {
    enum { None, All, Whole, Sectors };
    const auto how = random() % 4;
    for (std::size_t i = flush; i < to; ++i) {
        const Entry& entry = entries_[i];
        if (how == All || (how == Whole && random() % 2))
            write(disk, entry, 0, entry.sectors);
        for (std::uint64_t s = 0; how == Sectors && s < entry.sectors; ++s)
            if (random() % 2)
                write(disk, entry, s, 1);
    }
}

} // namespace boot
