// SPDX-License-Identifier: Apache-2.0
// The core: what is to happen to every pod, as a pure state machine.
//
// It makes no system call, reads no clock and, once a pod is in, allocates nothing. The loop turns what the kernel says
// into Events; step() takes one and appends Actions; the performer carries them out and what comes of them comes back as
// further Events. An Event about a run that is no longer the current one (its generation is stale) changes nothing.
// Everything here is flat and trivially copyable, so that it can outlive the process.
//
// A pod (slot) goes    Waiting -> Making -> Up -> Stopping -> Dropping -> gone
//   Waiting    its predecessor (the pod it replaces) is not gone yet
//   Making     MakeSandbox is out; SandboxReady -> Up, SandboxFailed -> retried after a back-off
//   Up         containers are run by the rules below
//   Stopping   removed, or the machine is going down: no container is started any more, running ones are signalled
//              once, then killed at the deadline. A pod removed while Making has its sandbox dropped when it arrives
//   Dropping   every container has ended: DropSandbox is out; SandboxGone -> Forget, the slot is free
//
// A container (unit) goes
//   Idle       not started in this sandbox yet
//   Starting   Start is out; Started -> Running, StartFailed -> as an exit with code 128
//   Running    Exited -> by policy: Idle again at once, BackOff, or Done
//   BackOff    ended, to be started at `resume`
//   Done       ended, and the restart policy does not start it again
// "Stopping" is no state of a unit but `kill_at`: a Starting or Running unit that has been signalled has a deadline, and
// its exit is then not followed by a start unless `start_again` says so (podctl restart).
//
// Restart back-off (kubelet, pkg/kubelet/kuberuntime/kuberuntime_manager.go doBackOff): the first restart is immediate,
// then initial, twice that, ... up to max, each counted from the moment the container ended; a run that ended more than
// 600 s after the last back-off update starts over.
#pragma once

#include "spec/pod.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <span>
#include <vector>

namespace initd {

using Millis = std::chrono::milliseconds; // since boot (CLOCK_BOOTTIME), or a span

inline constexpr Millis never{-1};

struct Unit { // unit 0 of a pod is its sandbox, container i is unit i + 1
    std::uint32_t value = 0;
    constexpr Unit() = default;
    constexpr Unit(std::uint32_t slot, std::uint32_t index) : value(slot << 8 | index) {}
    constexpr std::uint32_t slot() const noexcept { return value >> 8; }
    constexpr std::uint32_t index() const noexcept { return value & 0xff; }
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
    bool never_ran = false; // the start failed: reason StartError
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
        StartFailed,   // run of a container
        Exited,        // run of a container, exit
        RestartAsked,  // unit of a container; of unit 0: all of the pod's
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
        DropSandbox, // run of unit 0 -> SandboxGone
        Forget,      // the pod is gone: free all that is kept under its slot
        ShutDown,    // every pod is gone and the machine may go down
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
    bool removed = false;           // Stopping because it was removed (as opposed to the machine going down)
    std::uint32_t generation = 0;   // of unit 0
    std::uint32_t first_unit = 0;   // into the core's units: containers only
    Millis added{0};                // when PodAdded came
    Millis started{-1};             // when the first sandbox was ready: status.startTime
    Millis stop_asked = never;
    Millis retry_at = never;        // the next try at a sandbox
    Millis retry_step{0};
};

struct PastRun {
    bool valid = false;
    Exit exit;
    Millis started = never; // never: it never ran
    Millis finished = never;
    std::uint32_t attempt = 0;
};

struct UnitState {
    UnitPhase phase = UnitPhase::Idle;
    bool start_again = false;       // podctl restart: start at once when this run has ended
    bool terminated = false;        // Terminate is out for this run
    std::uint32_t generation = 0;   // of the current or last run
    std::uint32_t restarts = 0;     // restartCount; also the attempt number of the current run
    Millis started = never;         // of the current run
    Millis kill_at = never;
    Millis resume = never;          // BackOff: when it is started again
    Millis backoff{0};              // the wait that the last failure earned
    Millis backoff_set = never;     // when `backoff` was last changed
    PastRun last;                   // the run that ended last
    PastRun before;                 // and the one before: lastState while the container is not running
};

struct CoreConfig {
    Millis backoff_initial{10'000};
    Millis backoff_max{300'000};
    Millis backoff_reset{600'000};   // kubelet: MaxContainerBackOff * 2
    Millis minimum_grace{2'000};     // kubelet: minimumGracePeriodInSeconds
};

class Core {
  public:
    explicit Core(CoreConfig config) noexcept : config_(config) {}

    // Room for `slots` pods with `units` containers in all, so that step() need not allocate. May throw bad_alloc;
    // step() does not, if there is room for the pod that a PodAdded brings.
    void reserve(std::size_t slots, std::size_t units);

    // Takes one event; appends what is to be done. Never more than two actions a container and two a pod.
    void step(Millis now, const Event& event, Actions& out) noexcept;

    // Does what was due at `now`; call when next_deadline() has come.
    void tick(Millis now, Actions& out) noexcept;

    // The earliest moment at which tick() has something to do; `never` when there is none.
    Millis next_deadline() const noexcept { return next_deadline_; }

    bool shutting_down() const noexcept { return shutting_down_; }

    // What is known of a slot, for status. A free slot's phase is Free.
    const PodState& pod(std::uint32_t slot) const noexcept;
    std::span<const UnitState> units(std::uint32_t slot) const noexcept;
    std::size_t slots() const noexcept { return pods_.size(); }

  private:
    CoreConfig config_;
    std::vector<PodState> pods_;
    std::vector<UnitState> units_;
    Millis next_deadline_ = never;
    bool shutting_down_ = false;
};

} // namespace initd
