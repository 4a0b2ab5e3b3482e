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
    return sizeof record + record.text.size();
}

} // namespace

void EventLog::add(Millis now, const About& about, Severity severity, std::string_view reason,
                   std::initializer_list<std::string_view> message) noexcept try {
    std::string text;
    for (const std::string_view part : message)
        text += part.substr(0, max_message);
    text = std::string(about.part).append(cut(plain_text(text), max_message));
    const std::uint32_t subject = subject_of(about);
    const auto known = std::ranges::find_if(records_, [&](const EventRecord& record) {
        return record.subject == subject && record.text == text && record.part_size == about.part.size() &&
               record.reason == reason && record.severity == severity;
    });
    if (known != records_.end()) {
        // What nobody has seen for an hour has gone by, as in the API server: it begins anew.
        if (now - known->last >= shown_for) {
            known->count = 0;
            known->first = now;
        }
        ++known->count;
        known->last = now;
        known->change = ++changes_;
        return;
    }
    EventRecord& record = records_.emplace_back();
    record.id = record.change = ++changes_;
    record.first = record.last = now;
    record.reason = reason;
    record.text = std::move(text);
    record.subject = subject;
    record.part_size = static_cast<std::uint16_t>(about.part.size());
    record.severity = severity;
    subjects_[subject].bytes += static_cast<std::uint32_t>(cost(record));
    bytes_ += cost(record);
    make_room(now);
} catch (...) { // out of memory
}

// The place of the pod, found or made. One that is made and not used is free again, as it has no bytes.
std::uint32_t EventLog::subject_of(const About& about) {
    auto found = subjects_.end();
    for (auto subject = subjects_.begin(); subject != subjects_.end(); ++subject)
        if (subject->bytes == 0) {
            found = subject;
        } else if (subject->uid == about.uid) {
            found = subject;
            break;
        }
    if (found == subjects_.end())
        found = subjects_.emplace(subjects_.end());
    if (found->bytes == 0) {
        found->name = about.pod;
        found->uid = about.uid;
    }
    return static_cast<std::uint32_t>(found - subjects_.begin());
}

void EventLog::erase(std::size_t at) noexcept {
    const std::size_t size = cost(records_[at]);
    subjects_[records_[at].subject].bytes -= static_cast<std::uint32_t>(size);
    bytes_ -= size;
    if (at + 1 != records_.size())
        records_[at] = std::move(records_.back());
    records_.pop_back();
}

void EventLog::make_room(Millis now) noexcept {
    while (records_.size() > max_records || bytes_ > max_bytes) {
        const auto noisiest = static_cast<std::uint32_t>(std::ranges::max_element(subjects_, {}, &EventSubject::bytes) -
                                                         subjects_.begin());
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

void EventLog::take_back(const About& about, std::string_view reason) noexcept {
    std::size_t last = records_.size();
    for (std::size_t i = 0; i < records_.size(); ++i)
        if (records_[i].reason == reason && records_[i].part() == about.part &&
            subjects_[records_[i].subject].uid == about.uid &&
            (last == records_.size() || records_[i].change > records_[last].change))
            last = i;
    if (last != records_.size() && --records_[last].count == 0)
        erase(last);
}

const EventRecord* EventLog::next(std::uint64_t EventRecord::*order, std::uint64_t after, Millis now) const noexcept {
    const EventRecord* first = nullptr;
    for (const EventRecord& record : records_)
        if (record.*order > after && (!first || record.*order < first->*order) && now - record.last < shown_for)
            first = &record;
    return first;
}

} // namespace initd
