// SPDX-License-Identifier: Apache-2.0
#include "initd/logs.hpp"

#include "initd/log.hpp"
#include "initd/log_message.hpp"
#include "initd/log_place.hpp"
#include "ns/launcher.hpp"

#include <cerrno>
#include <new>
#include <utility>

#include <fcntl.h>
#include <poll.h>

namespace initd {
namespace {

// Has the stream ended without having said anything? Then no writer need hear of it.
bool ended_silently(int fd) noexcept {
    pollfd poll{fd, POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1 && (poll.revents & POLLIN) == 0;
}

} // namespace

std::string log_path(std::string_view log_dir, const LogTarget& target) {
    std::string path(log_dir);
    path.append("/").append(target.pod_dir).append("/").append(target.container).append("/");
    return path.append(std::to_string(target.attempt)).append(".log");
}

Logs::Logs(Poller& poller, std::string log_dir, LogLimits limits) noexcept
    : poller_(poller)
    , log_dir_(std::move(log_dir))
    , limits_(limits) {}

Logs::~Logs() {
    for (Entry& entry : streams_)
        if (entry.state != State::Free)
            free_entry(entry);
    if (writer_)
        poller_.remove(writer_.get());
}

// ---- streams ------------------------------------------------------------------------------------------------------

Logs::Place* Logs::find_place(const LogTarget& target) {
    if (last_place_ && last_place_->attempt == target.attempt && last_place_->pod() == target.pod_dir &&
        last_place_->container() == target.container)
        return last_place_;
    return Place::make(target);
}

std::uint32_t Logs::take_entry() {
    // With none free the search is spared, which is how a machine boots.
    if (open_ < streams_.size())
        for (std::uint32_t id = 0; id < streams_.size(); ++id)
            if (streams_[id].state == State::Free)
                return id;
    streams_.emplace_back();
    return static_cast<std::uint32_t>(streams_.size() - 1);
}

void Logs::free_entry(Entry& entry) noexcept {
    // Closing our duplicate would leave it in the poller: the writer has the same open file.
    if (entry.state == State::Quiet)
        poller_.remove(entry.fd);
    ::close(entry.fd);
    if (entry.state == State::Waiting)
        --waiting_;
    if (--entry.place->streams == 0) {
        if (last_place_ == entry.place)
            last_place_ = nullptr;
        ::operator delete(entry.place);
    }
    entry = Entry{};
    --open_;
}

bool Logs::add_stream(const LogTarget& target, Stream stream, ns::Fd& read_end) noexcept try {
    if (target.pod_dir.size() + target.container.size() > max_log_names)
        return false;
    const std::uint32_t id = take_entry();
    Place* place = find_place(target);
    if (!poller_.add(read_end.get(), Source::LogPipe, id, EPOLLIN)) {
        if (place->streams == 0)
            ::operator delete(place);
        return false;
    }
    ++place->streams;
    ++open_;
    last_place_ = place;
    streams_[id] = {.fd = read_end.release(), .state = State::Quiet, .stream = stream, .place = place};
    return true;
} catch (const std::bad_alloc&) {
    return false;
}

std::expected<ns::Fd, ns::Error> Logs::open_stream(const LogTarget& target, Stream stream) noexcept {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return std::unexpected(ns::Error{errno, ns::Step::Pipe});
    ns::Fd write_end(ends[1]);
    ns::Fd read_end = ns::raise(ns::Fd(ends[0]));
    if (!add_stream(target, stream, read_end))
        return std::unexpected(ns::Error{ENOMEM, ns::Step::Pipe});
    return write_end;
}

void Logs::adopt_stream(const LogTarget& target, Stream stream, ns::Fd read_end) noexcept {
    read_end = ns::raise(std::move(read_end));
    if (!add_stream(target, stream, read_end))
        log(Level::Error, {target.pod_dir, "/", target.container, ": log: its output is lost: out of memory"});
}

std::optional<ns::Plan> Logs::on_stream(std::uint32_t id, Millis now) noexcept {
    if (id >= streams_.size() || streams_[id].state != State::Quiet)
        return std::nullopt;
    Entry& entry = streams_[id];
    if (ended_silently(entry.fd)) {
        free_entry(entry);
        return std::nullopt;
    }
    poller_.remove(entry.fd);
    entry.state = State::Waiting;
    ++waiting_;
    return want_writer(now);
}

std::optional<ns::Plan> Logs::remove_pod(std::string_view pod_dir, Millis now) noexcept try {
    if (pod_dir.size() > max_log_names)
        return std::nullopt;
    // What the writer has not heard of yet it must not hear of later: that would bring the directory back.
    for (Entry& entry : streams_)
        if ((entry.state == State::Quiet || entry.state == State::Waiting) && entry.place->pod() == pod_dir)
            free_entry(entry);
    removals_.emplace_back(pod_dir);
    return want_writer(now);
} catch (const std::bad_alloc&) {
    log(Level::Error, {pod_dir, ": log: not removed: out of memory"});
    return std::nullopt;
}

} // namespace initd
