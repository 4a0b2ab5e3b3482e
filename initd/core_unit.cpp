// SPDX-License-Identifier: Apache-2.0
// The core's transitions of a container.
#include "initd/core.hpp"

#include <utility>

namespace initd {
namespace {

// Longer than anybody means; keeps now + grace from overflowing.
constexpr Millis longest_grace = std::chrono::hours{24 * 365};

bool is_restarted(spec::RestartPolicy policy, const Exit& exit) noexcept {
    switch (policy) {
    case spec::RestartPolicy::Always: return true;
    case spec::RestartPolicy::OnFailure: return exit.code != 0;
    case spec::RestartPolicy::Never: return false;
    }
    return false;
}

} // namespace

Millis Core::deadline(Millis now, Millis grace) const noexcept {
    return now + std::clamp(grace, minimum_grace_, longest_grace);
}

void Core::start(Unit name, UnitState& unit, Actions& out) noexcept {
    if (unit.last.valid)
        unit.restarts = unit.last.attempt + 1;
    unit.phase = UnitPhase::Starting;
    unit.generation = ++generation_;
    unit.start_again = false;
    unit.terminated = false;
    unit.not_created = false;
    unit.started = never;
    unit.kill_at = never;
    out.push_back({Action::Kind::Start, {name, unit.generation}});
}

// Signals a run once; what comes later can only bring its end nearer.
void Core::terminate(Unit name, UnitState& unit, Millis kill_at, Actions& out) noexcept {
    if (!unit.terminated) {
        unit.terminated = true;
        unit.kill_at = kill_at;
        out.push_back({Action::Kind::Terminate, {name, unit.generation}});
    } else if (unit.kill_at != never) {
        unit.kill_at = std::min(unit.kill_at, kill_at);
    }
    due(unit.kill_at);
}

void Core::stop_units(std::uint32_t slot, Millis kill_at, Actions& out) noexcept {
    std::uint32_t index = 0;
    for (UnitState& unit : units_of(slot)) {
        ++index;
        unit.start_again = false;
        unit.resume = never;
        if (is_live(unit))
            terminate(Unit(slot, index), unit, kill_at, out);
        else if (unit.last.valid)
            unit.phase = UnitPhase::Done;
        else
            unit.phase = UnitPhase::Idle;
    }
}

void Core::restart(Unit name, Millis now, Actions& out) noexcept {
    const std::uint32_t slot = name.slot();
    if (!in_use(slot) || pods_[slot].stop_asked != never)
        return;
    std::uint32_t index = 0;
    for (UnitState& unit : units_of(slot)) {
        ++index;
        if (name.index() != 0 && name.index() != index)
            continue;
        if (is_live(unit)) {
            terminate(Unit(slot, index), unit, deadline(now, pods_[slot].facts.grace), out);
            unit.start_again = true;
        } else {
            unit.phase = UnitPhase::Idle;
            unit.resume = never;
        }
    }
    settle(slot, out);
}

void Core::retry(std::uint32_t slot, Actions& out) noexcept {
    if (!in_use(slot) || pods_[slot].stop_asked != never)
        return;
    if (pods_[slot].phase == PodPhase::Making && pods_[slot].retry_at != never)
        return make_sandbox(slot, out);
    for (UnitState& unit : units_of(slot))
        if (unit.phase == UnitPhase::BackOff && unit.not_created) {
            unit.phase = UnitPhase::Idle;
            unit.resume = never;
        }
    settle(slot, out);
}

void Core::ended(UnitState& unit, const PodState& pod, const Exit& exit, Millis now) noexcept {
    // An exit that outran the report of the start is still a run.
    const Millis started = exit.never_ran ? never : unit.started == never ? now : unit.started;
    unit.before = unit.last;
    unit.last = {.valid = true, .exit = exit, .started = started, .finished = now, .attempt = unit.restarts};
    unit.kill_at = never;
    if (pod.phase == PodPhase::Stopping)
        unit.phase = UnitPhase::Done;
    else if (unit.start_again)
        unit.phase = UnitPhase::Idle;
    else if (is_restarted(pod.facts.restart_policy, exit))
        wait_until(unit, unit.backoff.again_at(now, limits_), now);
    else
        unit.phase = UnitPhase::Done;
}

void Core::not_created(UnitState& unit, const PodState& pod, Millis now) noexcept {
    unit.not_created = true;
    unit.kill_at = never;
    if (pod.phase == PodPhase::Stopping)
        unit.phase = unit.last.valid ? UnitPhase::Done : UnitPhase::Idle;
    else
        wait_until(unit, unit.backoff.again_at(now, limits_, limits_.initial), now);
}

void Core::wait_until(UnitState& unit, Millis resume, Millis now) noexcept {
    if (resume <= now) {
        unit.phase = UnitPhase::Idle;
        return;
    }
    unit.phase = UnitPhase::BackOff;
    unit.resume = resume;
    due(resume);
}

void Core::tick_units(std::uint32_t slot, Millis now, Actions& out) noexcept {
    bool resumed = false;
    std::uint32_t index = 0;
    for (UnitState& unit : units_of(slot)) {
        ++index;
        if (is_due(unit.kill_at, now)) {
            unit.kill_at = never;
            out.push_back({Action::Kind::Kill, {Unit(slot, index), unit.generation}});
        }
        if (is_due(unit.resume, now)) {
            unit.phase = UnitPhase::Idle;
            unit.resume = never;
            resumed = true;
        }
        due(unit.kill_at);
        due(unit.resume);
    }
    if (resumed)
        settle(slot, out);
}

} // namespace initd
