// SPDX-License-Identifier: Apache-2.0
// The core: what is to happen to every pod, as a pure state machine.
//
// It makes no system call, reads no clock and, once a pod is in, allocates nothing. The loop turns what the kernel says
// into Events; step() takes one and appends Actions; the performer carries them out and what comes of them comes back
// as further Events. An Event about a run that is no longer the current one (its generation is stale) changes nothing.
// Everything here is flat and trivially copyable, so that it can outlive the process.
//
// A pod (slot) goes    Waiting -> Making -> Up -> Stopping -> Dropping -> gone
//   Waiting    its predecessor (the pod it replaces) is not gone yet. Removed, it stays until then all the same, so
//   that
//              whoever replaces it waits for both
//   Making     MakeSandbox is out; SandboxReady -> Up, SandboxFailed -> retried after a back-off (`retry_at`). A pod
//   removed
//              here has its sandbox dropped when it arrives, or what is left of one when there will be none
//   Up         containers are run by the rules below, until SandboxDied: then none is started any more, and when the
//   last
//              has ended the sandbox is dropped and made again, unless every container is Done
//   Stopping   removed, or the machine is going down: no container is started any more, running ones are signalled
//              once, then killed at the deadline
//   Dropping   no container runs: DropSandbox is out; SandboxGone -> Forget, the slot is free. If only the sandbox was
//              lost -> Making
//
// A container (unit) goes
//   Idle       to be started as soon as there is a sandbox
//   Starting   Start is out; Started -> Running, StartFailed -> as an exit with code 128
//   Running    Exited -> by policy: Idle again at once, BackOff, or Done. An exit can come before Started, StartFailed
//              after it: whether there is a program shows last
//   BackOff    ended, to be started at `resume`
//   Done       ended, and nothing starts it again but podctl restart
// "Stopping" is no state of a unit but `terminated`: a Starting or Running unit that has been signalled has a deadline,
// and its exit is then not followed by a start unless `start_again` says so (podctl restart, which starts it at once).
// A StartFailed that is `not_created` (no such image) is no run: it is retried under every restart policy, leaves no
// last state and counts no restart, as on Kubernetes, where no container exists by then. RetryAsked ends the wait for
// the next try at it, or at a sandbox, at once; the back-off goes on from where it was.
//
// Restart back-off: see backoff.hpp. It is the container's own, counts exits with 0 too, and stays when an operator
// restarts it; a sandbox that fails or is lost has one of its own.
// An Event that fits no state (a stale generation, a free slot, an index out of range) changes nothing.
#pragma once

#include "initd/backoff.hpp"
#include "spec/pod.hpp"

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

namespace initd {

struct Unit { // unit 0 of a pod is its sandbox, container i is unit i + 1
    std::uint32_t value = 0;
    constexpr Unit() = default;
    static constexpr std::uint32_t max_index = 0xff;
    constexpr Unit(std::uint32_t slot, std::uint32_t index)
        : value(slot << 8 | index) {}
    constexpr std::uint32_t slot() const noexcept { return value >> 8; }
    constexpr std::uint32_t index() const noexcept { return value & max_index; }
    friend constexpr auto operator<=>(Unit, Unit) = default;
};

struct RunId { // the only name that crosses rooms
    Unit unit;
    std::uint32_t generation = 0;
    constexpr std::uint64_t cookie() const noexcept { return std::uint64_t{generation} << 32 | unit.value; }
    static constexpr RunId from_cookie(std::uint64_t cookie) noexcept {
        RunId id;
        id.unit.value = static_cast<std::uint32_t>(cookie);
        id.generation = static_cast<std::uint32_t>(cookie >> 32);
        return id;
    }
    friend constexpr auto operator<=>(RunId, RunId) = default;
};

inline constexpr std::uint32_t no_slot = ~0u;

struct PodFacts { // all that the core needs to know of a manifest
    spec::RestartPolicy restart_policy = spec::RestartPolicy::Always;
    std::uint8_t containers = 1;
    Millis grace{30'000};          // terminationGracePeriodSeconds
    std::uint32_t after = no_slot; // the slot of the pod that this one replaces
};

struct Exit {
    std::int32_t code = 0; // 0..255; 128 + n when signal n ended it
    bool oom_killed = false;
    bool never_ran = false;   // the start failed: reason StartError
    bool not_created = false; // StartFailed only: nothing was there to be started, such as a missing image
};

struct Event {
    enum class Kind : std::uint8_t {
        PodAdded,      // run.unit.slot(), facts
        PodRemoved,    // slot, grace (`never`: the pod's own); may be repeated to shorten the grace period
        SandboxReady,  // run of unit 0
        SandboxFailed, // run of unit 0
        SandboxDied,   // run of unit 0: the holder of a shared PID namespace ended; all containers die with it
        SandboxGone,   // run of unit 0: DropSandbox is done
        Started,       // run of a container
        StartFailed,   // run of a container, exit.not_created
        Exited,        // run of a container, exit
        RestartAsked,  // unit of a container; of unit 0: all of the pod's
        RetryAsked,    // slot: what could not be made or started before may succeed now
        ShutdownAsked, // grace: the cap on every pod's grace period (`never`: none)
    };
    Kind kind;
    RunId run;
    PodFacts facts{};
    Exit exit{};
    Millis grace = never;
};

struct Action {
    enum class Kind : std::uint8_t {
        MakeSandbox, // run of unit 0 -> SandboxReady | SandboxFailed
        Start,       // run of a container -> Started | StartFailed, then Exited
        Terminate,   // run of a container: its stop signal to its first process
        Kill,        // run of a container: SIGKILL to all of it
        DropSandbox, // run of unit 0 -> SandboxGone, when all that the pod had is gone; also for one that was never
                     // ready
        Forget,      // the pod is gone, or was refused: free all that is kept under its slot
        ShutDown,    // every pod is gone and the machine may go down; once
    };
    Kind kind;
    RunId run;
};

using Actions = std::vector<Action>;

enum class PodPhase : std::uint8_t { Free, Waiting, Making, Up, Stopping, Dropping };
enum class UnitPhase : std::uint8_t { Idle, Starting, Running, BackOff, Done };

struct PodState {
    PodFacts facts;
    PodPhase phase = PodPhase::Free;
    bool removed = false;         // Stopping because it was removed (as opposed to the machine going down)
    bool sandbox_lost = false;    // SandboxDied
    std::uint32_t generation = 0; // of unit 0
    std::uint32_t first_unit = 0; // into the core's units: containers only
    Millis added{0};              // when PodAdded came
    Millis started{-1};           // when the first sandbox was ready: status.startTime
    Millis stop_asked = never;    // when it was first removed, or the machine began to go down
    Millis retry_at = never;      // Making: the next try at a sandbox, when none is under way
    BackOff backoff;              // of the sandbox
};

struct PastRun {
    bool valid = false;
    Exit exit;
    Millis started = never; // `never`: it never ran
    Millis finished = never;
    std::uint32_t attempt = 0;
};

struct UnitState {
    UnitPhase phase = UnitPhase::Idle;
    bool start_again = false;     // podctl restart: start at once when this run has ended
    bool terminated = false;      // Terminate is out for this run; Kill too once `kill_at` is `never` again
    bool not_created = false;     // the last try at a start did not even make it a run
    std::uint32_t generation = 0; // of the current or last run
    std::uint32_t restarts = 0;   // restartCount; also the attempt number of the current run
    Millis started = never;       // of the current run
    Millis kill_at = never;
    Millis resume = never; // BackOff: when it is started again
    BackOff backoff;
    PastRun last;   // the run that ended last
    PastRun before; // and the one before: lastState while the container is not running
};

constexpr bool is_live(const UnitState& unit) noexcept {
    return unit.phase == UnitPhase::Starting || unit.phase == UnitPhase::Running;
}

struct CoreConfig {
    Millis backoff_initial{10'000};
    Millis backoff_max{300'000};
    Millis backoff_reset{600'000}; // kubelet: MaxContainerBackOff * 2
    Millis minimum_grace{2'000};   // kubelet: minimumGracePeriodInSeconds
};

class Core {
  public:
    explicit Core(CoreConfig config) noexcept;

    // Room for `slots` pods with `units` containers in all, so that step() need not allocate. May throw bad_alloc, and
    // then nothing has changed. A PodAdded for which there is no room, or one on the way down, is answered by Forget.
    void reserve(std::size_t slots, std::size_t units);

    // step() and tick() append at most this many actions, never more than two a container and two a pod. `out` must
    // have room for them: there is no answer to a bad_alloc between a decision and its deed.
    std::size_t max_actions() const noexcept { return 2 * (pods_.size() + units_.capacity()) + 1; }

    // Takes one event; appends what is to be done.
    void step(Millis now, const Event& event, Actions& out) noexcept;

    // Does what was due at `now`; call when next_deadline() has come.
    void tick(Millis now, Actions& out) noexcept;

    // A moment before which tick() has nothing to do; `never` when there is none. Exact after tick().
    Millis next_deadline() const noexcept { return next_deadline_; }

    bool shutting_down() const noexcept { return shutting_down_; }

    // What is known of a slot, for status. A free slot's phase is Free. Valid until the next step().
    const PodState& pod(std::uint32_t slot) const noexcept;
    std::span<const UnitState> units(std::uint32_t slot) const noexcept;
    std::size_t slots() const noexcept { return pods_.size(); }

  private:
    bool in_use(std::uint32_t slot) const noexcept { return pod(slot).phase != PodPhase::Free; }
    std::span<UnitState> units_of(std::uint32_t slot) noexcept;
    UnitState* live_unit(const RunId& run) noexcept;
    void due(Millis at) noexcept;

    // core_pod.cpp
    void add(std::uint32_t slot, const PodFacts& facts, Millis now, Actions& out) noexcept;
    void stop(std::uint32_t slot, Millis grace, Millis now, Actions& out) noexcept;
    void sandbox_event(Millis now, const Event& event, Actions& out) noexcept;
    void settle(std::uint32_t slot, Actions& out) noexcept;
    void make_sandbox(std::uint32_t slot, Actions& out) noexcept;
    void retry_sandbox(std::uint32_t slot, Millis at, Millis now, Actions& out) noexcept;
    void drop_sandbox(std::uint32_t slot, Actions& out) noexcept;
    void forget(std::uint32_t slot, Actions& out) noexcept;
    void free_slot(std::uint32_t slot, Actions& out) noexcept;

    // core_unit.cpp
    Millis deadline(Millis now, Millis grace) const noexcept;
    void start(Unit name, UnitState& unit, Actions& out) noexcept;
    void terminate(Unit name, UnitState& unit, Millis kill_at, Actions& out) noexcept;
    void stop_units(std::uint32_t slot, Millis kill_at, Actions& out) noexcept;
    void restart(Unit name, Millis now, Actions& out) noexcept;
    void retry(std::uint32_t slot, Actions& out) noexcept;
    void ended(UnitState& unit, const PodState& pod, const Exit& exit, Millis now) noexcept;
    void not_created(UnitState& unit, const PodState& pod, Millis now) noexcept;
    void wait_until(UnitState& unit, Millis resume, Millis now) noexcept;
    void tick_units(std::uint32_t slot, Millis now, Actions& out) noexcept;

    Millis minimum_grace_;
    BackOffLimits limits_;
    std::vector<PodState> pods_;   // by slot
    std::vector<UnitState> units_; // of the pods in use, without gaps
    Millis next_deadline_ = never;
    std::uint32_t generation_ = 0; // the last one given: none is given twice
    std::uint32_t in_use_ = 0;     // slots
    bool shutting_down_ = false;
    bool shut_down_ = false; // ShutDown is out
};

} // namespace initd
