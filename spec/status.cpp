// SPDX-License-Identifier: Apache-2.0
#include "spec/status.hpp"

#include "spec/control.hpp"
#include "spec/fields.hpp"
#include "spec/json.hpp"
#include "spec/pod_fields.hpp"
#include "spec/text.hpp"

#include <array>
#include <cassert>
#include <exception>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace spec {

// What Kubernetes' Go types write even when it is empty is always written here too.
namespace fields {

template <>
inline constexpr auto rows_of<StateWaiting> = std::array{
    field<&StateWaiting::reason>("reason"),
    field<&StateWaiting::message>("message"),
};
template <>
inline constexpr auto rows_of<StateRunning> = std::array{
    field<&StateRunning::started_at>("startedAt"),
};
template <>
inline constexpr auto rows_of<StateTerminated> = std::array{
    always_written<&StateTerminated::exit_code>("exitCode"),
    field<&StateTerminated::reason>("reason"),
    field<&StateTerminated::message>("message"),
    field<&StateTerminated::started_at>("startedAt"),
    field<&StateTerminated::finished_at>("finishedAt"),
    field<&StateTerminated::container_id>("containerID"),
};
template <>
inline constexpr auto rows_of<ContainerState> = std::array{
    field<&ContainerState::waiting>("waiting"),
    field<&ContainerState::running>("running"),
    field<&ContainerState::terminated>("terminated"),
};
template <>
inline constexpr auto rows_of<VolumeMountStatus> = std::array{
    always_written<&VolumeMountStatus::name>("name"),
    always_written<&VolumeMountStatus::mount_path>("mountPath"),
    field<&VolumeMountStatus::read_only>("readOnly"),
    field<&VolumeMountStatus::recursive_read_only>("recursiveReadOnly"),
};
template <>
inline constexpr auto rows_of<ContainerStatus> = std::array{
    always_written<&ContainerStatus::name>("name"),
    always_written<&ContainerStatus::state>("state"),
    always_written<&ContainerStatus::last_state>("lastState"),
    always_written<&ContainerStatus::ready>("ready"),
    always_written<&ContainerStatus::restart_count>("restartCount"),
    always_written<&ContainerStatus::image>("image"),
    always_written<&ContainerStatus::image_id>("imageID"),
    field<&ContainerStatus::container_id>("containerID"),
    always_written<&ContainerStatus::started>("started"),
    field<&ContainerStatus::volume_mounts>("volumeMounts"),
};
template <>
inline constexpr auto rows_of<PodCondition> = std::array{
    always_written<&PodCondition::type>("type"),
    field<&PodCondition::observed_generation>("observedGeneration"),
    always_written<&PodCondition::status>("status"),
    always_written<&PodCondition::last_probe_time>("lastProbeTime"),
    field<&PodCondition::last_transition_time>("lastTransitionTime"),
    field<&PodCondition::reason>("reason"),
    field<&PodCondition::message>("message"),
};
template <>
inline constexpr auto rows_of<PodIp> = std::array{
    always_written<&PodIp::ip>("ip"),
};
template <>
inline constexpr auto rows_of<PodStatus> = std::array{
    field<&PodStatus::observed_generation>("observedGeneration"),
    field<&PodStatus::phase>("phase"),
    field<&PodStatus::conditions>("conditions"),
    field<&PodStatus::message>("message"),
    field<&PodStatus::reason>("reason"),
    field<&PodStatus::host_ip>("hostIP"),
    field<&PodStatus::host_ips>("hostIPs"),
    field<&PodStatus::pod_ip>("podIP"),
    field<&PodStatus::pod_ips>("podIPs"),
    field<&PodStatus::start_time>("startTime"),
    field<&PodStatus::init_container_statuses>("initContainerStatuses"),
    field<&PodStatus::container_statuses>("containerStatuses"),
    field<&PodStatus::qos_class>("qosClass"),
};

} // namespace fields

namespace {

// A field that others follow, unless it is empty.
void append_field(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty())
        return;
    out.append("\"").append(name).append("\":");
    append_json_string(out, value);
    out += ',';
}

} // namespace

// All edits are at places that canonical text has without a parse: right inside of metadata and of spec, which are
// never empty, and before the last brace. No string of a user's can look like one of them, since in a string a quote
// has a backslash before it.
std::string pod_object(std::string_view canonical, const PodStatus& status, std::string_view creation_timestamp,
                       std::string_view deletion_timestamp, std::string_view node_name) {
    constexpr std::string_view metadata = "\"metadata\":{";
    constexpr std::string_view spec = "\"spec\":{";
    const std::size_t in_metadata = canonical.find(metadata) + metadata.size();
    const std::size_t in_spec = canonical.find(spec, in_metadata) + spec.size();
    assert(in_metadata >= metadata.size() && in_spec >= spec.size() && canonical.ends_with('}'));

    constexpr std::size_t usual_status = 1024; // of one container that runs
    std::string out;
    out.reserve(canonical.size() + usual_status);
    out = canonical.substr(0, in_metadata);
    append_field(out, "creationTimestamp", creation_timestamp);
    append_field(out, "deletionTimestamp", deletion_timestamp);
    out.append("\"generation\":").append(std::to_string(pod_generation)).append(",");
    out.append(canonical.substr(in_metadata, in_spec - in_metadata));
    append_field(out, "nodeName", node_name);
    out.append(canonical.substr(in_spec, canonical.size() - in_spec - 1)).append(",\"status\":");
    fields::write(out, status);
    return out += '}';
}

std::expected<PodView, Problems> read_pod_object(std::string_view json) noexcept try {
    auto document = json::parse(json, max_message_bytes);
    if (!document)
        return std::unexpected(std::move(document.error()));
    const json::Node& root = document->root();
    PodView view;
    fields::Reader reader{.root = root, .mode = fields::Mode::Output};
    reader.read(root, pod_type, &view.pod);
    if (const json::Node* status = json::find(root, "status"))
        reader.read(*status, view.status);
    if (const json::Node* metadata = json::find(root, "metadata"))
        if (const json::Node* time = json::find(*metadata, "deletionTimestamp"))
            reader.read(*time, view.deletion_timestamp);
    if (has_errors(reader.problems))
        return std::unexpected(std::move(reader.problems));
    return view;
} catch (const std::exception&) {
    return std::unexpected(json::out_of_memory());
}

} // namespace spec
