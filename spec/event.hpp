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

std::string event_object(const Event& event);
std::expected<Event, Problems> read_event_object(std::string_view json) noexcept;

} // namespace spec
