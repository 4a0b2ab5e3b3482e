// SPDX-License-Identifier: Apache-2.0
// The daemon's half that takes objects in: what a file says comes into force.
#include "initd/daemon.hpp"

#include "initd/change_order.hpp"
#include "initd/log.hpp"
#include "initd/orphans.hpp"
#include "initd/pod_facts.hpp"
#include "initd/workloads.hpp"

#include <algorithm>

namespace initd {

namespace {

std::uint32_t id_of(const ObjectRecord* record) {
    return record ? record->id : no_id;
}

void tell_warnings(std::string_view name, const spec::Object& object) {
    for (const spec::Problem& warning : object.warnings)
        log(Level::Info, {object.resource, " ", spec::to_text(name, warning)});
}

} // namespace

void Daemon::handle_changes() noexcept {
    settled_ = false;
    look_for_orphans();
    do {
        names_freed_ = false;
        take_in_all();
        if (names_freed_)
            manifests_.retry_refused(changes_);
    } while (names_freed_);
}

void Daemon::look_for_orphans() noexcept try {
    if (orphans_ && loading_ == Loading::Done)
        orphans_ = find_orphans(pods_, objects_, manifests_, changes_);
} catch (...) { // out of memory: another time
}

// Those whose time has come; the others stay.
void Daemon::take_in_all() noexcept try {
    for (const std::uint32_t index : in_order(changes_, least_priority_)) {
        ObjectChange& change = changes_[index];
        try {
            take_in(change);
            pump();
        } catch (...) {
            log(Level::Error, {change.name, ": not taken in: out of memory"});
        }
        change.kind = spec::Kind::Ignored;
    }
    std::erase_if(changes_, [](const ObjectChange& change) { return change.kind == spec::Kind::Ignored; });
} catch (...) {
    log(Level::Error, {"changes wait: out of memory"});
}

void Daemon::take_in(ObjectChange& change) {
    switch (change.kind) {
    case spec::Kind::Pod: return take_in_pod(change);
    case spec::Kind::ConfigMap:
    case spec::Kind::Secret: return take_in_data(change);
    case spec::Kind::DaemonSet:
    case spec::Kind::Deployment:
    case spec::Kind::StatefulSet: return take_in_workload(change);
    case spec::Kind::Ignored: return;
    }
}

// True: it cannot come into force, and that has been said.
bool Daemon::refuse(const ObjectChange& change) {
    const auto aside = [&](const spec::Manifest& manifest) { return asides_.has_pod(manifest.pod.metadata.uid); };
    auto conflict = std::ranges::any_of(change.object.pods, aside) ? std::optional<std::string>(Asides::why)
                                                                   : find_conflict(pods_, objects_, change.object);
    if (conflict)
        manifests_.refuse(change.kind, change.name, *conflict);
    return conflict.has_value();
}

void Daemon::take_in_pod(ObjectChange& change) {
    if (change.wanted) {
        spec::Manifest& manifest = change.object.pods.front();
        auto current = pods_.find(change.name);
        if (current && pods_.at(*current).text == manifest.text && pods_.at(*current).owner == 0)
            return pods_.set_origin(*current, change.origin); // the same pod, however it is written
        if (refuse(change))
            return;
        tell_warnings(change.name, change.object);
        add_pod(std::move(manifest), 0, pods_.find_any(change.name).value_or(no_slot), change.origin);
    } else if (auto slot = pods_.find_to_remove(change.name)) {
        std::uint32_t owner = pods_.at(*slot).owner;
        remove_pod(*slot, change.grace);
        const ObjectRecord* record = objects_.find(owner);
        if (!record)
            return;
        auto object = spec::read_object(record->text); // fails only for lack of memory: our own text
        if (object)
            restore_pods(owner, object->pods);
    }
}

void Daemon::take_in_data(ObjectChange& change) {
    const ObjectRecord* record = objects_.find(change.kind, change.name);
    if (change.wanted) {
        if (record && record->text == change.object.text)
            return objects_.set_origin(change.kind, change.name, change.origin);
        tell_warnings(change.name, change.object);
        objects_.put(change.object, boot_time(), change.origin);
    } else {
        objects_.erase(change.kind, change.name);
    }
    std::string_view name = change.name;
    auto slash = name.find('/');
    performer_.object_changed(change.kind, name.substr(0, slash), name.substr(slash + 1), events_);
}

void Daemon::take_in_workload(ObjectChange& change) {
    const ObjectRecord* record = objects_.find(change.kind, change.name);
    std::uint32_t id = id_of(record);
    if (!change.wanted) {
        objects_.erase(change.kind, change.name);
        order_.workload_changed(change.kind, change.name);
        for (std::uint32_t slot = 0; slot < pods_.slots(); ++slot)
            if (pods_.at(slot).owner == id)
                remove_pod(slot, change.grace);
        return;
    }
    if (refuse(change))
        return;
    if (!record || record->text != change.object.text) {
        tell_warnings(change.name, change.object);
        id = objects_.put(change.object, boot_time(), change.origin).id;
        order_.workload_changed(change.kind, change.name);
    } else {
        objects_.set_origin(change.kind, change.name, change.origin);
    }
    restore_pods(id, change.object.pods);
}

// No event is handled before the last one is there: until then no slot is free that a successor waits for.
void Daemon::restore_pods(std::uint32_t owner, std::vector<spec::Manifest>& wanted) {
    PodDifference difference = compare_pods(pods_, owner, wanted);
    for (std::uint32_t slot : difference.surplus)
        remove_pod(slot, never);
    for (const PodDifference::Missing& missing : difference.missing)
        add_pod(std::move(wanted[missing.wanted]), owner, missing.after, {});
}

// In place of the pod that has its name now, if there is one.
void Daemon::add_pod(spec::Manifest&& manifest, std::uint32_t owner, std::uint32_t after, Origin origin) {
    auto current = pods_.find(spec::full_name(manifest.pod.metadata));
    Event added{};
    added.kind = Event::Kind::PodAdded;
    // All that can fail comes before the first event.
    const CoreFacts& facts = arriving_.emplace_back(facts_of(manifest.pod, after));
    added.facts = facts.pod;
    make_room_for(facts.pod.containers, facts.pod.probes);
    const std::uint32_t slot = pods_.add(std::move(manifest), owner, facts.pod.probes, origin);
    try {
        watch(slot);
        order_.add(slot, pods_.pod(slot));
    } catch (...) {
        unwatch(slot);
        pods_.free(slot);
        throw;
    }
    added.run.unit = Unit(slot, 0);
    units_ += facts.pod.containers;
    probes_ += facts.pod.probes;
    if (current)
        remove_pod(*current, never);
    events_.push_back(added);
}

// One that is on its way out already may be given less time.
void Daemon::remove_pod(std::uint32_t slot, Millis grace) {
    Event removed{};
    removed.kind = Event::Kind::PodRemoved;
    removed.run.unit = Unit(slot, 0);
    removed.grace = grace;
    events_.push_back(removed);
    pods_.leave(slot);
    order_.leave(slot);
    unwatch(slot);
    names_freed_ = true;
}

} // namespace initd
