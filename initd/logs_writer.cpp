// SPDX-License-Identifier: Apache-2.0
// The half of Logs that deals with the writer: what is said to it, and its life.
#include "initd/log.hpp"
#include "initd/log_message.hpp"
#include "initd/log_place.hpp"
#include "initd/logs.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <sys/socket.h>

namespace initd {
namespace {

constexpr Millis young{5'000}; // a writer that lives shorter than this is started again after a back-off only
constexpr Millis first_wait{100};
constexpr Millis longest_wait{10'000};

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

// ---- speaking to the writer ---------------------------------------------------------------------------------------

bool Logs::send_stream(std::uint32_t id) noexcept {
    Entry& entry = streams_[id];
    LogOrder order;
    order.stream = static_cast<std::uint8_t>(entry.stream);
    order.pod_length = entry.place->pod_length;
    order.container_length = entry.place->container_length;
    order.attempt = entry.place->attempt;
    order.id = id;
    if (!send_order(writer_.get(), order, entry.place->names(), entry.fd))
        return false;
    entry.state = State::Handed;
    --waiting_;
    return true;
}

bool Logs::send_removal(std::string_view pod_dir) noexcept {
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
        room = send_removal(removals_[sent_removals_].pod_dir);
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
            keep_removals();
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
    if (retry_at_ != never || writer_pid_ > 0 || !has_work())
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
    writer_pid_ = -1;
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
