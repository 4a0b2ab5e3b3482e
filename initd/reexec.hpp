// SPDX-License-Identifier: Apache-2.0
// Upgrade in place: podinit executes another program, or what is now where it was started from, and goes on from the
// state file.
//
// The program is tried first, by a helper that runs it on a copy of the state (check_main): what does not say that it
// could go on is refused, and nothing has changed. The descriptor that was tried is the one that is executed, now and
// after a crash; the program before is kept for one that crashes again and again.
#pragma once

#include "initd/control.hpp"
#include "initd/jobs.hpp"
#include "initd/state/state_file.hpp"

#include <string>

namespace initd {

class Reexec {
  public:
    Reexec(Control& control, Jobs& jobs, const StateFile& state) noexcept
        : control_(control)
        , jobs_(jobs)
        , state_(state) {}

    // The call is answered when the program has been tried. May throw bad_alloc.
    void begin(ClientId client, const spec::Reexec& call, Millis now);
    void on_job(const JobResult& result);

    // Of a program that does not answer; `never` when there is none.
    Millis next_deadline() const noexcept { return deadline_; }
    void tick(Millis now);

    // The program has been tried: the loop executes it as soon as it has nothing in hand.
    bool is_ready() const noexcept { return ready_; }
    // Comes back only when that failed; all is as it was then.
    void execute() noexcept;

  private:
    void refuse(std::string_view why);

    Control& control_;
    Jobs& jobs_;
    const StateFile& state_;
    ClientId client_;
    std::string path_;
    ns::Fd program_;
    std::uint32_t job_ = 0; // 0: nothing is being tried
    Millis deadline_ = never;
    bool ready_ = false;
};

} // namespace initd
