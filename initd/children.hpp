// SPDX-License-Identifier: Apache-2.0
// Every process that podinit started, by what it is for: launched, told of, reaped.
//
// A child is ours until we reap it, so its pid cannot be anybody else's before that: no pidfd is needed to signal it,
// which saves a descriptor and an epoll entry a container. One that ends is first only looked at (WNOWAIT), so that
// what it left behind in its session is killed while the pid still names it, and reaped then. Processes that we did not
// start (orphans) are reaped and forgotten.
#pragma once

#include "ns/launcher.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <sys/types.h>
#include <vector>

namespace initd {

struct ChildId {
    enum class Kind : std::uint8_t {
        Container, // id: RunId::cookie()
        Holder,    // id: RunId::cookie() of the sandbox
        Exec,      // id: the session's
        Handler,   // id: the handler's
        Job,       // id: the job's
        LogWriter,
        Rescue,
    };
    Kind kind = Kind::Container;
    std::uint64_t id = 0;
    friend bool operator==(ChildId, ChildId) = default;
};

struct LaunchReport {
    ChildId who;
    pid_t pid = -1;
    ns::Error error; // err 0: it is about to run its program
};

struct ChildExit {
    ChildId who;
    pid_t pid = -1;
    std::int32_t code = 0; // 0..255; 128 + n when signal n ended it
};

class Children {
  public:
    explicit Children(ns::Launcher launcher) noexcept
        : launcher_(std::move(launcher)) {}

    // Starts one; its pid. `held` are closed when the launch has been reported: what the plan borrows and nobody else
    // keeps.
    std::expected<pid_t, ns::Error> launch(ns::Plan&& plan, ChildId who, std::vector<ns::Fd> held);

    int report_fd() const noexcept { return launcher_.report_fd(); }

    // What the children under way have said.
    void take_reports(std::vector<LaunchReport>& out);
    // Reaps whoever has ended, at most `limit` of them; true when there may be more. What one of them said before its
    // end is appended to `reports`, to be looked at first.
    bool reap(std::vector<ChildExit>& out, std::vector<LaunchReport>& reports, std::size_t limit);

    // Signals a child and, as it leads a session, all of its process group.
    void signal(pid_t pid, int signo) noexcept;

    void trim() noexcept { launcher_.trim(); }

  private:
    struct Child {
        pid_t pid;
        ChildId who;
        std::uint64_t serial; // the launcher's cookie
    };
    struct UnderWay {
        std::uint64_t serial;
        std::vector<ns::Fd> held;
    };
    Child* find(pid_t pid) noexcept;

    ns::Launcher launcher_;
    std::vector<Child> children_;
    std::vector<UnderWay> under_way_;
    std::uint64_t next_serial_ = 1;
};

} // namespace initd
