// SPDX-License-Identifier: Apache-2.0
// The Pod as plain values, with the names and the meaning of the Kubernetes API (core/v1, v1.36).
//
// Only what spec's field table honours has a member here; the table (pod_fields.cpp) is the one truth about which JSON
// fields exist. An empty optional is a field that was not given; read_manifest() fills in the API server's defaults, so
// after it the optionals marked "defaulted" always hold a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec {

// A JSON object of strings, in the order in which it was written (the API gives the order no meaning).
using StringMap = std::vector<std::pair<std::string, std::string>>;

// A JSON value kept as text: compact, valid, and not looked into.
struct RawJson {
    std::string text;
    friend bool operator==(const RawJson&, const RawJson&) = default;
};

enum class RestartPolicy : std::uint8_t { Always, OnFailure, Never };
enum class PullPolicy : std::uint8_t { Always, IfNotPresent, Never };
enum class Protocol : std::uint8_t { Tcp, Udp, Sctp };
enum class HostPathType : std::uint8_t { Unset, DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice, BlockDevice };
enum class Medium : std::uint8_t { Default, Memory };

struct ObjectMeta {
    std::string name;                       // DNS-1123 subdomain, at most 253 characters
    std::string namespace_ = "default";     // DNS-1123 label
    std::string uid;                        // as given, else made from the content: see read_manifest()
    StringMap labels;
    StringMap annotations;
    std::string creation_timestamp;         // RFC 3339; only ever written by podinit, ignored when read
};

struct EnvVar {
    std::string name;
    std::string value;
};

struct ContainerPort {
    std::string name;
    std::int32_t container_port = 0; // 1..65535
    std::optional<std::int32_t> host_port; // defaulted to container_port when hostNetwork
    std::string host_ip;
    std::optional<Protocol> protocol; // defaulted: TCP
};

struct VolumeMount {
    std::string name;
    std::string mount_path;
    std::string sub_path;
    std::optional<bool> read_only;
};

struct Capabilities { // names as the API writes them: without "CAP_"; "ALL" is every one
    std::vector<std::string> add;
    std::vector<std::string> drop;
};

struct SecurityContext { // of a container
    std::optional<bool> privileged;
    std::optional<bool> allow_privilege_escalation;
    std::optional<bool> read_only_root_filesystem;
    std::optional<bool> run_as_non_root;
    std::optional<std::int64_t> run_as_user;
    std::optional<std::int64_t> run_as_group;
    std::optional<Capabilities> capabilities;
};

struct PodSecurityContext {
    std::optional<bool> run_as_non_root;
    std::optional<std::int64_t> run_as_user;
    std::optional<std::int64_t> run_as_group;
    std::vector<std::int64_t> supplemental_groups;
};

struct Container {
    std::string name; // DNS-1123 label, unique in the pod
    std::string image;
    std::vector<std::string> command; // replaces the image's entrypoint
    std::vector<std::string> args;    // replaces the image's cmd
    std::string working_dir;
    std::vector<ContainerPort> ports;
    std::vector<EnvVar> env;
    std::vector<VolumeMount> volume_mounts;
    std::optional<PullPolicy> image_pull_policy; // defaulted by the image's tag; nothing is ever pulled
    std::optional<SecurityContext> security_context;
    std::optional<bool> stdin_open; // JSON: stdin
    std::optional<bool> stdin_once;
    std::optional<bool> tty;
    std::string termination_message_path;   // defaulted: /dev/termination-log
    std::string termination_message_policy; // defaulted: File
};

struct HostPathVolume {
    std::string path;
    std::optional<HostPathType> type;
};

struct EmptyDirVolume {
    std::optional<Medium> medium;
    std::string size_limit; // a quantity, as written
};

struct Volume {
    std::string name;
    std::optional<HostPathVolume> host_path;
    std::optional<EmptyDirVolume> empty_dir; // defaulted: a volume with no source is an emptyDir
};

struct PodSpec {
    std::vector<Volume> volumes;
    std::vector<Container> containers; // 1..250
    std::optional<RestartPolicy> restart_policy;                    // defaulted: Always
    std::optional<std::int64_t> termination_grace_period_seconds;   // defaulted: 30
    std::optional<bool> host_network;
    std::optional<bool> host_pid;
    std::optional<bool> host_ipc;
    std::optional<bool> share_process_namespace;
    std::string hostname;
    std::string node_name;
    std::optional<PodSecurityContext> security_context;
};

struct Pod {
    Pod();
    Pod(const Pod&);
    Pod(Pod&&) noexcept;
    Pod& operator=(const Pod&);
    Pod& operator=(Pod&&) noexcept;
    ~Pod(); // in pod.cpp, as the others: code for so many members is not wanted in every function that has a pod

    ObjectMeta metadata;
    PodSpec spec;
};

// The name podctl and the log show: NAMESPACE/NAME.
std::string full_name(const ObjectMeta& metadata);

// The value of an annotation or label, or nullptr.
const std::string* find(const StringMap& map, std::string_view key) noexcept;

} // namespace spec
