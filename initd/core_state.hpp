// SPDX-License-Identifier: Apache-2.0
// What goes into the core and comes out of it, and what it remembers: plain values, which outlive the process
// (state/core_records.hpp). Another version reads them: to what is kept, members and enumerators are only ever added at
// the end.
#pragma once

#include "initd/backoff.hpp"
#include "spec/pod.hpp"

#include <compare>
#include <cstdint>
#include <vector>

namespace initd {

struct Unit { // unit 0 of a pod is its sandbox; then come its init containers, then its containers, from 1
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

// ---- what the core needs to know of a manifest ------------------------------------------------------------------

enum class Role : std::uint8_t {
    Init,    // runs to its end before the next one
    Sidecar, // an init container with restartPolicy Always: has started before the next one, runs beside the others
    Regular,
};

enum class ProbeKind : std::uint8_t { Startup, Liveness, Readiness };

struct ProbeFacts {
    std::uint8_t unit = 1; // index of the container
    ProbeKind kind = ProbeKind::Liveness;
    Millis initial_delay{0};
    Millis period{10'000};
    Millis timeout{1'000};
    std::int32_t success_threshold = 1;
    std::int32_t failure_threshold = 3;
    Millis grace = never; // of the stop that a failure brings; `never`: the pod's
};

enum class Hook : std::uint8_t { PostStart, PreStop };

struct UnitFacts {
    Role role = Role::Regular;
    spec::RestartPolicy restart_policy = spec::RestartPolicy::Always; // its own (a sidecar's is that), else the pod's
    bool post_start = false;
    bool pre_stop = false;
    Millis post_start_sleep = never; // of a hook that only sleeps: the core counts
    Millis pre_stop_sleep = never;
    bool notifies = false;   // has not started before it says so itself (sd_notify(3), s6's notification fd)
    Millis watchdog = never; // once it has started, at most so long between two signs of life (WATCHDOG_USEC)
};

struct PodFacts {
    spec::RestartPolicy restart_policy = spec::RestartPolicy::Always; // of the units, when there are no facts of theirs
    std::uint8_t containers = 1;                                      // init containers too
    std::uint16_t probes = 0;
    bool held = false;                       // is not to start before it is released
    Millis grace{30'000};                    // terminationGracePeriodSeconds
    Millis active_deadline = never;          // activeDeadlineSeconds, from the first sandbox on
    std::uint32_t after = no_slot;           // the slot of the pod that this one replaces
    const UnitFacts* units = nullptr;        // `containers` of them, or nullptr: regular ones without hooks. Both need
    const ProbeFacts* probe_facts = nullptr; // to live only as long as the step; in the order of their units
};

// ---- events and actions -----------------------------------------------------------------------------------------

enum class RestartRule : std::uint8_t { None, Restart, RestartAll }; // which of a container's rules fits its exit code

struct Exit {
    std::int32_t code = 0; // 0..255; 128 + n when signal n ended it
    bool oom_killed = false;
    bool never_ran = false;   // the start failed: reason StartError
    bool not_created = false; // StartFailed only: nothing was there to be started, such as a missing image
    RestartRule rule = RestartRule::None;
};

// Of an init container: the kubelet also takes a run that memory ended for a failure, whatever its exit code.
constexpr bool has_failed(const Exit& exit) noexcept {
    return exit.code != 0 || exit.oom_killed;
}

enum class Outcome : std::uint8_t { Success, Failure, Unknown }; // Unknown: cannot be asked here; as if it had not been

enum class Notice : std::uint8_t { // what a container says of itself (sd_notify(3))
    Ready,                         // READY=1
    NotReady,                      // RELOADING=1, STOPPING=1: until the next Ready
    Alive,                         // WATCHDOG=1
    Trouble,                       // WATCHDOG=trigger: as if the watchdog's time were over
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
        HookDone,      // run of a container, serial, outcome
        ProbeDone,     // run of a container, serial, outcome
        Notified,      // run of a container, notice
        RestartAsked,  // unit of a container; of unit 0: all of the pod's
        RetryAsked,    // slot: what could not be made or started before may succeed now
        RenewAsked,    // slot: all of it is stopped, and begins from the first in a new sandbox
        Held,          // slot: what it cannot be without is gone; it is stopped, and waits
        Released,      // slot: it may start
        ShutdownBegun, // no pod comes any more, and ShutDown follows when the last is gone
        PodStopped,    // as PodRemoved, but because the machine goes down: its manifest stays
    };
    Kind kind;
    RunId run;
    PodFacts facts{};
    Exit exit{};
    Millis grace = never;
    std::uint32_t serial = 0; // the one of the Action that this answers
    Outcome outcome = Outcome::Success;
    Notice notice = Notice::Ready;
};

// What has happened, in order. Room for it is made when a pod comes (Daemon), so that adding does not allocate.
using Events = std::vector<Event>;

// Why the core stops a live run, or what else is worth an Event of Kubernetes that only the core knows of.
enum class Told : std::uint8_t {
    Stopping, // of a container, as all below but the last two: its pod goes, or an operator restarts it
    LivenessFailed,
    StartupFailed,
    PostStartFailed,
    WatchdogFailed,
    RestartingAll,    // another container's rule says RestartAllContainers
    Unkillable,       // SIGKILL was long ago, and it has not ended: in an uninterruptible sleep perhaps
    BackOff,          // it has ended, and waits before it is started again
    SandboxChanged,   // of unit 0: SandboxDied; all containers will be run anew
    DeadlineExceeded, // of unit 0: activeDeadlineSeconds
};

struct Action {
    enum class Kind : std::uint8_t {
        MakeSandbox, // run of unit 0 -> SandboxReady | SandboxFailed
        Start,       // run of a container -> Started | StartFailed, then Exited
        RunHook,     // run of a container, hook, serial -> HookDone. Over with its run, and with Terminate
        Probe,       // run of a container, probe, serial -> ProbeDone. Over with its run
        GiveUpProbe, // run of a container, probe, serial: it took too long; no ProbeDone is waited for any more
        Terminate,   // run of a container: its stop signal to its first process
        Kill,        // run of a container: SIGKILL to all of it
        DropSandbox, // run of unit 0 -> SandboxGone, when all that the pod had is gone; also for one never ready
        Forget,      // the pod is gone, or was refused: free all that is kept under its slot
        ShutDown,    // every pod is gone and the machine may go down; once
        Tell,        // run of a container or of unit 0, told: for people; nothing comes of it
    };
    Kind kind;
    RunId run;
    std::uint32_t serial = 0;
    Hook hook{};
    ProbeKind probe{};
    Told told{};
};

using Actions = std::vector<Action>;

// ---- what is remembered -----------------------------------------------------------------------------------------

inline constexpr std::uint32_t no_timer = ~0u;

enum class PodPhase : std::uint8_t { Free, Waiting, Making, Up, Stopping, Dropping };
enum class UnitPhase : std::uint8_t { Idle, Starting, Running, BackOff, Done };

// Why an Up pod starts nothing any more.
enum class Finish : std::uint8_t {
    None,
    Ended,    // its containers have ended for good, and only sidecars are left
    Failed,   // an init container has failed for good
    Deadline, // activeDeadlineSeconds is over
};

struct PodState {
    PodFacts facts; // without its pointers
    PodPhase phase = PodPhase::Free;
    Finish finish = Finish::None;
    bool removed = false;         // Stopping because it was removed (as opposed to the machine going down)
    bool held = false;            // does not start, or is being stopped, until Released
    bool sandbox_lost = false;    // SandboxDied
    bool initialized = false;     // the init containers have done their work, in this sandbox
    bool restarting_all = false;  // every container is being stopped, to be started again from the first
    std::uint32_t generation = 0; // of unit 0
    std::uint32_t first_unit = 0; // into the core's units
    std::uint32_t first_probe = 0;
    std::uint32_t timer = no_timer;
    Millis added{0};    // when PodAdded came
    Millis started{-1}; // when the first sandbox was ready: status.startTime
    Millis initialized_at = never;
    Millis stop_asked = never; // when it was first removed, or the machine began to go down
    Millis retry_at = never;   // Making: the next try at a sandbox, when none is under way
    Millis expires = never;    // by activeDeadlineSeconds
    BackOff backoff;           // of the sandbox
};

struct PastRun {
    bool valid = false;
    Exit exit;
    Millis started = never; // `never`: it never ran
    Millis finished = never;
    std::uint32_t attempt = 0;
};

// How far the stop of a live run is. Each step is taken once; what comes later can only bring its end nearer.
enum class Stop : std::uint8_t {
    None,
    Hook,      // its preStop hook runs, until `hook_until` at the latest
    Turn,      // a sidecar that waits for those before it to end, until `grace_end` at the latest
    Signalled, // Terminate is out, Kill comes at `kill_at`
    Killed,    // Kill is out; at `kill_at` it is told that nothing has come of it
};

struct UnitState {
    std::uint32_t slot = no_slot; // whose it is; no_slot: nobody's any more
    UnitFacts facts;
    UnitPhase phase = UnitPhase::Idle;
    Stop stop = Stop::None;
    bool start_again = false; // podctl restart: start at once when this run has ended
    bool not_created = false; // the last try at a start did not even make it a run
    bool post_start = false;  // its postStart hook is under way
    bool post_start_failed = false;
    bool startup_passed = false; // it has said that it is ready and passed its startup probe, as far as it has to
    bool notified = false;       // its last Notice but for signs of life was Ready
    bool ready = false;
    std::uint8_t probes = 0;
    std::uint32_t first_probe = 0; // from the pod's first
    std::uint32_t timer = no_timer;
    std::uint32_t generation = 0; // of the current or last run
    std::uint32_t hook_serial = 0;
    std::uint32_t restarts = 0;   // restartCount; also the attempt number of the current run
    Millis started = never;       // of the current run
    Millis ready_changed = never; // when `ready` last changed in this run
    Millis grace_end = never;     // of a run that is being stopped: hook, turn and signal together
    Millis hook_until = never;
    Millis kill_at = never;
    Millis resume = never;      // BackOff: when it is started again
    Millis alive_until = never; // without a sign of life until then, its watchdog has it stopped
    BackOff backoff;
    PastRun last;   // the run that ended last
    PastRun before; // and the one before: lastState while the container is not running
};

struct ProbeState {
    std::uint32_t slot = no_slot; // as a unit's
    ProbeFacts facts;
    bool asking = false;     // a Probe is out
    bool last = false;       // the last outcome
    bool good = false;       // the result: see core_probe.cpp
    std::int32_t in_row = 0; // outcomes like the last
    std::uint32_t serial = 0;
    Millis next = never;  // when it is asked again
    Millis until = never; // when the one that is out is given up
};

constexpr bool is_live(const UnitState& unit) noexcept {
    return unit.phase == UnitPhase::Starting || unit.phase == UnitPhase::Running;
}

// Is the pod being stopped as a whole, so that its sidecars have their turns?
constexpr bool stops_whole(const PodState& pod) noexcept {
    return pod.phase == PodPhase::Stopping || pod.finish != Finish::None || pod.held;
}

// Running, with its postStart hook done and its startup probe passed: what a sidecar must be before the next one.
constexpr bool has_started(const UnitState& unit) noexcept {
    return unit.phase == UnitPhase::Running && !unit.post_start && unit.startup_passed;
}

} // namespace initd
