// SPDX-License-Identifier: Apache-2.0
#include "initd/core.hpp"

#include <type_traits>

namespace initd {

static_assert(std::is_trivially_copyable_v<PodState> && std::is_trivially_copyable_v<UnitState> &&
                  std::is_trivially_copyable_v<Event> && std::is_trivially_copyable_v<Action>,
              "the core's state outlives the process as bytes");

namespace {

constexpr PodState no_pod{};
constexpr std::int32_t start_error = 128; // the exit code of a container that could not be started (containerd)

} // namespace

Core::Core(CoreConfig config) noexcept
    : minimum_grace_(config.minimum_grace)
    , limits_{config.backoff_initial, config.backoff_max, config.backoff_reset} {}

void Core::reserve(std::size_t slots, std::size_t units) {
    units_.reserve(units);
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

void Core::due(Millis at) noexcept {
    if (at != never && (next_deadline_ == never || at < next_deadline_))
        next_deadline_ = at;
}

void Core::step(Millis now, const Event& event, Actions& out) noexcept {
    const std::uint32_t slot = event.run.unit.slot();
    UnitState* const unit = live_unit(event.run);
    switch (event.kind) {
    case Event::Kind::PodAdded: add(slot, event.facts, now, out); break;
    case Event::Kind::PodRemoved:
        if (in_use(slot)) {
            pods_[slot].removed = true;
            stop(slot, event.grace == never ? pods_[slot].facts.grace : event.grace, now, out);
        }
        break;
    case Event::Kind::SandboxReady:
    case Event::Kind::SandboxFailed:
    case Event::Kind::SandboxDied:
    case Event::Kind::SandboxGone: sandbox_event(now, event, out); break;
    case Event::Kind::Started:
        if (unit && unit->phase == UnitPhase::Starting) {
            unit->phase = UnitPhase::Running;
            unit->started = now;
        }
        break;
    case Event::Kind::StartFailed:
        if (unit) { // also of one that is Running: a program that is not there shows only after all else is set up
            if (event.exit.not_created)
                not_created(*unit, pods_[slot], now);
            else
                ended(*unit, pods_[slot], {.code = start_error, .never_ran = true}, now);
            settle(slot, out);
        }
        break;
    case Event::Kind::Exited:
        if (unit) {
            ended(*unit, pods_[slot], event.exit, now);
            settle(slot, out);
        }
        break;
    case Event::Kind::RestartAsked: restart(event.run.unit, now, out); break;
    case Event::Kind::RetryAsked: retry(slot, out); break;
    case Event::Kind::ShutdownAsked:
        shutting_down_ = true;
        for (std::uint32_t i = 0; i < pods_.size(); ++i)
            if (in_use(i))
                stop(i, event.grace == never ? pods_[i].facts.grace : std::min(event.grace, pods_[i].facts.grace), now,
                     out);
        break;
    }
    if (shutting_down_ && in_use_ == 0 && !shut_down_) {
        shut_down_ = true;
        out.push_back({Action::Kind::ShutDown, {}});
    }
}

// One pass does what is due and finds what is next: doing it in one pod makes nothing due in another.
void Core::tick(Millis now, Actions& out) noexcept {
    if (!is_due(next_deadline_, now))
        return;
    next_deadline_ = never;
    for (std::uint32_t slot = 0; slot < pods_.size(); ++slot) {
        if (!in_use(slot))
            continue;
        if (is_due(pods_[slot].retry_at, now))
            make_sandbox(slot, out);
        due(pods_[slot].retry_at);
        tick_units(slot, now, out);
    }
}

} // namespace initd
