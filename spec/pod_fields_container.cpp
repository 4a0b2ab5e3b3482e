// SPDX-License-Identifier: Apache-2.0
// The rows of Container and of what lies below it.
#include "spec/pod_tables.hpp"

namespace spec::fields {

template <>
inline constexpr auto names_of<PullPolicy> = std::array<std::string_view, 3>{"Always", "IfNotPresent", "Never"};
template <>
inline constexpr auto names_of<Protocol> = std::array<std::string_view, 3>{"TCP", "UDP", "SCTP"};
template <>
inline constexpr auto names_of<UriScheme> = std::array<std::string_view, 2>{"HTTP", "HTTPS"};
template <>
inline constexpr auto names_of<ProcMount> = std::array<std::string_view, 2>{"Default", "Unmasked"};
template <>
inline constexpr auto names_of<TerminationMessagePolicy> =
    std::array<std::string_view, 2>{"File", "FallbackToLogsOnError"};
template <>
inline constexpr auto names_of<MountPropagation> =
    std::array<std::string_view, 3>{"None", "HostToContainer", "Bidirectional"};
template <>
inline constexpr auto names_of<RecursiveReadOnly> =
    std::array<std::string_view, 3>{"Disabled", "IfPossible", "Enabled"};
template <>
inline constexpr auto names_of<RestartRuleAction> = std::array<std::string_view, 2>{"Restart", "RestartAllContainers"};
template <>
inline constexpr auto names_of<ExitCodesOperator> = std::array<std::string_view, 2>{"In", "NotIn"};

// ---- environment ------------------------------------------------------------------------------------------------

template <>
inline constexpr auto rows_of<KeySelector> = std::array{
    required<&KeySelector::key>("key"),
    required<&KeySelector::name>("name"),
    field<&KeySelector::optional>("optional"),
};

template <>
inline constexpr std::string_view name_of<FileKeySelector> = "FileKeySelector";
template <>
inline constexpr auto rows_of<FileKeySelector> = std::array{
    required<&FileKeySelector::key>("key"),
    field<&FileKeySelector::optional>("optional"),
    required<&FileKeySelector::path>("path"),
    required<&FileKeySelector::volume_name>("volumeName"),
};

template <>
inline constexpr auto rows_of<ObjectReference> = std::array{
    required<&ObjectReference::name>("name"),
    field<&ObjectReference::optional>("optional"),
};

// The API has two names for each of these structs.
namespace {

constexpr Type config_map_key = make_struct_type("ConfigMapKeySelector", rows_of<KeySelector>);
constexpr Type secret_key = make_struct_type("SecretKeySelector", rows_of<KeySelector>);
constexpr Type config_map_env = make_struct_type("ConfigMapEnvSource", rows_of<ObjectReference>);
constexpr Type secret_env = make_struct_type("SecretEnvSource", rows_of<ObjectReference>);
constexpr Type optional_config_map_key = make_optional_type<std::optional<KeySelector>>(&config_map_key);
constexpr Type optional_secret_key = make_optional_type<std::optional<KeySelector>>(&secret_key);
constexpr Type optional_config_map_env = make_optional_type<std::optional<ObjectReference>>(&config_map_env);
constexpr Type optional_secret_env = make_optional_type<std::optional<ObjectReference>>(&secret_env);

} // namespace

template <>
inline constexpr std::string_view name_of<EnvVarSource> = "EnvVarSource";
template <>
inline constexpr auto rows_of<EnvVarSource> = std::array{
    field<&EnvVarSource::config_map_key_ref>("configMapKeyRef", &optional_config_map_key),
    field<&EnvVarSource::field_ref>("fieldRef"),
    field<&EnvVarSource::file_key_ref>("fileKeyRef"),
    field<&EnvVarSource::resource_field_ref>("resourceFieldRef"),
    field<&EnvVarSource::secret_key_ref>("secretKeyRef", &optional_secret_key),
};

template <>
inline constexpr std::string_view name_of<EnvVar> = "EnvVar";
template <>
inline constexpr auto rows_of<EnvVar> = std::array{
    required<&EnvVar::name>("name"),
    field<&EnvVar::value>("value"),
    field<&EnvVar::value_from>("valueFrom"),
};

template <>
inline constexpr std::string_view name_of<EnvFromSource> = "EnvFromSource";
template <>
inline constexpr auto rows_of<EnvFromSource> = std::array{
    field<&EnvFromSource::config_map_ref>("configMapRef", &optional_config_map_env),
    field<&EnvFromSource::prefix>("prefix"),
    field<&EnvFromSource::secret_ref>("secretRef", &optional_secret_env),
};

// ---- ports, mounts, restarts ------------------------------------------------------------------------------------

template <>
inline constexpr std::string_view name_of<ContainerPort> = "ContainerPort";
template <>
inline constexpr auto rows_of<ContainerPort> = std::array{
    required<&ContainerPort::container_port>("containerPort"),
    field<&ContainerPort::host_ip>("hostIP"),
    field<&ContainerPort::host_port>("hostPort"),
    field<&ContainerPort::name>("name"),
    field<&ContainerPort::protocol>("protocol"),
};

template <>
inline constexpr std::string_view name_of<VolumeMount> = "VolumeMount";
template <>
inline constexpr auto rows_of<VolumeMount> = std::array{
    unsupported("bindMountOptions", not_yet_in_api),
    required<&VolumeMount::mount_path>("mountPath"),
    field<&VolumeMount::mount_propagation>("mountPropagation"),
    required<&VolumeMount::name>("name"),
    field<&VolumeMount::read_only>("readOnly"),
    field<&VolumeMount::recursive_read_only>("recursiveReadOnly"),
    field<&VolumeMount::sub_path>("subPath"),
    field<&VolumeMount::sub_path_expr>("subPathExpr"),
};

template <>
inline constexpr std::string_view name_of<RestartRuleExitCodes> = "ContainerRestartRuleOnExitCodes";
template <>
inline constexpr auto rows_of<RestartRuleExitCodes> = std::array{
    required<&RestartRuleExitCodes::op>("operator"),
    field<&RestartRuleExitCodes::values>("values"),
};

template <>
inline constexpr std::string_view name_of<ContainerRestartRule> = "ContainerRestartRule";
template <>
inline constexpr auto rows_of<ContainerRestartRule> = std::array{
    required<&ContainerRestartRule::action>("action"),
    field<&ContainerRestartRule::exit_codes>("exitCodes"),
};

// ---- probes and hooks -------------------------------------------------------------------------------------------

template <>
inline constexpr std::string_view name_of<ExecAction> = "ExecAction";
template <>
inline constexpr auto rows_of<ExecAction> = std::array{
    field<&ExecAction::command>("command"),
};

template <>
inline constexpr std::string_view name_of<HttpHeader> = "HTTPHeader";
template <>
inline constexpr auto rows_of<HttpHeader> = std::array{
    required<&HttpHeader::name>("name"),
    always_written<&HttpHeader::value>("value"),
};

template <>
inline constexpr std::string_view name_of<HttpGetAction> = "HTTPGetAction";
template <>
inline constexpr auto rows_of<HttpGetAction> = std::array{
    field<&HttpGetAction::host>("host"),     field<&HttpGetAction::http_headers>("httpHeaders"),
    field<&HttpGetAction::path>("path"),     required<&HttpGetAction::port>("port"),
    unsupported("protocol", not_yet_in_api), field<&HttpGetAction::scheme>("scheme"),
};

template <>
inline constexpr std::string_view name_of<TcpSocketAction> = "TCPSocketAction";
template <>
inline constexpr auto rows_of<TcpSocketAction> = std::array{
    field<&TcpSocketAction::host>("host"),
    required<&TcpSocketAction::port>("port"),
};

template <>
inline constexpr std::string_view name_of<GrpcAction> = "GRPCAction";
template <>
inline constexpr auto rows_of<GrpcAction> = std::array{
    unsupported("mode", not_yet_in_api),
    required<&GrpcAction::port>("port"),
    field<&GrpcAction::service>("service"),
};

template <>
inline constexpr std::string_view name_of<SleepAction> = "SleepAction";
template <>
inline constexpr auto rows_of<SleepAction> = std::array{
    required<&SleepAction::seconds>("seconds"),
};

template <>
inline constexpr std::string_view name_of<Probe> = "Probe";
template <>
inline constexpr auto rows_of<Probe> = std::array{
    field<&Probe::exec>("exec"),
    field<&Probe::failure_threshold>("failureThreshold"),
    field<&Probe::grpc>("grpc"),
    field<&Probe::http_get>("httpGet"),
    field<&Probe::initial_delay_seconds>("initialDelaySeconds"),
    field<&Probe::period_seconds>("periodSeconds"),
    field<&Probe::success_threshold>("successThreshold"),
    field<&Probe::tcp_socket>("tcpSocket"),
    field<&Probe::termination_grace_period_seconds>("terminationGracePeriodSeconds"),
    field<&Probe::timeout_seconds>("timeoutSeconds"),
};

template <>
inline constexpr std::string_view name_of<LifecycleHandler> = "LifecycleHandler";
template <>
inline constexpr auto rows_of<LifecycleHandler> = std::array{
    field<&LifecycleHandler::exec>("exec"),
    field<&LifecycleHandler::http_get>("httpGet"),
    field<&LifecycleHandler::sleep>("sleep"),
    field<&LifecycleHandler::tcp_socket>("tcpSocket"),
};

template <>
inline constexpr std::string_view name_of<Lifecycle> = "Lifecycle";
template <>
inline constexpr auto rows_of<Lifecycle> = std::array{
    field<&Lifecycle::post_start>("postStart"),
    field<&Lifecycle::pre_stop>("preStop"),
    field<&Lifecycle::stop_signal>("stopSignal"),
};

// ---- security ---------------------------------------------------------------------------------------------------

template <>
inline constexpr std::string_view name_of<Capabilities> = "Capabilities";
template <>
inline constexpr auto rows_of<Capabilities> = std::array{
    field<&Capabilities::add>("add"),
    field<&Capabilities::drop>("drop"),
};

template <>
inline constexpr std::string_view name_of<SecurityContext> = "SecurityContext";
template <>
inline constexpr auto rows_of<SecurityContext> = std::array{
    field<&SecurityContext::allow_privilege_escalation>("allowPrivilegeEscalation"),
    field<&SecurityContext::app_armor_profile>("appArmorProfile", &optional_app_armor_profile),
    field<&SecurityContext::capabilities>("capabilities"),
    field<&SecurityContext::privileged>("privileged"),
    field<&SecurityContext::proc_mount>("procMount"),
    field<&SecurityContext::read_only_root_filesystem>("readOnlyRootFilesystem"),
    field<&SecurityContext::run_as_group>("runAsGroup"),
    field<&SecurityContext::run_as_non_root>("runAsNonRoot"),
    field<&SecurityContext::run_as_user>("runAsUser"),
    ignored<&SecurityContext::ignored>("seLinuxOptions", &se_linux_options_shape, no_selinux),
    field<&SecurityContext::seccomp_profile>("seccompProfile", &optional_seccomp_profile),
    unsupported("windowsOptions", windows),
};

template <>
inline constexpr std::string_view name_of<Container> = "Container";
template <>
inline constexpr auto rows_of<Container> = std::array{
    field<&Container::args>("args"),
    field<&Container::command>("command"),
    field<&Container::env>("env"),
    field<&Container::env_from>("envFrom"),
    required<&Container::image>("image"),
    field<&Container::image_pull_policy>("imagePullPolicy"),
    field<&Container::lifecycle>("lifecycle"),
    field<&Container::liveness_probe>("livenessProbe"),
    required<&Container::name>("name"),
    field<&Container::ports>("ports"),
    field<&Container::readiness_probe>("readinessProbe"),
    ignored<&Container::ignored>("resizePolicy", &resize_policy_shape, "resources are not resized in place"),
    field<&Container::resources>("resources"),
    field<&Container::restart_policy>("restartPolicy"),
    field<&Container::restart_policy_rules>("restartPolicyRules"),
    field<&Container::security_context>("securityContext"),
    field<&Container::startup_probe>("startupProbe"),
    field<&Container::stdin_open>("stdin"),
    field<&Container::stdin_once>("stdinOnce"),
    field<&Container::termination_message_path>("terminationMessagePath"),
    field<&Container::termination_message_policy>("terminationMessagePolicy"),
    field<&Container::tty>("tty"),
    unsupported("volumeDevices", "there are no persistent volumes; a device comes as a hostPath volume"),
    field<&Container::volume_mounts>("volumeMounts"),
    field<&Container::working_dir>("workingDir"),
};

constinit const Type security_context_type = make_type<SecurityContext>();
constinit const Type containers_type = make_list_type<std::vector<Container>>();

} // namespace spec::fields
