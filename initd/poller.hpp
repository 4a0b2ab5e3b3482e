// SPDX-License-Identifier: Apache-2.0
// epoll with names instead of pointers: what is ready is told as (source, id).
#pragma once

#include "ns/error.hpp"
#include "ns/fd.hpp"

#include <cstdint>
#include <expected>
#include <span>
#include <sys/epoll.h>

namespace initd {

// In the order in which one batch of readiness is handled.
enum class Source : std::uint8_t {
    Reports,     // children that were started
    Notify,      // id: the socket or pipe on which a container says how it is; before it is seen to have ended
    Signals,     // signalfd: SIGCHLD and the machine's signals
    Timer,       // timerfd: the core's next deadline
    LogPipe,     // id: the stream. One-shot: the first output of a container
    LogWriter,   // the log writer's socket
    Handler,     // id: the probe or hook that has a connection
    Manifests,   // inotify
    Cgroup,      // id: what is left of a run
    Terminal,    // id: the launch that sends a pseudo-terminal's master
    Client,      // id: the connection
    Listener,    // the control socket
    PowerButton, // id: the input device
};

struct Ready {
    Source source;
    std::uint32_t id;
    std::uint32_t events; // EPOLLIN, ...
};

class Poller {
  public:
    static std::expected<Poller, ns::Error> open() noexcept;

    std::expected<void, ns::Error> add(int fd, Source source, std::uint32_t id, std::uint32_t events) noexcept;
    void modify(int fd, Source source, std::uint32_t id, std::uint32_t events) noexcept;
    void remove(int fd) noexcept;

    // Waits until something is ready (timeout_ms -1: for ever, 0: not at all); EINTR counts as nothing. The span is
    // sorted by Source and valid until the next call.
    std::span<const Ready> wait(int timeout_ms) noexcept;

  private:
    static constexpr int batch = 64;
    ns::Fd epoll_;
    Ready ready_[batch]{};
};

} // namespace initd
