// SPDX-License-Identifier: Apache-2.0
#include "initd/notify.hpp"

#include "initd/files.hpp"
#include "initd/plain_text.hpp"
#include "initd/received_fds.hpp"
#include "initd/sockets.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace initd {

namespace {

constexpr std::size_t longest_datagram = 4096; // systemd's limit; a longer one says nothing
constexpr std::size_t longest_status = 512;    // bytes, as they came
constexpr int a_turn = 4;                      // messages
constexpr int a_second = 64;                   // messages of one run; signs of life come a few times in that
constexpr Millis second{1'000};

std::unexpected<ns::Error> failure(ns::Step step) noexcept {
    return std::unexpected(ns::Error{errno, step});
}

Event notified(RunId run, Notice notice) {
    Event event{};
    event.kind = Event::Kind::Notified;
    event.run = run;
    event.notice = notice;
    return event;
}

// The number of a process' mount namespace; 0 when the process is gone. No two namespaces have one at the same time.
std::uint64_t mount_space(pid_t pid) noexcept {
    char path[32] = "/proc/";
    std::strcpy(std::to_chars(path + std::strlen(path), std::end(path), pid).ptr, "/ns/mnt");
    struct stat what {};
    return stat(path, &what) == 0 ? what.st_ino : 0;
}

// What is in a pipe, without taking it out.
ssize_t peek(int pipe, char* text, std::size_t size) noexcept {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    const ns::Fd read_end(ends[0]), write_end(ends[1]);
    const ssize_t there = tee(pipe, write_end.get(), size, SPLICE_F_NONBLOCK);
    return there > 0 ? read(read_end.get(), text, size) : there;
}

// On one line, without what steers a terminal.
std::string shown(std::string_view status) {
    std::string text = plain_text(status.substr(0, longest_status));
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto at = [&](std::size_t place) { return static_cast<unsigned char>(text[place]); };
        if (at(i) < ' ' || at(i) == 0x7f)
            text[i] = ' ';
        else if (at(i) == 0xc2 && at(i + 1) < 0xa0) // U+0080 to U+009F
            text[i] = text[i + 1] = ' ';
    }
    return text;
}

} // namespace

Notify::Notify(StateFile& state, Poller& poller, std::string directory) noexcept
    : state_(state)
    , poller_(poller)
    , directory_(std::move(directory)) {}

Notify::Channel& Notify::add(RunId run, ns::Fd fd) {
    end(run);
    channels_.push_back({.id = next_id_++, .run = run, .fd = ns::keep(std::move(fd)), .file = {}, .said = {}});
    return channels_.back();
}

Notify::Channel* Notify::find(RunId run) noexcept {
    const auto channel = std::ranges::find(channels_, run, &Channel::run);
    return channel == channels_.end() ? nullptr : &*channel;
}

void Notify::keep(const Channel& channel) noexcept try {
    ChannelRecord record{.generation = channel.run.generation,
                         .fd = channel.fd.get(),
                         .file = channel.file,
                         .first = channel.first,
                         .space = channel.space,
                         .spoken = channel.said.stage.has_value(),
                         .stage = channel.said.stage.value_or(spec::Notification::Stage::Ready),
                         .since = channel.said.since,
                         .status = channel.said.status};
    state_.keep(RecordKind::Channel, channel.run.unit.value, record);
} catch (...) { // out of memory: rather none than one that says what is over
    state_.drop(RecordKind::Channel, channel.run.unit.value);
}

void Notify::restore(RunId run, Events& events) {
    ChannelRecord kept;
    if (!state_.recall(RecordKind::Channel, run.unit.value, kept) || kept.generation != run.generation)
        return;
    ns::Fd fd = state_.descriptors().claim(kept.fd, kept.file.empty() ? S_IFIFO : S_IFSOCK);
    if (!fd && kept.fd >= 0)
        return;
    if (!kept.file.empty())
        opened_ = open_directory();
    Channel& channel = channels_.emplace_back();
    channel.id = next_id_++;
    channel.run = run;
    channel.fd = std::move(fd);
    channel.file = std::move(kept.file);
    channel.first = kept.first;
    channel.space = kept.space;
    channel.said.since = kept.since;
    channel.said.status = std::move(kept.status);
    if (channel.fd && channel.first > 0)
        (void)poller_.add(channel.fd.get(), Source::Notify, channel.id, EPOLLIN);
    if (!kept.spoken)
        return;
    channel.said.stage = kept.stage;
    events.push_back(notified(run, kept.stage == ChannelRecord::Stage::Ready ? Notice::Ready : Notice::NotReady));
}

void Notify::end_strays() {
    for (const std::uint32_t unit : state_.ids(RecordKind::Channel))
        if (std::ranges::none_of(channels_, [&](const Channel& c) { return c.run.unit.value == unit; }))
            state_.drop(RecordKind::Channel, unit);
}

ns::Fd Notify::open_directory() const noexcept {
    return ns::raise(ns::Fd(open(directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)));
}

std::expected<std::string, ns::Error> Notify::open_socket(RunId run) {
    if (!opened_) {
        if (auto made = make_directories(directory_, 0700); !made)
            return std::unexpected(made.error());
        opened_ = open_directory();
    }
    ns::Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int yes = 1;
    if (!opened_ || !fd || setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) != 0)
        return failure(ns::Step::Open);
    std::string name = std::to_string(run.unit.value); // of which one run is live at a time
    Channel& channel = add(run, std::move(fd));
    if (auto bound = bind_unix(channel.fd.get(), opened_.get(), name); !bound)
        return std::unexpected(bound.error());
    channel.file = std::move(name);
    keep(channel);
    return directory_ + "/" + channel.file;
}

std::expected<ns::Fd, ns::Error> Notify::open_pipe(RunId run) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return failure(ns::Step::Pipe);
    ns::Fd read_end(ends[0]), write_end(ends[1]);
    fcntl(read_end.get(), F_SETFL, O_NONBLOCK); // the other end's is its own
    keep(add(run, std::move(read_end)));
    return write_end;
}

void Notify::started(RunId run, pid_t pid) noexcept {
    Channel* channel = find(run);
    if (!channel || channel->first == pid)
        return;
    channel->first = pid;
    channel->space = mount_space(pid);
    keep(*channel);
    (void)poller_.add(channel->fd.get(), Source::Notify, channel->id, EPOLLIN);
}

void Notify::end(RunId run) noexcept {
    if (const Channel* channel = find(run))
        drop(static_cast<std::size_t>(channel - channels_.data()));
}

void Notify::drop(std::size_t at) noexcept {
    Channel& channel = channels_[at];
    state_.drop(RecordKind::Channel, channel.run.unit.value);
    poller_.remove(channel.fd.get());
    if (!channel.file.empty())
        unlinkat(opened_.get(), channel.file.c_str(), 0);
    channels_.erase(channels_.begin() + static_cast<std::ptrdiff_t>(at));
}

// Nobody whom we do not see (pid 0) is ours: all of ours are below us.
bool Notify::is_of(const Channel& channel, pid_t sender) const noexcept {
    if (sender <= 0)
        return false;
    if (sender == channel.first)
        return true;
    const std::uint64_t space = mount_space(sender);
    return space == 0 || space == channel.space;
}

void Notify::take(Channel& channel, std::string_view datagram, Millis now, Events& events) {
    using Stage = spec::Notification::Stage;
    const spec::Notification said = spec::read_notification(datagram);
    if (said.status)
        channel.said.status = shown(*said.status);
    if (said.stage) {
        if (channel.said.stage != said.stage)
            channel.said.since = now;
        channel.said.stage = said.stage;
        events.push_back(notified(channel.run, *said.stage == Stage::Ready ? Notice::Ready : Notice::NotReady));
    }
    if (said.stage || said.status)
        keep(channel);
    if (said.alive || said.trouble)
        events.push_back(notified(channel.run, said.trouble ? Notice::Trouble : Notice::Alive));
}

// False: there is nothing more to be read. It is taken out when what it says is kept. Descriptors that come along
// (BARRIER=1, FDSTORE=1) are closed then, which is what sd_notify_barrier(3) waits for.
bool Notify::read_socket(Channel& channel, Millis now, Events& events) {
    char text[longest_datagram];
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred)) + received_fds_space];
    iovec iov{text, sizeof text};
    msghdr message{};
    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(ucred)); // which come first: of descriptors the kernel makes none yet
    const ssize_t got = recvmsg(channel.fd.get(), &message, MSG_DONTWAIT | MSG_PEEK);
    if (got < 0)
        return false;
    ucred sender{};
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS &&
        !(message.msg_flags & MSG_TRUNC))
        std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
    if (is_of(channel, sender.pid))
        take(channel, {text, static_cast<std::size_t>(got)}, now, events);
    iov.iov_len = 1;
    message.msg_controllen = sizeof control;
    if (recvmsg(channel.fd.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) >= 0)
        received_fds(message);
    return true;
}

// False: there is nothing more to be read now. s6 listens until the first newline.
bool Notify::read_pipe(Channel& channel, Millis now, Events& events) {
    char text[longest_datagram];
    const ssize_t got = peek(channel.fd.get(), text, sizeof text);
    if (got < 0)
        return false;
    const bool ready = std::memchr(text, '\n', static_cast<std::size_t>(got)) != nullptr;
    if (got > 0 && !ready) {
        [[maybe_unused]] const ssize_t taken = read(channel.fd.get(), text, static_cast<std::size_t>(got));
        return true;
    }
    const ns::Fd over = std::move(channel.fd);
    if (ready) {
        channel.said.stage = spec::Notification::Stage::Ready;
        channel.said.since = now;
        events.push_back(notified(channel.run, Notice::Ready));
    }
    keep(channel);
    poller_.remove(over.get());
    return false;
}

// What is left waits in the kernel: readiness comes again.
void Notify::on_ready(std::uint32_t id, Millis now, Events& events) noexcept try {
    const auto found = std::ranges::find(channels_, id, &Channel::id);
    if (found == channels_.end())
        return;
    Channel& channel = *found;
    if (now - channel.second >= second) {
        channel.second = now;
        channel.heard = 0;
    }
    bool more = true;
    for (int i = 0; i < a_turn && more && events.capacity() - events.size() >= 2; ++i, ++channel.heard)
        more = channel.file.empty() ? read_pipe(channel, now, events) : read_socket(channel, now, events);
    if (!more || channel.heard < a_second)
        return;
    poller_.modify(channel.fd.get(), Source::Notify, channel.id, 0);
    channel.resume = channel.second + second;
    expect(channel.resume);
} catch (...) { // out of memory: what was said is lost
}

void Notify::tick(Millis now) noexcept {
    next_ = never;
    for (Channel& channel : channels_) {
        if (is_due(channel.resume, now)) {
            channel.resume = never;
            poller_.modify(channel.fd.get(), Source::Notify, channel.id, EPOLLIN);
        }
        expect(channel.resume);
    }
}

void Notify::expect(Millis resume) noexcept {
    next_ = sooner(next_, resume);
}

const Notify::Said* Notify::said(Unit unit) const noexcept {
    const auto channel = std::ranges::find(channels_, unit, [](const Channel& c) { return c.run.unit; });
    return channel == channels_.end() ? nullptr : &channel->said;
}

} // namespace initd
