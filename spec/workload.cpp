// SPDX-License-Identifier: Apache-2.0
#include "spec/workload.hpp"

#include "spec/checker.hpp"
#include "spec/manifest_parts.hpp"
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace spec {

namespace {

// The label controller-revision-hash of a StatefulSet's pods is NAME-HASH, of which the hash has at most ten digits.
constexpr std::size_t max_stateful_set_name = 63 - 1 - 10;

void check_requirement(const SelectorRequirement& requirement, const Path& path, const Checker& check) {
    check.qualified_name(path.child("key"), requirement.key);
    if (!requirement.op)
        return; // the reader has said so
    const Path values = path.child("values");
    switch (*requirement.op) {
    case SelectorOperator::In:
    case SelectorOperator::NotIn:
        if (requirement.values.empty())
            check.error(values, "required value when the operator is In or NotIn");
        break;
    case SelectorOperator::Exists:
    case SelectorOperator::DoesNotExist:
        if (!requirement.values.empty())
            check.error(values, "may not be given when the operator is Exists or DoesNotExist");
        break;
    }
    for (std::size_t i = 0; i < requirement.values.size(); ++i)
        if (!is_label_value(requirement.values[i]))
            check.error(path.child("values", i), quoted(requirement.values[i]) + " is not a label's value");
}

void check_selector(const WorkloadSpec& spec, const Path& path, const Checker& check) {
    const LabelSelector& selector = spec.selector;
    const Path at = path.child("selector");
    check.labels(at.child("matchLabels"), selector.match_labels);
    for (std::size_t i = 0; i < selector.match_expressions.size(); ++i)
        check_requirement(selector.match_expressions[i], at.child("matchExpressions", i), check);
    const bool has_some = !selector.match_labels.empty() || !selector.match_expressions.empty();
    if (!has_some)
        check.error(at, "must select something");
    const Path metadata = path.child("template", "metadata");
    if (has_some && !selects(selector, spec.pod_template.metadata.labels))
        check.error(metadata.child("labels"), "the selector does not match the template's labels");
}

void check_template(const Pod& pod, const Path& path, const Checker& check) {
    const Path spec = path.child("spec");
    if (pod.spec.restart_policy != RestartPolicy::Always)
        check.error(spec.child("restartPolicy"), "must be \"Always\" in a template");
    if (pod.spec.active_deadline_seconds)
        check.error(spec.child("activeDeadlineSeconds"), "may not be given in a template");
}

void check_stateful_set(const Workload& workload, const Path& root, const Checker& check) {
    const std::string& name = workload.metadata.name;
    const Path at_name = root.child("metadata", "name");
    const WorkloadSpec& spec = workload.spec;
    const Path at = root.child("spec");
    if (name.size() > max_stateful_set_name)
        check.error(at_name, "must have at most 52 characters, as the labels of its pods are made with it");
    else
        check.dns_label(at_name, name); // a pod's name is its host name, too
    if (!spec.service_name.empty())
        check.dns_label(at.child("serviceName"), spec.service_name);
    if (spec.ordinals)
        check.between(at.child("ordinals", "start"), spec.ordinals->start, 0,
                      std::numeric_limits<std::int32_t>::max() - max_replicas);
}

} // namespace

void drop_names(ObjectMeta& of_template, Problems& problems) {
    for (const auto& [key, name] :
         {std::pair{"name", &of_template.name}, std::pair{"namespace", &of_template.namespace_}}) {
        if (!name->empty())
            fields::add_problem(problems, {std::string("/spec/template/metadata/") + key,
                                           "ignored: it is the workload that names its pods", Severity::Warning});
        name->clear();
    }
    of_template.uid.clear();
}

void apply_defaults(Workload& workload, Kind kind) {
    WorkloadSpec& spec = workload.spec;
    apply_defaults(workload.metadata);
    apply_defaults(spec.pod_template);
    spec.pod_template.metadata.namespace_.clear(); // it is the workload's
    std::ranges::sort(spec.selector.match_labels);
    if (kind != Kind::DaemonSet && !spec.replicas)
        spec.replicas = 1;
    if (kind == Kind::StatefulSet && !spec.pod_management_policy)
        spec.pod_management_policy = PodManagementPolicy::OrderedReady;
}

void validate(const Workload& workload, Kind kind, Problems& problems) {
    const Path root;
    const Path spec = root.child("spec");
    const Path pod_template = spec.child("template");
    const Checker check(problems);
    const Path metadata = root.child("metadata");
    validate_metadata(workload.metadata, problems, metadata);
    check_no_extensions(check, workload.metadata, metadata);
    if (kind == Kind::StatefulSet)
        check_stateful_set(workload, root, check);
    if (workload.spec.replicas)
        check.between(spec.child("replicas"), *workload.spec.replicas, 0, max_replicas);
    check_selector(workload.spec, spec, check);
    check_template(workload.spec.pod_template, pod_template, check);
    validate(workload.spec.pod_template, problems, Of::Template, pod_template);
}

void warn_unhonoured(const Workload& workload, Kind kind, Problems& problems) {
    const auto warn = [&](std::string_view pointer, std::string_view message) {
        fields::add_problem(problems, {std::string(pointer), std::string(message), Severity::Warning});
    };
    const WorkloadSpec& spec = workload.spec;
    if (spec.replicas.value_or(1) < 2)
        return;
    if (kind == Kind::StatefulSet && spec.pod_management_policy == PodManagementPolicy::OrderedReady)
        warn("/spec/podManagementPolicy", "all pods are started and stopped at once, as with \"Parallel\"");
    for (const Container& container : spec.pod_template.spec.containers)
        for (const ContainerPort& port : container.ports)
            if (port.host_port)
                return warn("/spec/replicas", "all pods want the same port of the machine, but only one can have it");
}

bool selects(const LabelSelector& selector, const StringMap& labels) {
    const auto has = [&](const auto& wanted) {
        const std::string* value = find_sorted(labels, wanted.first);
        return value && *value == wanted.second;
    };
    const auto holds = [&](const SelectorRequirement& requirement) {
        if (!requirement.op)
            return true; // the reader has complained
        const std::string* value = find_sorted(labels, requirement.key);
        const bool among = value && std::ranges::find(requirement.values, *value) != requirement.values.end();
        switch (*requirement.op) {
        case SelectorOperator::In: return among;
        case SelectorOperator::NotIn: return !among;
        case SelectorOperator::Exists: return value != nullptr;
        case SelectorOperator::DoesNotExist: return value == nullptr;
        }
        return false;
    };
    return std::ranges::all_of(selector.match_labels, has) && std::ranges::all_of(selector.match_expressions, holds);
}

} // namespace spec
