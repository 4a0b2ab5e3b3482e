// SPDX-License-Identifier: Apache-2.0
// The pods that are known, by slot: what the core's numbers stand for.
//
// A pod is kept as its canonical text and little else, so that a thousand of them cost little memory; the plain struct
// is made from the text again when a container is started. The last one made is kept, since a pod that arrives is
// started at once. Two slots can carry one name for a while: the pod being stopped and the one that waits to replace
// it. The text is in the state file alone, where there is one: a podinit that takes over finds it there.
#pragma once

#include "initd/core.hpp"
#include "initd/origin.hpp"
#include "initd/state/backed.hpp"
#include "spec/manifest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

struct StartFailure { // why a container did not start, for its status
    std::uint32_t container = 0;
    std::string reason; // "ErrImageNeverPull", "StartError", ...
    std::string message;
};

struct RunMessage { // what is to be said of a run that has ended
    std::uint32_t container = 0;
    std::uint32_t attempt = 0;
    std::string text;      // any bytes
    bool from_log = false; // it said nothing itself: the end of its log, when it is asked for
};

struct GivenCondition { // what a readiness gate waits for, as somebody has set it
    std::string type;
    std::string status; // "True" | "False" | "Unknown"
    Millis since{0};    // when it got that status
};

struct PodNotes {                           // what changes of a pod
    std::vector<StartFailure> failures;     // at most one a container
    std::vector<RunMessage> messages;       // of the last two runs of each
    std::vector<GivenCondition> conditions; // at most one a readiness gate
    bool leaving = false;                   // removed, but not gone yet
};

struct PodRecord : PodNotes {
    // Without a look at the text.
    std::string_view container_name(std::uint32_t index) const noexcept;

    // What never changes (but for the origin). All text is a view: see backed.hpp.
    std::string_view name; // NAMESPACE/NAME; empty: the slot is free
    std::string_view uid;
    std::string_view text;            // canonical JSON
    std::string_view container_names; // each with a line break behind it, init containers first
    std::uint32_t owner = 0;          // the workload that it belongs to (ObjectRecord::id); 0: it stands for itself
    std::int32_t priority = 0;
    std::uint8_t containers = 0; // init containers too
    std::uint8_t init_containers = 0;
    std::uint16_t probes = 0;   // of all of them
    std::uint16_t gates = 0;    // readiness gates
    bool is_task = false;       // is to end, and nothing says when it is ready
    bool waits = false;         // has podinit/after or podinit/requires
    std::uint64_t sequence = 0; // of arrival
    Origin origin;              // of one that stands for itself
    std::string own;

    std::uint32_t hash = 0; // of the name
};

// Does every readiness gate have its condition?
bool gates_are_open(const PodRecord& record) noexcept;

class PodStore {
  public:
    explicit PodStore(StateFile& state) noexcept
        : state_(state) {}

    // What a podinit before us had. Where a record is damaged the slot is free. May throw bad_alloc.
    void restore();

    // Takes a slot for the manifest. May throw bad_alloc, and then nothing has changed.
    std::uint32_t add(spec::Manifest&& manifest, std::uint32_t owner = 0, std::uint16_t probes = 0, Origin origin = {});
    void free(std::uint32_t slot) noexcept;

    const PodRecord& at(std::uint32_t slot) const noexcept { return records_[slot]; }
    std::uint32_t slots() const noexcept { return static_cast<std::uint32_t>(records_.size()); }

    // The slot of the pod by that name that is not leaving.
    std::optional<std::uint32_t> find(std::string_view name) const noexcept;
    // That one, else the one that came last of those leaving: what a client means by the name.
    std::optional<std::uint32_t> find_any(std::string_view name) const noexcept;
    // The one that a client who deletes a pod of that name means. A workload's pod comes back at once: while the old
    // one is on its way out, that one.
    std::optional<std::uint32_t> find_to_remove(std::string_view name) const noexcept;
    std::size_t count() const noexcept;

    // The pod of a slot as a value; valid until the next call. May throw bad_alloc.
    const spec::Pod& pod(std::uint32_t slot);

    void leave(std::uint32_t slot) noexcept; // it is removed
    // Another file holds the same pod by now. May throw bad_alloc, and then nothing has changed.
    void set_origin(std::uint32_t slot, Origin origin);
    void set_failure(std::uint32_t slot, StartFailure failure);
    void clear_failure(std::uint32_t slot, std::uint32_t container) noexcept;
    // With an empty status: there is none any more.
    void set_condition(std::uint32_t slot, GivenCondition condition);
    // Takes the place of what was said of that run; what is too old to be shown goes.
    void set_message(std::uint32_t slot, RunMessage message) noexcept;

    // Gives back the memory of the pod last looked at.
    void trim() noexcept;

  private:
    void keep_notes(std::uint32_t slot) noexcept;
    bool restore(std::uint32_t slot);

    StateFile& state_;
    std::vector<PodRecord> records_;
    spec::Pod cached_;
    std::uint32_t cached_slot_ = no_slot;
    std::uint64_t next_sequence_ = 1;
};

} // namespace initd
