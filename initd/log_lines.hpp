// SPDX-License-Identifier: Apache-2.0
// Output becomes lines of the CRI log format, "TIME STREAM P|F TEXT", as containerd makes them: a line longer than 16
// KiB comes as partial ones (P) and a full one (F) with the rest, output that ends without a newline as a partial one,
// so that what was said can be put together again; a carriage return before the newline is left out.
#pragma once

#include "initd/log_file.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace initd {

inline constexpr std::size_t max_log_line = 16u << 10;

// Lines of one stream read at one moment, on their way to the file. They borrow what they are made of until flush().
class LineBatch {
  public:
    LineBatch(LogFile& file, Stream stream, const timespec& now);
    LineBatch(const LineBatch&) = delete;
    LineBatch& operator=(const LineBatch&) = delete;

    void full(std::string_view head, std::string_view text);
    void partial(std::string_view head, std::string_view text);
    void flush();

  private:
    void add(char tag, std::string_view head, std::string_view text);

    LogFile& file_;
    timespec now_;
    std::string prefix_[2]; // of partial and of full lines
    std::size_t count_ = 0;
    LogLine lines_[64];
};

struct Cut {
    std::size_t taken = 0; // of the data
    bool took_head = false;
};

// Makes lines of `head` (kept from before: no newline, at most max_log_line) and the `data` after it. What is left of
// both is the begin of a line, at most max_log_line of it.
Cut cut_lines(std::string_view head, std::string_view data, LineBatch& lines);

} // namespace initd
