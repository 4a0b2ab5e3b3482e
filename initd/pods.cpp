// SPDX-License-Identifier: Apache-2.0
#include "initd/pods.hpp"

#include "initd/fate.hpp"
#include "initd/name_hash.hpp"
#include "spec/prerequisites.hpp"

#include <algorithm>
#include <utility>

namespace initd {

namespace {

constexpr std::uint32_t max_slots = 1u << 16; // what is above is damage

} // namespace

template <class Archive>
void fields(Archive& a, Of<PodRecord> auto& pod) {
    a(pod.name);
    a(pod.uid);
    a(pod.text);
    a(pod.container_names);
    a(pod.owner);
    a(pod.priority);
    a(pod.containers);
    a(pod.init_containers);
    a(pod.probes);
    a(pod.gates);
    a(pod.is_task);
    a(pod.waits);
    a(pod.sequence);
    a.part(pod.origin);
}

template <class Archive>
void fields(Archive& a, Of<StartFailure> auto& failure) {
    a(failure.container);
    a(failure.reason);
    a(failure.message);
}

template <class Archive>
void fields(Archive& a, Of<RunMessage> auto& message) {
    a(message.container);
    a(message.attempt);
    a(message.text);
    a(message.from_log);
}

template <class Archive>
void fields(Archive& a, Of<GivenCondition> auto& condition) {
    a(condition.type);
    a(condition.status);
    a(condition.since);
}

template <class Archive>
void fields(Archive& a, Of<PodNotes> auto& notes) {
    a.list(notes.failures);
    a.list(notes.messages);
    a.list(notes.conditions);
    a(notes.leaving);
}

std::string_view PodRecord::container_name(std::uint32_t index) const noexcept {
    std::string_view rest = container_names;
    for (; index > 0; --index)
        rest.remove_prefix(rest.find('\n') + 1);
    return rest.substr(0, rest.find('\n'));
}

// ---- coming and going -----------------------------------------------------------------------------------------

std::uint32_t PodStore::add(spec::Manifest&& manifest, std::uint32_t owner, std::uint16_t probes, Origin origin) {
    const spec::Pod& pod = manifest.pod;
    const std::string name = spec::full_name(pod.metadata);
    std::string container_names;
    PodRecord record;
    record.name = name;
    record.uid = pod.metadata.uid;
    record.text = manifest.text;
    record.containers = static_cast<std::uint8_t>(spec::container_count(pod));
    for (std::size_t i = 0; i < record.containers; ++i)
        container_names.append(spec::container_at(pod, i).name) += '\n';
    record.container_names = container_names;
    record.owner = owner;
    record.priority = pod.spec.priority.value_or(0);
    record.init_containers = static_cast<std::uint8_t>(pod.spec.init_containers.size());
    record.probes = probes;
    record.gates = static_cast<std::uint16_t>(pod.spec.readiness_gates.size());
    record.is_task = is_task(pod);
    record.waits = spec::has_prerequisites(pod.metadata);
    record.sequence = next_sequence_;
    record.origin = origin;
    record.hash = name_hash(name);

    auto slot = static_cast<std::uint32_t>(
        std::find_if(records_.begin(), records_.end(), [](const PodRecord& r) { return r.name.empty(); }) -
        records_.begin());
    if (slot == records_.size())
        records_.emplace_back();
    try {
        back(state_, RecordKind::Pod, slot, record);
    } catch (...) {
        free(slot);
        throw;
    }
    records_[slot] = std::move(record);
    ++next_sequence_;
    cached_ = std::move(manifest.pod);
    cached_slot_ = slot;
    return slot;
}

void PodStore::free(std::uint32_t slot) noexcept {
    state_.drop(RecordKind::Pod, slot);
    state_.drop(RecordKind::PodStatus, slot);
    records_[slot] = PodRecord{};
    if (cached_slot_ == slot)
        trim();
    while (!records_.empty() && records_.back().name.empty())
        records_.pop_back();
}

void PodStore::restore() {
    for (const std::uint32_t slot : state_.ids(RecordKind::Pod)) {
        if (slot >= records_.size() && slot < max_slots)
            records_.resize(slot + 1);
        if (slot >= max_slots || !restore(slot))
            state_.drop(RecordKind::Pod, slot);
    }
    for (const std::uint32_t slot : state_.ids(RecordKind::PodStatus))
        if (slot >= records_.size() || records_[slot].name.empty())
            state_.drop(RecordKind::PodStatus, slot);
    while (!records_.empty() && records_.back().name.empty())
        records_.pop_back();
}

bool PodStore::restore(std::uint32_t slot) {
    PodRecord record;
    if (!state_.recall(RecordKind::Pod, slot, record))
        return false;
    const auto names = std::ranges::count(record.container_names, '\n');
    if (record.name.find('/') == record.name.npos || names != record.containers ||
        record.init_containers >= record.containers)
        return false;
    if (PodNotes notes; state_.recall(RecordKind::PodStatus, slot, notes))
        static_cast<PodNotes&>(record) = std::move(notes);
    record.hash = name_hash(record.name);
    next_sequence_ = std::max(next_sequence_, record.sequence + 1);
    records_[slot] = std::move(record);
    return true;
}

void PodStore::keep_notes(std::uint32_t slot) noexcept {
    state_.keep(RecordKind::PodStatus, slot, static_cast<const PodNotes&>(records_[slot]));
}

void PodStore::leave(std::uint32_t slot) noexcept {
    records_[slot].leaving = true;
    keep_notes(slot);
}

void PodStore::set_origin(std::uint32_t slot, Origin origin) {
    PodRecord& record = records_[slot];
    const Origin before = std::exchange(record.origin, origin);
    if (origin == before)
        return;
    try {
        back(state_, RecordKind::Pod, slot, record);
    } catch (...) {
        record.origin = before;
        throw;
    }
}

// ---- who is there ---------------------------------------------------------------------------------------------

std::optional<std::uint32_t> PodStore::find(std::string_view name) const noexcept {
    auto slot = find_any(name);
    return slot && !records_[*slot].leaving ? slot : std::nullopt;
}

std::optional<std::uint32_t> PodStore::find_any(std::string_view name) const noexcept {
    std::uint32_t hash = name_hash(name);
    std::optional<std::uint32_t> found;
    for (std::uint32_t slot = 0; slot < records_.size(); ++slot) {
        const PodRecord& record = records_[slot];
        if (record.hash == hash && record.name == name &&
            (!found || std::pair(!record.leaving, record.sequence) >
                           std::pair(!records_[*found].leaving, records_[*found].sequence)))
            found = slot;
    }
    return found;
}

std::optional<std::uint32_t> PodStore::find_to_remove(std::string_view name) const noexcept {
    auto found = find_any(name);
    if (!found || records_[*found].owner == 0)
        return found;
    for (std::uint32_t slot = 0; slot < records_.size(); ++slot) {
        const PodRecord& record = records_[slot];
        if (record.leaving && record.owner == records_[*found].owner && record.name == name &&
            (!records_[*found].leaving || record.sequence < records_[*found].sequence))
            found = slot;
    }
    return found;
}

bool gates_are_open(const PodRecord& record) noexcept {
    return std::ranges::count(record.conditions, "True", &GivenCondition::status) == record.gates;
}

std::size_t PodStore::count() const noexcept {
    return static_cast<std::size_t>(
        std::count_if(records_.begin(), records_.end(), [](const PodRecord& r) { return !r.name.empty(); }));
}

const spec::Pod& PodStore::pod(std::uint32_t slot) {
    if (cached_slot_ != slot) {
        // Text that read_manifest() made is read again without fail, unless memory runs out.
        auto pod = spec::read_canonical(records_[slot].text);
        if (!pod)
            throw std::bad_alloc();
        cached_ = std::move(*pod);
        cached_slot_ = slot;
    }
    return cached_;
}

void PodStore::set_failure(std::uint32_t slot, StartFailure failure) {
    clear_failure(slot, failure.container);
    records_[slot].failures.push_back(std::move(failure));
    keep_notes(slot);
}

void PodStore::clear_failure(std::uint32_t slot, std::uint32_t container) noexcept {
    if (std::erase_if(records_[slot].failures, [&](const StartFailure& f) { return f.container == container; }) != 0)
        keep_notes(slot);
}

void PodStore::set_condition(std::uint32_t slot, GivenCondition condition) {
    auto& conditions = records_[slot].conditions;
    const auto found = std::ranges::find(conditions, condition.type, &GivenCondition::type);
    if (found != conditions.end() && found->status == condition.status)
        return;
    if (found != conditions.end())
        conditions.erase(found);
    if (!condition.status.empty())
        conditions.push_back(std::move(condition));
    keep_notes(slot);
}

void PodStore::set_message(std::uint32_t slot, RunMessage message) noexcept try {
    auto& messages = records_[slot].messages;
    std::erase_if(messages, [&](const RunMessage& m) {
        return m.container == message.container && m.attempt + 1 != message.attempt;
    });
    messages.push_back(std::move(message));
    keep_notes(slot);
} catch (...) { // out of memory: nothing is said of it
}

void PodStore::trim() noexcept {
    cached_ = spec::Pod{};
    cached_slot_ = no_slot;
}

} // namespace initd
