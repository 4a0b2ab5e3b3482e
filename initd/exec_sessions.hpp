// SPDX-License-Identifier: Apache-2.0
// Exec: a process beside a container's own, talking to the client through the client's own descriptors. PID 1 starts it
// and tells its exit code; no byte of it passes here. A client that goes away leaves the process running, as a kubelet
// does.
#pragma once

#include "initd/control.hpp"
#include "initd/performer.hpp"

#include <cstdint>
#include <vector>

namespace initd {

class ExecSessions {
  public:
    ExecSessions(Control& control, Performer& performer, Children& children) noexcept
        : control_(control)
        , performer_(performer)
        , children_(children) {}

    // `slot` and `container` are what the call means.
    void start(IncomingCall&& call, const spec::Exec& exec, std::uint32_t slot, std::uint32_t container);
    void on_launched(const LaunchReport& report);
    void on_exited(const ChildExit& exit);

  private:
    struct Session {
        std::uint64_t id;
        ClientId client;
    };
    Control& control_;
    Performer& performer_;
    Children& children_;
    std::vector<Session> sessions_;
    std::uint64_t next_id_ = 1;
};

} // namespace initd
