// SPDX-License-Identifier: Apache-2.0
// The Event of Kubernetes (v1) as plain values: something that happened to a pod or one of its containers, and how
// often.
#pragma once

#include "spec/problem.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace spec {

struct EventMeta {
    std::string creation_timestamp; // RFC 3339, as all times here
    std::string name;               // the pod's, with a dot and a number in hexadecimal
    std::string namespace_;
};

struct InvolvedObject {
    std::string api_version = "v1";
    std::string field_path; // spec.containers{NAME}, spec.initContainers{NAME}, or empty for the pod itself
    std::string kind = "Pod";
    std::string name;
    std::string namespace_;
    std::string uid;
};

struct EventSource {
    std::string component = "podinit";
    std::string host;
};

struct Event {
    std::string api_version = "v1";
    std::int32_t count = 1;
    std::optional<std::string> event_time; // never set: the API still shows it, as null
    std::string first_timestamp;
    InvolvedObject involved_object;
    std::string kind = "Event";
    std::string last_timestamp;
    std::string message;
    EventMeta metadata;
    std::string reason; // "Started", "BackOff", ...
    std::string reporting_component = "podinit";
    std::string reporting_instance;
    EventSource source;
    std::string type = "Normal"; // or "Warning"
};

// What podinit says of one; the rest is always the same. Of a pod's name and namespace, and of times, nothing has to be
// escaped.
struct EventFacts {
    std::string_view pod; // or the machine, and then there is no namespace
    std::string_view namespace_;
    std::string_view uid;
    std::string_view field_path;
    std::string_view number; // behind the pod's name and a dot: the event's own name
    std::string_view type;
    std::string_view reason;
    std::string_view message;
    std::string_view first_timestamp;
    std::string_view last_timestamp;
    std::string_view host;
    std::uint32_t count = 1;
};
std::string event_object(const EventFacts& facts);

std::expected<Event, Problems> read_event_object(std::string_view json) noexcept;

} // namespace spec
