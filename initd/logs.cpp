// SPDX-License-Identifier: Apache-2.0
#include "initd/logs.hpp"

#include "initd/log.hpp"
#include "initd/log_message.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

namespace initd {
namespace {

constexpr Millis young{5'000}; // a writer that lives shorter than this is started again after a back-off only
constexpr Millis first_wait{100};
constexpr Millis longest_wait{10'000};

// Has the stream ended without having said anything? Then no writer need hear of it.
bool ended_silently(int fd) noexcept {
    pollfd poll{fd, POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1 && (poll.revents & POLLIN) == 0;
}

const char* describe(int err) noexcept {
    const char* text = ::strerrordesc_np(err);
    return text ? text : "unknown error";
}

bool send_order(int socket, const LogOrder& order, std::string_view names, int fd) noexcept {
    iovec parts[2] = {{const_cast<LogOrder*>(&order), sizeof order}, {const_cast<char*>(names.data()), names.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

} // namespace

// One block of memory: the names follow it, so that a run's two streams cost little more than their descriptors.
struct Logs::Place {
    std::uint16_t streams;
    std::uint16_t pod_length;
    std::uint16_t container_length;
    std::uint32_t attempt;

    char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
    std::string_view names() noexcept { return {text(), std::size_t{pod_length} + container_length}; }
    std::string_view pod() noexcept { return names().substr(0, pod_length); }
    std::string_view container() noexcept { return names().substr(pod_length); }

    static Place* make(const LogTarget& target) {
        const std::size_t names = target.pod_dir.size() + target.container.size();
        Place* place = new (::operator new(sizeof(Place) + names)) Place{
            .streams = 0,
            .pod_length = static_cast<std::uint16_t>(target.pod_dir.size()),
            .container_length = static_cast<std::uint16_t>(target.container.size()),
            .attempt = target.attempt,
        };
        char* end = std::copy(target.pod_dir.begin(), target.pod_dir.end(), place->text());
        std::copy(target.container.begin(), target.container.end(), end);
        return place;
    }
};

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
    removals_.emplace_back(pod_dir);
    return want_writer(now);
} catch (const std::bad_alloc&) {
    log(Level::Error, {pod_dir, ": log: not removed: out of memory"});
    return std::nullopt;
}

// ---- speaking to the writer ---------------------------------------------------------------------------------------

bool Logs::send_stream(std::uint32_t id) noexcept {
    Entry& entry = streams_[id];
    LogOrder order;
    order.stream = static_cast<std::uint8_t>(entry.stream);
    order.pod_length = entry.place->pod_length;
    order.container_length = entry.place->container_length;
    order.attempt = entry.place->attempt;
    order.id = id;
    if (send_order(writer_.get(), order, entry.place->names(), entry.fd))
        return false;
    entry.state = State::Handed;
    --waiting_;
    return true;
}

bool Logs::send_removal(const std::string& pod_dir) noexcept {
    LogOrder order;
    order.kind = LogOrder::Kind::Remove;
    order.pod_length = static_cast<std::uint16_t>(pod_dir.size());
    return send_order(writer_.get(), order, pod_dir, -1);
}

// Hands over what waits, the pods to remove last: what they said before belongs to the streams.
void Logs::flush() noexcept {
    bool room = true;
    for (std::uint32_t id = 0; room && waiting_ > 0 && id < streams_.size(); ++id)
        if (streams_[id].state == State::Waiting)
            room = send_stream(id);
    while (room && sent_removals_ < removals_.size()) {
        room = send_removal(removals_[sent_removals_]);
        sent_removals_ += room;
    }
    // Any failure is waited out: a full socket has room again, and a writer that is gone is reported by its exit.
    if (room == blocked_) {
        blocked_ = !room;
        poller_.modify(writer_.get(), Source::LogWriter, 0, blocked_ ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

void Logs::take_answer(const LogAnswer& answer) noexcept {
    Entry* entry = answer.id < streams_.size() ? &streams_[answer.id] : nullptr;
    const bool handed = entry && entry->state == State::Handed;
    switch (answer.kind) {
    case LogAnswer::Kind::Hello: writers_end_.reset(); break;
    case LogAnswer::Kind::Ended:
        if (handed)
            free_entry(*entry);
        break;
    case LogAnswer::Kind::Removed:
        if (sent_removals_ > 0) {
            removals_.erase(removals_.begin());
            --sent_removals_;
        }
        break;
    case LogAnswer::Kind::Trouble:
        if (handed)
            log(Level::Error,
                {entry->place->pod(), "/", entry->place->container(), ": log: lines are lost: ", describe(answer.err)});
        break;
    }
}

void Logs::read_answers() noexcept {
    LogAnswer answer;
    ssize_t size;
    while ((size = ::recv(writer_.get(), &answer, sizeof answer, MSG_DONTWAIT)) == sizeof answer)
        take_answer(answer);
    if (size == 0) // it has closed its end and will be reaped soon: until then the poller would say so again and again
        poller_.remove(writer_.get());
}

void Logs::on_writer() noexcept {
    if (!writer_)
        return;
    read_answers();
    flush();
}

// ---- the writer's life --------------------------------------------------------------------------------------------

bool Logs::connect_writer() noexcept {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    writers_end_.reset(ends[1]);
    writer_ = ns::raise(ns::Fd(ends[0]));
    blocked_ = false;
    if (poller_.add(writer_.get(), Source::LogWriter, 0, EPOLLIN))
        return true;
    writer_.reset();
    writers_end_.reset();
    return false;
}

std::optional<ns::Plan> Logs::want_writer(Millis now) noexcept try {
    if (writer_) {
        if (!blocked_)
            flush();
        return std::nullopt;
    }
    if (retry_at_ != never || !has_work())
        return std::nullopt;
    ns::Plan plan;
    plan.programs = {"/proc/self/exe"};
    plan.argv = {log_writer_role, log_dir_, std::to_string(limits_.max_bytes), std::to_string(limits_.max_files),
                 std::to_string(limits_.readers)};
    if (!connect_writer()) {
        back_off(now);
        return std::nullopt;
    }
    plan.stdin_fd = writers_end_.get();
    flush(); // the first orders wait in the socket until it runs
    return plan;
} catch (const std::bad_alloc&) {
    back_off(now);
    return std::nullopt;
}

void Logs::back_off(Millis now) noexcept {
    retry_step_ = std::clamp(retry_step_ * 2, first_wait, longest_wait);
    retry_at_ = now + retry_step_;
}

// What it had is ours again. Streams that it reported as ended are not: its last words are read first.
void Logs::lose_writer(Millis now) noexcept {
    if (!writer_)
        return;
    read_answers();
    poller_.remove(writer_.get());
    writer_.reset();
    writers_end_.reset();
    writer_pid_ = -1;
    sent_removals_ = 0;
    for (Entry& entry : streams_)
        if (entry.state == State::Handed) {
            entry.state = State::Waiting;
            ++waiting_;
        }
    if (!has_work() || now - started_at_ >= young)
        retry_step_ = Millis{0};
    else
        back_off(now);
}

void Logs::writer_started(pid_t pid, Millis now) noexcept {
    writer_pid_ = pid;
    started_at_ = now;
}

void Logs::writer_failed(Millis now) noexcept {
    started_at_ = now;
    lose_writer(now);
}

std::optional<ns::Plan> Logs::writer_ended(Millis now) noexcept {
    lose_writer(now);
    return want_writer(now);
}

std::optional<ns::Plan> Logs::tick(Millis now) noexcept {
    if (retry_at_ == never || now < retry_at_)
        return std::nullopt;
    retry_at_ = never;
    return want_writer(now);
}

} // namespace initd
