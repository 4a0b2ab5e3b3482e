// SPDX-License-Identifier: Apache-2.0
// Which fields of the workloads exist here, and what becomes of each (apps/v1 as of Kubernetes 1.36).
#include "spec/pod_fields.hpp"
#include "spec/workload.hpp"

#include <array>

namespace spec {
namespace fields {

namespace {

constexpr std::string_view at_once = "a changed template replaces all pods at once";
constexpr std::string_view no_revisions = "no earlier templates are kept";
constexpr std::string_view no_claims = "there are no PersistentVolumeClaims";

} // namespace

template <>
inline constexpr auto names_of<SelectorOperator> =
    std::array<std::string_view, 4>{"In", "NotIn", "Exists", "DoesNotExist"};
template <>
inline constexpr auto names_of<PodManagementPolicy> = std::array<std::string_view, 2>{"OrderedReady", "Parallel"};

template <>
inline constexpr std::string_view name_of<SelectorRequirement> = "LabelSelectorRequirement";
template <>
inline constexpr auto rows_of<SelectorRequirement> = std::array{
    required<&SelectorRequirement::key>("key"),
    required<&SelectorRequirement::op>("operator"),
    field<&SelectorRequirement::values>("values"),
};

template <>
inline constexpr std::string_view name_of<LabelSelector> = "LabelSelector";
template <>
inline constexpr auto rows_of<LabelSelector> = std::array{
    field<&LabelSelector::match_expressions>("matchExpressions"),
    field<&LabelSelector::match_labels>("matchLabels"),
};

template <>
inline constexpr std::string_view name_of<StatefulSetOrdinals> = "StatefulSetOrdinals";
template <>
inline constexpr auto rows_of<StatefulSetOrdinals> = std::array{
    always_written<&StatefulSetOrdinals::start>("start"),
};

namespace {

constexpr std::array template_rows{
    field<&Pod::metadata>("metadata", &object_meta_type),
    required<&Pod::spec>("spec", &pod_spec_type),
};

// ---- how a cluster replaces pods: only the shape is checked ------------------------------------------------------

constexpr Type count{.kind = Type::Kind::Int, .bytes = 4};
constexpr Type flag{.kind = Type::Kind::Bool};
constexpr Type count_or_percentage{.kind = Type::Kind::IntOrString};

constexpr std::array<std::string_view, 2> strategies{"Recreate", "RollingUpdate"};
constexpr std::array<std::string_view, 2> update_strategies{"OnDelete", "RollingUpdate"};
constexpr std::array<std::string_view, 2> retention_policies{"Delete", "Retain"};
constexpr Type enum_type(const std::array<std::string_view, 2>& names) {
    return {.kind = Type::Kind::Enum, .names = names.data(), .name_count = 2};
}
constexpr Type strategy_name = enum_type(strategies);
constexpr Type update_strategy_name = enum_type(update_strategies);
constexpr Type retention_policy = enum_type(retention_policies);

constexpr std::array rolling_rows{
    shape("maxSurge", &count_or_percentage),
    shape("maxUnavailable", &count_or_percentage),
};
constexpr Type rolling = make_struct_type("RollingUpdateDeployment", rolling_rows);
constexpr Type rolling_daemon_set = make_struct_type("RollingUpdateDaemonSet", rolling_rows);
constexpr std::array rolling_stateful_set_rows{
    shape("maxUnavailable", &count_or_percentage),
    shape("partition", &count),
};
constexpr Type rolling_stateful_set = make_struct_type("RollingUpdateStatefulSetStrategy", rolling_stateful_set_rows);

constexpr std::array strategy_rows{shape("rollingUpdate", &rolling), shape("type", &strategy_name)};
constexpr Type strategy = make_struct_type("DeploymentStrategy", strategy_rows);
constexpr std::array daemon_set_strategy_rows{
    shape("rollingUpdate", &rolling_daemon_set),
    shape("type", &update_strategy_name),
};
constexpr Type daemon_set_strategy = make_struct_type("DaemonSetUpdateStrategy", daemon_set_strategy_rows);
constexpr std::array stateful_set_strategy_rows{
    shape("rollingUpdate", &rolling_stateful_set),
    shape("type", &update_strategy_name),
};
constexpr Type stateful_set_strategy = make_struct_type("StatefulSetUpdateStrategy", stateful_set_strategy_rows);
constexpr std::array retention_rows{shape("whenDeleted", &retention_policy), shape("whenScaled", &retention_policy)};
constexpr Type retention = make_struct_type("StatefulSetPersistentVolumeClaimRetentionPolicy", retention_rows);

// ---- the three ---------------------------------------------------------------------------------------------------

using Spec = WorkloadSpec;

constexpr Row min_ready = ignored<&Spec::ignored>("minReadySeconds", &count, at_once, "0");
constexpr Row revisions = ignored<&Spec::ignored>("revisionHistoryLimit", &count, no_revisions, "10");
constexpr Row selector = required<&Spec::selector>("selector");
constexpr Row pod_template = required<&Spec::pod_template>("template", &pod_template_type);

constexpr std::array daemon_set_spec_rows{
    min_ready,
    revisions,
    selector,
    pod_template,
    ignored<&Spec::ignored>("updateStrategy", &daemon_set_strategy, at_once),
};

constexpr std::array deployment_spec_rows{
    min_ready,
    ignored<&Spec::ignored>("paused", &flag, "a changed template always takes effect", "false"),
    ignored<&Spec::ignored>("progressDeadlineSeconds", &count, at_once, "600"),
    field<&Spec::replicas>("replicas"),
    revisions,
    selector,
    ignored<&Spec::ignored>("strategy", &strategy, at_once),
    pod_template,
};

constexpr std::array stateful_set_spec_rows{
    min_ready,
    field<&Spec::ordinals>("ordinals"),
    ignored<&Spec::ignored>("persistentVolumeClaimRetentionPolicy", &retention, no_claims),
    field<&Spec::pod_management_policy>("podManagementPolicy"),
    field<&Spec::replicas>("replicas"),
    revisions,
    selector,
    field<&Spec::service_name>("serviceName"),
    pod_template,
    ignored<&Spec::ignored>("updateStrategy", &stateful_set_strategy, at_once),
    unsupported("volumeClaimTemplates", "use a hostPath volume in the template"),
};

constexpr Type daemon_set_spec = make_struct_type("DaemonSetSpec", daemon_set_spec_rows);
constexpr Type deployment_spec = make_struct_type("DeploymentSpec", deployment_spec_rows);
constexpr Type stateful_set_spec = make_struct_type("StatefulSetSpec", stateful_set_spec_rows);

constexpr std::array<Row, 5> rows_with(const Type* spec) {
    return {
        field<&Workload::api_version>("apiVersion"),
        field<&Workload::kind>("kind"),
        required<&Workload::metadata>("metadata", &object_meta_type),
        required<&Workload::spec>("spec", spec),
        server_set("status"),
    };
}
constexpr std::array daemon_set_rows = rows_with(&daemon_set_spec);
constexpr std::array deployment_rows = rows_with(&deployment_spec);
constexpr std::array stateful_set_rows = rows_with(&stateful_set_spec);

} // namespace
} // namespace fields

constexpr fields::Type pod_template_type = fields::make_struct_type("PodTemplateSpec", fields::template_rows);
constexpr fields::Type daemon_set_type = fields::make_struct_type("DaemonSet", fields::daemon_set_rows);
constexpr fields::Type deployment_type = fields::make_struct_type("Deployment", fields::deployment_rows);
constexpr fields::Type stateful_set_type = fields::make_struct_type("StatefulSet", fields::stateful_set_rows);

} // namespace spec
