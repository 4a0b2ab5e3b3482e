// SPDX-License-Identifier: Apache-2.0
#include "initd/core.hpp"

namespace initd {

namespace {

constexpr PodState no_pod{};
constexpr std::int32_t start_error = 128; // the exit code of a container that could not be started (containerd)

} // namespace

Core::Core(CoreConfig config) noexcept
    : minimum_grace_(config.minimum_grace)
    , kill_patience_(config.kill_patience)
    , limits_{std::min(config.backoff_initial, config.backoff_max), config.backoff_max, config.backoff_reset} {}

void Core::reserve(std::size_t slots, std::size_t units, std::size_t probes) {
    units_.reserve(units);
    probes_.reserve(probes);
    timers_.reserve(std::max(slots, pods_.size()) + units_.capacity());
    if (slots > pods_.size())
        pods_.resize(slots);
}

const PodState& Core::pod(std::uint32_t slot) const noexcept {
    return slot < pods_.size() ? pods_[slot] : no_pod;
}

std::span<const UnitState> Core::units(std::uint32_t slot) const noexcept {
    const PodState& state = pod(slot);
    if (state.phase == PodPhase::Free)
        return {};
    return std::span(units_).subspan(state.first_unit, state.facts.containers);
}

std::span<const ProbeState> Core::probes(std::uint32_t slot) const noexcept {
    return std::span(probes_).subspan(pod(slot).first_probe, pod(slot).facts.probes);
}

std::span<UnitState> Core::units_of(std::uint32_t slot) noexcept {
    return std::span(units_).subspan(pods_[slot].first_unit, pods_[slot].facts.containers);
}

// The unit whose current run this is, or nullptr.
UnitState* Core::live_unit(const RunId& run) noexcept {
    const std::uint32_t slot = run.unit.slot();
    const std::uint32_t index = run.unit.index();
    if (!in_use(slot) || index == 0 || index > pods_[slot].facts.containers)
        return nullptr;
    UnitState& unit = units_[pods_[slot].first_unit + index - 1];
    return unit.generation == run.generation && is_live(unit) ? &unit : nullptr;
}

void Core::step(Millis now, const Event& event, Actions& out) noexcept {
    const Unit name = event.run.unit;
    const std::uint32_t slot = name.slot();
    UnitState* const unit = live_unit(event.run);
    switch (event.kind) {
    case Event::Kind::PodAdded: add(slot, event.facts, now, out); break;
    case Event::Kind::PodRemoved:
    case Event::Kind::PodStopped:
        if (in_use(slot)) {
            pods_[slot].removed |= event.kind == Event::Kind::PodRemoved;
            stop(slot, event.grace == never ? pods_[slot].facts.grace : event.grace, now, out);
        }
        break;
    case Event::Kind::SandboxReady:
    case Event::Kind::SandboxFailed:
    case Event::Kind::SandboxDied:
    case Event::Kind::SandboxGone: sandbox_event(now, event, out); break;
    case Event::Kind::Started:
        if (unit && unit->phase == UnitPhase::Starting)
            started(name, *unit, now, out);
        break;
    case Event::Kind::StartFailed:
        if (unit && event.exit.not_created)
            not_created(name, *unit, now);
        else if (unit)
            ended(name, *unit, {.code = start_error, .never_ran = true}, now, out);
        if (unit)
            settle(slot, now, out);
        break;
    case Event::Kind::Exited:
        if (unit) {
            ended(name, *unit, event.exit, now, out);
            settle(slot, now, out);
        }
        break;
    case Event::Kind::HookDone:
        if (unit && unit->hook_serial == event.serial)
            hook_done(name, *unit, event.outcome, now, out);
        break;
    case Event::Kind::ProbeDone:
        if (unit)
            for (ProbeState& probe : probes_of(name))
                if (probe.asking && probe.serial == event.serial)
                    probe_done(name, *unit, probe, event.outcome, now, out);
        break;
    case Event::Kind::Notified:
        if (unit && unit->phase == UnitPhase::Running)
            notified(name, *unit, event.notice, now, out);
        break;
    case Event::Kind::RestartAsked: restart(name, now, out); break;
    case Event::Kind::RetryAsked: retry(slot, now, out); break;
    case Event::Kind::RenewAsked: renew(slot, now, out); break;
    case Event::Kind::Held: hold(slot, now, out); break;
    case Event::Kind::Released: release(slot, out); break;
    case Event::Kind::ShutdownBegun: shutting_down_ = true; break;
    }
    if (shutting_down_ && in_use_ == 0 && !shut_down_) {
        shut_down_ = true;
        out.push_back({Action::Kind::ShutDown, {}});
    }
}

std::uint32_t Core::tick_one(Millis now, Actions& out) noexcept {
    if (!is_due(next_deadline(), now))
        return no_slot;
    const Unit name = timers_.front().unit;
    if (name.index() == 0)
        tick_pod(name.slot(), now, out);
    else
        tick_unit(name, now, out);
    return name.slot();
}

void Core::tick(Millis now, Actions& out) noexcept {
    while (tick_one(now, out) != no_slot) {
    }
}

} // namespace initd
