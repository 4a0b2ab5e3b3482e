// SPDX-License-Identifier: Apache-2.0
#include "initd/way_down.hpp"

#include <algorithm>

namespace initd {

namespace {

constexpr Millis patience{5'000};       // beyond a pod's grace period, for SIGKILL and what is left of it to go
constexpr Millis late_patience{10'000}; // when all that is left is late: SIGKILL may take so long
constexpr Millis usual_rest{60'000};    // of the way down, beside the longest grace period
constexpr std::int32_t system_critical = 2'000'000'000; // pkg/apis/scheduling, SystemCriticalPriority

} // namespace

void WayDown::make_groups(const spec::Config& config) {
    for (const spec::PriorityGrace& each : config.shutdown_by_priority) {
        const Group group{each.priority, std::chrono::seconds(each.seconds)};
        groups_.insert(std::ranges::upper_bound(groups_, group.priority, {}, &Group::priority), group);
    }
    const Millis all{config.shutdown_grace_ms};
    const Millis critical{config.shutdown_critical_ms};
    if (groups_.empty() && critical > Millis{0})
        groups_ = {{0, all - critical}, {system_critical, critical}};
}

// The group that takes the priorities from its own up to the next one's; the first takes the lower ones, too.
std::int32_t WayDown::rank_of(std::uint32_t slot) const noexcept {
    const std::int32_t priority = order_.priority(slot);
    if (groups_.empty())
        return priority;
    const auto above = std::ranges::upper_bound(groups_, priority, {}, &Group::priority);
    return std::max(0, static_cast<std::int32_t>(above - groups_.begin()) - 1);
}

// Of the time of a group whose turn comes now.
Millis WayDown::end_of(std::int32_t rank, Millis now) const noexcept {
    if (groups_.empty())
        return last_end_;
    Millis all = began_; // the groups before, and this one
    for (std::size_t group = 0; group <= static_cast<std::size_t>(rank); ++group)
        all += groups_[group].time;
    return std::min(all, now + groups_[static_cast<std::size_t>(rank)].time);
}

void WayDown::rank_all() noexcept {
    for (std::uint32_t slot = 0; slot < leavers_.size(); ++slot)
        if (core_.pod(slot).phase != PodPhase::Free)
            leavers_[slot] = {rank_of(slot), State::Waits, never};
    for (bool changed = true; changed;) {
        changed = false;
        for (std::uint32_t slot = 0; slot < leavers_.size(); ++slot)
            if (leavers_[slot].state != State::Gone)
                order_.each_after(slot, [&](std::uint32_t other) {
                    if (leavers_[other].state == State::Gone || leavers_[other].rank <= leavers_[slot].rank)
                        return;
                    leavers_[slot].rank = leavers_[other].rank;
                    changed = true;
                });
    }
}

void WayDown::begin(const spec::Config& config, Millis began, Millis now, Events& events) noexcept {
    began_ = began;
    if (config.shutdown_grace_ms > 0)
        last_end_ = began + Millis{config.shutdown_grace_ms};
    if (config.shutdown_deadline_ms > 0)
        over_ = began + Millis{config.shutdown_deadline_ms};
    try {
        make_groups(config);
        leavers_.resize(core_.slots());
    } catch (...) { // out of memory: then all at once
        leavers_.clear();
        over_ = sooner(over_, now + at_most(now));
        deadline_ = over_;
        for (std::uint32_t slot = 0; slot < core_.slots(); ++slot)
            tell(slot, last_end_, now, events);
        return;
    }
    rank_all();
    for (std::uint32_t slot = 0; slot < leavers_.size(); ++slot) {
        const PodState& pod = core_.pod(slot);
        const bool at_once = pod.phase == PodPhase::Waiting || pod.held || pod.stop_asked != never;
        if (leavers_[slot].state == State::Waits && at_once)
            tell(slot, end_of(leavers_[slot].rank, now), now, events);
    }
    tick(now, events);
}

void WayDown::tell(std::uint32_t slot, Millis end, Millis now, Events& events) noexcept {
    const PodState& pod = core_.pod(slot);
    if (slot < leavers_.size())
        leavers_[slot].state = State::Gone;
    if (pod.phase == PodPhase::Free)
        return; // its Forget is under way
    Event stopped{};
    stopped.kind = Event::Kind::PodStopped;
    stopped.run.unit = Unit(slot, 0);
    stopped.grace = end == never ? pod.facts.grace : std::min(pod.facts.grace, std::max(end - now, Millis{0}));
    events.push_back(stopped);
    if (slot < leavers_.size()) {
        leavers_[slot].state = State::Told;
        leavers_[slot].until = end == never ? now + stopped.grace + patience : end;
    }
}

bool WayDown::is_blocked(std::uint32_t slot) const noexcept {
    bool blocked = false;
    order_.each_after(slot, [&](std::uint32_t other) {
        const State state = other < leavers_.size() ? leavers_[other].state : State::Gone;
        blocked = blocked || (other != slot && (state == State::Waits || state == State::Told));
    });
    return blocked;
}

// Whose turn it is: the lowest group of which somebody is left. False when nobody is.
bool WayDown::find_turn(Millis now) noexcept {
    bool any = false;
    std::int32_t rank = 0;
    for (Leaver& leaver : leavers_) {
        if (leaver.state == State::Told && is_due(leaver.until, now))
            leaver.state = State::Late;
        if (leaver.state != State::Waits && leaver.state != State::Told)
            continue;
        rank = any ? std::min(rank, leaver.rank) : leaver.rank;
        any = true;
    }
    if (any && (!has_turn_ || rank != turn_)) {
        end_ = end_of(rank, now);
        has_turn_ = true;
        turn_ = rank;
    }
    return any;
}

// Those of the group that may be stopped now; false when there is nobody of them.
bool WayDown::tell_group(Millis now, Events& events) noexcept {
    bool told = false;
    bool awaited = false;
    const auto tell_all = [&](bool blocked_too) {
        for (std::uint32_t slot = 0; slot < leavers_.size(); ++slot) {
            const Leaver& leaver = leavers_[slot];
            if (leaver.rank != turn_)
                continue;
            awaited = awaited || leaver.state == State::Told;
            if (leaver.state != State::Waits || (!blocked_too && is_blocked(slot)))
                continue;
            tell(slot, end_, now, events);
            told = true;
        }
    };
    tell_all(false);
    if (!told && !awaited) // each waits for another one
        tell_all(true);
    return told;
}

void WayDown::gone(std::uint32_t slot, Millis now, Events& events) noexcept {
    if (slot >= leavers_.size() || leavers_[slot].state == State::Gone)
        return;
    leavers_[slot].state = State::Gone;
    tick(now, events);
}

void WayDown::tick(Millis now, Events& events) noexcept {
    while (find_turn(now) && tell_group(now, events)) {
    }
    deadline_ = never;
    for (const Leaver& leaver : leavers_)
        if (leaver.state == State::Told)
            deadline_ = sooner(deadline_, leaver.until);
    const auto is_late = [](const Leaver& leaver) { return leaver.state == State::Late; };
    if (deadline_ == never && std::ranges::any_of(leavers_, is_late))
        over_ = sooner(over_, now + late_patience);
    deadline_ = sooner(deadline_, is_over(now) ? never : over_);
}

Millis WayDown::at_most(Millis now) const noexcept {
    if (over_ != never)
        return std::max(over_ - now, Millis{0});
    Millis grace{0};
    for (std::uint32_t slot = 0; slot < core_.slots(); ++slot)
        if (core_.pod(slot).phase != PodPhase::Free)
            grace = std::max(grace, core_.pod(slot).facts.grace);
    return std::min(grace, Millis{std::chrono::hours{24}}) + usual_rest;
}

} // namespace initd
