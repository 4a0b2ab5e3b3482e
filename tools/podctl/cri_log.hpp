// SPDX-License-Identifier: Apache-2.0
// Lines of a container's log file, in the CRI format: "TIME stdout|stderr P|F TEXT". P is a part of a line that goes on
// in the next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ctl {

struct CriLine {
    std::string_view time; // RFC 3339 with nanoseconds
    std::string_view stream;
    bool partial = false;
    std::string_view text;
};

// Without the newline; nullopt: no such line.
std::optional<CriLine> parse_cri_line(std::string_view line);

// Bytes of a log in, what the container wrote out.
class CriDecoder {
  public:
    // Lines written before `since` (RFC 3339 in UTC, whole seconds) are passed over; empty: none is.
    explicit CriDecoder(bool timestamps, std::string since = "")
        : timestamps_(timestamps)
        , since_(std::move(since)) {}

    // Takes the next bytes of a file, which may end anywhere, and appends what they say to `out`.
    void feed(std::string_view bytes, std::string& out);

  private:
    void line(std::string_view line, std::string& out);

    bool timestamps_;
    std::string since_;
    bool at_line_start_ = true;
    std::string rest_; // an incomplete line
};

// Where the last `lines` lines of a log file begin; leaves in `lines` how many it is short of.
std::int64_t tail_offset(int fd, std::int64_t& lines);

} // namespace ctl
