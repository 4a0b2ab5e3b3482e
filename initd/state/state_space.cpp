// SPDX-License-Identifier: Apache-2.0
#include "initd/state/state_space.hpp"

#include "ns/launcher.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x8U // Linux 6.3; podinit may be built with older headers
#endif

namespace initd {

namespace {

constexpr std::uint64_t whole_page = ~std::uint64_t{0};
constexpr int seals = F_SEAL_SHRINK | F_SEAL_SEAL; // a file that were cut off would be SIGBUS for its readers
constexpr std::uint32_t max_pages = StateSpace::address_space / StateSpace::page;

off_t offset(std::uint32_t page) {
    return off_t{page} * StateSpace::page;
}

} // namespace

StateSpace::~StateSpace() {
    if (base_ != nullptr)
        munmap(base_, address_space);
}

bool StateSpace::map() {
    void* const base = mmap(nullptr, address_space, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd(), 0);
    if (base == MAP_FAILED)
        return false;
    base_ = static_cast<std::byte*>(base);
    return true;
}

bool StateSpace::create() {
    // Not close-on-exec: the next podinit is handed it.
    int file = memfd_create("podinit-state", MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (file < 0 && errno == EINVAL)
        file = memfd_create("podinit-state", MFD_ALLOW_SEALING);
    file_ = ns::keep(ns::Fd(file));
    if (!file_ || fcntl(fd(), F_ADD_SEALS, seals) < 0 || !map())
        return false;
    if (!grow(1))
        return errno = ENOMEM, false;
    mark(0, granules_a_page);
    return true;
}

bool StateSpace::adopt(ns::Fd file) {
    file_ = std::move(file);
    struct stat status {};
    const int has = fcntl(fd(), F_GET_SEALS);
    if (has < 0 || fstat(fd(), &status) < 0)
        return false;
    if ((has & seals) != seals || status.st_size < offset(step) || status.st_size > off_t{address_space} ||
        status.st_size % page != 0)
        return errno = EINVAL, false;
    taken_.resize(static_cast<std::size_t>(status.st_size / page));
    if (!map() || !find_holes())
        return false;
    mark(0, granules_a_page);
    return true;
}

bool StateSpace::find_holes() {
    const off_t end = offset(static_cast<std::uint32_t>(taken_.size()));
    for (off_t at = 0; at < end;) {
        const off_t hole = lseek(fd(), at, SEEK_HOLE);
        if (hole < 0)
            return false;
        if (hole >= end)
            return true;
        const off_t data = lseek(fd(), hole, SEEK_DATA);
        if (data < 0 && errno != ENXIO)
            return false;
        at = data < 0 ? end : std::min(data, end);
        // Holes of the machine's pages, which are ours or larger ones.
        const Pages pages{static_cast<std::uint32_t>(hole / page), static_cast<std::uint32_t>((at - hole) / page)};
        holes_.push_back(pages);
        mark(pages.first * granules_a_page, pages.count * granules_a_page);
    }
    return true;
}

std::uint32_t StateSpace::take(std::uint32_t count) noexcept {
    std::uint32_t first = count <= remembered ? recent_[count] : 0;
    if (first == 0 || !is_free(first, count))
        first = find(count);
    if (first == 0 && grow((count + granules_a_page - 1) / granules_a_page))
        first = find(count);
    if (first != 0)
        set(first, count, true);
    return first;
}

void StateSpace::give_back(std::uint32_t first, std::uint32_t count) noexcept {
    set(first, count, false);
    full_ = std::min(full_, first / granules_a_page);
    if (count <= remembered)
        recent_[count] = first;
}

void StateSpace::set(std::uint32_t first, std::uint32_t count, bool taken) noexcept {
    for (const std::uint32_t end = first + count; first < end;) {
        const std::uint32_t bit = first % granules_a_page;
        const std::uint32_t bits = std::min(end - first, granules_a_page - bit);
        const std::uint64_t mask = (whole_page >> (granules_a_page - bits)) << bit;
        std::uint64_t& word = taken_[first / granules_a_page];
        word = taken ? word | mask : word & ~mask;
        first += bits;
    }
    while (full_ < taken_.size() && taken_[full_] == whole_page)
        ++full_;
}

bool StateSpace::is_free(std::uint32_t first, std::uint32_t count) const noexcept {
    for (; count > 0; --count, ++first)
        if ((taken_[first / granules_a_page] >> first % granules_a_page & 1) != 0)
            return false;
    return true;
}

// The first run of `count` free granules, or 0.
std::uint32_t StateSpace::find(std::uint32_t count) const noexcept {
    std::uint32_t free = 0; // up to where we are
    for (std::uint32_t word = full_; word < taken_.size(); ++word)
        for (std::uint32_t bit = 0; bit < granules_a_page;) {
            const std::uint64_t rest = taken_[word] >> bit;
            if ((rest & 1) != 0) {
                free = 0;
                bit += static_cast<std::uint32_t>(std::countr_one(rest));
                continue;
            }
            const auto run = std::min(static_cast<std::uint32_t>(std::countr_zero(rest)), granules_a_page - bit);
            free += run;
            bit += run;
            if (free >= count)
                return word * granules_a_page + bit - free;
        }
    return 0;
}

bool StateSpace::fetch(Pages pages) noexcept {
    int done = -1;
    do
        done = fallocate(fd(), 0, offset(pages.first), offset(pages.count));
    while (done < 0 && errno == EINTR);
    if (done == 0)
        set(pages.first * granules_a_page, pages.count * granules_a_page, false);
    full_ = std::min(full_, pages.first);
    return done == 0;
}

bool StateSpace::grow(std::uint32_t pages) noexcept {
    for (Pages& hole : holes_)
        if (hole.count >= pages) {
            const std::uint32_t count = std::min(hole.count, std::max(pages, step));
            if (!fetch({hole.first, count}))
                return false;
            hole = {hole.first + count, hole.count - count};
            return true;
        }
    const auto size = static_cast<std::uint32_t>(taken_.size());
    if (pages > max_pages - size)
        return false;
    const std::uint32_t count = std::min(std::max({pages, step, size / 8}), max_pages - size);
    try {
        taken_.resize(size + count, whole_page);
    } catch (...) {
        return false;
    }
    if (fetch({size, count}))
        return true;
    taken_.resize(size);
    return false;
}

void StateSpace::trim() noexcept {
    std::erase_if(holes_, [](const Pages& hole) { return hole.count == 0; });
    const auto empty = static_cast<std::uint32_t>(std::ranges::count(taken_, std::uint64_t{0}));
    if (empty < 4 * step || empty < taken_.size() / 4)
        return;
    std::uint32_t left = empty - step;
    for (auto page_number = static_cast<std::uint32_t>(taken_.size()); page_number > 0 && left > 0;) {
        std::uint32_t count = 0;
        for (; page_number > 0 && taken_[page_number - 1] == 0 && count < left; --page_number)
            ++count;
        if (count == 0) {
            --page_number;
            continue;
        }
        left -= count;
        try {
            holes_.reserve(holes_.size() + 1);
        } catch (...) {
            return;
        }
        if (fallocate(fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset(page_number), offset(count)) < 0)
            return;
        holes_.push_back({page_number, count});
        set(page_number * granules_a_page, count * granules_a_page, true);
    }
}

} // namespace initd
