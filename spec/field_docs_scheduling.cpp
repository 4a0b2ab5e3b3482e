// SPDX-License-Identifier: Apache-2.0
// What a cluster's scheduler looks at: checked for its shape, kept, and without a meaning on one machine.
#include "spec/field_docs.hpp"

namespace spec {

namespace {

constexpr FieldDoc affinity[] = {
    {"nodeAffinity", "Which nodes."},
    {"podAffinity", "Which pods to be near to."},
    {"podAntiAffinity", "Which pods to be away from."},
};

constexpr FieldDoc node_affinity[] = {
    {"preferredDuringSchedulingIgnoredDuringExecution", "Nodes that are better than others."},
    {"requiredDuringSchedulingIgnoredDuringExecution", "Nodes that will do."},
};

constexpr FieldDoc pod_affinity[] = {
    {"preferredDuringSchedulingIgnoredDuringExecution", "What is better than something else."},
    {"requiredDuringSchedulingIgnoredDuringExecution", "What must be so."},
};

constexpr FieldDoc node_selector[] = {
    {"nodeSelectorTerms", "One of these must hold."},
};

constexpr FieldDoc node_selector_term[] = {
    {"matchExpressions", "What the node's labels must be."},
    {"matchFields", "What the node's fields must be."},
};

constexpr FieldDoc requirement[] = {
    {"key", "The label's key."},
    {"operator", "In, NotIn, Exists or DoesNotExist; for nodes also Gt and Lt."},
    {"values", "The values that the operator looks at."},
};

constexpr FieldDoc preferred_scheduling_term[] = {
    {"preference", "Which nodes."},
    {"weight", "How much better they are, 1 to 100."},
};

constexpr FieldDoc weighted_pod_affinity_term[] = {
    {"podAffinityTerm", "Which pods."},
    {"weight", "How much better that is, 1 to 100."},
};

constexpr FieldDoc pod_affinity_term[] = {
    {"labelSelector", "The labels of the other pods."},
    {"matchLabelKeys", "Labels whose values must be the same in both pods."},
    {"mismatchLabelKeys", "Labels whose values must differ in both pods."},
    {"namespaceSelector", "The labels of the other pods' namespaces."},
    {"namespaces", "The other pods' namespaces."},
    {"topologyKey", "The node's label that says what near means."},
};

constexpr FieldDoc label_selector[] = {
    {"matchExpressions", "Requirements, all of which must hold."},
    {"matchLabels", "Labels and their values, all of which must be there."},
};

constexpr FieldDoc toleration[] = {
    {"effect", "The effect of the taint; empty is every one."},
    {"key", "The key of the taint; empty is every one."},
    {"operator", "Equal, or Exists.", "Equal"},
    {"tolerationSeconds", "How long a NoExecute taint is tolerated."},
    {"value", "The value of the taint."},
};

constexpr FieldDoc topology_spread_constraint[] = {
    {"labelSelector", "The pods that are counted."},
    {"matchLabelKeys", "Labels whose values must be the same as this pod's."},
    {"maxSkew", "By how many pods two domains may differ."},
    {"minDomains", "How many domains there must be at least."},
    {"nodeAffinityPolicy", "Whether only nodes that fit the pod's affinity are counted."},
    {"nodeTaintsPolicy", "Whether only nodes whose taints the pod tolerates are counted."},
    {"topologyKey", "The node's label that tells domains apart."},
    {"whenUnsatisfiable", "DoNotSchedule, or ScheduleAnyway."},
};

constexpr FieldDoc scheduling_group[] = {
    {"podGroupName", "The group's name."},
};

constexpr TypeDoc types[] = {
    {"Affinity", "Where the pod is to be placed.", affinity},
    {"NodeAffinity", "Nodes that the pod is to be placed on.", node_affinity},
    {"PodAffinity", "Pods that the pod is to be placed near to.", pod_affinity},
    {"PodAntiAffinity", "Pods that the pod is to be placed away from.", pod_affinity},
    {"NodeSelector", "A choice of nodes.", node_selector},
    {"NodeSelectorTerm", "A choice of nodes: all of it must hold.", node_selector_term},
    {"NodeSelectorRequirement", "What a label or field of a node must be.", requirement},
    {"PreferredSchedulingTerm", "Nodes that are better than others.", preferred_scheduling_term},
    {"WeightedPodAffinityTerm", "Pods that it is better to be near to, or away from.", weighted_pod_affinity_term},
    {"PodAffinityTerm", "A choice of pods, and what being near them means.", pod_affinity_term},
    {"LabelSelector", "A choice of objects by their labels.", label_selector},
    {"LabelSelectorRequirement", "What a label must be.", requirement},
    {"Toleration", "A taint that the pod does not mind.", toleration},
    {"TopologySpreadConstraint", "How pods are spread.", topology_spread_constraint},
    {"PodSchedulingGroup", "A group of pods that are placed together.", scheduling_group},
};

} // namespace

const std::span<const TypeDoc> scheduling_docs = types;

} // namespace spec
