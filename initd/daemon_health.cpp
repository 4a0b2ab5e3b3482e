// SPDX-License-Identifier: Apache-2.0
// The daemon's half that sees to the machine's health: its watchdog, its critical pods, and who wants it down at once.
#include "initd/daemon.hpp"

#include "initd/log.hpp"
#include "spec/kinds.hpp"
#include "spec/watchdog.hpp"

namespace initd {

namespace {

constexpr Millis insisting{2'000}; // as systemd's ctrl-alt-del burst: 7 times within 2 s
constexpr int insists_at_once = 7;
constexpr std::string_view unhealthy = "critical pod has been unhealthy for ";

// One record a pod; that of the device has id 0.
constexpr std::uint32_t record_of(std::uint32_t slot) {
    return slot + 1;
}

} // namespace

void fields(auto& archive, Of<CriticalPod> auto& pod) {
    archive(pod.slot);
    archive.upto(pod.stage, CriticalPod::Stage::GivenUp);
    archive(pod.well);
    archive(pod.reboots);
    archive(pod.patience);
    archive(pod.since);
    archive(pod.debt);
}

// A pod that has come. May throw bad_alloc.
void Daemon::watch(std::uint32_t slot) {
    const auto asked = spec::read_watchdog(pods_.pod(slot).metadata);
    if (!asked)
        return;
    health_.add(slot, Millis{asked->after_ms}, asked->reboots,
                boot_time() + std::chrono::seconds{options_.config.boot_deadline_seconds});
    keep_health(slot);
}

void Daemon::unwatch(std::uint32_t slot) noexcept {
    if (!health_.find(slot))
        return;
    health_.remove(slot);
    state_.drop(RecordKind::Watchdog, record_of(slot));
}

void Daemon::keep_health(std::uint32_t slot) noexcept {
    if (const CriticalPod* pod = health_.find(slot))
        state_.keep(RecordKind::Watchdog, record_of(slot), *pod);
}

void Daemon::look_after(std::uint32_t slot, Fate fate) noexcept {
    if (health_.look(slot, fate == Fate::Ready || fate == Fate::Succeeded, boot_time()))
        keep_health(slot);
}

// What was watched before, when the pods are there again.
void Daemon::restore_health() {
    watchdog_.restore(boot_time());
    for (std::uint32_t slot = 0; slot < pods_.slots(); ++slot) {
        if (pods_.at(slot).name.empty() || pods_.at(slot).leaving || core_.shutting_down())
            continue;
        CriticalPod pod;
        if (state_.recall(RecordKind::Watchdog, record_of(slot), pod) && pod.slot == slot)
            health_.restore(pod);
        else
            watch(slot);
    }
}

void Daemon::tick_health(Millis now) noexcept {
    while (const CriticalPod* pod = core_.shutting_down() ? nullptr : health_.next(now)) {
        const std::uint32_t slot = pod->slot;
        const bool acts = pod->stage == CriticalPod::Stage::Acted;
        const Millis unwell = pod->patience;
        keep_health(slot);
        try {
            if (acts)
                revive(slot, unwell);
            else
                lose(slot, unwell);
        } catch (...) {
            log(Level::Error, {pods_.at(slot).name, ": critical, and unhealthy: out of memory"});
        }
    }
}

// The pods that a target stands for.
template <class Visit>
void Daemon::each_of(std::string_view target, Visit visit) {
    const std::size_t space = target.find(' ');
    const std::string_view resource = target.substr(0, space);
    const std::string_view name = target.substr(space + 1);
    if (resource == "pod") {
        if (const auto slot = pods_.find(name))
            visit(*slot);
        return;
    }
    const ObjectRecord* owner = objects_.find(spec::kind_of(resource), name);
    for (std::uint32_t slot = 0; owner && slot < pods_.slots(); ++slot)
        if (pods_.at(slot).owner == owner->id && !pods_.at(slot).leaving)
            visit(slot);
}

void Daemon::tell_health(std::uint32_t slot, std::string_view reason, Millis span, std::string_view what,
                         std::string_view whom) {
    const std::string seconds = std::to_string(span / std::chrono::seconds{1});
    log(Level::Warning, {pods_.at(slot).name, ": ", unhealthy, seconds, what, whom});
    recorder_.tell(Unit(slot, 0), Severity::Warning, reason, {unhealthy, seconds, what, whom});
}

// What the pod asks for.
void Daemon::revive(std::uint32_t slot, Millis unwell) {
    const auto renew = [&](std::uint32_t other) {
        tell_health(slot, "WatchdogRestart", unwell, " s: restarting pod ", pods_.at(other).name);
        Event event{};
        event.kind = Event::Kind::RenewAsked;
        event.run.unit = Unit(other, 0);
        events_.push_back(event);
    };
    const auto asked = spec::read_watchdog(pods_.pod(slot).metadata);
    if (!asked || asked->restarts.empty())
        return renew(slot);
    for (const std::string& target : asked->restarts) {
        bool found = false;
        each_of(target, [&](std::uint32_t other) {
            found = true;
            renew(other);
        });
        if (!found)
            tell_health(slot, "WatchdogRestart", unwell, " s: there is nothing to restart: ", target);
    }
}

// Nothing has helped. Whatever becomes of the way down, the machine is reset at its end.
void Daemon::lose(std::uint32_t slot, Millis unwell) {
    if (options_.standing == Standing::Supervisor)
        return tell_health(slot, "WatchdogReboot", unwell, " s: podinit is not PID 1, so nothing is rebooted", "");
    tell_health(slot, "WatchdogReboot", unwell, " s: rebooting", "");
    go_down(SignalMeaning::Reboot);
    watchdog_.give_up(way_down_.at_most(boot_time()));
}

// True: whoever presses ctrl-alt-del does not want to wait for pods.
bool Daemon::insists(Millis now) noexcept {
    if (now - insists_since_ > insisting) {
        insists_since_ = now;
        insisted_ = 0;
    }
    return ++insisted_ >= insists_at_once;
}

} // namespace initd
