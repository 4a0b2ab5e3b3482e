// SPDX-License-Identifier: Apache-2.0
#include "initd/health.hpp"

#include <algorithm>

namespace initd {

namespace {

Millis due(const CriticalPod& pod) noexcept {
    if (pod.well || pod.stage == CriticalPod::Stage::GivenUp)
        return never;
    return pod.since + std::max(pod.patience - pod.debt, Millis{0});
}

// In order of their slots: where it is, or would be.
template <class Pods>
auto place(Pods& pods, std::uint32_t slot) noexcept {
    return std::ranges::lower_bound(pods, slot, {}, &CriticalPod::slot);
}

} // namespace

void Health::add(std::uint32_t slot, Millis patience, bool reboots, Millis counts_from) {
    restore({.slot = slot, .reboots = reboots, .patience = patience, .since = counts_from});
}

void Health::restore(const CriticalPod& pod) {
    remove(pod.slot);
    pods_.insert(place(pods_, pod.slot), pod);
    set_deadline();
}

void Health::remove(std::uint32_t slot) noexcept {
    const auto pod = place(pods_, slot);
    if (pod == pods_.end() || pod->slot != slot)
        return;
    pods_.erase(pod);
    set_deadline();
}

const CriticalPod* Health::find(std::uint32_t slot) const noexcept {
    const auto pod = place(pods_, slot);
    return pod == pods_.end() || pod->slot != slot ? nullptr : &*pod;
}

bool Health::look(std::uint32_t slot, bool well, Millis now) noexcept {
    const auto pod = place(pods_, slot);
    if (pod == pods_.end() || pod->slot != slot || pod->well == well)
        return false;
    const Millis span = std::max(now - pod->since, Millis{0}); // nothing counted yet: none
    pod->debt = std::clamp(well ? pod->debt + span : pod->debt - span, Millis{0}, pod->patience);
    if (!well && span >= pod->patience && pod->stage == CriticalPod::Stage::Acted)
        pod->stage = CriticalPod::Stage::Watched;
    pod->well = well;
    pod->since = now;
    set_deadline();
    return true;
}

const CriticalPod* Health::next(Millis now) noexcept {
    if (!is_due(deadline_, now))
        return nullptr;
    const auto pod = std::ranges::find_if(pods_, [&](const CriticalPod& each) { return is_due(due(each), now); });
    const bool acts = pod->stage == CriticalPod::Stage::Watched && !pod->reboots;
    pod->stage = acts ? CriticalPod::Stage::Acted : CriticalPod::Stage::GivenUp;
    pod->since = now;
    pod->debt = Millis{0};
    set_deadline();
    return &*pod;
}

void Health::set_deadline() noexcept {
    deadline_ = never;
    for (const CriticalPod& pod : pods_)
        deadline_ = sooner(deadline_, due(pod));
}

} // namespace initd
