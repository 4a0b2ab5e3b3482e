// SPDX-License-Identifier: Apache-2.0
// One stream of output being read by the log writer.
//
// The pipe is the buffer: what is in it is looked at (tee(2) into a pipe of our own), written, and only then taken out,
// and the begin of a line stays in it until the rest comes. So a writer that is killed loses nothing, and a stream that
// is quiet costs no memory. Only what cannot stay is kept in memory: the begin of a line that fills its pipe, whose
// container would wait for ever, and whatever a terminal says, which cannot be looked at.
#pragma once

#include "initd/log_file.hpp"
#include "ns/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace initd {

// What all streams share, one at a time.
class LogScratch {
  public:
    static constexpr std::size_t size = 64u << 10; // as much as a pipe holds unless somebody made it larger

    static std::expected<LogScratch, ns::Error> open() noexcept;

    struct Peek {
        std::string_view data;
        bool full = false; // no more fits into the pipe, as far as we can tell
        int err = 0;       // EINVAL: no pipe
    };
    // What is in a pipe, up to `size` bytes; "" when there is nothing.
    Peek peek(int pipe) noexcept;
    // Reads, not waiting. 0 bytes with err 0: the end.
    Peek take(int fd) noexcept;
    // Takes out what has been looked at.
    void discard(int pipe, std::size_t bytes) noexcept;

    // Gives most of the buffer's memory back until the next use.
    void trim() noexcept;

  private:
    ns::Fd read_end_, write_end_;
    int capacity_ = 0;
    std::size_t used_ = 0;
    char* buffer_ = nullptr; // a mapping for the life of the process
};

class LogStream {
  public:
    // `fd` is made non-blocking: the container might steal from its own pipe (/proc/self/fd/1) what we have seen in it.
    LogStream(ns::Fd fd, std::uint32_t id, Stream stream, LogFile& file) noexcept;

    enum class Turn : std::uint8_t { Idle, More, Ended };
    // Writes up to LogScratch::size bytes of output into the file.
    Turn turn(LogScratch& scratch);
    // No process has the other end any more: what is left is all.
    void hang_up() noexcept { hung_up_ = true; }
    // Writes all that has been said so far, the begin of a line too.
    void finish(LogScratch& scratch);

    int fd() const noexcept { return fd_.get(); }
    std::uint32_t id() const noexcept { return id_; }
    LogFile& file() const noexcept { return *file_; }

    bool ready = true; // the loop's: is it to have a turn?

  private:
    LogScratch::Peek look(LogScratch& scratch) noexcept;

    ns::Fd fd_;
    std::uint32_t id_;
    Stream stream_;
    bool pipe_ = true;
    bool hung_up_ = false;
    LogFile* file_;
    std::string head_; // the begin of a line that is no longer in the pipe
};

} // namespace initd
