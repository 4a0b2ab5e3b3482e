// SPDX-License-Identifier: Apache-2.0
// What has been told of pods, as Kubernetes' Events: counted, and bounded.
//
// There is one record for each (uid of the pod, part of it, type, reason, message); told again, it is only counted.
// When there is no room, what is too old to be shown goes, and then the pod that takes most of the room loses its
// oldest record: who is noisy pays for it. The events of a pod that is gone stay until they are pushed out. Time is an
// argument, in milliseconds since boot. Nothing here throws: an event that finds no memory is lost.
#pragma once

#include "initd/core_state.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

enum class Severity : std::uint8_t { Normal, Warning };

struct EventSubject { // a pod, or the machine
    std::string name; // NAMESPACE/NAME; of the machine its name alone, which is its uid too, as a kubelet has it
    std::string uid;  // empty: the place is free
    std::uint32_t bytes = 0;
};

struct EventRecord {
    std::uint64_t id = 0;     // in the order in which records came
    std::uint64_t change = 0; // in the order in which they were last told
    Millis first{0};
    Millis last{0};
    std::string_view reason; // of static storage
    std::string text;        // part and message
    std::uint32_t subject = 0;
    std::uint32_t count = 1;
    std::uint16_t part_size = 0;
    Severity severity = Severity::Normal;

    // Which part of the pod it is about, as a field path such as spec.containers{web}; empty: the pod itself.
    std::string_view part() const noexcept { return std::string_view(text).substr(0, part_size); }
    std::string_view message() const noexcept { return std::string_view(text).substr(part_size); }
};

class EventLog {
  public:
    static constexpr std::size_t max_records = 512;
    static constexpr std::size_t max_bytes = 192 * 1024; // with what a record costs beside its text
    static constexpr std::size_t max_message = 1024;     // the API server's limit; the rest is cut off
    static constexpr Millis shown_for = std::chrono::hours{1};

    struct About {
        std::string_view pod; // NAMESPACE/NAME, or the name of the machine
        std::string_view uid;
        std::string_view part;
    };
    // `reason` must be of static storage. The parts of the message are joined; they may be any bytes.
    void add(Millis now, const About& about, Severity severity, std::string_view reason,
             std::initializer_list<std::string_view> message) noexcept;

    // What was told last of that did not happen after all.
    void take_back(const About& about, std::string_view reason) noexcept;

    // The first one that is still to be shown and comes behind `after` in the order of `id` or of `change`, or nullptr.
    const EventRecord* next(std::uint64_t EventRecord::*order, std::uint64_t after, Millis now) const noexcept;
    const EventSubject& subject(const EventRecord& record) const noexcept { return subjects_[record.subject]; }
    std::uint64_t last_change() const noexcept { return changes_; }

    std::size_t count() const noexcept { return records_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

  private:
    std::uint32_t subject_of(const About& about);
    void erase(std::size_t at) noexcept;
    void make_room(Millis now) noexcept;

    std::vector<EventSubject> subjects_;
    std::vector<EventRecord> records_; // in no order
    std::size_t bytes_ = 0;
    std::uint64_t changes_ = 0;
};

} // namespace initd
