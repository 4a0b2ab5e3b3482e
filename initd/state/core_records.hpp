// SPDX-License-Identifier: Apache-2.0
// The core's share of the state file: a record a slot, with all that it knows of the pod there.
//
// What follows from the rest is not kept: places in the core's vectors and in its heap of deadlines, and how many
// containers and probes there are. A record of a Free slot is one of a pod that is gone, but whose Forget may not have
// been carried out; who has done that drops it.
#pragma once

#include "initd/core.hpp"
#include "initd/state/archive.hpp"

#include <span>
#include <vector>

namespace initd {

class StateFile;

// Keeps a slot as it is now. False: there was no room.
bool keep(StateFile& state, const Core& core, std::uint32_t slot) noexcept;

// Keeps all that a step, or a turn of tick_one(), has changed: the slot that it was about, and whoever waited for a pod
// that is forgotten. To be called before the actions are carried out, so that what is meant to happen is known before
// it does. `slot` first: what then follows for the others, Core::outstanding() finds by itself.
void keep(StateFile& state, const Core& core, std::uint32_t slot, const Actions& actions) noexcept;

enum class Restored : std::uint8_t {
    Yes,
    Gone, // the pod is to be forgotten, and nothing else
    No,   // there is no record, it cannot be (then StateFile::damaged() names it), or the core has no room for it
};

// Before all slots, and also when there is none: no run gets a name that one had before.
void restore_names(StateFile& state, Core& core) noexcept;
// Puts a slot back into a core for which room has been reserved. When all are there, Core::outstanding() says what they
// wait for. May throw bad_alloc.
Restored restore(StateFile& state, Core& core, std::uint32_t slot);

// ---- what is kept -----------------------------------------------------------------------------------------------

struct CoreRecord {
    PodState pod;
    std::vector<UnitState> units;
    std::vector<ProbeState> probes;
};
struct CoreView { // the same, of a core
    const PodState& pod;
    std::span<const UnitState> units;
    std::span<const ProbeState> probes;
};

template <class Archive>
void fields(Archive& a, Of<BackOff> auto& backoff) {
    a(backoff.next);
    a(backoff.updated);
}

template <class Archive>
void fields(Archive& a, Of<PodFacts> auto& facts) {
    a.upto(facts.restart_policy, spec::RestartPolicy::Never);
    a(facts.held);
    a(facts.grace);
    a(facts.active_deadline);
    a(facts.after);
}

template <class Archive>
void fields(Archive& a, Of<PodState> auto& pod) {
    a.part(pod.facts);
    a.upto(pod.phase, PodPhase::Dropping);
    a.upto(pod.finish, Finish::Deadline);
    a(pod.removed);
    a(pod.held);
    a(pod.sandbox_lost);
    a(pod.initialized);
    a(pod.restarting_all);
    a(pod.generation);
    a(pod.added);
    a(pod.started);
    a(pod.initialized_at);
    a(pod.stop_asked);
    a(pod.retry_at);
    a(pod.expires);
    a.part(pod.backoff);
}

template <class Archive>
void fields(Archive& a, Of<UnitFacts> auto& facts) {
    a.upto(facts.role, Role::Regular);
    a.upto(facts.restart_policy, spec::RestartPolicy::Never);
    a(facts.post_start);
    a(facts.pre_stop);
    a(facts.post_start_sleep);
    a(facts.pre_stop_sleep);
    a(facts.notifies);
    a(facts.watchdog);
}

template <class Archive>
void fields(Archive& a, Of<Exit> auto& exit) {
    a(exit.code);
    a(exit.oom_killed);
    a(exit.never_ran);
    a(exit.not_created);
    a.upto(exit.rule, RestartRule::RestartAll);
}

template <class Archive>
void fields(Archive& a, Of<PastRun> auto& run) {
    a(run.valid);
    if (!run.valid)
        return;
    a.part(run.exit);
    a(run.started);
    a(run.finished);
    a(run.attempt);
}

template <class Archive>
void fields(Archive& a, Of<UnitState> auto& unit) {
    a.part(unit.facts);
    a.upto(unit.phase, UnitPhase::Done);
    a.upto(unit.stop, Stop::Killed);
    a(unit.start_again);
    a(unit.not_created);
    a(unit.post_start);
    a(unit.post_start_failed);
    a(unit.startup_passed);
    a(unit.notified);
    a(unit.ready);
    a(unit.generation);
    a(unit.hook_serial);
    a(unit.restarts);
    a(unit.started);
    a(unit.ready_changed);
    a(unit.grace_end);
    a(unit.hook_until);
    a(unit.kill_at);
    a(unit.resume);
    a(unit.alive_until);
    a.part(unit.backoff);
    a.part(unit.last);
    a.part(unit.before);
}

template <class Archive>
void fields(Archive& a, Of<ProbeFacts> auto& facts) {
    a(facts.unit);
    a.upto(facts.kind, ProbeKind::Readiness);
    a(facts.initial_delay);
    a(facts.period);
    a(facts.timeout);
    a(facts.success_threshold);
    a(facts.failure_threshold);
    a(facts.grace);
}

template <class Archive>
void fields(Archive& a, Of<ProbeState> auto& probe) {
    a.part(probe.facts);
    a(probe.asking);
    a(probe.last);
    a(probe.good);
    a(probe.in_row);
    a(probe.serial);
    a(probe.next);
    a(probe.until);
}

template <class Archive, class Record>
requires Of<Record, CoreRecord> || Of<Record, CoreView>
void fields(Archive& a, Record& record) {
    a.part(record.pod);
    a.list(record.units);
    a.list(record.probes);
}

} // namespace initd
