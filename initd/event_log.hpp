// SPDX-License-Identifier: Apache-2.0
// What has been told of pods, as Kubernetes' Events: counted, and bounded.
//
// There is one record for each (uid of the pod, part of it, type, reason, message); told again, it is only counted.
// When there is no room, what is too old to be shown goes, and then the pod that takes most of the room loses its
// oldest record: who is noisy pays for it. The events of a pod that is gone stay until they are pushed out. Time is an
// argument, in milliseconds since boot. An event that finds no memory is lost. A podinit that takes over goes on with
// all of them.
#pragma once

#include "initd/core_state.hpp"
#include "initd/state/backed.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

enum class Severity : std::uint8_t { Normal, Warning };

struct EventRecord {
    std::uint64_t id = 0;     // in the order in which records came
    std::uint64_t change = 0; // in the order in which they were last told
    Millis first{0};
    Millis last{0};
    std::uint32_t count = 1;
    Severity severity = Severity::Normal;
    // Views as in backed.hpp.
    std::string_view pod; // NAMESPACE/NAME; of the machine its name alone, which is its uid too, as a kubelet has it
    std::string_view uid;
    std::string_view part; // of it: a field path such as spec.containers{web}; empty: the pod itself
    std::string_view reason;
    std::string_view message;
    std::string own;

    std::uint32_t subject = 0;
};

class EventLog {
  public:
    explicit EventLog(StateFile& state) noexcept
        : state_(state) {}

    // What a podinit before us had told. May throw bad_alloc.
    void restore();

    static constexpr std::size_t max_records = 512;
    static constexpr std::size_t max_bytes = 192 * 1024; // with what a record costs beside its text
    static constexpr std::size_t max_message = 1024;     // the API server's limit; the rest is cut off
    static constexpr Millis shown_for = std::chrono::hours{1};

    struct About {
        std::string_view pod; // NAMESPACE/NAME, or the name of the machine
        std::string_view uid;
        std::string_view part;
    };
    // The parts of the message are joined; they may be any bytes.
    void add(Millis now, const About& about, Severity severity, std::string_view reason,
             std::initializer_list<std::string_view> message) noexcept;

    // What was told last of that did not happen after all.
    void take_back(const About& about, std::string_view reason); // may throw bad_alloc

    // The first one that is still to be shown and comes behind `after` in the order of `id` or of `change`, or nullptr.
    const EventRecord* next(std::uint64_t EventRecord::*order, std::uint64_t after, Millis now) const noexcept;
    std::uint64_t last_change() const noexcept { return changes_; }

    std::size_t count() const noexcept { return records_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

  private:
    struct Subject { // a pod
        std::string uid;
        std::uint32_t bytes = 0; // 0: the place is free
    };
    void keep(EventRecord& record);
    void insert(EventRecord&& record);
    std::uint32_t subject_of(std::string_view uid);
    void erase(std::size_t at) noexcept;
    void make_room(Millis now) noexcept;

    StateFile& state_;
    std::vector<Subject> subjects_;
    std::vector<EventRecord> records_; // in no order
    std::size_t bytes_ = 0;
    std::uint64_t changes_ = 0;
};

} // namespace initd
