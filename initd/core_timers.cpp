// SPDX-License-Identifier: Apache-2.0
// The core's deadlines: a binary heap with one entry for each pod or container that waits for anything. Who changes a
// deadline of a pod or a container calls set_timer() for it afterwards.
#include "initd/core.hpp"

namespace initd {
Millis Core::deadline_of(Unit name) noexcept {
    const PodState& pod = pods_[name.slot()];
    if (name.index() == 0)
        return sooner(pod.retry_at, pod.expires);
    const UnitState& unit = units_of(name.slot())[name.index() - 1];
    Millis at = sooner(sooner(unit.kill_at, unit.hook_until), sooner(unit.resume, unit.alive_until));
    if (unit.stop == Stop::Turn)
        at = sooner(at, unit.grace_end);
    for (const ProbeState& probe : probes_of(name))
        at = sooner(at, sooner(probe.next, probe.until));
    return at;
}

std::uint32_t& Core::timer_of(Unit name) noexcept {
    return name.index() == 0 ? pods_[name.slot()].timer : units_of(name.slot())[name.index() - 1].timer;
}

void Core::place(std::uint32_t at, Timer timer) noexcept {
    timers_[at] = timer;
    timer_of(timer.unit) = at;
}

// Puts `timer` where it belongs, starting from the hole at `at`.
void Core::sift(std::uint32_t at, Timer timer) noexcept {
    while (at > 0 && timer.at < timers_[(at - 1) / 2].at) {
        place(at, timers_[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        std::size_t child = 2 * std::size_t{at} + 1;
        if (child + 1 < timers_.size() && timers_[child + 1].at < timers_[child].at)
            ++child;
        if (child >= timers_.size() || timer.at <= timers_[child].at)
            break;
        place(at, timers_[child]);
        at = static_cast<std::uint32_t>(child);
    }
    place(at, timer);
}

void Core::remove_timer(std::uint32_t at) noexcept {
    timer_of(timers_[at].unit) = no_timer;
    const Timer last = timers_.back();
    timers_.pop_back();
    if (at < timers_.size())
        sift(at, last);
}

void Core::set_timer(Unit name) noexcept {
    const Millis at = deadline_of(name);
    std::uint32_t position = timer_of(name);
    if (at == never) {
        if (position != no_timer)
            remove_timer(position);
        return;
    }
    if (position == no_timer) { // reserve() has made room
        position = static_cast<std::uint32_t>(timers_.size());
        timers_.push_back({at, name});
    }
    sift(position, {at, name});
}

} // namespace initd
