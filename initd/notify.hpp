// SPDX-License-Identifier: Apache-2.0
// What containers say of themselves while they run: sd_notify(3) on a socket, or a line on s6's notification
// descriptor.
//
// A run has a socket of its own, whose file only root can reach on the machine; it is mounted into the container. So
// what is said is of that run, or of nobody: a socket ends with its run. Who sends must have the container's mount
// namespace, or be gone by the time it is looked at, which a helper of a script often is.
// Whatever comes is read a few at a time, and only so often a second: a container that floods its socket waits for
// itself, and nobody else does.
//
// What was said last outlives podinit: it is kept before it is taken out of its socket or pipe, and told again by the
// next one.
#pragma once

#include "initd/core.hpp"
#include "initd/poller.hpp"
#include "initd/state/state_file.hpp"
#include "ns/fd.hpp"
#include "spec/notify.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace initd {

struct ChannelRecord { // by its container's Unit
    using Stage = spec::Notification::Stage;
    std::uint32_t generation = 0;
    std::int32_t fd = -1;
    std::string file;
    pid_t first = -1;
    std::uint64_t space = 0;
    bool spoken = false; // a stage
    Stage stage{};
    Millis since = never;
    std::string status;
};
template <class Archive>
void fields(Archive& a, Of<ChannelRecord> auto& channel) {
    a(channel.generation);
    a(channel.fd);
    a(channel.file);
    a(channel.first);
    a(channel.space);
    a(channel.spoken);
    a.upto(channel.stage, spec::Notification::Stage::Stopping);
    a(channel.since);
    a(channel.status);
}

class Notify {
  public:
    // The sockets' files are in `directory`, which is made when the first is.
    Notify(StateFile& state, Poller& poller, std::string directory) noexcept;

    // What the run will speak through: a socket, whose path this returns, or a pipe, whose write end this returns. May
    // throw bad_alloc.
    std::expected<std::string, ns::Error> open_socket(RunId run);
    std::expected<ns::Fd, ns::Error> open_pipe(RunId run);

    // Its program is about to run: from now on it is listened to.
    void started(RunId run, pid_t pid) noexcept;
    // There is nobody any more who could say something of the run.
    void end(RunId run) noexcept;

    // What a podinit before us had of the run; what was said last is told again. May throw bad_alloc.
    void restore(RunId run, Events& events);
    // What was not restored is nobody's. May throw bad_alloc.
    void end_strays();

    void on_ready(std::uint32_t id, Millis now, Events& events) noexcept;
    // When one that said too much is listened to again; `never` when there is none.
    Millis next_deadline() const noexcept { return next_; }
    void tick(Millis now) noexcept;

    struct Said {
        std::optional<spec::Notification::Stage> stage; // none: nothing yet
        Millis since = never;
        std::string status; // fit to be shown
    };
    // Of the container's current run; nullptr: it has nothing to speak through.
    const Said* said(Unit unit) const noexcept;

  private:
    struct Channel {
        std::uint32_t id;
        RunId run;
        ns::Fd fd;
        std::string file;        // in the directory; empty: a pipe
        pid_t first = -1;        // the run's first process
        std::uint64_t space = 0; // its mount namespace's number
        Millis second{0};        // began then
        int heard = 0;           // since
        Millis resume = never;   // it is not listened to until then
        Said said;
    };
    Channel& add(RunId run, ns::Fd fd);
    Channel* find(RunId run) noexcept;
    void keep(const Channel& channel) noexcept;
    ns::Fd open_directory() const noexcept;
    bool read_socket(Channel& channel, Millis now, Events& events);
    bool read_pipe(Channel& channel, Millis now, Events& events);
    void take(Channel& channel, std::string_view datagram, Millis now, Events& events);
    bool is_of(const Channel& channel, pid_t sender) const noexcept;
    void drop(std::size_t at) noexcept;
    void expect(Millis resume) noexcept;

    StateFile& state_;
    Poller& poller_;
    std::string directory_;
    ns::Fd opened_; // the directory
    std::vector<Channel> channels_;
    std::uint32_t next_id_ = 0;
    Millis next_ = never;
};

} // namespace initd
