// SPDX-License-Identifier: Apache-2.0
// PodStatus as plain values, and the JSON of a whole Pod as `get pod -o json` shows it.
#pragma once

#include "spec/pod.hpp"
#include "spec/problem.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec {

struct StateWaiting {
    std::string reason;
    std::string message;
};

struct StateRunning {
    std::string started_at; // RFC 3339
};

struct StateTerminated {
    std::int32_t exit_code = 0;
    std::string reason;
    std::string message;
    std::string started_at;
    std::string finished_at;
    std::string container_id;
};

struct ContainerState { // exactly one is set; none at all in an empty lastState
    std::optional<StateWaiting> waiting;
    std::optional<StateRunning> running;
    std::optional<StateTerminated> terminated;
};

struct VolumeMountStatus {
    std::string name;
    std::string mount_path;
    bool read_only = false;
    std::string recursive_read_only; // of a read-only one: Enabled | Disabled
};

struct ContainerStatus {
    std::string name;
    ContainerState state;
    ContainerState last_state;
    bool ready = false;
    std::int32_t restart_count = 0;
    std::string image;
    std::string image_id;
    std::string container_id; // "podinit://UID/NAME/ATTEMPT"
    bool started = false;
    std::vector<VolumeMountStatus> volume_mounts;
};

// A pod is replaced when its manifest changes, never changed: metadata.generation of all.
inline constexpr std::int64_t pod_generation = 1;

struct PodCondition {
    std::string type;
    std::string status; // "True" | "False" | "Unknown"
    std::string last_transition_time;
    std::string reason;
    std::string message;
    std::optional<std::string> last_probe_time; // never set: the API still shows it, as null
    std::int64_t observed_generation = 0;
};

// Of the condition in which a container's own words are (sd_notify(3)): followed by its name.
inline constexpr std::string_view notify_condition = "notify.podinit/";

struct PodIp {
    std::string ip;
};

struct PodStatus {
    std::int64_t observed_generation = 0;
    std::string phase; // Pending | Running | Succeeded | Failed
    std::vector<PodCondition> conditions;
    std::string message;
    std::string reason;
    std::string host_ip;
    std::vector<PodIp> host_ips;
    std::string pod_ip;
    std::vector<PodIp> pod_ips;
    std::string start_time;
    std::vector<ContainerStatus> init_container_statuses;
    std::vector<ContainerStatus> container_statuses;
    std::string qos_class;
};

// Canonical manifest text + what is only known at run time = the object a client gets. A non-empty deletion timestamp
// goes to metadata, as on Kubernetes for a pod that is being stopped. A non-empty `node_name`, the machine on which the
// pod runs, goes to the spec; leave it empty for a manifest that names one itself.
std::string pod_object(std::string_view canonical, const PodStatus& status, std::string_view creation_timestamp,
                       std::string_view deletion_timestamp, std::string_view node_name);

// The same object read back by a client.
struct PodView {
    Pod pod; // with metadata.creation_timestamp
    PodStatus status;
    std::string deletion_timestamp;
};
std::expected<PodView, Problems> read_pod_object(std::string_view json) noexcept;

// RFC 3339 in UTC with seconds, as metav1.Time prints it; "" for an unset time (0). Milliseconds since the epoch.
std::string rfc3339(std::int64_t epoch_ms);
// The inverse, for ages; nullopt when it is no such time.
std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept;

} // namespace spec
