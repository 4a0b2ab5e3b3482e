// SPDX-License-Identifier: Apache-2.0
// The core's probes (kubelet: pkg/kubelet/prober/worker.go).
//
// A probe is asked at the ticks of its period, counted from the container's start, from the first one that is not
// before the initial delay; never twice at a time. Its result turns when `success_threshold` or `failure_threshold`
// outcomes in a row say so: a startup probe's success starts the others (readiness at once), its failure and that of a
// liveness probe stop the container, readiness is shown. A container that is being stopped is only asked whether it is
// ready. One that notifies is taken as if it had a startup probe that succeeds with its first Ready.
#include "initd/core.hpp"

#include <algorithm>

namespace initd {
namespace {

constexpr Millis tick_after(Millis start, Millis period, Millis moment) noexcept {
    return start + ((moment - start) / period + 1) * period;
}

Millis first_tick(const ProbeFacts& facts, Millis start) noexcept {
    return facts.initial_delay <= Millis{0} ? start
                                            : tick_after(start, facts.period, start + facts.initial_delay - Millis{1});
}

bool says_ready(const UnitState& unit) noexcept { // as far as it is to say so
    return unit.notified || !unit.facts.notifies;
}

bool all_good(std::span<const ProbeState> probes, ProbeKind kind) noexcept {
    return std::ranges::all_of(probes,
                               [kind](const ProbeState& probe) { return probe.facts.kind != kind || probe.good; });
}

} // namespace

std::span<ProbeState> Core::probes_of(Unit name) noexcept {
    const PodState& pod = pods_[name.slot()];
    const UnitState& unit = units_[pod.first_unit + name.index() - 1];
    return std::span(probes_).subspan(pod.first_probe + unit.first_probe, unit.probes);
}

void Core::begin_probes(Unit name, UnitState& unit, Millis now, Actions& out) noexcept {
    for (ProbeState& probe : probes_of(name))
        probe.good = probe.facts.kind == ProbeKind::Liveness;
    unit.startup_passed = has_passed_startup(name, unit);
    for (ProbeState& probe : probes_of(name))
        if (unit.startup_passed || probe.facts.kind == ProbeKind::Startup)
            probe.next = first_tick(probe.facts, now);
    unit.ready_changed = now;
    if (unit.startup_passed)
        set_ready(name, unit, now);
    if (unit.startup_passed && unit.facts.watchdog != never)
        unit.alive_until = now + unit.facts.watchdog;
    tick_probes(name, unit, now, out);
}

void Core::ask(Unit name, UnitState& unit, ProbeState& probe, Millis now, Actions& out) noexcept {
    probe.asking = true;
    probe.serial = ++generation_;
    probe.next = never;
    probe.until = now + probe.facts.timeout;
    out.push_back({Action::Kind::Probe, {name, unit.generation}, probe.serial, {}, probe.facts.kind});
}

void Core::probe_done(Unit name, UnitState& unit, ProbeState& probe, Outcome outcome, Millis now,
                      Actions& out) noexcept {
    probe.asking = false;
    probe.until = never;
    const bool stopping = unit.stop != Stop::None && probe.facts.kind != ProbeKind::Readiness;
    if (!stopping) {
        probe.next = tick_after(unit.started, probe.facts.period, now);
        const bool well = outcome == Outcome::Success;
        if (outcome != Outcome::Unknown) {
            const std::int32_t enough = well ? probe.facts.success_threshold : probe.facts.failure_threshold;
            probe.in_row = probe.last == well ? std::min(probe.in_row + 1, enough) : 1;
            probe.last = well;
            if (probe.in_row >= enough) {
                probe.good = well;
                result(name, unit, probe, now, out);
            }
        }
    }
    set_timer(name);
}

void Core::result(Unit name, UnitState& unit, ProbeState& probe, Millis now, Actions& out) noexcept {
    if (probe.facts.kind == ProbeKind::Readiness) {
        set_ready(name, unit, now);
    } else if (!probe.good) {
        const Told why = probe.facts.kind == ProbeKind::Startup ? Told::StartupFailed : Told::LivenessFailed;
        const Millis pods = pods_[name.slot()].facts.grace;
        terminate(name, unit, why, probe.facts.grace == never ? pods : probe.facts.grace, now, out);
    } else if (!unit.startup_passed) {
        probe.next = never;
        if (has_passed_startup(name, unit))
            startup_passed(name, unit, now, out);
    }
}

bool Core::has_passed_startup(Unit name, const UnitState& unit) noexcept {
    return says_ready(unit) && all_good(probes_of(name), ProbeKind::Startup);
}

void Core::set_ready(Unit name, UnitState& unit, Millis now) noexcept {
    const bool ready = says_ready(unit) && all_good(probes_of(name), ProbeKind::Readiness);
    if (unit.ready != ready)
        unit.ready_changed = now;
    unit.ready = ready;
}

// What a container says of itself counts only as far as its manifest lets it.
void Core::notified(Unit name, UnitState& unit, Notice notice, Millis now, Actions& out) noexcept {
    switch (notice) {
    case Notice::Ready:
    case Notice::NotReady:
        unit.notified = notice == Notice::Ready;
        if (unit.startup_passed)
            return set_ready(name, unit, now);
        if (unit.stop == Stop::None && has_passed_startup(name, unit))
            startup_passed(name, unit, now, out);
        return;
    case Notice::Alive:
    case Notice::Trouble:
        if (unit.alive_until == never)
            return;
        unit.alive_until = now;
        if (notice == Notice::Alive)
            unit.alive_until += unit.facts.watchdog;
        return set_timer(name);
    }
}

void Core::startup_passed(Unit name, UnitState& unit, Millis now, Actions& out) noexcept {
    unit.startup_passed = true;
    if (unit.facts.watchdog != never)
        unit.alive_until = now + unit.facts.watchdog;
    for (ProbeState& probe : probes_of(name)) {
        if (probe.facts.kind == ProbeKind::Liveness)
            probe.next =
                std::max(first_tick(probe.facts, unit.started), tick_after(unit.started, probe.facts.period, now));
        if (probe.facts.kind == ProbeKind::Readiness)
            ask(name, unit, probe, now, out);
    }
    unit.ready_changed = now;
    set_ready(name, unit, now);
    set_timer(name);
    settle(name.slot(), now, out);
}

void Core::tick_probes(Unit name, UnitState& unit, Millis now, Actions& out) noexcept {
    for (ProbeState& probe : probes_of(name)) {
        if (is_due(probe.until, now)) {
            out.push_back({Action::Kind::GiveUpProbe, {name, unit.generation}, probe.serial, {}, probe.facts.kind});
            probe_done(name, unit, probe, Outcome::Failure, now, out);
        } else if (is_due(probe.next, now)) {
            ask(name, unit, probe, now, out);
        }
    }
}

} // namespace initd
