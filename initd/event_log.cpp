// SPDX-License-Identifier: Apache-2.0
#include "initd/event_log.hpp"

#include "initd/plain_text.hpp"

#include <algorithm>

namespace initd {

namespace {

// Cut at the limit, and not in the middle of a character.
std::string_view cut(std::string_view text, std::size_t limit) noexcept {
    if (text.size() <= limit)
        return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80)
        --limit;
    return text.substr(0, limit);
}

std::size_t cost(const EventRecord& record) noexcept {
    return sizeof record + record.part.size() + record.reason.size() + record.message.size();
}

} // namespace

template <class Archive>
void fields(Archive& a, Of<EventRecord> auto& record) {
    a(record.id);
    a(record.change);
    a(record.first);
    a(record.last);
    a(record.count);
    a.upto(record.severity, Severity::Warning);
    a(record.pod);
    a(record.uid);
    a(record.part);
    a(record.reason);
    a(record.message);
}

void EventLog::keep(EventRecord& record) {
    back(state_, RecordKind::Happening, static_cast<std::uint32_t>(record.id), record);
}

void EventLog::add(Millis now, const About& about, Severity severity, std::string_view reason,
                   std::initializer_list<std::string_view> message) noexcept try {
    std::string joined;
    for (const std::string_view part : message)
        joined += part.substr(0, max_message);
    const std::string text = plain_text(joined);
    EventRecord record;
    record.pod = about.pod;
    record.uid = about.uid;
    record.part = about.part;
    record.reason = reason;
    record.message = cut(text, max_message);
    record.severity = severity;
    record.first = record.last = now;
    const auto known = std::ranges::find_if(records_, [&](const EventRecord& other) {
        return other.message == record.message && other.part == record.part && other.reason == reason &&
               other.severity == severity && other.uid == record.uid;
    });
    if (known == records_.end()) {
        record.id = record.change = ++changes_;
        keep(record);
        insert(std::move(record));
        return make_room(now);
    }
    // What nobody has seen for an hour has gone by, as in the API server: it begins anew.
    if (now - known->last >= shown_for) {
        known->count = 0;
        known->first = now;
    }
    ++known->count;
    known->last = now;
    known->change = ++changes_;
    keep(*known);
} catch (...) { // out of memory
}

void EventLog::insert(EventRecord&& record) {
    record.subject = subject_of(record.uid);
    const std::size_t size = cost(record);
    records_.push_back(std::move(record));
    subjects_[records_.back().subject].bytes += static_cast<std::uint32_t>(size);
    bytes_ += size;
}

void EventLog::restore() {
    for (const std::uint32_t id : state_.ids(RecordKind::Happening)) {
        EventRecord record;
        if (!state_.recall(RecordKind::Happening, id, record) || static_cast<std::uint32_t>(record.id) != id) {
            state_.drop(RecordKind::Happening, id);
            continue;
        }
        changes_ = std::max({changes_, record.id, record.change});
        insert(std::move(record));
    }
    make_room(Millis{0});
}

// The place of the pod, found or made. One that is made and not used is free again, as it has no bytes.
std::uint32_t EventLog::subject_of(std::string_view uid) {
    auto found = subjects_.end();
    for (auto subject = subjects_.begin(); subject != subjects_.end(); ++subject)
        if (subject->bytes == 0) {
            found = subject;
        } else if (subject->uid == uid) {
            found = subject;
            break;
        }
    if (found == subjects_.end())
        found = subjects_.emplace(subjects_.end());
    if (found->bytes == 0)
        found->uid = uid;
    return static_cast<std::uint32_t>(found - subjects_.begin());
}

void EventLog::erase(std::size_t at) noexcept {
    const std::size_t size = cost(records_[at]);
    subjects_[records_[at].subject].bytes -= static_cast<std::uint32_t>(size);
    bytes_ -= size;
    state_.drop(RecordKind::Happening, static_cast<std::uint32_t>(records_[at].id));
    if (at + 1 != records_.size())
        records_[at] = std::move(records_.back());
    records_.pop_back();
}

void EventLog::make_room(Millis now) noexcept {
    while (records_.size() > max_records || bytes_ > max_bytes) {
        const auto noisiest =
            static_cast<std::uint32_t>(std::ranges::max_element(subjects_, {}, &Subject::bytes) - subjects_.begin());
        std::size_t victim = records_.size();
        for (std::size_t i = 0; i < records_.size(); ++i) {
            const EventRecord& record = records_[i];
            if (now - record.last >= shown_for) {
                victim = i;
                break;
            }
            if (record.subject == noisiest && (victim == records_.size() || record.change < records_[victim].change))
                victim = i;
        }
        erase(victim);
    }
}

void EventLog::take_back(const About& about, std::string_view reason) {
    std::size_t last = records_.size();
    for (std::size_t i = 0; i < records_.size(); ++i)
        if (records_[i].reason == reason && records_[i].part == about.part && records_[i].uid == about.uid &&
            (last == records_.size() || records_[i].change > records_[last].change))
            last = i;
    if (last == records_.size())
        return;
    if (--records_[last].count == 0)
        erase(last);
    else
        keep(records_[last]);
}

const EventRecord* EventLog::next(std::uint64_t EventRecord::*order, std::uint64_t after, Millis now) const noexcept {
    const EventRecord* first = nullptr;
    for (const EventRecord& record : records_)
        if (record.*order > after && (!first || record.*order < first->*order) && now - record.last < shown_for)
            first = &record;
    return first;
}

} // namespace initd
