// SPDX-License-Identifier: Apache-2.0
// Every process that podinit started, by what it is for: launched, told of, reaped.
//
// A child is ours until we reap it, so its pid cannot be anybody else's before that: no pidfd is needed to signal it,
// which saves a descriptor and an epoll entry a container. One that ends is first only looked at (WNOWAIT), so that
// what it left behind in its session is killed while the pid still names it, and reaped then. Processes that we did not
// start (orphans) are reaped and forgotten.
//
// Each is a record of the state file from its birth until what followed from its end is done: an end that somebody has
// not been told of when podinit itself is replaced is told by the next one.
#pragma once

#include "initd/state/state_file.hpp"
#include "ns/launcher.hpp"

#include <cstdint>
#include <expected>
#include <span>
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

struct ChildRecord {
    std::uint64_t serial = 0; // the launcher's cookie
    ChildId who;
    pid_t pid = -1;
    bool ended = false;
    std::int32_t code = 0; // of one that has ended
    bool told = false;     // so. Kept nowhere: who comes after is told again
};
template <class Archive>
void fields(Archive& a, Of<ChildRecord> auto& child) {
    a(child.serial);
    a.upto(child.who.kind, ChildId::Kind::Rescue);
    a(child.who.id);
    a(child.pid);
    a(child.ended);
    a(child.code);
}

class Children {
  public:
    Children(ns::Launcher launcher, StateFile& state) noexcept
        : launcher_(std::move(launcher))
        , state_(state) {}

    // Those that a former podinit has left, and the one that it was giving birth to. May throw bad_alloc.
    void restore();

    // Starts one; its pid. `held` are closed when the launch has been reported: what the plan borrows and nobody else
    // keeps.
    std::expected<pid_t, ns::Error> launch(ns::Plan&& plan, ChildId who, std::vector<ns::Fd> held);

    int report_fd() const noexcept { return launcher_.report_fd(); }

    // What the children under way have said, one batch; false: there is nothing more. What was taken before is done
    // with, and so may be what is appended to `out` only once what follows from it is kept.
    bool take_reports(std::vector<LaunchReport>& out);
    // Reaps whoever has ended, at most `limit` of them; true when there may be more. What any of them said before its
    // end has been said then, and is to be looked at first.
    bool reap(std::vector<ChildExit>& out, std::size_t limit);
    // What followed from those told so far is kept.
    void forget_told() noexcept;

    // Signals a child and, as it leads a session, all of its process group.
    void signal(pid_t pid, int signo) noexcept;

    // One that there is, or whose end has not been told; nullptr: there is none.
    const ChildRecord* find(ChildId who) const noexcept;
    std::span<const ChildRecord> all() const noexcept { return children_; }
    // A process whose record is lost. False: it is no child of ours. May throw bad_alloc.
    bool adopt(ChildId who, pid_t pid);
    // The highest id of that kind; 0: there is none.
    std::uint64_t last_id(ChildId::Kind kind) const noexcept;

    void trim() noexcept { launcher_.trim(); }

  private:
    struct UnderWay {
        std::uint64_t serial;
        std::vector<ns::Fd> held;
    };
    ChildRecord* find(pid_t pid) noexcept;
    void keep(const ChildRecord& child) noexcept;
    void add(ChildRecord record);

    ns::Launcher launcher_;
    StateFile& state_;
    std::vector<ChildRecord> children_;
    std::vector<UnderWay> under_way_;
    std::uint64_t next_serial_ = 1;
    bool untold_ = false; // ends from before podinit was replaced
};

} // namespace initd
