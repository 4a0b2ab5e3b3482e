// SPDX-License-Identifier: Apache-2.0
// Which fields of the Pod API exist here, and what becomes of each: the one truth (names as of Kubernetes 1.36). Here:
// metadata, the pod and its security context; the other areas are in the files of pod_tables.hpp.
// Rows are in the order of their names, which is the order in which kubectl prints them.
#include "spec/pod_fields.hpp"

#include "spec/names.hpp"
#include "spec/pod_tables.hpp"
#include "spec/quantity.hpp"

namespace spec {
namespace fields {

namespace {

template <Precision P>
std::string_view read_quantity(std::string_view text, void* member) {
    auto canonical = canonical_quantity(text, P);
    if (!canonical)
        return "not a quantity: digits and one of Ki, Mi, Gi, k, M, G, ... are expected";
    if (canonical->starts_with('-'))
        return "must be greater than or equal to 0";
    if (member)
        *static_cast<std::string*>(member) = std::move(*canonical);
    return {};
}

constexpr Type make_quantity_type(std::string_view (*parse)(std::string_view, void*)) {
    return {
        .kind = Type::Kind::Text,
        .parse = parse,
        .print = [](std::string& out, const void* member) { out += *static_cast<const std::string*>(member); },
        .numbers = true,
    };
}

constexpr Type resource_quantity = make_quantity_type(read_quantity<Precision::Milli>);

} // namespace

constinit const Type quantity_type = make_quantity_type(read_quantity<Precision::Nano>);
constinit const Type resource_list_type{.kind = Type::Kind::StringMap, .element = &resource_quantity};

namespace {

constexpr std::string_view no_tokens = "there are no service accounts, and no token is mounted";

constexpr const Type* string = &type_of<std::string>;
constexpr const Type* boolean = &type_of<bool>;

} // namespace

template <>
inline constexpr auto names_of<DnsPolicy> =
    std::array<std::string_view, 4>{"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"};
template <>
inline constexpr auto names_of<SupplementalGroupsPolicy> = std::array<std::string_view, 2>{"Merge", "Strict"};
template <>
inline constexpr auto names_of<FsGroupChangePolicy> = std::array<std::string_view, 2>{"Always", "OnRootMismatch"};

template <>
inline constexpr std::string_view name_of<OwnerReference> = "OwnerReference";
template <>
inline constexpr auto rows_of<OwnerReference> = std::array{
    required<&OwnerReference::api_version>("apiVersion"),
    field<&OwnerReference::block_owner_deletion>("blockOwnerDeletion"),
    field<&OwnerReference::controller>("controller"),
    required<&OwnerReference::kind>("kind"),
    required<&OwnerReference::name>("name"),
    required<&OwnerReference::uid>("uid"),
};

constexpr Row owner_references() {
    Row row = server_set<&ObjectMeta::owner_references>("ownerReferences");
    row.why = "podinit sets them, for the pods of a workload";
    return row;
}

template <>
inline constexpr std::string_view name_of<ObjectMeta> = "ObjectMeta";
template <>
inline constexpr auto rows_of<ObjectMeta> = std::array{
    field<&ObjectMeta::annotations>("annotations"),
    server_set<&ObjectMeta::creation_timestamp>("creationTimestamp"),
    server_set("deletionGracePeriodSeconds"),
    server_set("deletionTimestamp", "a manifest that is there is a pod that runs"),
    ignored<&ObjectMeta::ignored>("finalizers", &type_of<std::vector<std::string>>, "nothing here waits for them"),
    ignored<&ObjectMeta::ignored>("generateName", string, "the object is called metadata.name"),
    server_set("generation"),
    field<&ObjectMeta::labels>("labels"),
    server_set("managedFields"),
    field<&ObjectMeta::name>("name"),
    field<&ObjectMeta::namespace_>("namespace"),
    owner_references(),
    server_set("resourceVersion"),
    server_set("selfLink"),
    field<&ObjectMeta::uid>("uid"),
};

template <>
inline constexpr std::string_view name_of<Sysctl> = "Sysctl";
template <>
inline constexpr auto rows_of<Sysctl> = std::array{
    required<&Sysctl::name>("name"),
    always_written<&Sysctl::value>("value"),
};

template <>
inline constexpr std::string_view name_of<PodSecurityContext> = "PodSecurityContext";
template <>
inline constexpr auto rows_of<PodSecurityContext> = std::array{
    field<&PodSecurityContext::app_armor_profile>("appArmorProfile", &optional_app_armor_profile),
    field<&PodSecurityContext::fs_group>("fsGroup"),
    field<&PodSecurityContext::fs_group_change_policy>("fsGroupChangePolicy"),
    field<&PodSecurityContext::run_as_group>("runAsGroup"),
    field<&PodSecurityContext::run_as_non_root>("runAsNonRoot"),
    field<&PodSecurityContext::run_as_user>("runAsUser"),
    ignored<&PodSecurityContext::ignored>("seLinuxChangePolicy", string, no_selinux),
    ignored<&PodSecurityContext::ignored>("seLinuxOptions", &se_linux_options_shape, no_selinux),
    field<&PodSecurityContext::seccomp_profile>("seccompProfile", &optional_seccomp_profile),
    field<&PodSecurityContext::supplemental_groups>("supplementalGroups"),
    field<&PodSecurityContext::supplemental_groups_policy>("supplementalGroupsPolicy"),
    field<&PodSecurityContext::sysctls>("sysctls"),
    unsupported("windowsOptions", windows),
};

template <>
inline constexpr std::string_view name_of<HostAlias> = "HostAlias";
template <>
inline constexpr auto rows_of<HostAlias> = std::array{
    field<&HostAlias::hostnames>("hostnames"),
    required<&HostAlias::ip>("ip"),
};

template <>
inline constexpr std::string_view name_of<DnsOption> = "PodDNSConfigOption";
template <>
inline constexpr auto rows_of<DnsOption> = std::array{
    required<&DnsOption::name>("name"),
    field<&DnsOption::value>("value"),
};

template <>
inline constexpr std::string_view name_of<DnsConfig> = "PodDNSConfig";
template <>
inline constexpr auto rows_of<DnsConfig> = std::array{
    field<&DnsConfig::nameservers>("nameservers"),
    field<&DnsConfig::options>("options"),
    field<&DnsConfig::searches>("searches"),
};

template <>
inline constexpr std::string_view name_of<ReadinessGate> = "PodReadinessGate";
template <>
inline constexpr auto rows_of<ReadinessGate> = std::array{
    required<&ReadinessGate::condition_type>("conditionType"),
};

template <>
inline constexpr std::string_view name_of<PodOs> = "PodOS";
template <>
inline constexpr auto rows_of<PodOs> = std::array{
    required<&PodOs::name>("name"),
};

// Kept also when it is false: on Kubernetes no token is mounted then.
constexpr Row automount_token() {
    Row row = ignored<&PodSpec::ignored>("automountServiceAccountToken", boolean, no_tokens, "false");
    row.always = true;
    return row;
}

template <>
inline constexpr std::string_view name_of<PodSpec> = "PodSpec";
template <>
inline constexpr auto rows_of<PodSpec> = std::array{
    field<&PodSpec::active_deadline_seconds>("activeDeadlineSeconds"),
    ignored<&PodSpec::ignored>("affinity", &affinity_shape, scheduling),
    automount_token(),
    required<&PodSpec::containers>("containers", &containers_type),
    field<&PodSpec::dns_config>("dnsConfig"),
    field<&PodSpec::dns_policy>("dnsPolicy"),
    ignored<&PodSpec::ignored>("enableServiceLinks", boolean, "there are no Services", "true"),
    unsupported("ephemeralContainers", "a manifest cannot have any; use podctl exec"),
    unsupported("evictionResponders", not_yet_in_api),
    field<&PodSpec::host_aliases>("hostAliases"),
    field<&PodSpec::host_ipc>("hostIPC"),
    field<&PodSpec::host_network>("hostNetwork"),
    field<&PodSpec::host_pid>("hostPID"),
    field<&PodSpec::host_users>("hostUsers"),
    field<&PodSpec::hostname>("hostname"),
    field<&PodSpec::hostname_override>("hostnameOverride"),
    unsupported("imagePullSecrets", "images are local, nothing is pulled"),
    field<&PodSpec::init_containers>("initContainers", &containers_type),
    field<&PodSpec::node_name>("nodeName"),
    field<&PodSpec::node_selector>("nodeSelector"),
    field<&PodSpec::os>("os"),
    ignored<&PodSpec::ignored>("overhead", &resource_list_type, scheduling),
    ignored<&PodSpec::ignored>("preemptionPolicy", string, scheduling, "PreemptLowerPriority"),
    field<&PodSpec::priority>("priority"),
    field<&PodSpec::priority_class_name>("priorityClassName"),
    field<&PodSpec::readiness_gates>("readinessGates"),
    unsupported("resourceClaims", no_claims),
    field<&PodSpec::resources>("resources"),
    field<&PodSpec::restart_policy>("restartPolicy"),
    unsupported("runtimeClassName", "there is one runtime, podinit"),
    ignored<&PodSpec::ignored>("schedulerName", string, scheduling, "default-scheduler"),
    unsupported("schedulingGates", "nothing would ever open them"),
    ignored<&PodSpec::ignored>("schedulingGroup", &scheduling_group_shape, scheduling),
    field<&PodSpec::security_context>("securityContext"),
    ignored<&PodSpec::ignored>("serviceAccount", string, no_tokens, "default"),
    ignored<&PodSpec::ignored>("serviceAccountName", string, no_tokens, "default"),
    field<&PodSpec::set_hostname_as_fqdn>("setHostnameAsFQDN"),
    field<&PodSpec::share_process_namespace>("shareProcessNamespace"),
    field<&PodSpec::subdomain>("subdomain"),
    field<&PodSpec::termination_grace_period_seconds>("terminationGracePeriodSeconds"),
    ignored<&PodSpec::ignored>("tolerations", &tolerations_shape, scheduling),
    ignored<&PodSpec::ignored>("topologySpreadConstraints", &topology_spread_constraints_shape, scheduling),
    field<&PodSpec::volumes>("volumes", &volumes_type),
};

template <>
inline constexpr std::string_view name_of<Pod> = "Pod";
template <>
inline constexpr auto rows_of<Pod> = std::array{
    required<&Pod::metadata>("metadata"),
    required<&Pod::spec>("spec"),

    server_set("apiVersion"), // is_pod() has judged these two
    server_set("kind"),
    server_set("status"),
};

} // namespace fields

constinit const fields::Type pod_type = fields::make_type<Pod>();
constinit const fields::Type object_meta_type = fields::make_type<ObjectMeta>();
constinit const fields::Type pod_spec_type = fields::make_type<PodSpec>();

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

bool is_empty(const SecurityContext& context) {
    return !fields::is_set(fields::security_context_type, &context);
}
bool is_empty(const PodSecurityContext& context) {
    return !fields::is_set(fields::type_of<PodSecurityContext>, &context);
}

} // namespace spec
