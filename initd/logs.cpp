// SPDX-License-Identifier: Apache-2.0
#include "initd/logs.hpp"

#include "initd/log.hpp"
#include "initd/log_message.hpp"
#include "initd/log_place.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

namespace initd {
namespace {

constexpr std::uint32_t max_streams = 1u << 18; // what is above is damage

struct StreamRecord {
    std::int32_t fd = -1;
    Stream stream = Stream::Stdout;
    std::uint32_t attempt = 0;
    std::string_view pod_dir;
    std::string_view container;
    std::uint32_t serial = 0;
};

struct RemovalList {
    std::vector<LogRemoval> all;
};

// A number that a record has given is somebody else's if it is no pipe or terminal.
bool is_output(int fd) noexcept {
    struct stat status {};
    return fd > 2 && ::fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
}

// Has the stream ended without having said anything? Then no writer need hear of it.
bool ended_silently(int fd) noexcept {
    pollfd poll{fd, POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1 && (poll.revents & POLLIN) == 0;
}

} // namespace

template <class Archive>
void fields(Archive& a, Of<StreamRecord> auto& stream) {
    a(stream.fd);
    a.upto(stream.stream, Stream::Stderr);
    a(stream.attempt);
    a(stream.pod_dir);
    a(stream.container);
    a(stream.serial);
}

template <class Archive>
void fields(Archive& a, Of<LogRemoval> auto& removal) {
    a(removal.pod_dir);
    a(removal.serial);
}

template <class Archive>
void fields(Archive& a, Of<RemovalList> auto& removals) {
    a.list(removals.all);
}

std::string log_path(std::string_view log_dir, const LogTarget& target) {
    std::string path(log_dir);
    path.append("/").append(target.pod_dir).append("/").append(target.container).append("/");
    return path.append(std::to_string(target.attempt)).append(".log");
}

Logs::Logs(Poller& poller, StateFile& state, std::string log_dir, LogLimits limits) noexcept
    : poller_(poller)
    , state_(state)
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
    state_.drop(RecordKind::Stream, static_cast<std::uint32_t>(&entry - streams_.data()));
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
    if (!insert(id, target, stream, read_end))
        return false;
    state_.keep(RecordKind::Stream, id,
                StreamRecord{.fd = streams_[id].fd,
                             .stream = stream,
                             .attempt = target.attempt,
                             .pod_dir = target.pod_dir,
                             .container = target.container,
                             .serial = next_serial_++});
    return true;
} catch (const std::bad_alloc&) {
    return false;
}

bool Logs::insert(std::uint32_t id, const LogTarget& target, Stream stream, ns::Fd& read_end) {
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
}

std::expected<ns::Fd, ns::Error> Logs::open_stream(const LogTarget& target, Stream stream) noexcept {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return std::unexpected(ns::Error{errno, ns::Step::Pipe});
    ns::Fd write_end(ends[1]);
    ns::Fd read_end = ns::keep(ns::Fd(ends[0]));
    if (!read_end)
        return std::unexpected(ns::Error{errno, ns::Step::Pipe});
    if (!add_stream(target, stream, read_end))
        return std::unexpected(ns::Error{ENOMEM, ns::Step::Pipe});
    return write_end;
}

void Logs::adopt_stream(const LogTarget& target, Stream stream, ns::Fd read_end) noexcept {
    read_end = ns::keep(std::move(read_end));
    if (!read_end || !add_stream(target, stream, read_end))
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
    removals_.push_back({std::string(pod_dir), next_serial_++});
    keep_removals();
    return want_writer(now);
} catch (const std::bad_alloc&) {
    log(Level::Error, {pod_dir, ": log: not removed: out of memory"});
    return std::nullopt;
}

// ---- what outlives the process -----------------------------------------------------------------------------------

void Logs::keep_removals() noexcept try {
    if (removals_.empty())
        state_.drop(RecordKind::LogWriter, 0);
    else
        state_.keep(RecordKind::LogWriter, 0, RemovalList{removals_});
} catch (const std::bad_alloc&) { // then a pod's files may stay
}

// Of a removal and the streams of that name, the streams that are older have nothing more to say; if one is younger,
// the files are another pod's by now, and the removal is over.
void Logs::restore(pid_t writer) {
    writer_pid_ = writer;
    if (RemovalList removals; state_.recall(RecordKind::LogWriter, 0, removals))
        removals_ = std::move(removals.all);
    for (const LogRemoval& removal : removals_)
        next_serial_ = std::max(next_serial_, removal.serial + 1);
    for (const std::uint32_t id : state_.ids(RecordKind::Stream))
        if (!restore_stream(id))
            state_.drop(RecordKind::Stream, id);
    keep_removals();
}

bool Logs::restore_stream(std::uint32_t id) {
    StreamRecord record;
    if (id >= max_streams || !state_.recall(RecordKind::Stream, id, record))
        return false;
    ns::Fd read_end = state_.descriptors().claim(record.fd);
    if (!is_output(read_end.get()))
        return false;
    const LogTarget target{std::string(record.pod_dir), std::string(record.container), record.attempt};
    if (target.pod_dir.size() + target.container.size() > max_log_names)
        return false;
    next_serial_ = std::max(next_serial_, record.serial + 1);
    const auto removal = std::ranges::find(removals_, target.pod_dir, &LogRemoval::pod_dir);
    if (removal != removals_.end() && record.serial < removal->serial)
        return false;
    if (removal != removals_.end())
        removals_.erase(removal);
    if (id >= streams_.size())
        streams_.resize(id + 1);
    return insert(id, target, record.stream, read_end);
}

} // namespace initd
