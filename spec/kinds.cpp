// SPDX-License-Identifier: Apache-2.0
#include "spec/kinds.hpp"

#include "spec/local_data.hpp"
#include "spec/names.hpp"
#include "spec/pod_fields.hpp"
#include "spec/workload.hpp"

#include <algorithm>
#include <array>

namespace spec {

namespace {

using json::Node;

constexpr KeptKind kept[] = {
    {Kind::Pod, "Pod", "v1", "pod", "po"},
    {Kind::ConfigMap, "ConfigMap", "v1", "configmap", "cm"},
    {Kind::Secret, "Secret", "v1", "secret", "secret"},
    {Kind::DaemonSet, "DaemonSet", "apps/v1", "daemonset.apps", "ds"},
    {Kind::Deployment, "Deployment", "apps/v1", "deployment.apps", "deploy"},
    {Kind::StatefulSet, "StatefulSet", "apps/v1", "statefulset.apps", "sts"},
};

// Kinds of one API group that fare alike, with a space after each.
struct Family {
    bool ignored; // with a warning; else refused
    std::string_view group;
    std::string_view names;
    std::string_view why;
};

constexpr std::string_view no_services = "pods are reached at the machine's or their own addresses";
constexpr std::string_view no_api_server = "there is no API server here";
constexpr std::string_view one_machine = "there is one machine, so nothing is scheduled or scaled";
constexpr std::string_view local_volumes = "volumes are local";
constexpr std::string_view use_deployment = "use a Deployment";
constexpr std::string_view use_host_path = "use a hostPath volume";

constexpr std::array families{
    Family{true, "", "Namespace ", "a namespace is there as soon as something is in it"},
    Family{true, "", "ServiceAccount ", no_api_server},
    Family{true, "", "Service Endpoints ", no_services},
    Family{true, "", "LimitRange ResourceQuota ", "what pods may ask for is not limited here"},
    Family{true, "", "Event ComponentStatus ", no_api_server},
    Family{true, "discovery.k8s.io", "EndpointSlice ", no_services},
    Family{true, "networking.k8s.io", "Ingress IngressClass IPAddress ServiceCIDR ", no_services},
    Family{true, "networking.k8s.io", "NetworkPolicy ", "the traffic of pods is not filtered here"},
    Family{true, "rbac.authorization.k8s.io", "Role RoleBinding ClusterRole ClusterRoleBinding ", no_api_server},
    Family{true, "policy", "PodDisruptionBudget ", one_machine},
    Family{true, "policy", "PodSecurityPolicy ", "no longer a part of Kubernetes"},
    Family{true, "autoscaling", "HorizontalPodAutoscaler ", one_machine},
    Family{true, "scheduling.k8s.io", "PriorityClass ", one_machine},
    Family{true, "node.k8s.io", "RuntimeClass ", "podinit itself runs containers"},
    Family{true, "storage.k8s.io",
           "StorageClass CSIDriver CSINode CSIStorageCapacity VolumeAttachment VolumeAttributesClass ", local_volumes},
    Family{true, "apiextensions.k8s.io", "CustomResourceDefinition ", no_api_server},
    Family{true, "apiregistration.k8s.io", "APIService ", no_api_server},
    Family{true, "admissionregistration.k8s.io",
           "ValidatingWebhookConfiguration MutatingWebhookConfiguration ValidatingAdmissionPolicy "
           "ValidatingAdmissionPolicyBinding MutatingAdmissionPolicy MutatingAdmissionPolicyBinding ",
           no_api_server},
    Family{true, "flowcontrol.apiserver.k8s.io", "FlowSchema PriorityLevelConfiguration ", no_api_server},
    Family{true, "certificates.k8s.io", "CertificateSigningRequest ClusterTrustBundle ", no_api_server},
    Family{true, "coordination.k8s.io", "Lease ", no_api_server},
    Family{true, "resource.k8s.io", "DeviceClass ResourceSlice ", one_machine},

    Family{false, "batch", "Job ", "use a Pod with restartPolicy OnFailure"},
    Family{false, "batch", "CronJob ", "use a Pod that waits for its time"},
    Family{false, "apps", "ReplicaSet ControllerRevision ", use_deployment},
    Family{false, "", "ReplicationController PodTemplate ", use_deployment},
    Family{false, "", "PersistentVolume PersistentVolumeClaim ", use_host_path},
    Family{false, "resource.k8s.io", "ResourceClaim ResourceClaimTemplate ", "use a hostPath volume for the device"},
    Family{false, "", "Node ", "the machine has its settings in config.json"},
    Family{false, "", "List ", "apply each of its items, or keep each in a file of its own"},
};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
    return out;
}

// Calls visit(name, group) for each kind of the table.
template <class Visit>
void for_each_name(const Family& family, Visit visit) {
    for (std::string_view rest = family.names; !rest.empty();) {
        const std::size_t end = rest.find(' ');
        visit(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
}

bool has(const Family& family, std::string_view name) {
    bool found = false;
    for_each_name(family, [&](std::string_view each) { found = found || each == name; });
    return found;
}

// The groups of Kubernetes itself; every other one is a custom resource's.
bool is_builtin(std::string_view group) {
    return group.find('.') == std::string_view::npos || group.ends_with(".k8s.io");
}

std::string refusal(std::string_view name, std::string_view api_version, std::string_view why) {
    return quoted(name) + " of " + quoted(api_version) + " is not supported: " + std::string(why);
}

std::string unknown(std::string_view name) {
    std::string_view best;
    std::size_t distance = 3; // more than two letters off is another word
    const auto compare = [&](std::string_view each) {
        const std::size_t d = edit_distance(each, name, distance);
        if (d < distance) {
            best = each;
            distance = d;
        }
    };
    for (const KeptKind& each : kept)
        compare(each.name);
    for (const Family& family : families)
        for_each_name(family, compare);
    std::string message = "unknown kind " + quoted(name);
    if (!best.empty())
        message.append("; did you mean ").append(quoted(best)).append("?");
    return message;
}

// The text of a required string, or nullptr after an error.
const Node* text_of(fields::Reader& reader, const Node& object, std::string_view name) {
    const Node* value = json::find(object, name);
    if (value && value->kind == json::Kind::String && value->size != 0)
        return value;
    if (!value || value->kind == json::Kind::Null || value->kind == json::Kind::String)
        fields::add_problem(reader.problems, {'/' + std::string(name), "required value"});
    else
        reader.error(*value, "expected a string, not " + std::string(json::describe(value->kind)));
    return nullptr;
}

} // namespace

constinit const std::span<const KeptKind> kept_kinds = kept;

std::vector<std::string_view> ignored_kinds() {
    std::vector<std::string_view> names;
    for (const Family& family : families)
        if (family.ignored)
            for_each_name(family, [&](std::string_view name) { names.push_back(name); });
    return names;
}

std::optional<Recognized> recognize(fields::Reader& reader, const Node& object) {
    if (object.kind != json::Kind::Object) {
        reader.error(object, "expected an object of Kubernetes, not " + std::string(json::describe(object.kind)));
        return std::nullopt;
    }
    const Node* version_node = text_of(reader, object, "apiVersion");
    const Node* name_node = text_of(reader, object, "kind");
    if (!version_node || !name_node)
        return std::nullopt;
    const std::string_view version = version_node->string();
    const std::string_view name = name_node->string();
    const std::size_t slash = version.find('/');
    const std::string_view group = slash == std::string_view::npos ? "" : version.substr(0, slash);
    if (!is_builtin(group)) {
        reader.error(*name_node, refusal(name, version, "custom resources need the controllers of a cluster"));
        return std::nullopt;
    }
    for (const KeptKind& each : kept) {
        if (each.name != name)
            continue;
        if (each.api_version == version)
            return Recognized{each.kind, std::string(each.resource), {}};
        reader.error(*version_node, "must be " + quoted(each.api_version) + ", not " + quoted(version));
        return std::nullopt;
    }
    const Family* other_group = nullptr;
    for (const Family& family : families) {
        if (!has(family, name))
            continue;
        // Before they had groups of their own, some kinds were in this one.
        if (family.group != group && group != "extensions") {
            other_group = &family;
            continue;
        }
        if (family.ignored)
            return Recognized{Kind::Ignored, lower(name) + (group.empty() ? "" : ".") + std::string(group), family.why};
        reader.error(*name_node, refusal(name, version, family.why));
        return std::nullopt;
    }
    if (other_group)
        reader.error(*version_node, quoted(name) + " is not in " + quoted(version) + " but in " +
                                        quoted(other_group->group.empty() ? "v1" : other_group->group));
    else
        reader.error(*name_node, unknown(name));
    return std::nullopt;
}

const fields::Type* type_of(Kind kind) noexcept {
    switch (kind) {
    case Kind::Pod: return &pod_type;
    case Kind::ConfigMap: return &config_map_type;
    case Kind::Secret: return &secret_type;
    case Kind::DaemonSet: return &daemon_set_type;
    case Kind::Deployment: return &deployment_type;
    case Kind::StatefulSet: return &stateful_set_type;
    case Kind::Ignored: return nullptr;
    }
    return nullptr;
}

std::string_view resource_of(Kind kind) noexcept {
    const auto* row = std::ranges::find(kept, kind, &KeptKind::kind);
    return row == std::end(kept) ? "" : row->resource;
}

// "deployment", "deployments" and "deploy", each alone, with ".apps" or with ".v1.apps"; letters' case disregarded.
Kind kind_of(std::string_view resource) noexcept {
    const auto is = [](std::string_view text, std::string_view lower_case) {
        return std::ranges::equal(text, lower_case, {}, [](char c) { return lower(c); });
    };
    std::string_view name = resource.substr(0, resource.find('.'));
    const std::string_view group = resource.substr(name.size());
    for (const KeptKind& each : kept) {
        const std::string_view singular = each.resource.substr(0, each.resource.find('.'));
        const std::string_view own_group = each.resource.substr(singular.size());
        const bool plural = !name.empty() && lower(name.back()) == 's' && is(name.substr(0, name.size() - 1), singular);
        if (!plural && !is(name, singular) && !is(name, each.short_name))
            continue;
        const bool versioned = group.size() > 3 && is(group.substr(0, 3), ".v1") && is(group.substr(3), own_group);
        return group.empty() || is(group, own_group) || versioned ? each.kind : Kind::Ignored;
    }
    return Kind::Ignored;
}

} // namespace spec
