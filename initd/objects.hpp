// SPDX-License-Identifier: Apache-2.0
// The objects beside pods that are in force: ConfigMaps and Secrets, which pods refer to, and workloads, which own
// pods.
//
// Kept in the order in which they are listed. What is held of a workload is its text: the pods that it stands for
// follow from that (spec::read_object), and those that there are lie in the PodStore, marked with the `id` of their
// owner. An id is given once: an object that was deleted and applied again is another owner. A podinit that takes over
// finds the objects as they were.
#pragma once

#include "initd/backoff.hpp"
#include "initd/origin.hpp"
#include "initd/state/backed.hpp"
#include "spec/control.hpp"
#include "spec/object.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

class PodStore;

inline constexpr std::uint32_t no_id = ~0u; // that of an object that is not there

struct ObjectRecord {
    spec::Kind kind = spec::Kind::ConfigMap; // never Pod or Ignored
    std::uint32_t id = 0;                    // neither 0 nor no_id
    std::uint32_t wanted_pods = 0;           // of a workload: how many it stands for
    std::string_view name;                   // NAMESPACE/NAME
    std::string_view text;                   // canonical JSON. Views as in backed.hpp
    Millis added{0};                         // when the object came first, since boot
    Origin origin;
    std::string own;
    spec::StringMap data;
};

class ObjectStore {
  public:
    explicit ObjectStore(StateFile& state) noexcept
        : state_(state) {}

    // What a podinit before us had; its pods are there already. May throw bad_alloc.
    void restore(const PodStore& pods);

    // The data of a ConfigMap or Secret, sorted by key; nullptr: there is none by that name. Valid until the store
    // changes.
    const spec::StringMap* data(spec::Kind kind, std::string_view namespace_, std::string_view name) const noexcept;

    // `name` is NAMESPACE/NAME; nullptr: not there. Pointers are valid until the store changes.
    const ObjectRecord* find(spec::Kind kind, std::string_view name) const noexcept;
    const ObjectRecord* find(std::uint32_t id) const noexcept;
    // The first of the kind that comes after `name` in order; "" for the very first.
    const ObjectRecord* next(spec::Kind kind, std::string_view name) const noexcept;

    // The object is there, with its id: new, or changed to what `object` says, whose text and data are taken. May throw
    // bad_alloc, and then nothing has changed.
    const ObjectRecord& put(spec::Object& object, Millis now, Origin origin = {});
    // Another file holds the same object by now. May throw bad_alloc, and then nothing has changed.
    void set_origin(spec::Kind kind, std::string_view name, Origin origin);
    void erase(spec::Kind kind, std::string_view name) noexcept;

  private:
    std::size_t position(spec::Kind kind, std::string_view name) const noexcept;
    bool is_at(std::size_t at, spec::Kind kind, std::string_view name) const noexcept;

    bool restore(std::uint32_t id);

    StateFile& state_;
    std::vector<ObjectRecord> records_; // sorted by kind, then by name
    std::uint32_t next_id_ = 1;
};

// Was the ConfigMap or Secret of this canonical text written with `immutable: true`?
bool is_immutable(std::string_view text) noexcept;

// Does an object of this kind stand for pods of its own?
bool is_workload(spec::Kind kind) noexcept;

// The answer to a call about things that no kept object is, in kubectl's words.
spec::ControlError unknown_resource(std::string_view resource);

// "pod default/web", "deployment.apps default/web": an object as order and messages name it.
std::string called(std::string_view resource, std::string_view name);

// "pods", "configmaps", "deployments.apps": a resource in the words of the API's errors.
std::string plural(std::string_view resource);

} // namespace initd
