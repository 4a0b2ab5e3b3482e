// SPDX-License-Identifier: Apache-2.0
// What a container without a PID namespace of its own leaves behind (hostPID): found and killed by its cgroup.
//
// Everywhere else the kernel kills what is left when a namespace's first process ends. Here each run gets a cgroup,
// where cgroup v2 is; a run has ended only when that is empty, and its Exited event is kept back until then. What
// cannot be killed (it waits for a disk that hangs) is told of, and does not keep the machine up.
#pragma once

#include "initd/core.hpp"
#include "initd/poller.hpp"
#include "ns/fd.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace initd {

class Cgroups {
  public:
    explicit Cgroups(Poller& poller) noexcept
        : poller_(poller) {}
    Cgroups(const Cgroups&) = delete;
    Cgroups& operator=(const Cgroups&) = delete;
    ~Cgroups();

    // Without cgroup v2, or where it cannot be written to, there are no cgroups. The run directory tells podinits on
    // one machine apart; what a former one there left is killed, unless this one goes on from it.
    void open(const std::string& run_dir, bool resumed) noexcept;

    // Once the machine's controllers are enabled: from then on a run that memory ended says so, also one that runs
    // already.
    void count_memory() noexcept;

    // The run's cgroup, made when there is none yet, for Plan::cgroup. No descriptor: it runs in podinit's.
    ns::Fd enter(RunId run) noexcept;

    // The run's first process has ended. True: nothing else is left, or nothing is known of it. False: it is being
    // killed, and `exited` comes when it is gone.
    bool clear(Event& exited, Millis now) noexcept;

    // Source::Cgroup.
    void on_ready(std::uint32_t id, std::vector<Event>& events) noexcept;

    // When tick() has something to do; `never` when there is nothing.
    Millis next_deadline() const noexcept;
    // `give_up`: the machine goes down.
    void tick(Millis now, bool give_up, std::vector<Event>& events) noexcept;

  private:
    struct Clearing {
        std::uint32_t id;
        Event exited;
        ns::Fd state; // cgroup.events
        Millis until; // when it should be empty
    };
    bool make_top() noexcept;
    bool open_top() noexcept;
    void done(std::size_t at, std::vector<Event>& events) noexcept;

    Poller& poller_;
    std::string path_; // where that of all runs is; empty: there can be none
    ns::Fd top_;       // it; made when the first run needs one
    bool counts_ = false;
    std::vector<Clearing> clearing_;
    std::uint32_t next_id_ = 0;
};

} // namespace initd
