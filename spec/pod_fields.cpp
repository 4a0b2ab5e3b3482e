// SPDX-License-Identifier: Apache-2.0
// Which fields of the Pod API exist here, and what becomes of each: the one truth (names as of Kubernetes 1.36).
// Rows are in the order in which kubectl prints them; the rows without a member follow.
#include "spec/pod_fields.hpp"

#include "spec/names.hpp"
#include "spec/quantity.hpp"

namespace spec {
namespace fields {

namespace {

constexpr std::string_view scheduling = "there is one machine, so nothing is scheduled";
constexpr std::string_view needs_api = "it refers to an object of a cluster's API server";
constexpr std::string_view no_cluster_volumes = "volume sources are hostPath and emptyDir";
constexpr std::string_view windows = "this is Linux";
constexpr std::string_view no_selinux = "SELinux labels are not set";

constexpr Type quantity{
    .kind = Type::Kind::Text,
    .parse = [](std::string_view text, void* member) -> std::string_view {
        const auto value = parse_quantity(text);
        if (!value)
            return "not a quantity: digits and one of Ki, Mi, Gi, k, M, G, ... are expected";
        if (*value < 0)
            return "must be greater than or equal to 0";
        *static_cast<std::string*>(member) = text;
        return {};
    },
    .print = [](std::string& out, const void* member) { out += *static_cast<const std::string*>(member); },
    .numbers = true,
};

} // namespace

template <>
inline constexpr auto names_of<RestartPolicy> = std::array<std::string_view, 3>{"Always", "OnFailure", "Never"};
template <>
inline constexpr auto names_of<PullPolicy> = std::array<std::string_view, 3>{"Always", "IfNotPresent", "Never"};
template <>
inline constexpr auto names_of<Protocol> = std::array<std::string_view, 3>{"TCP", "UDP", "SCTP"};
template <>
inline constexpr auto names_of<TerminationMessagePolicy> =
    std::array<std::string_view, 2>{"File", "FallbackToLogsOnError"};
template <>
inline constexpr auto names_of<HostPathType> = std::array<std::string_view, 8>{
    "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"};

template <>
inline constexpr auto rows_of<ObjectMeta> = std::array{
    field<&ObjectMeta::annotations>("annotations"),
    server_set<&ObjectMeta::creation_timestamp>("creationTimestamp"),
    field<&ObjectMeta::labels>("labels"),
    required<&ObjectMeta::name>("name"),
    always_written<&ObjectMeta::namespace_>("namespace"),
    field<&ObjectMeta::uid>("uid"),

    server_set("deletionGracePeriodSeconds"),
    server_set("generation"),
    server_set("managedFields"),
    server_set("resourceVersion"),
    server_set("selfLink"),
    ignored("deletionTimestamp", "a manifest that is there is a pod that runs"),
    ignored("finalizers", "nothing here waits for them"),
    ignored("generateName", "the pod is called metadata.name"),
    ignored("ownerReferences", "there are no owners here"),
};

template <>
inline constexpr auto rows_of<EnvVar> = std::array{
    required<&EnvVar::name>("name"),
    field<&EnvVar::value>("value"),

    refused("valueFrom"),
};

template <>
inline constexpr auto rows_of<ContainerPort> = std::array{
    required<&ContainerPort::container_port>("containerPort"),
    field<&ContainerPort::host_ip>("hostIP"),
    field<&ContainerPort::host_port>("hostPort"),
    field<&ContainerPort::name>("name"),
    field<&ContainerPort::protocol>("protocol"),
};

template <>
inline constexpr auto rows_of<VolumeMount> = std::array{
    required<&VolumeMount::mount_path>("mountPath"),
    required<&VolumeMount::name>("name"),
    field<&VolumeMount::read_only>("readOnly"),
    field<&VolumeMount::sub_path>("subPath"),

    unsupported("bindMountOptions"),
    unsupported("mountPropagation", {}, "None"),
    unsupported("recursiveReadOnly", {}, "Disabled"),
    unsupported("subPathExpr"),
};

template <>
inline constexpr auto rows_of<Capabilities> = std::array{
    field<&Capabilities::add>("add"),
    field<&Capabilities::drop>("drop"),
};

template <>
inline constexpr auto rows_of<SecurityContext> = std::array{
    field<&SecurityContext::allow_privilege_escalation>("allowPrivilegeEscalation"),
    field<&SecurityContext::capabilities>("capabilities"),
    field<&SecurityContext::privileged>("privileged"),
    field<&SecurityContext::read_only_root_filesystem>("readOnlyRootFilesystem"),
    field<&SecurityContext::run_as_group>("runAsGroup"),
    field<&SecurityContext::run_as_non_root>("runAsNonRoot"),
    field<&SecurityContext::run_as_user>("runAsUser"),

    unsupported("appArmorProfile", {}, R"({"type":"Unconfined"})"),
    unsupported("procMount", {}, "Default"),
    ignored("seLinuxOptions", no_selinux),
    unsupported("seccompProfile", {}, R"({"type":"Unconfined"})"),
    unsupported("windowsOptions", windows),
};

template <>
inline constexpr auto rows_of<Container> = std::array{
    field<&Container::args>("args"),
    field<&Container::command>("command"),
    field<&Container::env>("env"),
    required<&Container::image>("image"),
    field<&Container::image_pull_policy>("imagePullPolicy"),
    required<&Container::name>("name"),
    field<&Container::ports>("ports"),
    field<&Container::security_context>("securityContext"),
    field<&Container::stdin_open>("stdin"),
    field<&Container::stdin_once>("stdinOnce"),
    field<&Container::termination_message_path>("terminationMessagePath"),
    field<&Container::termination_message_policy>("terminationMessagePolicy"),
    field<&Container::tty>("tty"),
    field<&Container::volume_mounts>("volumeMounts"),
    field<&Container::working_dir>("workingDir"),

    unsupported("envFrom", needs_api),
    unsupported("lifecycle"),
    refused("livenessProbe"),
    refused("readinessProbe"),
    ignored("resizePolicy", "resources are not resized in place"),
    unsupported("resources"),
    unsupported("restartPolicy"),
    unsupported("restartPolicyRules"),
    refused("startupProbe"),
    unsupported("volumeDevices", needs_api),
};

template <>
inline constexpr auto rows_of<HostPathVolume> = std::array{
    required<&HostPathVolume::path>("path"),
    field<&HostPathVolume::type>("type"),
};

template <>
inline constexpr auto rows_of<EmptyDirVolume> = std::array{
    field<&EmptyDirVolume::medium>("medium"),
    field<&EmptyDirVolume::size_limit>("sizeLimit", &quantity),

    unsupported("mode"),
};

template <>
inline constexpr auto rows_of<Volume> = std::array{
    field<&Volume::empty_dir>("emptyDir"),
    field<&Volume::host_path>("hostPath"),
    required<&Volume::name>("name"),

    refused("awsElasticBlockStore", no_cluster_volumes),
    refused("azureDisk", no_cluster_volumes),
    refused("azureFile", no_cluster_volumes),
    refused("cephfs", no_cluster_volumes),
    refused("cinder", no_cluster_volumes),
    refused("configMap", needs_api),
    refused("csi", no_cluster_volumes),
    refused("downwardAPI"),
    refused("ephemeral", needs_api),
    refused("fc", no_cluster_volumes),
    refused("flexVolume", no_cluster_volumes),
    refused("flocker", no_cluster_volumes),
    refused("gcePersistentDisk", no_cluster_volumes),
    refused("gitRepo", no_cluster_volumes),
    refused("glusterfs", no_cluster_volumes),
    refused("image"),
    refused("iscsi", no_cluster_volumes),
    refused("nfs", no_cluster_volumes),
    refused("persistentVolumeClaim", needs_api),
    refused("photonPersistentDisk", no_cluster_volumes),
    refused("portworxVolume", no_cluster_volumes),
    refused("projected"),
    refused("quobyte", no_cluster_volumes),
    refused("rbd", no_cluster_volumes),
    refused("scaleIO", no_cluster_volumes),
    refused("secret", needs_api),
    refused("storageos", no_cluster_volumes),
    refused("vsphereVolume", no_cluster_volumes),
};

template <>
inline constexpr auto rows_of<PodSecurityContext> = std::array{
    field<&PodSecurityContext::run_as_group>("runAsGroup"),
    field<&PodSecurityContext::run_as_non_root>("runAsNonRoot"),
    field<&PodSecurityContext::run_as_user>("runAsUser"),
    field<&PodSecurityContext::supplemental_groups>("supplementalGroups"),

    unsupported("appArmorProfile", {}, R"({"type":"Unconfined"})"),
    unsupported("fsGroup"),
    ignored("fsGroupChangePolicy", "it has no effect on the volumes there are"),
    ignored("seLinuxChangePolicy", no_selinux),
    ignored("seLinuxOptions", no_selinux),
    unsupported("seccompProfile", {}, R"({"type":"Unconfined"})"),
    unsupported("supplementalGroupsPolicy", {}, "Merge"),
    unsupported("sysctls"),
    unsupported("windowsOptions", windows),
};

template <>
inline constexpr auto rows_of<PodSpec> = std::array{
    required<&PodSpec::containers>("containers"),
    field<&PodSpec::host_ipc>("hostIPC"),
    field<&PodSpec::host_network>("hostNetwork"),
    field<&PodSpec::host_pid>("hostPID"),
    field<&PodSpec::hostname>("hostname"),
    field<&PodSpec::node_name>("nodeName"),
    field<&PodSpec::restart_policy>("restartPolicy"),
    field<&PodSpec::security_context>("securityContext"),
    field<&PodSpec::share_process_namespace>("shareProcessNamespace"),
    field<&PodSpec::termination_grace_period_seconds>("terminationGracePeriodSeconds"),
    field<&PodSpec::volumes>("volumes"),

    unsupported("activeDeadlineSeconds"),
    ignored("affinity", scheduling),
    ignored("automountServiceAccountToken", "there are no service accounts", "false"),
    unsupported("dnsConfig"),
    ignored("dnsPolicy", "names are resolved as the machine does", "ClusterFirst"),
    ignored("enableServiceLinks", "there are no Services", "true"),
    unsupported("ephemeralContainers", "a manifest cannot have any"),
    ignored("evictionResponders", "nothing is evicted"),
    unsupported("hostAliases"),
    unsupported("hostUsers", {}, "true"),
    unsupported("hostnameOverride"),
    unsupported("imagePullSecrets", "images are local, nothing is pulled"),
    unsupported("initContainers"),
    ignored("nodeSelector", scheduling),
    unsupported("os", windows, R"({"name":"linux"})"),
    ignored("overhead", scheduling),
    ignored("preemptionPolicy", scheduling, "PreemptLowerPriority"),
    unsupported("priority", {}, "0"),
    ignored("priorityClassName", scheduling),
    unsupported("readinessGates"),
    unsupported("resourceClaims", needs_api),
    unsupported("resources"),
    unsupported("runtimeClassName"),
    ignored("schedulerName", scheduling, "default-scheduler"),
    unsupported("schedulingGates", "nothing would ever open them"),
    ignored("schedulingGroup", scheduling),
    unsupported("serviceAccount", needs_api, "default"),
    unsupported("serviceAccountName", needs_api, "default"),
    unsupported("setHostnameAsFQDN", {}, "false"),
    unsupported("subdomain"),
    ignored("tolerations", scheduling),
    ignored("topologySpreadConstraints", scheduling),
};

template <>
inline constexpr auto rows_of<Pod> = std::array{
    required<&Pod::metadata>("metadata"),
    required<&Pod::spec>("spec"),

    server_set("apiVersion"), // is_pod() has judged these two
    server_set("kind"),
    server_set("status"),
};

} // namespace fields

constexpr fields::Type pod_type = fields::make_type<Pod>();

bool is_pod(fields::Reader& reader, const json::Node& object) {
    const auto check = [&](std::string_view name, std::string_view wanted, std::string_view hint) {
        const json::Node* value = json::find(object, name);
        if (value && value->kind == json::Kind::String && value->string() == wanted)
            return true;
        std::string message = "must be " + quoted(wanted);
        if (value && value->kind == json::Kind::String)
            message.append(", not ").append(quoted(value->string())).append(hint);
        std::string pointer =
            value ? json::pointer_to(reader.root, *value) : json::pointer_to(reader.root, object) + '/';
        if (!value)
            pointer += name;
        fields::add_problem(reader.problems, {std::move(pointer), std::move(message)});
        return false;
    };
    if (object.kind != json::Kind::Object) {
        reader.error(object, "expected a Pod, not " + std::string(json::describe(object.kind)));
        return false;
    }
    const bool kind = check("kind", "Pod", ": only Pods run here");
    return check("apiVersion", "v1", "") && kind;
}

std::size_t write_pod(std::string& out, const Pod& pod) {
    out += R"({"apiVersion":"v1","kind":"Pod","metadata":)";
    fields::write(out, pod.metadata);
    const std::size_t metadata_end = out.size() - 1;
    out += R"(,"spec":)";
    fields::write(out, pod.spec);
    out += '}';
    return metadata_end;
}

namespace {

template <class T>
bool writes_nothing(const T& value) {
    std::string text;
    fields::write(text, value);
    return text == "{}";
}

} // namespace

bool is_empty(const SecurityContext& context) {
    return writes_nothing(context);
}
bool is_empty(const PodSecurityContext& context) {
    return writes_nothing(context);
}

} // namespace spec
