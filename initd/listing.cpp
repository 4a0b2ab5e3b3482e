// SPDX-License-Identifier: Apache-2.0
#include "initd/listing.hpp"

#include "initd/clock.hpp"
#include "initd/node_info.hpp"
#include "initd/pod_status.hpp"
#include "initd/workloads.hpp"
#include "spec/event.hpp"
#include "spec/object_status.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace initd {

namespace {

// Does a cursor's namespace and name leave this one in? What happens to the machine is told in "default".
bool matches(std::string_view full_name, std::string_view namespace_, std::string_view name) {
    const std::size_t slash = full_name.find('/');
    const std::string_view own = slash == full_name.npos ? "default" : full_name.substr(0, slash);
    return (namespace_.empty() || own == namespace_) && (name.empty() || full_name.substr(slash + 1) == name);
}

std::string_view word(std::optional<spec::Notification::Stage> stage) {
    using Stage = spec::Notification::Stage;
    if (!stage)
        return "Starting";
    switch (*stage) {
    case Stage::Ready: return "Ready";
    case Stage::Reloading: return "Reloading";
    case Stage::Stopping: return "Stopping";
    }
    return "";
}

// What its containers say of themselves: a condition for each that does, which every client of Kubernetes can read.
void add_notices(spec::PodStatus& status, const spec::Pod& pod, const Notify& notify, std::uint32_t slot,
                 const StatusFacts& facts) {
    for (std::uint32_t i = 0; i < spec::container_count(pod); ++i)
        if (const Notify::Said* said = notify.said(Unit(slot, i + 1))) {
            spec::PodCondition& condition = status.conditions.emplace_back();
            condition.type.append(spec::notify_condition).append(spec::container_at(pod, i).name);
            condition.status = said->stage == spec::Notification::Stage::Ready ? "True" : "False";
            condition.reason = word(said->stage);
            condition.message = said->status;
            condition.last_transition_time = wall_time(facts.clock, said->since);
        }
}

} // namespace

spec::RawJson Listing::pod_object(std::uint32_t slot) {
    const PodRecord& record = pods_.at(slot);
    const PodState& state = core_.pod(slot);
    const spec::Pod& pod = pods_.pod(slot);
    std::vector<RunMessage> messages = record.messages;
    for (RunMessage& message : messages)
        if (message.from_log)
            performer_.read_log(slot, message);
    StatusFacts facts{pod, record.failures, messages, record.conditions, {}, read_clock(), order_.why_waiting(slot)};
    if (auto addresses = node_addresses(); !addresses.empty())
        facts.host_ip = addresses.front();
    std::string deleted = record.leaving && state.stop_asked != never ? wall_time(facts.clock, state.stop_asked) : "";
    std::string_view node = pod.spec.node_name.empty() ? std::string_view(performer_.node().hostname) : "";
    spec::PodStatus status = make_status(core_, slot, facts);
    add_notices(status, pod, performer_.notify(), slot, facts);
    return {spec::pod_object(record.text, status, wall_time(facts.clock, state.added), deleted, node)};
}

std::optional<spec::RawJson> Listing::take_pod(Cursor& cursor) {
    while (cursor.next_slot < pods_.slots()) {
        std::uint32_t slot = cursor.next_slot++;
        const std::string_view name = pods_.at(slot).name;
        // Of two pods by one name the one that is wanted is shown, or the one that is on its way out when none is.
        if (!name.empty() && matches(name, cursor.namespace_, cursor.name) && pods_.find_any(name) == slot)
            return pod_object(slot);
    }
    return std::nullopt;
}

spec::RawJson Listing::event_object(const EventRecord& record) {
    const std::size_t slash = std::min(record.pod.find('/'), record.pod.size());
    const bool machine = slash == record.pod.size();
    const Clock clock = read_clock();
    // As good as the nanoseconds that Kubernetes makes names of: no two begin in the same millisecond with one number.
    constexpr int id_bits = 24;
    char number[16];
    const auto end = std::to_chars(
        number, std::end(number),
        static_cast<std::uint64_t>(record.first.count()) << id_bits | (record.id & ((1u << id_bits) - 1)), 16);
    const std::string first = wall_time(clock, record.first), last = wall_time(clock, record.last);
    spec::EventFacts facts;
    facts.pod = record.pod.substr(machine ? 0 : slash + 1);
    facts.namespace_ = record.pod.substr(0, machine ? 0 : slash);
    facts.uid = record.uid;
    facts.field_path = record.part;
    facts.number = std::string_view(number, end.ptr);
    facts.type = record.severity == Severity::Warning ? "Warning" : "Normal";
    facts.reason = record.reason;
    facts.message = record.message;
    facts.first_timestamp = first;
    facts.last_timestamp = last;
    facts.host = performer_.node().hostname;
    facts.count = record.count;
    return {spec::event_object(facts)};
}

std::optional<spec::RawJson> Listing::take_event(Cursor& cursor) {
    const auto order = cursor.watch ? &EventRecord::change : &EventRecord::id;
    const Millis now = boot_time();
    while (const EventRecord* record = events_.next(order, cursor.last_event, now)) {
        cursor.last_event = record->*order;
        if (matches(record->pod, cursor.namespace_, cursor.name))
            return event_object(*record);
    }
    return std::nullopt;
}

// The next object's text, and the cursor goes on.
std::optional<spec::RawJson> Listing::take(Cursor& cursor) {
    if (cursor.events)
        return take_event(cursor);
    if (cursor.kind == spec::Kind::Pod)
        return take_pod(cursor);
    const ObjectRecord* record = objects_.next(cursor.kind, cursor.last);
    while (record && !matches(record->name, cursor.namespace_, cursor.name))
        record = objects_.next(cursor.kind, record->name);
    if (!record)
        return std::nullopt;
    cursor.last = record->name;
    spec::ObjectCounts counts;
    if (is_workload(record->kind)) {
        PodCount count = count_pods(pods_, core_, record->id);
        counts = {static_cast<std::int32_t>(record->wanted_pods), static_cast<std::int32_t>(count.pods),
                  static_cast<std::int32_t>(count.ready)};
    }
    return spec::RawJson{spec::kept_object(record->kind, record->text, counts, wall_time(read_clock(), record->added))};
}

// Sends what there is room for; false when that was all.
bool Listing::send(Cursor& cursor) {
    while (control_.has_room(cursor.client)) {
        if (cursor.watch) {
            auto object = take(cursor);
            if (!object)
                return true;
            control_.reply(cursor.client, spec::Listed{std::move(object)}, true);
            continue;
        }
        spec::Listed reply{std::exchange(cursor.pending, std::nullopt)};
        if (reply.object)
            cursor.pending = take(cursor);
        bool more = cursor.pending.has_value();
        control_.reply(cursor.client, reply, more);
        if (!more)
            return false;
    }
    return control_.connected(cursor.client);
}

void Listing::start(ClientId client, const spec::List& call) {
    std::erase_if(cursors_, [&](const Cursor& c) { return !control_.connected(c.client); });
    Cursor cursor;
    cursor.client = client;
    cursor.events = call.resource == spec::event_resource;
    cursor.watch = call.watch;
    cursor.namespace_ = call.namespace_;
    cursor.name = call.name;
    if (!cursor.events && !call.resource.empty())
        cursor.kind = spec::kind_of(call.resource);
    if (cursor.kind == spec::Kind::Ignored)
        return control_.error(client, unknown_resource(call.resource));
    if (!cursor.watch)
        cursor.pending = take(cursor);
    if (send(cursor))
        cursors_.push_back(std::move(cursor));
}

void Listing::tell_watchers() noexcept {
    if (std::exchange(told_, events_.last_change()) == events_.last_change())
        return;
    std::erase_if(cursors_, [&](Cursor& cursor) {
        try {
            return cursor.watch && !send(cursor);
        } catch (...) { // out of memory: it misses one
            return false;
        }
    });
}

void Listing::go_on(ClientId client) {
    auto cursor = std::find_if(cursors_.begin(), cursors_.end(), [&](const Cursor& c) { return c.client == client; });
    if (cursor != cursors_.end() && !send(*cursor))
        cursors_.erase(cursor);
}

} // namespace initd
