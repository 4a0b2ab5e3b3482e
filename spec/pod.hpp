// SPDX-License-Identifier: Apache-2.0
// The Pod as plain values, with the names and the meaning of the Kubernetes API (core/v1, v1.36).
//
// Every field that means something on one machine has a member here, also where acting on it is still to come (see
// unhonoured.hpp). The table (pod_fields.cpp) is the one truth about which JSON fields exist. An empty optional is a
// field that was not given; reading a manifest fills in the API server's defaults, so after it the members marked
// "defaulted" always hold a value. Fields that mean nothing here are kept as JSON in `ignored`, by name, so that the
// pod is shown as it was applied.
#pragma once

#include "spec/box.hpp"

#include <cstddef>
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

// A number, or the name of one (a port's). The API calls the type IntOrString.
struct IntOrString {
    std::int32_t number = 0;
    std::optional<std::string> name; // when it was written as a string, even an empty one
};

// Resource name to quantity, as the API server writes it ("500m", "1Gi"), sorted by name.
using ResourceList = StringMap;

enum class RestartPolicy : std::uint8_t { Always, OnFailure, Never };
enum class PullPolicy : std::uint8_t { Always, IfNotPresent, Never };
enum class Protocol : std::uint8_t { Tcp, Udp, Sctp };
enum class HostPathType : std::uint8_t {
    Unset,
    DirectoryOrCreate,
    Directory,
    FileOrCreate,
    File,
    Socket,
    CharDevice,
    BlockDevice
};
enum class DnsPolicy : std::uint8_t { ClusterFirst, ClusterFirstWithHostNet, Default, None };
enum class MountPropagation : std::uint8_t { None, HostToContainer, Bidirectional };
enum class RecursiveReadOnly : std::uint8_t { Disabled, IfPossible, Enabled };
enum class UriScheme : std::uint8_t { Http, Https };
enum class TerminationMessagePolicy : std::uint8_t { File, FallbackToLogsOnError };
enum class ProfileType : std::uint8_t { Unconfined, RuntimeDefault, Localhost }; // of seccomp and AppArmor
enum class ProcMount : std::uint8_t { Default, Unmasked };
enum class SupplementalGroupsPolicy : std::uint8_t { Merge, Strict };
enum class FsGroupChangePolicy : std::uint8_t { Always, OnRootMismatch };
enum class RestartRuleAction : std::uint8_t { Restart, RestartAllContainers };
enum class ExitCodesOperator : std::uint8_t { In, NotIn };

// ---- metadata ---------------------------------------------------------------------------------------------------

struct OwnerReference {
    std::string api_version;
    std::string kind;
    std::string name;
    std::string uid;
    std::optional<bool> controller;
    std::optional<bool> block_owner_deletion;
};

struct ObjectMeta {
    std::string name;                             // DNS-1123 subdomain, at most 253 characters
    std::string namespace_ = "default";           // DNS-1123 label
    std::string uid;                              // as given, else made from the content: see read_manifest()
    StringMap labels;                             // sorted by key
    StringMap annotations;                        // sorted by key
    std::vector<OwnerReference> owner_references; // written by podinit for the pods of a workload; else ignored
    std::string creation_timestamp;               // RFC 3339; only ever written by podinit, ignored when read
    StringMap ignored;
};

// ---- references to local objects and to the pod itself ----------------------------------------------------------

struct ObjectFieldSelector {
    std::string api_version; // defaulted: v1
    std::string field_path;  // "metadata.name", "metadata.labels['app']", "status.podIP", ...
};

struct ResourceFieldSelector {
    std::string container_name; // in env: defaulted by the planner to the container itself
    std::string resource;       // "limits.cpu", "requests.memory", ...
    std::string divisor;        // quantity; defaulted: "0", which means 1
};

struct KeySelector { // configMapKeyRef, secretKeyRef
    std::string name;
    std::string key;
    std::optional<bool> optional;
};

struct FileKeySelector {
    std::string volume_name;
    std::string path;
    std::string key;
    std::optional<bool> optional;
};

struct EnvVarSource { // exactly one of them
    std::optional<ObjectFieldSelector> field_ref;
    std::optional<ResourceFieldSelector> resource_field_ref;
    std::optional<KeySelector> config_map_key_ref;
    std::optional<KeySelector> secret_key_ref;
    std::optional<FileKeySelector> file_key_ref;
};

struct EnvVar {
    std::string name;
    std::string value;
    Box<EnvVarSource> value_from;
};

struct ObjectReference { // configMapRef, secretRef
    std::string name;
    std::optional<bool> optional;
};

struct EnvFromSource { // exactly one of the references
    std::string prefix;
    std::optional<ObjectReference> config_map_ref;
    std::optional<ObjectReference> secret_ref;
};

// ---- containers -------------------------------------------------------------------------------------------------

struct ContainerPort {
    std::string name;
    std::int32_t container_port = 0;       // 1..65535
    std::optional<std::int32_t> host_port; // defaulted to container_port when hostNetwork
    std::string host_ip;
    std::optional<Protocol> protocol; // defaulted: TCP
};

struct VolumeMount {
    std::string name;
    std::string mount_path;
    std::string sub_path;
    std::string sub_path_expr; // with $(VAR) of the container's environment
    std::optional<bool> read_only;
    std::optional<RecursiveReadOnly> recursive_read_only;
    std::optional<MountPropagation> mount_propagation;
};

struct ResourceRequirements {
    ResourceList limits;
    ResourceList requests; // defaulted for each limit without one
};

struct ExecAction {
    std::vector<std::string> command;
};

struct HttpHeader {
    std::string name;
    std::string value;
};

struct HttpGetAction {
    std::string path; // defaulted: "/"
    IntOrString port;
    std::string host;
    std::optional<UriScheme> scheme; // defaulted: HTTP
    std::vector<HttpHeader> http_headers;
};

struct TcpSocketAction {
    IntOrString port;
    std::string host;
};

struct GrpcAction {
    std::int32_t port = 0;
    std::optional<std::string> service; // defaulted: ""
};

struct SleepAction {
    std::int64_t seconds = 0;
};

struct Probe { // exactly one of the first four; times in seconds
    std::optional<ExecAction> exec;
    std::optional<HttpGetAction> http_get;
    std::optional<TcpSocketAction> tcp_socket;
    std::optional<GrpcAction> grpc;
    std::int32_t initial_delay_seconds = 0;
    std::int32_t timeout_seconds = 0;   // defaulted: 1
    std::int32_t period_seconds = 0;    // defaulted: 10
    std::int32_t success_threshold = 0; // defaulted: 1
    std::int32_t failure_threshold = 0; // defaulted: 3
    std::optional<std::int64_t> termination_grace_period_seconds;
};

struct LifecycleHandler { // exactly one of them
    std::optional<ExecAction> exec;
    std::optional<HttpGetAction> http_get;
    std::optional<TcpSocketAction> tcp_socket; // passes validation and never works, as in the kubelet
    std::optional<SleepAction> sleep;
};

struct Lifecycle {
    Box<LifecycleHandler> post_start;
    Box<LifecycleHandler> pre_stop;
    std::string stop_signal; // "SIGTERM"
};

struct RestartRuleExitCodes {
    std::optional<ExitCodesOperator> op; // JSON: operator; required
    std::vector<std::int32_t> values;
};

struct ContainerRestartRule {
    std::optional<RestartRuleAction> action; // required
    std::optional<RestartRuleExitCodes> exit_codes;
};

struct Capabilities { // names as the API writes them: without "CAP_"; "ALL" is every one
    std::vector<std::string> add;
    std::vector<std::string> drop;
};

struct SecurityProfile {             // seccompProfile, appArmorProfile
    std::optional<ProfileType> type; // required
    std::optional<std::string> localhost_profile;
};

struct SecurityContext { // of a container
    std::optional<bool> privileged;
    std::optional<bool> allow_privilege_escalation;
    std::optional<bool> read_only_root_filesystem;
    std::optional<bool> run_as_non_root;
    std::optional<std::int64_t> run_as_user;
    std::optional<std::int64_t> run_as_group;
    std::optional<Capabilities> capabilities;
    std::optional<ProcMount> proc_mount;
    std::optional<SecurityProfile> seccomp_profile;
    std::optional<SecurityProfile> app_armor_profile;
    StringMap ignored;
};

inline constexpr std::string_view default_message_path = "/dev/termination-log";

struct Container {
    std::string name; // DNS-1123 label, unique in the pod
    std::string image;
    std::vector<std::string> command; // replaces the image's entrypoint
    std::vector<std::string> args;    // replaces the image's cmd
    std::string working_dir;
    std::vector<ContainerPort> ports;
    std::vector<EnvFromSource> env_from;
    std::vector<EnvVar> env;
    std::vector<VolumeMount> volume_mounts;
    std::optional<PullPolicy> image_pull_policy; // defaulted by the image's tag; nothing is ever pulled
    std::optional<RestartPolicy> restart_policy; // of an init container, Always makes a sidecar
    std::vector<ContainerRestartRule> restart_policy_rules;
    ResourceRequirements resources;
    Box<Probe> startup_probe;
    Box<Probe> readiness_probe;
    Box<Probe> liveness_probe;
    Box<Lifecycle> lifecycle;
    Box<SecurityContext> security_context;
    std::optional<bool> stdin_open; // JSON: stdin
    std::optional<bool> stdin_once;
    std::optional<bool> tty;
    std::string termination_message_path;                               // defaulted: default_message_path
    std::optional<TerminationMessagePolicy> termination_message_policy; // defaulted: File
    StringMap ignored;
};

// ---- volumes ----------------------------------------------------------------------------------------------------

struct HostPathVolume {
    std::string path;
    std::optional<HostPathType> type;
};

struct EmptyDirVolume {
    std::string medium;     // "", "Memory", "HugePages", "HugePages-2Mi"
    std::string size_limit; // a quantity
};

struct KeyToPath {
    std::string key;
    std::string path; // relative
    std::optional<std::int32_t> mode;
};

// configMap, secret, and the same two as sources of a projected volume.
struct ObjectVolume {
    std::string name;                         // JSON: name, for a secret volume secretName
    std::vector<KeyToPath> items;             // empty: every key
    std::optional<std::int32_t> default_mode; // defaulted: 0644; none in a projected volume's source
    std::optional<bool> optional;
};

struct DownwardFile {
    std::string path; // relative
    std::optional<ObjectFieldSelector> field_ref;
    std::optional<ResourceFieldSelector> resource_field_ref;
    std::optional<std::int32_t> mode;
};

struct DownwardVolume {
    std::vector<DownwardFile> items;
    std::optional<std::int32_t> default_mode; // defaulted: 0644; none in a projected volume's source
};

struct VolumeProjection { // exactly one of them
    std::optional<ObjectVolume> config_map;
    std::optional<ObjectVolume> secret;
    std::optional<DownwardVolume> downward_api;
};

struct ProjectedVolume {
    std::vector<VolumeProjection> sources;
    std::optional<std::int32_t> default_mode; // defaulted: 0644
};

struct Volume { // one source
    std::string name;
    std::optional<HostPathVolume> host_path;
    std::optional<EmptyDirVolume> empty_dir; // defaulted: a volume with no source is an emptyDir
    Box<ObjectVolume> config_map;
    Box<ObjectVolume> secret;
    Box<DownwardVolume> downward_api;
    Box<ProjectedVolume> projected;
};

// ---- the pod ----------------------------------------------------------------------------------------------------

struct Sysctl {
    std::string name;
    std::string value;
};

struct PodSecurityContext {
    std::optional<bool> run_as_non_root;
    std::optional<std::int64_t> run_as_user;
    std::optional<std::int64_t> run_as_group;
    std::vector<std::int64_t> supplemental_groups;
    std::optional<SupplementalGroupsPolicy> supplemental_groups_policy;
    std::optional<std::int64_t> fs_group;
    std::optional<FsGroupChangePolicy> fs_group_change_policy;
    std::vector<Sysctl> sysctls;
    std::optional<SecurityProfile> seccomp_profile;
    std::optional<SecurityProfile> app_armor_profile;
    StringMap ignored;
};

struct HostAlias {
    std::string ip;
    std::vector<std::string> hostnames;
};

struct DnsOption {
    std::string name;
    std::optional<std::string> value;
};

struct DnsConfig {
    std::vector<std::string> nameservers;
    std::vector<std::string> searches;
    std::vector<DnsOption> options;
};

struct ReadinessGate {
    std::string condition_type;
};

struct PodOs {
    std::string name; // "linux"
};

struct PodSpec {
    std::vector<Volume> volumes;
    std::vector<Container> init_containers;
    std::vector<Container> containers;                            // with the init containers 1..250
    std::optional<RestartPolicy> restart_policy;                  // defaulted: Always
    std::optional<std::int64_t> termination_grace_period_seconds; // defaulted: 30
    std::optional<std::int64_t> active_deadline_seconds;
    std::optional<bool> host_network;
    std::optional<bool> host_pid;
    std::optional<bool> host_ipc;
    std::optional<bool> host_users;
    std::optional<bool> share_process_namespace;
    std::optional<bool> set_hostname_as_fqdn;
    std::string hostname;
    std::string hostname_override;
    std::string subdomain;
    std::string node_name;
    std::optional<DnsPolicy> dns_policy; // defaulted: ClusterFirst
    Box<DnsConfig> dns_config;
    std::vector<HostAlias> host_aliases;
    std::optional<std::int32_t> priority; // defaulted by the two system priority classes
    std::string priority_class_name;
    std::vector<ReadinessGate> readiness_gates;
    std::optional<ResourceRequirements> resources;
    std::optional<PodOs> os;
    Box<PodSecurityContext> security_context;
    StringMap node_selector; // its meaning is ignored, except that it may ask for another system than Linux
    StringMap ignored;
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

// The containers as one list: the init containers, then the others.
inline std::size_t container_count(const Pod& pod) noexcept {
    return pod.spec.init_containers.size() + pod.spec.containers.size();
}
inline const Container& container_at(const Pod& pod, std::size_t index) noexcept {
    const std::size_t init = pod.spec.init_containers.size();
    return index < init ? pod.spec.init_containers[index] : pod.spec.containers[index - init];
}

// The name podctl and the log show: NAMESPACE/NAME.
std::string full_name(const ObjectMeta& metadata);

// The value of an annotation or label, or nullptr.
const std::string* find(const StringMap& map, std::string_view key) noexcept;
const std::string* find_sorted(const StringMap& map, std::string_view key) noexcept; // of a map sorted by key

} // namespace spec
