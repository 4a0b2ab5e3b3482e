// SPDX-License-Identifier: Apache-2.0
// Starts processes from plans without ever waiting for one of them.
//
// A child is made by clone3(CLONE_VM | CLONE_FILES) on a stack of its own: no page table is copied, and the caller goes
// on at once. It leaves the shared descriptor table by close_range(CLOSE_RANGE_UNSHARE) as soon as it has joined its
// namespaces, so a launch costs the same however many descriptors PID 1 has open, provided that long-lived ones live at
// `high_fd` and above (see raise()). Until its execve the child makes raw system calls only: it shares errno with us.
// What it has to say is one 16-byte Report, written to one pipe that all children share.
#pragma once

#include "ns/error.hpp"
#include "ns/fd.hpp"
#include "ns/plan.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <sys/types.h>

namespace ns {

// Descriptors that live long are kept at or above this number.
inline constexpr int high_fd = 256;

// Moves a descriptor to high_fd or above (F_DUPFD_CLOEXEC); on failure it stays where it is.
Fd raise(Fd fd) noexcept;
// The same for one that is to outlive this program (F_DUPFD): whoever is executed instead has it. On failure it is
// closed. Children close it before they execute anything, as all others.
Fd keep(Fd fd) noexcept;

struct Report {
    std::uint64_t cookie = 0; // as given to launch()
    Step step = Step::None;   // Exec with err 0: all is set up and execve comes next
    int err = 0;              // otherwise what failed where; the child has ended or is about to
};

// The pipe of the reports, in memory that outlives the program: the next launcher there goes on with it.
struct ReportPipe {
    std::int32_t read_end = -1; // both without close-on-exec: children on their way still write to it
    std::int32_t write_end = -1;
    Report taken[32]; // the batch taken last, until the next one is asked for; cookie 0: none
};

class Launcher {
  public:
    // Goes on with a pipe that was used before. nullptr: nothing outlives the program.
    static std::expected<Launcher, Error> open(ReportPipe* pipe = nullptr) noexcept;
    Launcher(Launcher&&) noexcept;
    Launcher& operator=(Launcher&&) noexcept;
    ~Launcher();

    // Starts a child; its pid. The plan is kept until the child no longer needs it. There is no limit of launches under
    // way: past the number of stacks (and for a plan with an oom_score_adj) a child gets a copy of the memory instead.
    // The kernel writes the pid to `born` before the child's first instruction: whatever ends the caller in between,
    // who reads that knows of the child.
    std::expected<pid_t, Error> launch(Plan&& plan, std::uint64_t cookie, std::int32_t* born = nullptr) noexcept;

    // Readable when reports wait.
    int report_fd() const noexcept;
    // Takes what has been reported so far, oldest first; never blocks. An empty span when there is nothing. What was
    // taken before is done with; of a pipe that was used before it comes first, as far as it was not.
    std::span<const Report> take_reports() noexcept;

    // Gives back the stacks' memory that no child uses; call when there is nothing else to do.
    void trim() noexcept;

  private:
    struct State;
    explicit Launcher(std::unique_ptr<State>) noexcept;
    std::unique_ptr<State> state_;
};

} // namespace ns
