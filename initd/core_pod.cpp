// SPDX-License-Identifier: Apache-2.0
// The core's transitions of a pod and its sandbox, and whose turn it is in a pod.
#include "initd/core.hpp"

namespace initd {
namespace {

bool failed_for_good(const UnitState& unit) noexcept { // an init container that is not run again
    return unit.facts.role == Role::Init && unit.phase == UnitPhase::Done && has_failed(unit.last.exit);
}

} // namespace

// Moves what is in use together, so that all the room is at the end. Seldom: who reserves leaves some room to spare.
void Core::close_gaps() noexcept {
    const auto close = [this](auto& states, std::uint32_t PodState::*first) {
        std::uint32_t to = 0;
        for (std::uint32_t from = 0; from < states.size(); ++from) {
            if (states[from].slot == no_slot)
                continue;
            if (std::uint32_t& begin = pods_[states[from].slot].*first; begin == from)
                begin = to;
            states[to++] = states[from];
        }
        states.resize(to);
    };
    close(units_, &PodState::first_unit);
    close(probes_, &PodState::first_probe);
}

void Core::add(std::uint32_t slot, const PodFacts& facts, Millis now, Actions& out) noexcept {
    if (in_use(slot))
        return;
    const bool has_room = slot < pods_.size() && units_.capacity() - units_in_use_ >= facts.containers &&
                          probes_.capacity() - probes_in_use_ >= facts.probes;
    if (!has_room || shutting_down_ || facts.containers == 0) {
        out.push_back({Action::Kind::Forget, {Unit(slot, 0), 0}});
        return;
    }
    if (units_.capacity() - units_.size() < facts.containers || probes_.capacity() - probes_.size() < facts.probes)
        close_gaps();
    const bool replaces = in_use(facts.after);
    PodState& pod = pods_[slot];
    pod.facts = facts;
    if (!replaces)
        pod.facts.after = no_slot;
    pod.facts.units = nullptr;
    pod.facts.probe_facts = nullptr;
    pod.phase = PodPhase::Waiting;
    pod.held = facts.held;
    pod.first_unit = static_cast<std::uint32_t>(units_.size());
    pod.first_probe = static_cast<std::uint32_t>(probes_.size());
    pod.added = now;
    units_.resize(units_.size() + facts.containers);
    for (std::size_t i = 0; i < facts.containers; ++i) {
        UnitState& unit = units_[pod.first_unit + i];
        unit.slot = slot;
        unit.facts = facts.units ? facts.units[i] : UnitFacts{.restart_policy = facts.restart_policy};
        unit.first_probe = static_cast<std::uint32_t>(probes_.size());
        for (std::size_t p = 0; p < facts.probes; ++p)
            if (facts.probe_facts[p].unit == i + 1) {
                probes_.push_back({.slot = slot, .facts = facts.probe_facts[p]});
                ++unit.probes;
            }
        unit.first_probe -= pod.first_probe;
    }
    pod.facts.probes = static_cast<std::uint16_t>(probes_.size() - pod.first_probe);
    if (pod.facts.probes == 0)
        pod.first_probe = 0; // what is behind the end is not to be pointed at when gaps close
    units_in_use_ += facts.containers;
    probes_in_use_ += pod.facts.probes;
    ++in_use_;
    ++waiting_;
    if (!replaces && !facts.held)
        make_sandbox(slot, out);
}

// Also for a pod that is being stopped already: its deadline may come nearer, never move away.
void Core::stop(std::uint32_t slot, Millis grace, Millis now, Actions& out) noexcept {
    PodState& pod = pods_[slot];
    if (pod.stop_asked == never)
        pod.stop_asked = now;
    pod.expires = never;
    set_timer(Unit(slot, 0));
    switch (pod.phase) {
    case PodPhase::Free:
    case PodPhase::Dropping: // SandboxGone finds stop_asked
        return;
    case PodPhase::Waiting: // until its predecessor is forgotten
        if (!in_use(pod.facts.after))
            forget(slot, out);
        return;
    case PodPhase::Making:
        if (pod.retry_at != never)
            drop_sandbox(slot, out);
        return;
    case PodPhase::Up:
    case PodPhase::Stopping:
        pod.phase = PodPhase::Stopping;
        stop_units(slot, Told::Stopping, grace, now, out);
        settle(slot, now, out);
        return;
    }
}

void Core::sandbox_event(Millis now, const Event& event, Actions& out) noexcept {
    const std::uint32_t slot = event.run.unit.slot();
    if (!in_use(slot) || event.run.unit.index() != 0 || event.run.generation != pods_[slot].generation)
        return;
    PodState& pod = pods_[slot];
    const bool making = pod.phase == PodPhase::Making && pod.retry_at == never;
    if (event.kind == Event::Kind::SandboxReady && making) {
        if (pod.started == never) {
            pod.started = now;
            if (pod.facts.active_deadline != never)
                pod.expires = now + pod.facts.active_deadline;
            set_timer(event.run.unit);
        }
        pod.phase = PodPhase::Up;
        if (pod.stop_asked != never)
            return drop_sandbox(slot, out);
        settle(slot, now, out);
    } else if (event.kind == Event::Kind::SandboxFailed && making) {
        if (pod.stop_asked != never)
            return drop_sandbox(slot, out);
        if (pod.held)
            return wait(slot);
        retry_sandbox(slot, pod.backoff.again_at(now, limits_, limits_.initial), now, out);
    } else if (event.kind == Event::Kind::SandboxDied && (making || pod.phase == PodPhase::Up)) {
        pod.sandbox_lost = true;
        out.push_back({.kind = Action::Kind::Tell, .run = event.run, .told = Told::SandboxChanged});
        settle(slot, now, out);
    } else if (event.kind == Event::Kind::SandboxGone && pod.phase == PodPhase::Dropping) {
        if (pod.stop_asked != never)
            return forget(slot, out);
        if (pod.held)
            return wait(slot);
        retry_sandbox(slot, pod.backoff.again_at(now, limits_), now, out);
    }
}

void Core::hold(std::uint32_t slot, Millis now, Actions& out) noexcept {
    if (!in_use(slot) || pods_[slot].stop_asked != never || pods_[slot].finish != Finish::None)
        return; // what has ended for good needs nobody any more
    PodState& pod = pods_[slot];
    pod.held = true;
    if (pod.retry_at != never)
        return wait(slot);
    pod.restarting_all = true;
    stop_units(slot, Told::Stopping, pod.facts.grace, now, out);
    settle(slot, now, out);
}

void Core::release(std::uint32_t slot, Actions& out) noexcept {
    if (!in_use(slot) || shutting_down_)
        return;
    PodState& pod = pods_[slot];
    pod.held = false;
    if (may_begin(slot))
        make_sandbox(slot, out);
}

// Also what has ended for good. What has no sandbox yet gets a new one in any case.
void Core::renew(std::uint32_t slot, Millis now, Actions& out) noexcept {
    if (!in_use(slot) || pods_[slot].stop_asked != never)
        return;
    unfinish(slot, now);
    PodState& pod = pods_[slot];
    if (may_begin(slot) || pod.retry_at != never)
        return make_sandbox(slot, out);
    if (pod.phase != PodPhase::Up)
        return;
    pod.sandbox_lost = pod.restarting_all = true;
    stop_units(slot, Told::Stopping, pod.facts.grace, now, out);
    settle(slot, now, out);
}

// It is to run again, whatever it has come to.
void Core::unfinish(std::uint32_t slot, Millis now) noexcept {
    PodState& pod = pods_[slot];
    if (pod.finish == Finish::Deadline)
        pod.expires = now + pod.facts.active_deadline;
    pod.finish = Finish::None;
    set_timer(Unit(slot, 0));
}

// Is there nothing left that a Waiting pod waits for?
bool Core::may_begin(std::uint32_t slot) const noexcept {
    const PodState& pod = pods_[slot];
    return pod.phase == PodPhase::Waiting && !pod.held && pod.finish == Finish::None && !in_use(pod.facts.after);
}

// Without a sandbox, until it is released. All containers run anew then.
void Core::wait(std::uint32_t slot) noexcept {
    PodState& pod = pods_[slot];
    pod.phase = PodPhase::Waiting;
    ++waiting_;
    pod.retry_at = never;
    pod.sandbox_lost = false;
    pod.restarting_all = true;
    begin_again(slot);
    set_timer(Unit(slot, 0));
}

// Does what a pod's state calls for after something of it has changed.
void Core::settle(std::uint32_t slot, Millis now, Actions& out) noexcept {
    PodState& pod = pods_[slot];
    if (pod.phase != PodPhase::Up && pod.phase != PodPhase::Stopping)
        return;
    const std::span<UnitState> units = units_of(slot);
    if (pod.restarting_all && std::ranges::none_of(units, is_live))
        begin_again(slot);
    if (pod.phase == PodPhase::Up && !pod.sandbox_lost && !pod.restarting_all && !pod.held &&
        pod.finish == Finish::None)
        start_units(slot, now, out);
    give_turns(slot, now, out);
    if (std::ranges::any_of(units, is_live))
        return;
    const bool wanted = pod.finish == Finish::None && !std::ranges::all_of(units, [](const UnitState& unit) {
                            return unit.phase == UnitPhase::Done;
                        });
    if (pod.phase == PodPhase::Stopping || pod.held || (pod.sandbox_lost && wanted))
        drop_sandbox(slot, out);
}

// The init containers, one after the other. True when all of them have done their work.
bool Core::start_init(std::uint32_t slot, Actions& out) noexcept {
    std::uint32_t index = 0;
    for (UnitState& unit : units_of(slot)) {
        ++index;
        if (unit.facts.role == Role::Regular)
            break;
        if (unit.phase == UnitPhase::Idle)
            start(Unit(slot, index), unit, out);
        const bool through = unit.facts.role == Role::Sidecar ? has_started(unit)
                                                              : unit.phase == UnitPhase::Done && !failed_for_good(unit);
        if (!through)
            return false;
    }
    return true;
}

void Core::start_units(std::uint32_t slot, Millis now, Actions& out) noexcept {
    PodState& pod = pods_[slot];
    const std::span<UnitState> units = units_of(slot);
    if (!pod.initialized) {
        const bool through = start_init(slot, out);
        if (std::ranges::any_of(units, failed_for_good))
            return finish(slot, Finish::Failed, now, out);
        if (!through)
            return;
        pod.initialized = true;
        pod.initialized_at = now;
    }
    bool over = true; // have all containers ended for good?
    bool turn = true;
    std::uint32_t index = 0;
    for (UnitState& unit : units) {
        ++index;
        if (unit.phase == UnitPhase::Idle && turn)
            start(Unit(slot, index), unit, out);
        if (unit.facts.role == Role::Sidecar)
            continue;
        over &= unit.phase == UnitPhase::Done;
        if (unit.facts.post_start && (unit.phase == UnitPhase::Starting || unit.post_start))
            turn = false;
    }
    if (over)
        finish(slot, Finish::Ended, now, out);
}

// Nothing is started any more, and what still runs is stopped; settle() gives the sidecars their turns.
void Core::finish(std::uint32_t slot, Finish why, Millis now, Actions& out) noexcept {
    pods_[slot].finish = why;
    stop_units(slot, Told::Stopping, pods_[slot].facts.grace, now, out);
}

// Init containers and sidecars run anew in a new sandbox; everything does when a rule says RestartAllContainers.
void Core::begin_again(std::uint32_t slot) noexcept {
    PodState& pod = pods_[slot];
    for (UnitState& unit : units_of(slot))
        if (unit.phase == UnitPhase::Done && (unit.facts.role != Role::Regular || pod.restarting_all))
            unit.phase = UnitPhase::Idle;
    pod.initialized = false;
    pod.restarting_all = false;
}

void Core::make_sandbox(std::uint32_t slot, Actions& out) noexcept {
    PodState& pod = pods_[slot];
    begin_again(slot);
    waiting_ -= pod.phase == PodPhase::Waiting;
    pod.facts.after = no_slot;
    pod.phase = PodPhase::Making;
    pod.generation = ++generation_;
    pod.sandbox_lost = false;
    pod.retry_at = never;
    set_timer(Unit(slot, 0));
    out.push_back({Action::Kind::MakeSandbox, {Unit(slot, 0), pod.generation}});
}

void Core::retry_sandbox(std::uint32_t slot, Millis at, Millis now, Actions& out) noexcept {
    if (at <= now)
        return make_sandbox(slot, out);
    pods_[slot].phase = PodPhase::Making;
    pods_[slot].retry_at = at;
    set_timer(Unit(slot, 0));
}

void Core::drop_sandbox(std::uint32_t slot, Actions& out) noexcept {
    pods_[slot].phase = PodPhase::Dropping;
    pods_[slot].retry_at = never;
    set_timer(Unit(slot, 0));
    out.push_back({Action::Kind::DropSandbox, {Unit(slot, 0), pods_[slot].generation}});
}

void Core::forget(std::uint32_t slot, Actions& out) noexcept {
    free_slot(slot, out);
    go_on(out);
}

// Lets those go on that have waited for a slot that is free now. One of them that was removed meanwhile is forgotten in
// its turn, and then the scan starts anew, since those behind it may have lower slots.
void Core::go_on(Actions& out) noexcept {
    for (std::uint32_t i = 0; waiting_ != 0 && i < pods_.size();) {
        const std::uint32_t other = i++;
        const bool goes = pods_[other].stop_asked != never || shutting_down_;
        if (goes && pods_[other].phase == PodPhase::Waiting && !in_use(pods_[other].facts.after)) {
            free_slot(other, out);
            i = 0;
        } else if (may_begin(other)) {
            make_sandbox(other, out);
        }
    }
}

void Core::free_slot(std::uint32_t slot, Actions& out) noexcept {
    out.push_back({Action::Kind::Forget, {Unit(slot, 0), pods_[slot].generation}});
    for (std::uint32_t index = 0; index <= pods_[slot].facts.containers; ++index)
        if (const std::uint32_t timer = timer_of(Unit(slot, index)); timer != no_timer)
            remove_timer(timer);
    for (UnitState& unit : units_of(slot))
        unit.slot = no_slot;
    for (ProbeState& probe : std::span(probes_).subspan(pods_[slot].first_probe, pods_[slot].facts.probes))
        probe.slot = no_slot;
    units_in_use_ -= pods_[slot].facts.containers;
    probes_in_use_ -= pods_[slot].facts.probes;
    waiting_ -= pods_[slot].phase == PodPhase::Waiting;
    pods_[slot] = PodState{};
    --in_use_;
    for (std::uint32_t i = 0; waiting_ != 0 && i < pods_.size(); ++i)
        if (pods_[i].facts.after == slot) // whoever has the slot next is nobody to wait for
            pods_[i].facts.after = no_slot;
}

void Core::tick_pod(std::uint32_t slot, Millis now, Actions& out) noexcept {
    PodState& pod = pods_[slot];
    if (is_due(pod.retry_at, now))
        make_sandbox(slot, out);
    if (is_due(pod.expires, now)) {
        pod.expires = never;
        out.push_back(
            {.kind = Action::Kind::Tell, .run = {Unit(slot, 0), pod.generation}, .told = Told::DeadlineExceeded});
        finish(slot, Finish::Deadline, now, out);
        if (pod.retry_at != never)
            wait(slot);
        settle(slot, now, out);
    }
    set_timer(Unit(slot, 0));
}

} // namespace initd
