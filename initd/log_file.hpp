// SPDX-License-Identifier: Apache-2.0
// One run's log file in the CRI format, shared by its two streams, and what it was before (rotation).
//
// The file holds whole lines only and is never longer than max_bytes, unless one line is. Lines that cannot be written
// (a full disk, a read-only one) are dropped and counted; with the first that can be written again comes a line that
// says how many. The disk never makes a container wait: its pipe is emptied either way.
#pragma once

#include "initd/logs.hpp"
#include "ns/fd.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>
#include <time.h>

namespace initd {

// "2006-01-02T15:04:05.999999999Z": RFC 3339 as Go prints it with nanoseconds, without trailing zeros.
std::string cri_time(const timespec& time);

struct LogLine { // four pieces, some of them empty: the prefix, what was kept from before, the text, the end of line
    iovec piece[4];
    std::size_t size() const noexcept {
        return piece[0].iov_len + piece[1].iov_len + piece[2].iov_len + piece[3].iov_len;
    }
};

class LogFile {
  public:
    LogFile(const std::string& log_dir, LogTarget target, const LogLimits& limits)
        : log_dir_(log_dir)
        , limits_(limits)
        , target_(std::move(target)) {}

    const LogTarget& target() const noexcept { return target_; }

    // Appends lines, or counts them as lost. `now` stamps a line of our own.
    void append(std::span<const LogLine> lines, const timespec& now);

    // The last that is written: says what was lost since, if that can be said now.
    void finish(const timespec& now) {
        if (lost_ > 0 && open())
            (void)tell_lost(now);
    }

    // Of the last write: 0 when it went well.
    int error() const noexcept { return err_; }

    // The streams that write here.
    std::uint32_t users = 0;
    // No run of this container that is newer is being written: then other runs' files, but for the one before, may go.
    bool newest = true;

  private:
    bool open();
    bool adopt(ns::Fd file);
    bool rotate(const timespec& now);
    bool is_full(std::size_t more) const noexcept;
    bool tell_lost(const timespec& now);
    void prune(int dir);
    std::size_t write(std::span<const LogLine> lines);
    bool fail(int err) noexcept;

    const std::string& log_dir_;
    const LogLimits& limits_;
    LogTarget target_;
    ns::Fd file_;
    std::int64_t size_ = 0;
    std::uint64_t lost_ = 0;
    int lost_err_ = 0;
    int err_ = 0;
};

} // namespace initd
