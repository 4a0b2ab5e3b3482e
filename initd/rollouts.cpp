// SPDX-License-Identifier: Apache-2.0
#include "initd/rollouts.hpp"

#include "initd/clock.hpp"
#include "initd/log.hpp"
#include "initd/pod_facts.hpp"
#include "initd/workloads.hpp"

#include <algorithm>
#include <utility>

namespace initd {

namespace {

constexpr Millis calm{5'000};      // so long a trial's pods must stay good: a program that crashes does so early
constexpr Millis once_more{1'000}; // until a helper that could not be started is tried again

struct KeptName {
    std::string resource; // empty: of a file
    std::string name;
};
void fields(auto& archive, Of<KeptName> auto& kept) {
    archive(kept.resource);
    archive(kept.name);
}

struct KeptTrial {
    Millis deadline{0};
    std::string directory;
    std::vector<KeptName> names;
};
void fields(auto& archive, Of<KeptTrial> auto& kept) {
    archive(kept.deadline);
    archive(kept.directory);
    archive.list(kept.names);
}

} // namespace

// Without the memory for it nothing is kept, and the next boot takes the trial back.
void Rollouts::keep(const Rollout& rollout) noexcept try {
    if (!rollout.is_trial())
        return;
    KeptTrial kept{rollout.deadline, rollout.changed.directory, {}};
    for (const Item& item : rollout.items)
        kept.names.push_back({item.resource, item.name});
    for (const StoredFile& file : rollout.changed.files)
        kept.names.push_back({"", file.name});
    state_.keep(RecordKind::Trial, 0, kept);
} catch (...) {
    state_.drop(RecordKind::Trial, 0);
}

void Rollouts::restore() {
    KeptTrial kept;
    if (!state_.recall(RecordKind::Trial, 0, kept))
        return;
    Rollout trial{};
    trial.id = next_id_++;
    trial.client = {~0u, 0};
    trial.phase = Phase::Waiting;
    trial.deadline = kept.deadline;
    trial.changed.directory = std::move(kept.directory);
    trial.changed.trial = true;
    for (KeptName& each : kept.names) {
        const spec::Kind kind = spec::kind_of(each.resource);
        if (each.resource.empty())
            trial.changed.files.push_back({std::move(each.name), 0});
        else if (kind != spec::Kind::Ignored)
            trial.items.push_back({kind, std::move(each.resource), std::move(each.name)});
    }
    open_.push_back(std::move(trial));
}

const Rollouts::Rollout* Rollouts::trial() const noexcept {
    auto at = std::ranges::find_if(open_, &Rollout::is_trial);
    return at == open_.end() ? nullptr : &*at;
}

std::string Rollouts::objection(const spec::Apply& call, const ApplyPlan& plan) const {
    for (const spec::Applied::Item& item : plan.applied.items)
        if (std::string why = on_trial(spec::kind_of(item.resource), item.namespace_ + "/" + item.name); !why.empty())
            return why;
    if (!call.rollback)
        return {};
    if (trial())
        return "another change is on trial: " + trial_text(boot_time());
    if (!plan.changes.removed.empty())
        return plan.changes.removed.front() + " is transient, and could not be put back: delete it first";
    return {};
}

std::string Rollouts::on_trial(spec::Kind kind, std::string_view name) const {
    const Rollout* open = trial();
    if (!open || std::ranges::none_of(open->items, [&](const Item& i) { return i.kind == kind && i.name == name; }))
        return {};
    return "it is on trial: " + trial_text(boot_time());
}

std::string Rollouts::trial_text(Millis now) const {
    const Rollout* open = trial();
    if (!open)
        return {};
    std::string text;
    for (const Item& item : open->items)
        text.append(text.empty() ? "" : ", ").append(item.resource).append(" ").append(item.name);
    if (open->phase == Phase::RollingBack)
        return text.append(": is being rolled back");
    if (open->phase != Phase::Waiting)
        return text;
    const Millis left = std::max(open->deadline - now, Millis{0});
    text.append(": rolled back in ").append(std::to_string(left.count() / 1'000)).append(" s unless ready");
    return control_.connected(open->client) ? text : text.append(", or confirmed: whoever applied it has gone");
}

std::uint32_t Rollouts::begin(ClientId client, const spec::Apply& call, const ApplyPlan& plan) {
    Rollout added{};
    added.id = next_id_;
    added.client = client;
    added.patience = seconds_of(*call.wait_seconds);
    for (const spec::Applied::Item& item : plan.applied.items)
        if (const spec::Kind kind = spec::kind_of(item.resource); kind != spec::Kind::Ignored)
            added.items.push_back({kind, item.resource, item.namespace_ + "/" + item.name});
    added.changed = plan.changes;
    open_.push_back(std::move(added));
    return next_id_++;
}

void Rollouts::abandon(std::uint32_t id) noexcept {
    std::erase_if(open_, [&](const Rollout& r) { return r.id == id; });
}

void Rollouts::in_force(std::uint32_t id, Millis now) noexcept {
    const auto at = std::ranges::find(open_, id, &Rollout::id);
    if (at == open_.end())
        return;
    at->phase = Phase::Waiting;
    at->deadline = now + at->patience;
    keep(*at);
}

Rollouts::State Rollouts::state_of(const Item& item) const noexcept {
    const auto worth = [this](std::uint32_t slot) {
        switch (order_.fate(slot)) {
        case Fate::Ready:
        case Fate::Succeeded: return State::Good;
        case Fate::Failed: return State::Failed;
        case Fate::Underway: return State::Underway;
        }
        return State::Underway;
    };
    if (item.kind == spec::Kind::Pod) {
        const auto slot = pods_.find(item.name);
        return slot ? worth(*slot) : State::Underway;
    }
    const ObjectRecord* record = objects_.find(item.kind, item.name);
    if (!record || !is_workload(item.kind))
        return record ? State::Good : State::Underway;
    std::uint32_t good = 0;
    for (std::uint32_t slot = 0; slot < pods_.slots(); ++slot) {
        if (pods_.at(slot).owner != record->id || pods_.at(slot).leaving)
            continue;
        if (worth(slot) == State::Failed)
            return State::Failed;
        good += worth(slot) == State::Good;
    }
    return good >= record->wanted_pods ? State::Good : State::Underway;
}

Rollouts::State Rollouts::state_of(const Rollout& rollout) const noexcept {
    State all = State::Good;
    for (const Item& item : rollout.items)
        all = std::max(all, state_of(item));
    return all;
}

// Of its first pod that is not good.
std::string Rollouts::why_not(const Item& item) const {
    const ObjectRecord* record = item.kind == spec::Kind::Pod ? nullptr : objects_.find(item.kind, item.name);
    for (std::uint32_t slot = 0; slot < pods_.slots(); ++slot) {
        const PodRecord& pod = pods_.at(slot);
        const bool its = record ? pod.owner == record->id : pod.name == item.name;
        const Fate fate = its && !pod.leaving ? order_.fate(slot) : Fate::Ready;
        if (fate == Fate::Ready || fate == Fate::Succeeded)
            continue;
        std::string why = record ? called("pod", pod.name) + ": " : "";
        if (!pod.failures.empty())
            return why.append(pod.failures.back().reason).append(": ").append(pod.failures.back().message);
        if (const std::string waits = order_.why_waiting(slot); !waits.empty())
            return why.append(waits);
        for (const UnitState& unit : core_.units(slot))
            if (unit.last.valid && unit.last.exit.code != 0)
                return why.append("a container has ended with code ").append(std::to_string(unit.last.exit.code));
        return why.append(fate == Fate::Failed ? "has failed" : "is not ready");
    }
    return "is not there";
}

std::vector<spec::Applied::Unready> Rollouts::unready(const Rollout& rollout) const {
    std::vector<spec::Applied::Unready> list;
    for (const Item& item : rollout.items) {
        if (state_of(item) == State::Good)
            continue;
        const std::size_t slash = item.name.find('/');
        list.push_back({item.resource, item.name.substr(0, slash), item.name.substr(slash + 1), why_not(item)});
    }
    return list;
}

void Rollouts::look(Millis now) noexcept {
    std::erase_if(open_, [&](Rollout& rollout) {
        try {
            return rollout.phase == Phase::Waiting && consider(rollout, now);
        } catch (...) { // out of memory
            rollout.deadline = std::max(rollout.deadline, now + once_more);
            return false;
        }
    });
}

// True: it is over.
bool Rollouts::consider(Rollout& rollout, Millis now) {
    const bool heard = control_.connected(rollout.client);
    if (!heard && !rollout.is_trial())
        return true;
    const State state = state_of(rollout);
    if (state != State::Good)
        rollout.good_since = never;
    else if (rollout.good_since == never)
        rollout.good_since = now;
    if (state == State::Good && !rollout.is_trial()) {
        control_.reply(rollout.client, spec::Applied{{}, spec::Rollout::Complete, {}});
        return true;
    }
    if (state == State::Good && heard) {
        if (now >= rollout.good_since + calm)
            settle(rollout, Phase::Confirming, now);
        return false;
    }
    if (state != State::Failed && now < rollout.deadline)
        return false;
    rollout.unready = unready(rollout);
    if (rollout.is_trial()) {
        settle(rollout, Phase::RollingBack, now);
        return false;
    }
    control_.reply(rollout.client, spec::Applied{{}, spec::Rollout::Incomplete, std::move(rollout.unready)});
    return true;
}

void Rollouts::settle(Rollout& rollout, Phase phase, Millis now) {
    const Settle how = phase == Phase::Confirming ? Settle::Confirm : Settle::RollBack;
    auto job = jobs_.start(settle_plan(how, {&rollout.changed.directory, 1}));
    if (job) {
        if (phase == Phase::RollingBack)
            tell(rollout, Severity::Warning, "RolledBack", " is not ready in time: its change is taken back");
        rollout.phase = phase;
        rollout.job = *job;
        return;
    }
    log(Level::Error, {"a change on trial: ", ns::to_text(job.error())});
    rollout.deadline = now + once_more;
    rollout.good_since = never;
}

void Rollouts::tell(const Rollout& rollout, Severity severity, const char* reason, const char* what) const noexcept {
    for (const Item& item : rollout.items) {
        log(severity == Severity::Warning ? Level::Warning : Level::Notice, {item.resource, " ", item.name, what});
        recorder_.tell_node(severity, reason, {item.resource, " ", item.name, what});
    }
}

void Rollouts::on_job(const JobResult& result, std::vector<ObjectChange>& changes) {
    const auto at = std::ranges::find_if(
        open_, [&](const Rollout& r) { return r.phase >= Phase::Confirming && r.job == result.id; });
    if (at == open_.end())
        return;
    const Rollout ended = std::move(*at);
    open_.erase(at);
    state_.drop(RecordKind::Trial, 0);
    if (!result.failure.empty()) {
        log(Level::Error, {"a change on trial, which the next boot takes back: ", result.failure});
        control_.error(ended.client, spec::failed("the next boot takes it back: " + result.failure));
    } else if (ended.phase == Phase::Confirming) {
        tell(ended, Severity::Normal, "Confirmed", " is confirmed");
        control_.reply(ended.client, spec::Applied{{}, spec::Rollout::Complete, {}});
    } else {
        for (const StoredFile& file : ended.changed.files)
            manifests_.look_at(ended.changed.directory + "/" + file.name, changes);
        control_.reply(ended.client, spec::Applied{{}, spec::Rollout::RolledBack, ended.unready});
    }
}

bool Rollouts::confirm(Millis now) {
    const auto at =
        std::ranges::find_if(open_, [](const Rollout& r) { return r.is_trial() && r.phase == Phase::Waiting; });
    if (at == open_.end())
        return false;
    settle(*at, Phase::Confirming, now);
    return true;
}

Millis Rollouts::next_deadline() const noexcept {
    Millis next = never;
    for (const Rollout& rollout : open_)
        if (rollout.phase == Phase::Waiting)
            next = sooner(next, rollout.good_since != never && control_.connected(rollout.client)
                                    ? rollout.good_since + calm
                                    : rollout.deadline);
    return next;
}

} // namespace initd
