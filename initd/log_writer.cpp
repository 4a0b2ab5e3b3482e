// SPDX-License-Identifier: Apache-2.0
// The log writer: one process that reads every stream that PID 1 hands over and may wait for the disk, as PID 1 may
// not.
//
// Streams are watched edge-triggered and get their turns round robin, so that one that never stops talking does not
// keep the others waiting. It ends by itself when it has had nothing to do for a while, and when PID 1 is gone or asks
// the whole machine to end (SIGTERM), after it has written what there is.
#include "initd/log_dir.hpp"
#include "initd/log_message.hpp"
#include "initd/log_stream.hpp"
#include "initd/logs.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <memory>
#include <new>

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace initd {
namespace {

constexpr int socket_fd = STDIN_FILENO;
constexpr int linger_ms = 10'000;      // without streams
constexpr time_t report_interval = 10; // seconds

// What epoll tells besides streams; those are told by their address.
constexpr std::uint64_t from_socket = 0;
constexpr std::uint64_t from_signals = 1;

class LogWriter {
  public:
    LogWriter(std::string log_dir, LogLimits limits)
        : log_dir_(std::move(log_dir))
        , limits_(limits) {}

    bool open();
    int run();

  private:
    bool watch(int fd, std::uint64_t who, std::uint32_t events) noexcept;
    void wait(int timeout_ms);
    bool give_turns();
    void take_orders();
    void take_order(const LogOrder& order, std::string_view names, ns::Fd fd);
    void add_stream(const LogOrder& order, LogTarget target, ns::Fd fd);
    void remove_pod(const std::string& pod_dir);
    LogFile& file_for(LogTarget target);
    void end_stream(LogStream& stream);
    void release(LogFile& file);
    void answer(LogAnswer::Kind kind, std::uint32_t id = 0, int err = 0) noexcept;
    void report(const LogStream& stream) noexcept;
    void finish();

    std::string log_dir_;
    LogLimits limits_;
    LogScratch scratch_;
    ns::Fd epoll_, signals_;
    std::vector<std::unique_ptr<LogFile>> files_;
    std::vector<std::unique_ptr<LogStream>> streams_;
    time_t next_report_ = 0;
    bool done_ = false;
};

bool LogWriter::watch(int fd, std::uint64_t who, std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.u64 = who;
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

bool LogWriter::open() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    auto scratch = LogScratch::open();
    if (!scratch || !signals_ || !epoll_)
        return false;
    scratch_ = std::move(*scratch);
    answer(LogAnswer::Kind::Hello);
    return watch(socket_fd, from_socket, EPOLLIN) && watch(signals_.get(), from_signals, EPOLLIN);
}

void LogWriter::answer(LogAnswer::Kind kind, std::uint32_t id, int err) noexcept {
    const LogAnswer answer{.kind = kind, .id = id, .err = err};
    // PID 1 is gone if this fails, which the socket will say.
    (void)!::send(socket_fd, &answer, sizeof answer, MSG_NOSIGNAL);
}

// Now and then: a full disk is every container's trouble, with every line.
void LogWriter::report(const LogStream& stream) noexcept {
    if (stream.file().error() == 0)
        return;
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec < next_report_)
        return;
    next_report_ = now.tv_sec + report_interval;
    answer(LogAnswer::Kind::Trouble, stream.id(), stream.file().error());
}

// ---- orders -------------------------------------------------------------------------------------------------------

LogFile& LogWriter::file_for(LogTarget target) {
    bool newest = true;
    for (const auto& file : files_) {
        const LogTarget& other = file->target();
        if (other.pod_dir != target.pod_dir || other.container != target.container)
            continue;
        if (other.attempt == target.attempt)
            return *file;
        if (other.attempt > target.attempt)
            newest = false;
        else
            file->newest = false;
    }
    files_.push_back(std::make_unique<LogFile>(log_dir_, std::move(target), limits_));
    files_.back()->newest = newest;
    return *files_.back();
}

void LogWriter::release(LogFile& file) {
    if (--file.users > 0)
        return;
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    file.finish(now);
    std::erase_if(files_, [&](const auto& one) { return one.get() == &file; });
}

void LogWriter::add_stream(const LogOrder& order, LogTarget target, ns::Fd fd) {
    LogFile& file = file_for(std::move(target));
    ++file.users;
    const Stream which = order.stream == static_cast<std::uint8_t>(Stream::Stderr) ? Stream::Stderr : Stream::Stdout;
    streams_.push_back(std::make_unique<LogStream>(std::move(fd), order.id, which, file));
    LogStream& stream = *streams_.back();
    if (!watch(stream.fd(), reinterpret_cast<std::uintptr_t>(&stream), EPOLLIN | EPOLLET))
        end_stream(stream);
}

void LogWriter::end_stream(LogStream& stream) {
    answer(LogAnswer::Kind::Ended, stream.id());
    // PID 1 still has the same open file, so closing ours does not take it out of epoll.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, stream.fd(), nullptr);
    release(stream.file());
    std::erase_if(streams_, [&](const auto& one) { return one.get() == &stream; });
}

// Whoever still writes into a removed pod's pipes is no part of it any more.
void LogWriter::remove_pod(const std::string& pod_dir) {
    for (std::size_t i = streams_.size(); i-- > 0;)
        if (streams_[i]->file().target().pod_dir == pod_dir)
            end_stream(*streams_[i]);
    remove_pod_logs(log_dir_, pod_dir);
    answer(LogAnswer::Kind::Removed);
}

void LogWriter::take_order(const LogOrder& order, std::string_view names, ns::Fd fd) {
    if (names.size() != std::size_t{order.pod_length} + order.container_length)
        return;
    const std::string pod_dir(names.substr(0, order.pod_length));
    switch (order.kind) {
    case LogOrder::Kind::Stream:
        if (fd)
            add_stream(order, {pod_dir, std::string(names.substr(order.pod_length)), order.attempt}, std::move(fd));
        return;
    case LogOrder::Kind::Remove: remove_pod(pod_dir); return;
    }
}

void LogWriter::take_orders() {
    for (;;) {
        LogOrder order;
        char names[max_log_names];
        iovec parts[2] = {{&order, sizeof order}, {names, sizeof names}};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = 2;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t size = ::recvmsg(socket_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (size < static_cast<ssize_t>(sizeof order)) {
            done_ = done_ || size == 0 || (errno != EAGAIN && errno != EINTR);
            return;
        }
        ns::Fd fd;
        if (const cmsghdr* header = CMSG_FIRSTHDR(&message); header && header->cmsg_type == SCM_RIGHTS) {
            int received = -1;
            std::memcpy(&received, CMSG_DATA(header), sizeof received);
            fd.reset(received);
        }
        take_order(order, {names, static_cast<std::size_t>(size) - sizeof order}, std::move(fd));
    }
}

// ---- the loop -----------------------------------------------------------------------------------------------------

void LogWriter::wait(int timeout_ms) {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll_.get(), events, 64, timeout_ms);
    if (count == 0 && timeout_ms > 0)
        done_ = true;
    bool orders = false;
    for (int i = 0; i < count; ++i) {
        const std::uint64_t who = events[i].data.u64;
        if (who == from_socket) {
            orders = true;
        } else if (who == from_signals) {
            done_ = true;
        } else {
            auto& stream = *reinterpret_cast<LogStream*>(static_cast<std::uintptr_t>(who));
            stream.ready = true;
            if (events[i].events & (EPOLLHUP | EPOLLERR))
                stream.hang_up();
        }
    }
    if (orders) // last: they may end streams that the events speak of
        take_orders();
}

// Each stream that has something gets one turn. True: somebody wants another.
bool LogWriter::give_turns() {
    bool more = false;
    for (std::size_t i = streams_.size(); i-- > 0;) {
        LogStream& stream = *streams_[i];
        if (!stream.ready)
            continue;
        const LogStream::Turn turn = stream.turn(scratch_);
        report(stream);
        stream.ready = turn == LogStream::Turn::More;
        more = more || stream.ready;
        if (turn == LogStream::Turn::Ended)
            end_stream(stream);
    }
    return more;
}

void LogWriter::finish() {
    for (const auto& stream : streams_)
        stream->finish(scratch_);
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    for (const auto& file : files_)
        file->finish(now);
}

int LogWriter::run() {
    bool more = false;
    while (!done_) {
        if (!more)
            scratch_.trim();
        wait(more ? 0 : streams_.empty() ? linger_ms : -1);
        more = give_turns();
    }
    finish();
    return 0;
}

template <class Number>
bool read_number(const char* text, Number& number) noexcept {
    return std::from_chars(text, text + std::strlen(text), number).ec == std::errc();
}

} // namespace

int log_writer_main(int argc, char** argv) noexcept try {
    LogLimits limits;
    if (argc != 5 || !read_number(argv[2], limits.max_bytes) || !read_number(argv[3], limits.max_files) ||
        !read_number(argv[4], limits.readers))
        return 2;
    limits.max_files = std::max(limits.max_files, 2);
    LogWriter writer(argv[1], limits);
    return writer.open() ? writer.run() : 1;
} catch (const std::bad_alloc&) {
    return 1; // PID 1 has every pipe and starts another
}

} // namespace initd
