// SPDX-License-Identifier: Apache-2.0
// The core's transitions of a container.
#include "initd/core.hpp"

#include <utility>

namespace initd {
namespace {

// Longer than anybody means; keeps now + grace from overflowing.
constexpr Millis longest_grace = std::chrono::hours{24 * 365};

bool is_restarted(const UnitFacts& facts, const Exit& exit) noexcept {
    if (exit.rule == RestartRule::Restart)
        return true;
    if (facts.role == Role::Init)
        return has_failed(exit) && facts.restart_policy != spec::RestartPolicy::Never;
    switch (facts.restart_policy) {
    case spec::RestartPolicy::Always: return true;
    case spec::RestartPolicy::OnFailure: return exit.code != 0;
    case spec::RestartPolicy::Never: return false;
    }
    return false;
}

} // namespace

void Core::start(Unit name, UnitState& unit, Actions& out) noexcept {
    if (unit.last.valid)
        unit.restarts = unit.last.attempt + 1;
    unit.phase = UnitPhase::Starting;
    unit.generation = ++generation_;
    unit.start_again = false;
    unit.not_created = false;
    unit.post_start_failed = false;
    unit.started = never;
    unit.ready_changed = never;
    out.push_back({Action::Kind::Start, {name, unit.generation}});
}

void Core::started(Unit name, UnitState& unit, Millis now, Actions& out) noexcept {
    unit.phase = UnitPhase::Running;
    unit.started = now;
    if (unit.stop != Stop::None)
        return; // it was to end before it was there
    if (unit.facts.post_start) {
        unit.post_start = true;
        unit.hook_serial = ++generation_;
        if (unit.facts.post_start_sleep != never)
            unit.hook_until = now + unit.facts.post_start_sleep;
        else
            out.push_back({Action::Kind::RunHook, {name, unit.generation}, unit.hook_serial, Hook::PostStart});
    }
    begin_probes(name, unit, now, out);
    set_timer(name);
    settle(name.slot(), now, out);
}

// The first call decides how a run is stopped; what comes later can only bring its end nearer.
void Core::terminate(Unit name, UnitState& unit, Told why, Millis grace, Millis now, Actions& out) noexcept {
    const Millis end = now + std::clamp(grace, Millis{0}, longest_grace);
    if (unit.stop != Stop::None) {
        unit.grace_end = std::min(unit.grace_end, end);
        if (unit.stop == Stop::Hook)
            unit.hook_until = std::min(unit.hook_until, end);
        else if (unit.stop != Stop::Killed) // `never` before its signal, and stays it
            unit.kill_at = std::min(unit.kill_at, std::max(end, now + minimum_grace_));
        return set_timer(name);
    }
    out.push_back({.kind = Action::Kind::Tell, .run = {name, unit.generation}, .told = why});
    unit.grace_end = end;
    unit.post_start = false;
    unit.hook_serial = 0;
    unit.hook_until = never;
    unit.alive_until = never;
    for (ProbeState& probe : probes_of(name))
        if (probe.facts.kind != ProbeKind::Readiness)
            probe.next = never;
    unit.stop = Stop::Turn;
    if (unit.facts.pre_stop && unit.phase == UnitPhase::Running && grace > Millis{0}) {
        unit.stop = Stop::Hook;
        unit.hook_serial = ++generation_;
        unit.hook_until = end;
        if (unit.facts.pre_stop_sleep != never)
            unit.hook_until = std::min(end, now + unit.facts.pre_stop_sleep);
        else
            out.push_back({Action::Kind::RunHook, {name, unit.generation}, unit.hook_serial, Hook::PreStop});
        return set_timer(name);
    }
    signal_in_turn(name, unit, now, out);
}

// A sidecar's turn may not have come: give_turns() sees to those.
void Core::signal_in_turn(Unit name, UnitState& unit, Millis now, Actions& out) noexcept {
    if (unit.facts.role == Role::Sidecar && stops_whole(pods_[name.slot()])) {
        unit.stop = Stop::Turn;
        return set_timer(name);
    }
    signal(name, unit, now, out);
}

void Core::signal(Unit name, UnitState& unit, Millis now, Actions& out) noexcept {
    unit.stop = Stop::Signalled;
    unit.kill_at = std::max(unit.grace_end, now + minimum_grace_);
    out.push_back({Action::Kind::Terminate, {name, unit.generation}});
    set_timer(name);
}

// Sidecars of a pod that ends are signalled when all else has ended, the last one first.
void Core::give_turns(std::uint32_t slot, Millis now, Actions& out) noexcept {
    const std::span<UnitState> units = units_of(slot);
    for (std::size_t i = units.size(); i-- > 0;) {
        if (!is_live(units[i]))
            continue;
        if (units[i].stop == Stop::Turn)
            signal(Unit(slot, static_cast<std::uint32_t>(i + 1)), units[i], now, out);
        return;
    }
}

// Stops every run, and no container has anything to wait for any more.
void Core::stop_units(std::uint32_t slot, Told why, Millis grace, Millis now, Actions& out) noexcept {
    std::uint32_t index = 0;
    for (UnitState& unit : units_of(slot)) {
        const Unit name(slot, ++index);
        unit.start_again = false;
        unit.resume = never;
        if (is_live(unit))
            terminate(name, unit, why, grace, now, out);
        else
            unit.phase = unit.last.valid ? UnitPhase::Done : UnitPhase::Idle;
        set_timer(name);
    }
}

void Core::hook_done(Unit name, UnitState& unit, Outcome outcome, Millis now, Actions& out) noexcept {
    unit.hook_serial = 0;
    unit.hook_until = never;
    if (unit.stop == Stop::Hook) { // well or not, the stop goes on
        signal_in_turn(name, unit, now, out);
        return settle(name.slot(), now, out);
    }
    unit.post_start = false;
    set_timer(name);
    if (outcome == Outcome::Failure) {
        unit.post_start_failed = true;
        terminate(name, unit, Told::PostStartFailed, pods_[name.slot()].facts.grace, now, out);
    }
    settle(name.slot(), now, out);
}

// An operator wants it: also what has ended for good starts again. Init containers are not for him to run.
void Core::restart(Unit name, Millis now, Actions& out) noexcept {
    const std::uint32_t slot = name.slot();
    if (!in_use(slot) || pods_[slot].stop_asked != never || name.index() > pods_[slot].facts.containers)
        return;
    unfinish(slot, now);
    PodState& pod = pods_[slot];
    std::uint32_t index = 0;
    for (UnitState& unit : units_of(slot)) {
        const Unit each(slot, ++index);
        const bool asked = name.index() == 0 || name.index() == index;
        if (unit.facts.role == Role::Init && unit.phase == UnitPhase::Done && !has_failed(unit.last.exit))
            continue;
        if (!asked && !(unit.facts.role == Role::Sidecar && unit.phase == UnitPhase::Done))
            continue;
        if (!is_live(unit)) {
            unit.phase = UnitPhase::Idle;
            unit.resume = never;
        } else if (unit.facts.role != Role::Init) {
            terminate(each, unit, Told::Stopping, pod.facts.grace, now, out);
            unit.start_again = true;
        }
        set_timer(each);
    }
    if (may_begin(slot)) // its deadline came before its sandbox
        return make_sandbox(slot, out);
    settle(slot, now, out);
}

// What could not be made may be made now.
void Core::retry(std::uint32_t slot, Millis now, Actions& out) noexcept {
    if (!in_use(slot))
        return;
    if (pods_[slot].retry_at != never)
        return make_sandbox(slot, out);
    std::uint32_t index = 0;
    for (UnitState& unit : units_of(slot)) {
        ++index;
        if (unit.phase != UnitPhase::BackOff || !unit.not_created)
            continue;
        unit.phase = UnitPhase::Idle;
        unit.resume = never;
        set_timer(Unit(slot, index));
    }
    settle(slot, now, out);
}

void Core::clear_run(UnitState& unit, std::span<ProbeState> probes) noexcept {
    unit.stop = Stop::None;
    unit.post_start = unit.startup_passed = unit.notified = unit.ready = false;
    unit.hook_serial = 0;
    unit.grace_end = unit.hook_until = unit.kill_at = unit.alive_until = never;
    for (ProbeState& probe : probes)
        probe = {.slot = probe.slot, .facts = probe.facts};
}

void Core::ended(Unit name, UnitState& unit, const Exit& exit, Millis now, Actions& out) noexcept {
    PodState& pod = pods_[name.slot()];
    // An exit that outran the report of the start is still a run.
    const Millis began = exit.never_ran ? never : unit.started == never ? now : unit.started;
    unit.before = unit.last;
    unit.last = {.valid = true, .exit = exit, .started = began, .finished = now, .attempt = unit.restarts};
    clear_run(unit, probes_of(name));
    if (stops_whole(pod) || pod.restarting_all)
        unit.phase = UnitPhase::Done;
    else if (unit.start_again)
        unit.phase = UnitPhase::Idle;
    else if (exit.rule != RestartRule::RestartAll && is_restarted(unit.facts, exit))
        wait_until(unit, unit.backoff.again_at(now, limits_), now);
    else
        unit.phase = UnitPhase::Done;
    set_timer(name);
    if (unit.phase == UnitPhase::BackOff)
        out.push_back({.kind = Action::Kind::Tell, .run = {name, unit.generation}, .told = Told::BackOff});
    if (exit.rule == RestartRule::RestartAll && pod.phase == PodPhase::Up && pod.finish == Finish::None &&
        !std::exchange(pod.restarting_all, true))
        stop_units(name.slot(), Told::RestartingAll, Millis{0}, now, out);
}

void Core::not_created(Unit name, UnitState& unit, Millis now) noexcept {
    const PodState& pod = pods_[name.slot()];
    unit.not_created = true;
    clear_run(unit, probes_of(name));
    if (stops_whole(pod) || pod.restarting_all)
        unit.phase = unit.last.valid ? UnitPhase::Done : UnitPhase::Idle;
    else
        wait_until(unit, unit.backoff.again_at(now, limits_, limits_.initial), now);
    set_timer(name);
}

void Core::wait_until(UnitState& unit, Millis resume, Millis now) noexcept {
    if (resume <= now) {
        unit.phase = UnitPhase::Idle;
        return;
    }
    unit.phase = UnitPhase::BackOff;
    unit.resume = resume;
}

void Core::tick_unit(Unit name, Millis now, Actions& out) noexcept {
    UnitState& unit = units_of(name.slot())[name.index() - 1];
    if (is_due(unit.kill_at, now)) {
        const RunId run{name, unit.generation};
        if (unit.stop == Stop::Killed) {
            unit.kill_at = never;
            out.push_back({.kind = Action::Kind::Tell, .run = run, .told = Told::Unkillable});
        } else {
            unit.kill_at = now + kill_patience_;
            unit.stop = Stop::Killed;
            out.push_back({Action::Kind::Kill, run});
        }
    }
    if (is_due(unit.hook_until, now)) // it has slept, or is out of time
        hook_done(name, unit, Outcome::Success, now, out);
    if (unit.stop == Stop::Turn && is_due(unit.grace_end, now)) // nobody waits longer than that
        signal(name, unit, now, out);
    if (is_due(unit.resume, now)) {
        unit.phase = UnitPhase::Idle;
        unit.resume = never;
        settle(name.slot(), now, out);
    }
    if (is_due(unit.alive_until, now))
        terminate(name, unit, Told::WatchdogFailed, pods_[name.slot()].facts.grace, now, out);
    tick_probes(name, unit, now, out);
    set_timer(name);
}

} // namespace initd
