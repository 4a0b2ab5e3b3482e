// SPDX-License-Identifier: Apache-2.0
// The core after a resume: slots come back as they were, and what they wait for is asked for again. What is restored
// was written by a podinit that may have been damaged: it is believed only as far as it could be so.
#include "initd/core.hpp"

#include <algorithm>

namespace initd {
namespace {

bool is_possible(const UnitState& unit, PodPhase pod) noexcept {
    const bool stands = pod == PodPhase::Up || pod == PodPhase::Stopping;
    return (is_live(unit) ? stands && unit.generation != 0 : unit.stop == Stop::None) &&
           (unit.phase == UnitPhase::BackOff) == (unit.resume != never);
}

bool is_possible(const ProbeState& probe, std::size_t units) noexcept {
    const ProbeFacts& facts = probe.facts;
    return facts.unit >= 1 && facts.unit <= units && facts.period > Millis{0} && facts.success_threshold > 0 &&
           facts.failure_threshold > 0 && probe.in_row >= 0 &&
           probe.in_row <= std::max(facts.success_threshold, facts.failure_threshold);
}

bool is_possible(const PodState& pod, std::span<const UnitState> units, std::span<const ProbeState> probes) noexcept {
    constexpr std::size_t most = 255; // probes of a container
    std::size_t in_row = 0;           // of the same container
    std::uint8_t last = 0;
    for (const ProbeState& probe : probes) {
        in_row = probe.facts.unit == last ? in_row + 1 : 1;
        if (!is_possible(probe, units.size()) || probe.facts.unit < last || in_row > most)
            return false;
        last = probe.facts.unit;
    }
    return pod.phase != PodPhase::Free && !units.empty() && units.size() <= Unit::max_index &&
           (pod.retry_at == never || pod.phase == PodPhase::Making) &&
           std::ranges::all_of(units, [&](const UnitState& unit) { return is_possible(unit, pod.phase); });
}

// Has its hook been asked for? One that only sleeps is a deadline.
bool hook_is_out(const UnitState& unit) noexcept {
    const Millis sleep = unit.stop == Stop::Hook ? unit.facts.pre_stop_sleep : unit.facts.post_start_sleep;
    return unit.hook_serial != 0 && sleep == never;
}

} // namespace

bool Core::restore(std::uint32_t slot, const PodState& pod, std::span<const UnitState> units,
                   std::span<const ProbeState> probes) noexcept {
    if (slot >= pods_.size() || in_use(slot) || units_.capacity() - units_.size() < units.size() ||
        probes_.capacity() - probes_.size() < probes.size() || !is_possible(pod, units, probes))
        return false;
    PodState& state = pods_[slot] = pod;
    state.facts.containers = static_cast<std::uint8_t>(units.size());
    state.facts.probes = static_cast<std::uint16_t>(probes.size());
    state.facts.units = nullptr;
    state.facts.probe_facts = nullptr;
    state.first_unit = static_cast<std::uint32_t>(units_.size());
    state.first_probe = probes.empty() ? 0 : static_cast<std::uint32_t>(probes_.size());
    state.timer = no_timer;
    generations_above(pod.generation);
    units_.insert(units_.end(), units.begin(), units.end());
    probes_.insert(probes_.end(), probes.begin(), probes.end());
    for (ProbeState& probe : std::span(probes_).last(probes.size())) {
        probe.slot = slot;
        generations_above(probe.serial);
    }
    std::uint32_t first = 0;
    for (std::uint32_t index = 1; index <= units.size(); ++index) {
        UnitState& unit = units_of(slot)[index - 1];
        unit.slot = slot;
        unit.timer = no_timer;
        unit.first_probe = first;
        unit.probes = static_cast<std::uint8_t>(
            std::ranges::count(probes, index, [](const ProbeState& probe) { return probe.facts.unit; }));
        first += unit.probes;
        generations_above(std::max(unit.generation, unit.hook_serial));
    }
    units_in_use_ += state.facts.containers;
    probes_in_use_ += state.facts.probes;
    ++in_use_;
    waiting_ += state.phase == PodPhase::Waiting;
    for (std::uint32_t index = 0; index <= units.size(); ++index)
        set_timer(Unit(slot, index));
    return true;
}

void Core::outstanding(Actions& out) noexcept {
    for (std::uint32_t slot = 0; slot < pods_.size(); ++slot)
        if (in_use(slot))
            ask_again(slot, out);
    go_on(out);
}

void Core::ask_again(std::uint32_t slot, Actions& out) noexcept {
    PodState& pod = pods_[slot];
    if (!in_use(pod.facts.after) || pod.facts.after == slot)
        pod.facts.after = no_slot; // whoever has the slot next is nobody to wait for
    if (pod.phase == PodPhase::Making && pod.retry_at == never)
        out.push_back({Action::Kind::MakeSandbox, {Unit(slot, 0), pod.generation}});
    if (pod.phase == PodPhase::Dropping)
        out.push_back({Action::Kind::DropSandbox, {Unit(slot, 0), pod.generation}});
    std::uint32_t index = 0;
    for (const UnitState& unit : units_of(slot)) {
        const RunId run{Unit(slot, ++index), unit.generation};
        if (!is_live(unit))
            continue;
        if (unit.phase == UnitPhase::Starting)
            out.push_back({Action::Kind::Start, run});
        if (hook_is_out(unit))
            out.push_back({Action::Kind::RunHook, run, unit.hook_serial,
                           unit.stop == Stop::Hook ? Hook::PreStop : Hook::PostStart});
        for (const ProbeState& probe : probes_of(run.unit))
            if (probe.asking)
                out.push_back({Action::Kind::Probe, run, probe.serial, {}, probe.facts.kind});
        if (unit.stop == Stop::Signalled)
            out.push_back({Action::Kind::Terminate, run});
        if (unit.stop == Stop::Killed)
            out.push_back({Action::Kind::Kill, run});
    }
}

} // namespace initd
