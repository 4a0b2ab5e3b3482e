// SPDX-License-Identifier: Apache-2.0
#include "initd/pods.hpp"

#include "initd/name_hash.hpp"

#include <algorithm>
#include <utility>

namespace initd {

std::string_view PodRecord::container_name(std::uint32_t index) const noexcept {
    std::string_view rest = container_names;
    for (; index > 0; --index)
        rest.remove_prefix(rest.find('\n') + 1);
    return rest.substr(0, rest.find('\n'));
}

std::uint32_t PodStore::add(spec::Manifest&& manifest, std::uint32_t owner) {
    PodRecord record;
    record.name = spec::full_name(manifest.pod.metadata);
    record.hash = name_hash(record.name);
    record.owner = owner;
    record.uid = manifest.pod.metadata.uid;
    record.text = std::move(manifest.text);
    record.text.shrink_to_fit();
    record.gates = static_cast<std::uint16_t>(manifest.pod.spec.readiness_gates.size());
    record.containers = static_cast<std::uint8_t>(spec::container_count(manifest.pod));
    record.init_containers = static_cast<std::uint8_t>(manifest.pod.spec.init_containers.size());
    for (std::size_t i = 0; i < record.containers; ++i)
        record.container_names.append(spec::container_at(manifest.pod, i).name) += '\n';
    record.sequence = next_sequence_++;

    auto slot = static_cast<std::uint32_t>(
        std::find_if(records_.begin(), records_.end(), [](const PodRecord& r) { return r.name.empty(); }) -
        records_.begin());
    if (slot == records_.size())
        records_.emplace_back();
    records_[slot] = std::move(record);
    cached_ = std::move(manifest.pod);
    cached_slot_ = slot;
    return slot;
}

void PodStore::free(std::uint32_t slot) noexcept {
    records_[slot] = PodRecord{};
    if (cached_slot_ == slot)
        trim();
    while (!records_.empty() && records_.back().name.empty())
        records_.pop_back();
}

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
}

void PodStore::clear_failure(std::uint32_t slot, std::uint32_t container) noexcept {
    std::erase_if(records_[slot].failures, [&](const StartFailure& f) { return f.container == container; });
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
}

void PodStore::set_message(std::uint32_t slot, RunMessage message) noexcept try {
    auto& messages = records_[slot].messages;
    std::erase_if(messages, [&](const RunMessage& m) {
        return m.container == message.container && m.attempt + 1 != message.attempt;
    });
    messages.push_back(std::move(message));
} catch (...) { // out of memory: nothing is said of it
}

void PodStore::trim() noexcept {
    cached_ = spec::Pod{};
    cached_slot_ = no_slot;
}

} // namespace initd
