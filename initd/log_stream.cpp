// SPDX-License-Identifier: Apache-2.0
#include "initd/log_stream.hpp"

#include "initd/log_lines.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

namespace initd {

// ---- LogScratch ---------------------------------------------------------------------------------------------------

std::expected<LogScratch, ns::Error> LogScratch::open() noexcept {
    LogScratch scratch;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return std::unexpected(ns::Error{errno, ns::Step::Pipe});
    scratch.read_end_.reset(ends[0]);
    scratch.write_end_.reset(ends[1]);
    scratch.capacity_ = ::fcntl(ends[0], F_GETPIPE_SZ);
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return std::unexpected(ns::Error{errno, ns::Step::Pipe});
    scratch.buffer_ = static_cast<char*>(memory);
    return scratch;
}

// A pipe is full when each of its slots has something in it, be it one byte, so bytes tell nothing. tee() copies slot
// by slot: our pipe, if it has as many, is full when the other one was. If it has not, we cannot know, and say yes.
LogScratch::Peek LogScratch::peek(int pipe) noexcept {
    const ssize_t seen = ::tee(pipe, write_end_.get(), size, SPLICE_F_NONBLOCK);
    if (seen <= 0)
        return {{}, false, seen < 0 && errno != EAGAIN ? errno : 0};
    pollfd room{write_end_.get(), POLLOUT, 0};
    const bool full = ::poll(&room, 1, 0) == 0 || ::fcntl(pipe, F_GETPIPE_SZ) != capacity_;
    const ssize_t got = ::read(read_end_.get(), buffer_, size);
    used_ = std::max(used_, static_cast<std::size_t>(seen));
    if (got != seen) // cannot be: it was just put there
        return {{}, false, EIO};
    return {.data = {buffer_, static_cast<std::size_t>(got)}, .full = full};
}

LogScratch::Peek LogScratch::take(int fd) noexcept {
    const ssize_t got = ::read(fd, buffer_, size);
    if (got < 0)
        return {{}, false, errno};
    used_ = std::max(used_, static_cast<std::size_t>(got));
    return {.data = {buffer_, static_cast<std::size_t>(got)}, .full = true};
}

void LogScratch::discard(int pipe, std::size_t bytes) noexcept {
    while (bytes > 0) {
        const ssize_t got = ::read(pipe, buffer_, bytes);
        if (got <= 0) // stolen by the container itself
            return;
        bytes -= static_cast<std::size_t>(got);
    }
}

void LogScratch::trim() noexcept {
    constexpr std::size_t kept = 4096; // a few short lines now and then must not cost a page fault each time
    if (used_ > kept)
        ::madvise(buffer_ + kept, size - kept, MADV_DONTNEED);
    used_ = 0;
}

// ---- LogStream ----------------------------------------------------------------------------------------------------

LogStream::LogStream(ns::Fd fd, std::uint32_t id, Stream stream, LogFile& file) noexcept
    : fd_(std::move(fd))
    , id_(id)
    , stream_(stream)
    , file_(&file) {
    ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
}

LogScratch::Peek LogStream::look(LogScratch& scratch) noexcept {
    if (!pipe_)
        return scratch.take(fd_.get());
    const LogScratch::Peek seen = scratch.peek(fd_.get());
    if (seen.err != EINVAL)
        return seen;
    pipe_ = false;
    return scratch.take(fd_.get());
}

LogStream::Turn LogStream::turn(LogScratch& scratch) {
    const LogScratch::Peek seen = look(scratch);
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    LineBatch lines(*file_, stream_, now);
    const Cut cut = cut_lines(head_, seen.data, lines);
    std::string_view rest = seen.data.substr(cut.taken);
    std::string_view head = cut.took_head ? std::string_view() : head_;
    // A pipe's end: everything in it was seen and nothing of it is a line. A terminal's master says EIO at its end.
    const bool end = pipe_ ? hung_up_ && cut.taken == 0 && (rest.empty() || !seen.full)
                           : seen.data.empty() && seen.err != EAGAIN && seen.err != EINTR;
    if (end && head.size() + rest.size() > 0)
        lines.partial(std::exchange(head, {}), std::exchange(rest, {}));
    lines.flush();
    if (head.empty())
        head_ = std::string();
    if (!pipe_ || (seen.full && cut.taken == 0)) // else there is room in the pipe by now, or the next turn will see
        head_.append(std::exchange(rest, {}));
    if (pipe_)
        scratch.discard(fd_.get(), seen.data.size() - rest.size());
    if (end)
        return Turn::Ended;
    // What was seen of a full pipe may not be all: it may have more slots than ours.
    const bool more = seen.full || seen.data.size() == LogScratch::size || (hung_up_ && !seen.data.empty());
    return more ? Turn::More : Turn::Idle;
}

// So many turns are far more than any pipe holds; a container that goes on talking is cut off.
void LogStream::finish(LogScratch& scratch) {
    for (int turns = 0; turns < 64 && turn(scratch) == Turn::More; ++turns) {
    }
    hung_up_ = true;
    (void)turn(scratch);
}

} // namespace initd
