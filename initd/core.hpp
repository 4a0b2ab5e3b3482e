// SPDX-License-Identifier: Apache-2.0
// The core: what is to happen to every pod, as a pure state machine.
//
// It makes no system call, reads no clock and, once a pod is in, allocates nothing. The loop turns what the kernel says
// into Events; step() takes one and appends Actions; the performer carries them out and what comes of them comes back
// as further Events. An Event about a run that is no longer the current one (its generation is stale) changes nothing.
//
// A pod (slot) goes    Waiting -> Making -> Up -> Stopping -> Dropping -> gone
//   Waiting    its predecessor (the pod it replaces) is not gone yet, or it is held. Removed, it stays until the former
//              is gone all the same, so that whoever replaces it waits for both
//   Making     MakeSandbox is out; SandboxReady -> Up, SandboxFailed -> retried after a back-off (`retry_at`). A pod
//              removed here has its sandbox dropped when it arrives, or what is left of one when there will be none
//   Up         containers are run by the rules below, until SandboxDied: then none is started any more, and when the
//              last has ended the sandbox is dropped and made again, unless every container is Done. Held, it is
//              stopped in the same way and goes back to Waiting. Renewed, it is stopped as well, and its sandbox made
//              again, also when it had ended for good
//   Stopping   removed, or the machine is going down: no container is started any more, running ones are stopped
//   Dropping   no container runs: DropSandbox is out; SandboxGone -> Forget, the slot is free. If only the sandbox was
//              lost -> Making
//
// A container (unit) goes
//   Idle       to be started as soon as it is its turn
//   Starting   Start is out; Started -> Running, StartFailed -> as an exit with code 128
//   Running    Exited -> by policy: Idle again at once, BackOff, or Done. An exit can come before Started, StartFailed
//              after it: whether there is a program shows last
//   BackOff    ended, to be started at `resume`
//   Done       ended, and nothing starts it again but podctl restart
// A StartFailed that is `not_created` (no such image) is no run: it is retried under every restart policy, leaves no
// last state and counts no restart, as on Kubernetes, where no container exists by then. RetryAsked ends the wait for
// the next try at it, or at a sandbox, at once; the back-off goes on from where it was.
//
// Turns, in each new sandbox: an init container starts when the one before has ended well, or has started if it is a
// sidecar; containers start when all of those are through, in their order, each when the postStart hook of the one
// before is done. When all containers have ended for good the sidecars are stopped (core_pod.cpp).
// A live run is stopped by its preStop hook, its turn (a sidecar's comes when the containers, and then the sidecars
// after it, have ended), its stop signal, and SIGKILL, all within one grace period (Stop, core_unit.cpp). Its exit is
// then not followed by a start unless `start_again` says so (podctl restart).
//
// A run that `notifies` has started only when it has said so; from then on its watchdog counts. Tell accompanies what
// is worth telling people; what else there is to tell, the performer knows.
//
// The machine goes down in an order that is not the core's: after ShutdownBegun pods live on, until PodStopped. No pod
// is added or released any more.
//
// Restart back-off: see backoff.hpp. It is the container's own, counts exits with 0 too, and stays when an operator
// restarts it; a sandbox that fails or is lost has one of its own.
// An Event that fits no state (a stale generation or serial, a free slot, an index out of range) changes nothing.
#pragma once

#include "initd/core_state.hpp"

#include <span>

namespace initd {

struct CoreConfig {
    Millis backoff_initial{10'000};
    Millis backoff_max{300'000};
    Millis backoff_reset{600'000}; // kubelet: MaxContainerBackOff * 2
    Millis minimum_grace{2'000};   // kubelet: minimumGracePeriodInSeconds
    Millis kill_patience{10'000};  // how long SIGKILL may take before somebody is told
};

class Core {
  public:
    explicit Core(CoreConfig config) noexcept;

    // Room for `slots` pods with `units` containers and `probes` probes in all, so that step() need not allocate; a
    // quarter more than will be in use keeps pods that come and go cheap. May throw bad_alloc, and then nothing has
    // changed. A PodAdded for which there is no room, or one on the way down, is
    // answered by Forget.
    void reserve(std::size_t slots, std::size_t units, std::size_t probes = 0);

    // step() and tick() append at most this many actions. `out` must have room for them: there is no answer to a
    // bad_alloc between a decision and its deed.
    std::size_t max_actions() const noexcept {
        return 4 * pods_.size() + 6 * units_.capacity() + 2 * probes_.capacity() + 1;
    }

    // Takes one event; appends what is to be done.
    void step(Millis now, const Event& event, Actions& out) noexcept;

    // Does what was due at `now`; call when next_deadline() has come.
    void tick(Millis now, Actions& out) noexcept;
    // The first of it; the slot of the pod that it was about, no_slot when there was nothing.
    std::uint32_t tick_one(Millis now, Actions& out) noexcept;

    // When tick() has something to do; `never` when there is nothing.
    Millis next_deadline() const noexcept { return timers_.empty() ? never : timers_.front().at; }

    // Whose deadline that is, when there is one.
    Unit next_unit() const noexcept { return timers_.empty() ? Unit() : timers_.front().unit; }

    // After a resume: puts a slot back for which reserve() has made room. False: it could not be so, and nothing has
    // changed.
    bool restore(std::uint32_t slot, const PodState& pod, std::span<const UnitState> units,
                 std::span<const ProbeState> probes) noexcept;
    // When all are back: appends what has been asked for and not been answered, each under the name it had, and what
    // pods that have nobody to wait for any more begin with. On the way down ShutdownBegun comes first.
    void outstanding(Actions& out) noexcept;

    bool shutting_down() const noexcept { return shutting_down_; }

    // What is known of a slot, for status. A free slot's phase is Free. Valid until the next step().
    const PodState& pod(std::uint32_t slot) const noexcept;
    std::span<const UnitState> units(std::uint32_t slot) const noexcept;
    std::span<const ProbeState> probes(std::uint32_t slot) const noexcept;
    std::uint32_t generation() const noexcept { return generation_; } // the last one given
    void generations_above(std::uint32_t last) noexcept { generation_ = std::max(generation_, last); }
    std::size_t slots() const noexcept { return pods_.size(); }

  private:
    struct Timer {
        Millis at;
        Unit unit;
    };

    bool in_use(std::uint32_t slot) const noexcept { return pod(slot).phase != PodPhase::Free; }
    std::span<UnitState> units_of(std::uint32_t slot) noexcept;
    UnitState* live_unit(const RunId& run) noexcept;

    // core_timers.cpp
    void set_timer(Unit name) noexcept;
    Millis deadline_of(Unit name) noexcept;
    std::uint32_t& timer_of(Unit name) noexcept;
    void place(std::uint32_t at, Timer timer) noexcept;
    void sift(std::uint32_t at, Timer timer) noexcept;
    void remove_timer(std::uint32_t at) noexcept;

    // core_pod.cpp
    void close_gaps() noexcept;
    void add(std::uint32_t slot, const PodFacts& facts, Millis now, Actions& out) noexcept;
    void stop(std::uint32_t slot, Millis grace, Millis now, Actions& out) noexcept;
    void hold(std::uint32_t slot, Millis now, Actions& out) noexcept;
    void release(std::uint32_t slot, Actions& out) noexcept;
    void renew(std::uint32_t slot, Millis now, Actions& out) noexcept;
    void unfinish(std::uint32_t slot, Millis now) noexcept;
    bool may_begin(std::uint32_t slot) const noexcept;
    void sandbox_event(Millis now, const Event& event, Actions& out) noexcept;
    void settle(std::uint32_t slot, Millis now, Actions& out) noexcept;
    bool start_init(std::uint32_t slot, Actions& out) noexcept;
    void start_units(std::uint32_t slot, Millis now, Actions& out) noexcept;
    void finish(std::uint32_t slot, Finish why, Millis now, Actions& out) noexcept;
    void begin_again(std::uint32_t slot) noexcept;
    void wait(std::uint32_t slot) noexcept;
    void make_sandbox(std::uint32_t slot, Actions& out) noexcept;
    void retry_sandbox(std::uint32_t slot, Millis at, Millis now, Actions& out) noexcept;
    void drop_sandbox(std::uint32_t slot, Actions& out) noexcept;
    void forget(std::uint32_t slot, Actions& out) noexcept;
    void go_on(Actions& out) noexcept;
    void free_slot(std::uint32_t slot, Actions& out) noexcept;
    void tick_pod(std::uint32_t slot, Millis now, Actions& out) noexcept;

    // core_restore.cpp
    void ask_again(std::uint32_t slot, Actions& out) noexcept;

    // core_unit.cpp
    void start(Unit name, UnitState& unit, Actions& out) noexcept;
    void started(Unit name, UnitState& unit, Millis now, Actions& out) noexcept;
    void terminate(Unit name, UnitState& unit, Told why, Millis grace, Millis now, Actions& out) noexcept;
    void signal_in_turn(Unit name, UnitState& unit, Millis now, Actions& out) noexcept;
    void signal(Unit name, UnitState& unit, Millis now, Actions& out) noexcept;
    void stop_units(std::uint32_t slot, Told why, Millis grace, Millis now, Actions& out) noexcept;
    void give_turns(std::uint32_t slot, Millis now, Actions& out) noexcept;
    void hook_done(Unit name, UnitState& unit, Outcome outcome, Millis now, Actions& out) noexcept;
    void restart(Unit name, Millis now, Actions& out) noexcept;
    void retry(std::uint32_t slot, Millis now, Actions& out) noexcept;
    void ended(Unit name, UnitState& unit, const Exit& exit, Millis now, Actions& out) noexcept;
    void not_created(Unit name, UnitState& unit, Millis now) noexcept;
    void clear_run(UnitState& unit, std::span<ProbeState> probes) noexcept;
    void wait_until(UnitState& unit, Millis resume, Millis now) noexcept;
    void tick_unit(Unit name, Millis now, Actions& out) noexcept;

    // core_probe.cpp
    std::span<ProbeState> probes_of(Unit name) noexcept;
    void begin_probes(Unit name, UnitState& unit, Millis now, Actions& out) noexcept;
    void ask(Unit name, UnitState& unit, ProbeState& probe, Millis now, Actions& out) noexcept;
    void probe_done(Unit name, UnitState& unit, ProbeState& probe, Outcome outcome, Millis now, Actions& out) noexcept;
    void result(Unit name, UnitState& unit, ProbeState& probe, Millis now, Actions& out) noexcept;
    bool has_passed_startup(Unit name, const UnitState& unit) noexcept;
    void startup_passed(Unit name, UnitState& unit, Millis now, Actions& out) noexcept;
    void notified(Unit name, UnitState& unit, Notice notice, Millis now, Actions& out) noexcept;
    void set_ready(Unit name, UnitState& unit, Millis now) noexcept;
    void tick_probes(Unit name, UnitState& unit, Millis now, Actions& out) noexcept;

    Millis minimum_grace_;
    Millis kill_patience_;
    BackOffLimits limits_;
    std::vector<PodState> pods_;     // by slot
    std::vector<UnitState> units_;   // each pod's together; what gone pods have left stays until close_gaps()
    std::vector<ProbeState> probes_; // the same
    std::uint32_t units_in_use_ = 0;
    std::uint32_t probes_in_use_ = 0;
    std::vector<Timer> timers_;    // a binary heap: one for each pod and unit that has a deadline
    std::uint32_t generation_ = 0; // the last one given, as generation or serial: none is given twice
    std::uint32_t in_use_ = 0;     // slots
    std::uint32_t waiting_ = 0;    // of them, those whose pod is Waiting
    bool shutting_down_ = false;
    bool shut_down_ = false; // ShutDown is out
};

} // namespace initd
