// SPDX-License-Identifier: Apache-2.0
#include "spec/event.hpp"

#include "spec/control.hpp"
#include "spec/fields.hpp"

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

std::string event_object(const Event& event) {
    std::string out;
    fields::write(out, event);
    return out;
}

std::expected<Event, Problems> read_event_object(std::string_view json) noexcept {
    return fields::from_json<Event>(json, fields::Mode::Output, max_message_bytes);
}

} // namespace spec
