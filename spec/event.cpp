// SPDX-License-Identifier: Apache-2.0
#include "spec/event.hpp"

#include "spec/control.hpp"
#include "spec/fields.hpp"
#include "spec/text.hpp"

#include <array>

namespace spec {

namespace fields {

template <>
inline constexpr auto rows_of<EventMeta> = std::array{
    field<&EventMeta::creation_timestamp>("creationTimestamp"),
    field<&EventMeta::name>("name"),
    field<&EventMeta::namespace_>("namespace"),
};
template <>
inline constexpr auto rows_of<InvolvedObject> = std::array{
    field<&InvolvedObject::api_version>("apiVersion"),
    field<&InvolvedObject::field_path>("fieldPath"),
    field<&InvolvedObject::kind>("kind"),
    field<&InvolvedObject::name>("name"),
    field<&InvolvedObject::namespace_>("namespace"),
    field<&InvolvedObject::uid>("uid"),
};
template <>
inline constexpr auto rows_of<EventSource> = std::array{
    field<&EventSource::component>("component"),
    field<&EventSource::host>("host"),
};
template <>
inline constexpr auto rows_of<Event> = std::array{
    field<&Event::api_version>("apiVersion"),
    field<&Event::count>("count"),
    always_written<&Event::event_time>("eventTime"),
    field<&Event::first_timestamp>("firstTimestamp"),
    field<&Event::involved_object>("involvedObject"),
    field<&Event::kind>("kind"),
    field<&Event::last_timestamp>("lastTimestamp"),
    field<&Event::message>("message"),
    field<&Event::metadata>("metadata"),
    field<&Event::reason>("reason"),
    always_written<&Event::reporting_component>("reportingComponent"),
    always_written<&Event::reporting_instance>("reportingInstance"),
    field<&Event::source>("source"),
    field<&Event::type>("type"),
};

} // namespace fields

// Written without the table, which only those who read an event need.
std::string event_object(const EventFacts& facts) {
    std::string out = "{\"apiVersion\":\"v1\",\"count\":";
    out.append(std::to_string(facts.count)).append(",\"eventTime\":null");
    const bool machine = facts.namespace_.empty();
    const struct {
        std::string_view before, value, after;
    } parts[] = {
        {",\"firstTimestamp\":\"", facts.first_timestamp, "\""},
        {",\"involvedObject\":{\"apiVersion\":\"v1\"", "", ""},
        {facts.field_path.empty() ? "" : ",\"fieldPath\":\"", facts.field_path, facts.field_path.empty() ? "" : "\""},
        {machine ? ",\"kind\":\"Node\",\"name\":\"" : ",\"kind\":\"Pod\",\"name\":\"", facts.pod, "\""},
        {machine ? "" : ",\"namespace\":\"", facts.namespace_, machine ? "" : "\""},
        {",\"uid\":\"", facts.uid, "\"}"},
        {",\"kind\":\"Event\",\"lastTimestamp\":\"", facts.last_timestamp, "\""},
        {",\"metadata\":{\"creationTimestamp\":\"", facts.first_timestamp, "\""},
        {",\"name\":\"", facts.pod, "."},
        {"", facts.number, "\""},
        {",\"namespace\":\"", machine ? "default" : facts.namespace_, "\"}"},
        {",\"reason\":\"", facts.reason, "\""},
        {",\"reportingComponent\":\"podinit\",\"reportingInstance\":\"", facts.host, "\""},
        {",\"source\":{\"component\":\"podinit\",\"host\":\"", facts.host, "\"}"},
        {",\"type\":\"", facts.type, "\""},
    };
    for (const auto& part : parts)
        out.append(part.before).append(part.value).append(part.after);
    out += ",\"message\":";
    append_json_string(out, facts.message);
    return out += '}';
}

std::expected<Event, Problems> read_event_object(std::string_view json) noexcept {
    return fields::from_json<Event>(json, fields::Mode::Output, max_message_bytes);
}

} // namespace spec
