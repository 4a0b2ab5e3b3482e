// SPDX-License-Identifier: Apache-2.0
#include "initd/listing.hpp"

#include "initd/node_info.hpp"
#include "initd/pod_status.hpp"

#include <algorithm>
#include <ctime>

namespace initd {

namespace {

Clock read_clock() {
    Clock clock;
    timespec boot{}, wall{};
    clock_gettime(CLOCK_BOOTTIME, &boot);
    clock_gettime(CLOCK_REALTIME, &wall);
    clock.boot = std::chrono::seconds(boot.tv_sec) + Millis{boot.tv_nsec / 1'000'000};
    clock.epoch_ms = static_cast<std::int64_t>(wall.tv_sec) * 1000 + wall.tv_nsec / 1'000'000;
    return clock;
}

} // namespace

bool Listing::matches(const Cursor& cursor, std::uint32_t slot) const {
    std::string_view name = pods_.at(slot).name;
    if (name.empty())
        return false;
    auto slash = name.find('/');
    if (!cursor.namespace_.empty() && name.substr(0, slash) != cursor.namespace_)
        return false;
    if (!cursor.name.empty() && name.substr(slash + 1) != cursor.name)
        return false;
    // Of two pods by one name the one that is wanted is shown, or the one that is on its way out when none is.
    return pods_.find_any(name) == slot;
}

std::string Listing::object(std::uint32_t slot) {
    const PodRecord& record = pods_.at(slot);
    const PodState& state = core_.pod(slot);
    const spec::Pod& pod = pods_.pod(slot);
    StatusFacts facts{pod, record.failures, {}, read_clock()};
    if (auto addresses = node_addresses(); !addresses.empty())
        facts.host_ip = addresses.front();
    std::string deleted = record.leaving && state.stop_asked != never ? wall_time(facts.clock, state.stop_asked) : "";
    std::string_view node = pod.spec.node_name.empty() ? std::string_view(performer_.node().hostname) : "";
    return spec::pod_object(record.text, make_status(core_, slot, facts), wall_time(facts.clock, state.added), deleted,
                            node);
}

// Sends what there is room for; false when that was all.
bool Listing::send(Cursor& cursor) {
    auto next_match = [&](std::uint32_t slot) {
        while (slot < pods_.slots() && !matches(cursor, slot))
            ++slot;
        return slot;
    };
    cursor.next = next_match(cursor.next);
    if (cursor.next >= pods_.slots()) {
        control_.reply(cursor.client, spec::Listed{});
        return false;
    }
    while (control_.has_room(cursor.client)) {
        std::uint32_t after = next_match(cursor.next + 1);
        bool more = after < pods_.slots();
        control_.reply(cursor.client, spec::Listed{spec::RawJson{object(cursor.next)}}, more);
        if (!more)
            return false;
        cursor.next = after;
    }
    return control_.connected(cursor.client);
}

void Listing::start(ClientId client, const spec::List& call) {
    std::erase_if(cursors_, [&](const Cursor& c) { return !control_.connected(c.client); });
    Cursor cursor{client, call.namespace_, call.name, 0};
    if (send(cursor))
        cursors_.push_back(std::move(cursor));
}

void Listing::go_on(ClientId client) {
    auto cursor = std::find_if(cursors_.begin(), cursors_.end(), [&](const Cursor& c) { return c.client == client; });
    if (cursor != cursors_.end() && !send(*cursor))
        cursors_.erase(cursor);
}

} // namespace initd
