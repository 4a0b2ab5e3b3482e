// SPDX-License-Identifier: Apache-2.0
#include "initd/order.hpp"

#include "initd/name_hash.hpp"

#include <algorithm>
#include <utility>

namespace initd {

namespace {

constexpr std::string_view pod_prefix = "pod ";

std::string_view resource_of(std::string_view target) {
    return target.substr(0, target.find(' '));
}

std::string_view full_name_of(std::string_view target) {
    return target.substr(target.find(' ') + 1);
}

} // namespace

Order::Worth Order::worth_of(const Node& node) noexcept {
    if (node.leaving || node.held || node.fate == Fate::Failed)
        return Worth::Bad;
    const bool good = node.fate == Fate::Succeeded || (node.fate == Fate::Ready && !node.is_task);
    return good ? Worth::Good : Worth::Neither;
}

// ---- pods come and go -------------------------------------------------------------------------------------------

void Order::add(std::uint32_t slot, const spec::Pod& pod) {
    const std::vector<spec::Prerequisite> prerequisites = spec::prerequisites_of(pod.metadata);
    if (slot >= nodes_.size())
        nodes_.resize(slot + 1);
    queue_.reserve(nodes_.capacity());
    edges_.reserve(edges_.size() + prerequisites.size());
    std::vector<std::uint32_t> targets;
    targets.reserve(prerequisites.size());
    std::uint32_t own[2] = {none, none};
    if (!targets_.empty()) {
        own[0] = find(called("pod", pods_.at(slot).name));
        if (const ObjectRecord* owner = objects_.find(pods_.at(slot).owner))
            own[1] = find(called(spec::resource_of(owner->kind), owner->name));
    }
    for (const spec::Prerequisite& prerequisite : prerequisites)
        targets.push_back(target(prerequisite.target));

    // Nothing below fails.
    for (const std::uint32_t each : targets)
        if (!targets_[each].counted)
            count_members(each);
    Node& node = nodes_[slot];
    node.priority = pods_.at(slot).priority;
    node.is_task = pods_.at(slot).is_task;
    for (std::size_t i = 0; i < 2; ++i)
        if (own[i] != none) {
            node.targets[i] = own[i];
            count(targets_[own[i]], Worth::Neither, 1);
            refresh(own[i]);
        }
    for (std::size_t i = targets.size(); i-- > 0;) {
        std::uint32_t edge = free_edge_;
        if (edge == none) {
            edge = static_cast<std::uint32_t>(edges_.size());
            edges_.emplace_back();
        } else {
            free_edge_ = edges_[edge].next_of_slot;
        }
        Target& target = targets_[targets[i]];
        const bool required = prerequisites[i].required;
        edges_[edge] = {slot, targets[i], std::exchange(node.first, edge), std::exchange(target.first, edge), required};
        node.unmet += !target.met;
        node.broken += required && target.broken;
    }
}

void Order::restore(PodStore& pods) {
    const spec::Pod waits_for_none;
    for (std::uint32_t slot = 0; slot < pods.slots(); ++slot) {
        if (pods.at(slot).name.empty())
            continue;
        add(slot, pods.at(slot).waits ? pods.pod(slot) : waits_for_none);
        if (pods.at(slot).leaving)
            leave(slot);
    }
}

void Order::leave(std::uint32_t slot) noexcept {
    const Worth before = worth_of(nodes_[slot]);
    nodes_[slot].leaving = true;
    recount(slot, before);
}

void Order::remove(std::uint32_t slot) noexcept {
    if (slot >= nodes_.size())
        return;
    Node& node = nodes_[slot];
    const Worth worth = worth_of(node);
    for (std::uint32_t& target : node.targets)
        if (const std::uint32_t one_of = std::exchange(target, none); one_of != none) {
            count(targets_[one_of], worth, ~0u);
            refresh(one_of);
        }
    while (node.first != none) {
        const std::uint32_t edge = std::exchange(node.first, edges_[node.first].next_of_slot);
        unlink(edge);
        edges_[edge].next_of_slot = std::exchange(free_edge_, edge);
    }
    node = {.queued = node.queued};
}

// Out of its target's list; a target that nobody waits for any more is forgotten.
void Order::unlink(std::uint32_t edge) noexcept {
    const std::uint32_t index = edges_[edge].target;
    Target& target = targets_[index];
    std::uint32_t* link = &target.first;
    while (*link != edge)
        link = &edges_[*link].next_of_target;
    *link = edges_[edge].next_of_target;
    if (target.first != none)
        return;
    for (Node& node : nodes_)
        for (std::uint32_t& one_of : node.targets)
            if (one_of == index)
                one_of = none;
    target = {};
}

void Order::workload_changed(spec::Kind kind, std::string_view name) noexcept {
    const std::string_view resource = spec::resource_of(kind);
    for (std::uint32_t i = 0; i < targets_.size(); ++i)
        if (full_name_of(targets_[i].name) == name && resource_of(targets_[i].name) == resource)
            count_members(i);
}

// ---- targets ----------------------------------------------------------------------------------------------------

std::uint32_t Order::find(std::string_view name) const noexcept {
    const std::uint32_t hash = name_hash(name);
    for (std::uint32_t i = 0; i < targets_.size(); ++i)
        if (targets_[i].hash == hash && targets_[i].name == name)
            return i;
    return none;
}

std::uint32_t Order::target(const std::string& name) {
    std::uint32_t index = find(name);
    if (index != none)
        return index;
    index = find("");
    if (index == none) {
        index = static_cast<std::uint32_t>(targets_.size());
        targets_.emplace_back();
    }
    targets_[index].name = name;
    targets_[index].hash = name_hash(name);
    return index;
}

// From what there is, all anew.
void Order::count_members(std::uint32_t index) noexcept {
    Target& target = targets_[index];
    const bool of_pod = target.name.starts_with(pod_prefix);
    const std::string_view name = full_name_of(target.name);
    std::uint32_t owner = 0;
    target.wanted = 1;
    if (!of_pod) {
        const ObjectRecord* record = objects_.find(spec::kind_of(resource_of(target.name)), name);
        owner = record ? record->id : no_id;
        target.wanted = record ? record->wanted_pods : never_enough;
    }
    target.counted = true;
    target.pods = target.good = target.bad = 0;
    for (std::uint32_t slot = 0; slot < std::min<std::size_t>(nodes_.size(), pods_.slots()); ++slot) {
        const PodRecord& pod = pods_.at(slot);
        const bool member = of_pod ? pod.name == name : pod.owner == owner;
        std::uint32_t& one_of = nodes_[slot].targets[of_pod ? 0 : 1];
        if (member) {
            one_of = index;
            count(target, worth_of(nodes_[slot]), 1);
        } else if (one_of == index) {
            one_of = none;
        }
    }
    refresh(index);
}

// `by` is 1, or its negative.
void Order::count(Target& target, Worth worth, std::uint32_t by) noexcept {
    target.pods += by;
    target.good += worth == Worth::Good ? by : 0;
    target.bad += worth == Worth::Bad ? by : 0;
}

// Tells those who wait for the target, or require it, when it has become another thing to them.
void Order::refresh(std::uint32_t index) noexcept {
    Target& target = targets_[index];
    const bool met = target.good == target.pods && target.pods >= target.wanted;
    const bool broken = target.bad != 0 || target.pods < target.wanted;
    if (met == target.met && broken == target.broken)
        return;
    for (std::uint32_t i = target.first; i != none; i = edges_[i].next_of_target) {
        Node& node = nodes_[edges_[i].slot];
        node.unmet += target.met - met;
        if (edges_[i].required)
            node.broken += broken - target.broken;
        if (!std::exchange(node.queued, true))
            queue_.push_back(edges_[i].slot);
    }
    target.met = met;
    target.broken = broken;
}

// ---- turns ------------------------------------------------------------------------------------------------------

void Order::look(std::uint32_t slot, Fate fate, bool held) noexcept {
    if (slot >= nodes_.size())
        return;
    Node& node = nodes_[slot];
    const Worth before = worth_of(node);
    node.fate = fate;
    node.held = held;
    recount(slot, before);
}

void Order::recount(std::uint32_t slot, Worth before) noexcept {
    const Worth after = worth_of(nodes_[slot]);
    if (after == before)
        return;
    for (const std::uint32_t target : nodes_[slot].targets)
        if (target != none) {
            count(targets_[target], before, ~0u);
            count(targets_[target], after, 1);
            refresh(target);
        }
}

std::optional<Order::Turn> Order::next() noexcept {
    std::optional<Turn> turn;
    std::size_t at = 0;
    const auto before = [&](std::uint32_t a, std::uint32_t b) {
        return nodes_[a].priority != nodes_[b].priority ? nodes_[a].priority > nodes_[b].priority
                                                        : pods_.at(a).sequence < pods_.at(b).sequence;
    };
    for (std::size_t i = 0; i < queue_.size();) {
        const std::uint32_t slot = queue_[i];
        const Node& node = nodes_[slot];
        const bool hold = node.held ? node.unmet != 0 : node.broken != 0;
        if (hold == node.held) {
            nodes_[slot].queued = false;
            queue_[i] = queue_.back();
            queue_.pop_back();
            continue;
        }
        if (!turn || before(slot, turn->slot)) {
            turn = {slot, hold};
            at = i;
        }
        ++i;
    }
    if (turn) {
        nodes_[turn->slot].queued = false;
        queue_[at] = queue_.back();
        queue_.pop_back();
    }
    return turn;
}

// ---- for people, and for the check of what comes ----------------------------------------------------------------

std::vector<spec::Prerequisite> Order::prerequisites(std::uint32_t slot) const {
    std::vector<spec::Prerequisite> out;
    for (std::uint32_t i = slot < nodes_.size() ? nodes_[slot].first : none; i != none; i = edges_[i].next_of_slot)
        out.push_back({targets_[edges_[i].target].name, edges_[i].required});
    return out;
}

// Does somebody of the target wait, in the end, for the pod?
bool Order::waits_for(std::uint32_t target, std::uint32_t slot) const {
    std::vector<bool> seen(nodes_.size());
    std::vector<std::uint32_t> reached{slot};
    seen[slot] = true;
    for (std::size_t next = 0; next < reached.size(); ++next) {
        const Node& node = nodes_[reached[next]];
        if (node.targets[0] == target || node.targets[1] == target)
            return true;
        each_after(reached[next], [&](std::uint32_t other) {
            if (!seen[other] && nodes_[other].held)
                reached.push_back(other);
            seen[other] = true;
        });
    }
    return false;
}

std::string_view Order::why_not(std::uint32_t index, std::uint32_t slot) const {
    const Target& target = targets_[index];
    if (target.pods == 0 || target.wanted == never_enough)
        return " (which is not there)";
    for (const Node& node : nodes_)
        if ((node.targets[0] == index || node.targets[1] == index) && node.fate == Fate::Failed)
            return " (which has failed)";
    return waits_for(index, slot) ? " (which waits for this pod)" : "";
}

std::string Order::why_waiting(std::uint32_t slot) const {
    std::string text;
    if (slot >= nodes_.size() || !nodes_[slot].held)
        return text;
    for (std::uint32_t i = nodes_[slot].first; i != none; i = edges_[i].next_of_slot)
        if (const Target& target = targets_[edges_[i].target]; !target.met)
            text.append(text.empty() ? "waiting for " : ", ")
                .append(target.name)
                .append(why_not(edges_[i].target, slot));
    return text;
}

} // namespace initd
