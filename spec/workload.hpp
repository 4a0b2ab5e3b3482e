// SPDX-License-Identifier: Apache-2.0
// DaemonSet, Deployment and StatefulSet: a template of a pod, and how many there are of it (internal to spec).
//
// All three are one struct; a table each says which members they have. On one machine a DaemonSet is one pod. What only
// guides how a cluster moves from one template to the next is ignored aloud: here a changed template changes all pods
// at once.
#pragma once

#include "spec/fields.hpp"
#include "spec/object.hpp"
#include "spec/pod.hpp"
#include "spec/problem.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec {

enum class SelectorOperator : std::uint8_t { In, NotIn, Exists, DoesNotExist };
enum class PodManagementPolicy : std::uint8_t { OrderedReady, Parallel };

struct SelectorRequirement {
    std::string key;
    std::optional<SelectorOperator> op; // JSON: operator; required
    std::vector<std::string> values;
};

struct LabelSelector { // all of it must hold
    StringMap match_labels;
    std::vector<SelectorRequirement> match_expressions;
};

struct StatefulSetOrdinals {
    std::int32_t start = 0;
};

struct WorkloadSpec {
    std::optional<std::int32_t> replicas; // Deployment, StatefulSet; defaulted: 1
    LabelSelector selector;               // must select the pods of the template
    Pod pod_template;                     // JSON: template; without a name or a namespace of its own
    std::string service_name;             // StatefulSet: the subdomain of its pods
    std::optional<StatefulSetOrdinals> ordinals;
    std::optional<PodManagementPolicy> pod_management_policy; // StatefulSet; defaulted: OrderedReady
    StringMap ignored;
};

struct Workload {
    std::string api_version;
    std::string kind;
    ObjectMeta metadata;
    WorkloadSpec spec;
};

extern const fields::Type pod_template_type; // of a Pod: without apiVersion and kind
extern const fields::Type daemon_set_type;
extern const fields::Type deployment_type;
extern const fields::Type stateful_set_type;

// Takes out the names that a template gives to pods, with a warning.
void drop_names(ObjectMeta& of_template, Problems& problems);

void apply_defaults(Workload& workload, Kind kind);

// Appends every broken rule of the workload and of the template's pod. Defaults are filled in before.
void validate(const Workload& workload, Kind kind, Problems& problems);

// Appends a warning for what is not as the workload wants it here, except for what the table says.
void warn_unhonoured(const Workload& workload, Kind kind, Problems& problems);

bool selects(const LabelSelector& selector, const StringMap& labels);

// The pods that a valid workload stands for, in order; `warnings` are those of the template, for each of them. Empty
// while `problems` gets an error: when all their text would be longer than 10 MiB.
std::vector<Manifest> make_pods(const Workload& workload, Kind kind, const Problems& warnings, Problems& problems);

} // namespace spec
