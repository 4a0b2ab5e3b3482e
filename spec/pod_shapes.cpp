// SPDX-License-Identifier: Apache-2.0
// The shapes of fields that mean nothing on one machine: they are kept as JSON, but an unknown field or a wrong type in
// them is as wrong as anywhere (the API server's strict decoding).
#include "spec/pod_tables.hpp"

namespace spec::fields {

namespace {

constexpr const Type* string = &type_of<std::string>;
constexpr const Type* strings = &type_of<std::vector<std::string>>;
constexpr const Type* string_map = &type_of<StringMap>;
constexpr const Type* int32 = &type_of<std::int32_t>;
constexpr const Type* int64 = &type_of<std::int64_t>;

constexpr Type list_of(const Type* element) {
    return {.kind = Type::Kind::List, .element = element};
}

constexpr auto requirement_rows = std::array{
    shape("key", string),
    shape("operator", string),
    shape("values", strings),
};

constexpr Type node_requirement = make_struct_type("NodeSelectorRequirement", requirement_rows);
constexpr Type node_requirements = list_of(&node_requirement);
constexpr auto node_term_rows = std::array{
    shape("matchExpressions", &node_requirements),
    shape("matchFields", &node_requirements),
};
constexpr Type node_term = make_struct_type("NodeSelectorTerm", node_term_rows);
constexpr Type node_terms = list_of(&node_term);
constexpr auto node_selector_rows = std::array{shape("nodeSelectorTerms", &node_terms)};
constexpr Type node_selector = make_struct_type("NodeSelector", node_selector_rows);
constexpr auto preferred_node_rows = std::array{
    shape("preference", &node_term),
    shape("weight", int32),
};
constexpr Type preferred_node = make_struct_type("PreferredSchedulingTerm", preferred_node_rows);
constexpr Type preferred_nodes = list_of(&preferred_node);
constexpr auto node_affinity_rows = std::array{
    shape("preferredDuringSchedulingIgnoredDuringExecution", &preferred_nodes),
    shape("requiredDuringSchedulingIgnoredDuringExecution", &node_selector),
};
constexpr Type node_affinity = make_struct_type("NodeAffinity", node_affinity_rows);

constexpr Type label_requirement = make_struct_type("LabelSelectorRequirement", requirement_rows);
constexpr Type label_requirements = list_of(&label_requirement);
constexpr auto label_selector_rows = std::array{
    shape("matchExpressions", &label_requirements),
    shape("matchLabels", string_map),
};
constexpr Type label_selector = make_struct_type("LabelSelector", label_selector_rows);

constexpr auto pod_term_rows = std::array{
    shape("labelSelector", &label_selector),     shape("matchLabelKeys", strings), shape("mismatchLabelKeys", strings),
    shape("namespaceSelector", &label_selector), shape("namespaces", strings),     shape("topologyKey", string),
};
constexpr Type pod_term = make_struct_type("PodAffinityTerm", pod_term_rows);
constexpr Type pod_terms = list_of(&pod_term);
constexpr auto weighted_pod_rows = std::array{
    shape("podAffinityTerm", &pod_term),
    shape("weight", int32),
};
constexpr Type weighted_pod = make_struct_type("WeightedPodAffinityTerm", weighted_pod_rows);
constexpr Type weighted_pods = list_of(&weighted_pod);
constexpr auto pod_affinity_rows = std::array{
    shape("preferredDuringSchedulingIgnoredDuringExecution", &weighted_pods),
    shape("requiredDuringSchedulingIgnoredDuringExecution", &pod_terms),
};
constexpr Type pod_affinity = make_struct_type("PodAffinity", pod_affinity_rows);
constexpr Type pod_anti_affinity = make_struct_type("PodAntiAffinity", pod_affinity_rows);

constexpr auto affinity_rows = std::array{
    shape("nodeAffinity", &node_affinity),
    shape("podAffinity", &pod_affinity),
    shape("podAntiAffinity", &pod_anti_affinity),
};

constexpr auto toleration_rows = std::array{
    shape("effect", string),           shape("key", string),   shape("operator", string),
    shape("tolerationSeconds", int64), shape("value", string),
};
constexpr Type toleration = make_struct_type("Toleration", toleration_rows);

constexpr auto spread_rows = std::array{
    shape("labelSelector", &label_selector),
    shape("matchLabelKeys", strings),
    shape("maxSkew", int32),
    shape("minDomains", int32),
    shape("nodeAffinityPolicy", string),
    shape("nodeTaintsPolicy", string),
    shape("topologyKey", string),
    shape("whenUnsatisfiable", string),
};
constexpr Type spread = make_struct_type("TopologySpreadConstraint", spread_rows);

constexpr auto scheduling_group_rows = std::array{shape("podGroupName", string)};

constexpr auto se_linux_rows = std::array{
    shape("level", string),
    shape("role", string),
    shape("type", string),
    shape("user", string),
};

constexpr auto resize_rows = std::array{
    shape("resourceName", string),
    shape("restartPolicy", string),
};
constexpr Type resize = make_struct_type("ContainerResizePolicy", resize_rows);

} // namespace

constinit const Type affinity_shape = make_struct_type("Affinity", affinity_rows);
constinit const Type tolerations_shape = list_of(&toleration);
constinit const Type topology_spread_constraints_shape = list_of(&spread);
constinit const Type scheduling_group_shape = make_struct_type("PodSchedulingGroup", scheduling_group_rows);
constinit const Type se_linux_options_shape = make_struct_type("SELinuxOptions", se_linux_rows);
constinit const Type resize_policy_shape = list_of(&resize);

} // namespace spec::fields
