// SPDX-License-Identifier: Apache-2.0
// The core's transitions of a pod and its sandbox.
#include "initd/core.hpp"

namespace initd {

void Core::add(std::uint32_t slot, const PodFacts& facts, Millis now, Actions& out) noexcept {
    if (in_use(slot))
        return;
    const bool has_room = slot < pods_.size() && units_.capacity() - units_.size() >= facts.containers;
    if (!has_room || shutting_down_ || facts.containers == 0 || facts.containers >= Unit::max_index) {
        out.push_back({Action::Kind::Forget, {Unit(slot, 0), 0}});
        return;
    }
    const bool waits = in_use(facts.after);
    PodState& pod = pods_[slot];
    pod.facts = facts;
    pod.phase = PodPhase::Waiting;
    pod.first_unit = static_cast<std::uint32_t>(units_.size());
    pod.added = now;
    units_.resize(units_.size() + facts.containers);
    ++in_use_;
    if (!waits)
        make_sandbox(slot, out);
}

// Also for a pod that is being stopped already: its deadline may come nearer, never move away.
void Core::stop(std::uint32_t slot, Millis grace, Millis now, Actions& out) noexcept {
    PodState& pod = pods_[slot];
    if (pod.stop_asked == never)
        pod.stop_asked = now;
    switch (pod.phase) {
    case PodPhase::Free:
    case PodPhase::Waiting:  // until its predecessor is forgotten
    case PodPhase::Dropping: // SandboxGone finds stop_asked
        return;
    case PodPhase::Making:
        if (pod.retry_at != never)
            drop_sandbox(slot, out);
        return;
    case PodPhase::Up:
    case PodPhase::Stopping:
        pod.phase = PodPhase::Stopping;
        stop_units(slot, deadline(now, grace), out);
        settle(slot, out);
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
        if (pod.started == never)
            pod.started = now;
        pod.phase = PodPhase::Up;
        if (pod.stop_asked != never)
            return drop_sandbox(slot, out);
        settle(slot, out);
    } else if (event.kind == Event::Kind::SandboxFailed && making) {
        if (pod.stop_asked != never)
            return drop_sandbox(slot, out);
        retry_sandbox(slot, pod.backoff.again_at(now, limits_, limits_.initial), now, out);
    } else if (event.kind == Event::Kind::SandboxDied && (making || pod.phase == PodPhase::Up)) {
        pod.sandbox_lost = true;
        settle(slot, out);
    } else if (event.kind == Event::Kind::SandboxGone && pod.phase == PodPhase::Dropping) {
        if (pod.stop_asked != never)
            return forget(slot, out);
        retry_sandbox(slot, pod.backoff.again_at(now, limits_), now, out);
    }
}

// Does what a pod's state calls for after something of it has changed.
void Core::settle(std::uint32_t slot, Actions& out) noexcept {
    PodState& pod = pods_[slot];
    if (pod.phase != PodPhase::Up && pod.phase != PodPhase::Stopping)
        return;
    bool live = false;
    bool wanted = false; // is there a container that still has to run?
    std::uint32_t index = 0;
    for (UnitState& unit : units_of(slot)) {
        ++index;
        if (unit.phase == UnitPhase::Idle && pod.phase == PodPhase::Up && !pod.sandbox_lost)
            start(Unit(slot, index), unit, out);
        live |= is_live(unit);
        wanted |= unit.phase == UnitPhase::Idle || unit.phase == UnitPhase::BackOff;
    }
    if (!live && (pod.phase == PodPhase::Stopping || (pod.sandbox_lost && wanted)))
        drop_sandbox(slot, out);
}

void Core::make_sandbox(std::uint32_t slot, Actions& out) noexcept {
    PodState& pod = pods_[slot];
    pod.phase = PodPhase::Making;
    pod.generation = ++generation_;
    pod.sandbox_lost = false;
    pod.retry_at = never;
    out.push_back({Action::Kind::MakeSandbox, {Unit(slot, 0), pod.generation}});
}

void Core::retry_sandbox(std::uint32_t slot, Millis at, Millis now, Actions& out) noexcept {
    if (at <= now)
        return make_sandbox(slot, out);
    pods_[slot].phase = PodPhase::Making;
    pods_[slot].retry_at = at;
    due(at);
}

void Core::drop_sandbox(std::uint32_t slot, Actions& out) noexcept {
    pods_[slot].phase = PodPhase::Dropping;
    pods_[slot].retry_at = never;
    out.push_back({Action::Kind::DropSandbox, {Unit(slot, 0), pods_[slot].generation}});
}

// Frees the slot, and lets those go on that waited for it. One of them that was removed meanwhile is forgotten in its
// turn, and then the scan starts anew, since those behind it may have lower slots.
void Core::forget(std::uint32_t slot, Actions& out) noexcept {
    free_slot(slot, out);
    for (std::uint32_t i = 0; i < pods_.size();) {
        const std::uint32_t other = i++;
        if (pods_[other].phase != PodPhase::Waiting || in_use(pods_[other].facts.after))
            continue;
        if (pods_[other].stop_asked == never && !shutting_down_) {
            make_sandbox(other, out);
        } else {
            free_slot(other, out);
            i = 0;
        }
    }
}

void Core::free_slot(std::uint32_t slot, Actions& out) noexcept {
    out.push_back({Action::Kind::Forget, {Unit(slot, 0), pods_[slot].generation}});
    const PodState gone = pods_[slot];
    const auto first = units_.begin() + gone.first_unit;
    units_.erase(first, first + gone.facts.containers);
    pods_[slot] = PodState{};
    --in_use_;
    for (PodState& pod : pods_)
        if (pod.phase != PodPhase::Free && pod.first_unit > gone.first_unit)
            pod.first_unit -= gone.facts.containers;
}

} // namespace initd
