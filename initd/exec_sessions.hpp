// SPDX-License-Identifier: Apache-2.0
// Exec: a process beside a container's own, talking to the client through the client's own descriptors. PID 1 starts it
// and tells its exit code; no byte of it passes here. A client that goes away leaves the process running, as a kubelet
// does. One that outlives podinit is answered by the next.
#pragma once

#include "initd/control.hpp"
#include "initd/performer.hpp"

#include <cstdint>
#include <vector>

namespace initd {

struct ExecSession {
    std::uint64_t id = 0;
    ClientId client;
};

class ExecSessions {
  public:
    ExecSessions(StateFile& state, Control& control, Performer& performer, Children& children) noexcept
        : state_(state)
        , control_(control)
        , performer_(performer)
        , children_(children) {}

    // Those that a podinit before us has begun and whose process is a child of ours still; and with them the
    // connections. May throw bad_alloc.
    void restore();

    // `slot` and `container` are what the call means.
    void start(IncomingCall&& call, const spec::Exec& exec, std::uint32_t slot, std::uint32_t container);
    void on_launched(const LaunchReport& report);
    void on_exited(const ChildExit& exit);

  private:
    void end(std::vector<ExecSession>::iterator session) noexcept;

    StateFile& state_;
    Control& control_;
    Performer& performer_;
    Children& children_;
    std::vector<ExecSession> sessions_;
    std::uint64_t next_id_ = 1;
};

} // namespace initd
