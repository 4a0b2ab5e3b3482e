// SPDX-License-Identifier: Apache-2.0
#include "initd/asides.hpp"

#include <algorithm>
#include <cstring>

namespace initd {

namespace {

// A word at a time: a boot reads a hundred manifests.
std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = text.size();
    for (; !text.empty(); text.remove_prefix(std::min(text.size(), sizeof hash))) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), std::min(text.size(), sizeof word));
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return hash;
}

} // namespace

void fields(auto& archive, Of<Aside> auto& aside) {
    archive(aside.manifest);
    archive(aside.uid);
}

void Asides::restore() {
    for (const std::uint32_t id : state_.ids(RecordKind::Aside))
        if (Aside aside; state_.recall(RecordKind::Aside, id, aside))
            list_.push_back(std::move(aside));
}

void Asides::add(Aside aside) {
    list_.push_back(std::move(aside));
    state_.keep(RecordKind::Aside, static_cast<std::uint32_t>(list_.size()), list_.back());
}

bool Asides::has_pod(std::string_view uid) const noexcept {
    return std::ranges::any_of(list_, [&](const Aside& aside) { return aside.uid == uid; });
}

bool Asides::may_read(std::string_view text) noexcept {
    const std::uint64_t hash = hash_of(text);
    take_in_hand(state_.control(), InHand::Manifest, text.size(), hash);
    return std::ranges::none_of(list_, [&](const Aside& aside) { return aside.uid.empty() && aside.manifest == hash; });
}

} // namespace initd
