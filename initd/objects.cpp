// SPDX-License-Identifier: Apache-2.0
#include "initd/objects.hpp"

#include "initd/pods.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace initd {

template <class Archive>
void fields(Archive& a, Of<ObjectRecord> auto& object) {
    a.upto(object.kind, spec::Kind::Ignored);
    a(object.name);
    a(object.text);
    a(object.wanted_pods);
    a(object.added);
    a.part(object.origin);
}

const spec::StringMap* ObjectStore::data(spec::Kind kind, std::string_view namespace_,
                                         std::string_view name) const noexcept {
    for (const ObjectRecord& record : records_) {
        const std::string_view full = record.name;
        if (record.kind == kind && full.size() == namespace_.size() + 1 + name.size() && full.starts_with(namespace_) &&
            full[namespace_.size()] == '/' && full.ends_with(name))
            return &record.data;
    }
    return nullptr;
}

// Where the object is, or would be.
std::size_t ObjectStore::position(spec::Kind kind, std::string_view name) const noexcept {
    auto before = [&](const ObjectRecord& record) {
        return std::tuple(record.kind, std::string_view(record.name)) < std::tuple(kind, name);
    };
    return static_cast<std::size_t>(std::partition_point(records_.begin(), records_.end(), before) - records_.begin());
}

bool ObjectStore::is_at(std::size_t at, spec::Kind kind, std::string_view name) const noexcept {
    return at < records_.size() && records_[at].kind == kind && records_[at].name == name;
}

const ObjectRecord* ObjectStore::find(spec::Kind kind, std::string_view name) const noexcept {
    std::size_t at = position(kind, name);
    return is_at(at, kind, name) ? &records_[at] : nullptr;
}

const ObjectRecord* ObjectStore::find(std::uint32_t id) const noexcept {
    auto at = std::find_if(records_.begin(), records_.end(), [&](const ObjectRecord& r) { return r.id == id; });
    return at == records_.end() ? nullptr : &*at;
}

const ObjectRecord* ObjectStore::next(spec::Kind kind, std::string_view name) const noexcept {
    std::size_t at = position(kind, name);
    at += is_at(at, kind, name);
    return at < records_.size() && records_[at].kind == kind ? &records_[at] : nullptr;
}

const ObjectRecord& ObjectStore::put(spec::Object& object, Millis now, Origin origin) {
    const std::string name = spec::full_name(object.metadata);
    ObjectRecord record;
    record.kind = object.kind;
    record.wanted_pods = static_cast<std::uint32_t>(object.pods.size());
    record.name = name;
    record.text = object.text;
    record.origin = origin;

    const std::size_t at = position(record.kind, name);
    const bool known = is_at(at, record.kind, name);
    record.id = known ? records_[at].id : next_id_;
    record.added = known ? records_[at].added : now;
    if (!known)
        records_.reserve(records_.size() + 1);
    back(state_, RecordKind::Object, record.id, record);
    record.data = std::move(object.data);
    if (known) {
        records_[at] = std::move(record);
    } else {
        records_.insert(records_.begin() + static_cast<std::ptrdiff_t>(at), std::move(record));
        ++next_id_;
    }
    return records_[at];
}

void ObjectStore::set_origin(spec::Kind kind, std::string_view name, Origin origin) {
    const std::size_t at = position(kind, name);
    if (!is_at(at, kind, name) || records_[at].origin == origin)
        return;
    const Origin before = std::exchange(records_[at].origin, origin);
    try {
        back(state_, RecordKind::Object, records_[at].id, records_[at]);
    } catch (...) {
        records_[at].origin = before;
        throw;
    }
}

void ObjectStore::restore(const PodStore& pods) {
    for (std::uint32_t slot = 0; slot < pods.slots(); ++slot) // one may have gone, and its last pods be on their way
        next_id_ = std::max(next_id_, pods.at(slot).owner + 1);
    for (const std::uint32_t id : state_.ids(RecordKind::Object))
        if (!restore(id))
            state_.drop(RecordKind::Object, id);
}

bool ObjectStore::restore(std::uint32_t id) {
    ObjectRecord record;
    if (id == 0 || id == no_id || !state_.recall(RecordKind::Object, id, record))
        return false;
    const bool has_data = record.kind == spec::Kind::ConfigMap || record.kind == spec::Kind::Secret;
    if (!has_data && !is_workload(record.kind))
        return false;
    const std::size_t at = position(record.kind, record.name);
    if (is_at(at, record.kind, record.name))
        return false;
    if (has_data) {
        auto object = spec::read_object(record.text);
        if (!object)
            return false;
        record.data = std::move(object->data);
    }
    record.id = id;
    next_id_ = std::max(next_id_, id + 1);
    records_.insert(records_.begin() + static_cast<std::ptrdiff_t>(at), std::move(record));
    return true;
}

void ObjectStore::erase(spec::Kind kind, std::string_view name) noexcept {
    std::size_t at = position(kind, name);
    if (!is_at(at, kind, name))
        return;
    state_.drop(RecordKind::Object, records_[at].id);
    records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(at));
}

// No string of a user's looks like this: in one, a quote has a backslash before it.
bool is_immutable(std::string_view text) noexcept {
    return text.find("\"immutable\":true") != text.npos;
}

bool is_workload(spec::Kind kind) noexcept {
    switch (kind) {
    case spec::Kind::DaemonSet:
    case spec::Kind::Deployment:
    case spec::Kind::StatefulSet: return true;
    case spec::Kind::Pod:
    case spec::Kind::ConfigMap:
    case spec::Kind::Secret:
    case spec::Kind::Ignored: return false;
    }
    return false;
}

spec::ControlError unknown_resource(std::string_view resource) {
    return spec::refused("the server doesn't have a resource type \"" + std::string(resource) + "\"");
}

std::string called(std::string_view resource, std::string_view name) {
    return std::string(resource).append(" ").append(name);
}

std::string plural(std::string_view resource) {
    std::string text(resource);
    return text.insert(std::min(text.find('.'), text.size()), "s");
}

} // namespace initd
