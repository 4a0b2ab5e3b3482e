// SPDX-License-Identifier: Apache-2.0
// What a pod says about itself as a whole.
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"

#include <array>
#include <limits>

namespace spec {

namespace {

void check_os(const PodChecker& check, const Path& path) {
    const PodSpec& spec = check.spec;
    if (spec.os) {
        const Path at = path.child("os", "name");
        if (check.given(at, spec.os->name) && spec.os->name != "linux")
            check.error(at, spec.os->name == "windows"
                                ? "must be linux: this machine runs no Windows containers"
                                : "unsupported value " + quoted(spec.os->name) + "; supported values: linux");
    }
    const Path selector = path.child("nodeSelector");
    check.labels(selector, spec.node_selector);
    for (const std::string_view key : {"kubernetes.io/os", "beta.kubernetes.io/os"}) {
        const std::string* os = find(spec.node_selector, key);
        if (os && *os != "linux")
            check.error(selector.child(key), "must be linux, which is what this machine runs");
    }
}

// On a cluster admission fills in the number of a class, and refuses a pod that says another.
void check_priority(const PodChecker& check, const Path& path) {
    const PodSpec& spec = check.spec;
    if (!spec.priority_class_name.empty())
        check.dns_subdomain(path.child("priorityClassName"), spec.priority_class_name);
    const std::optional<std::int32_t> priority = system_priority(spec.priority_class_name);
    if (priority && spec.priority && *spec.priority != *priority)
        check.error(path.child("priority"),
                    "must be " + std::to_string(*priority) + ", which is the priority of " + spec.priority_class_name);
}

} // namespace

std::optional<std::int32_t> system_priority(std::string_view class_name) {
    if (class_name == "system-cluster-critical")
        return 2'000'000'000;
    if (class_name == "system-node-critical")
        return 2'000'001'000;
    return std::nullopt;
}

// A terminationGracePeriodSeconds below zero passes: it means the least there is, as to the kubelet.
void check_pod(const PodChecker& check, const ObjectMeta& metadata, const Path& path) {
    const PodSpec& spec = check.spec;
    if (spec.active_deadline_seconds)
        check.between(path.child("activeDeadlineSeconds"), *spec.active_deadline_seconds, 1,
                      std::numeric_limits<std::int32_t>::max());
    for (std::size_t i = 0; i < spec.readiness_gates.size(); ++i)
        check.qualified_name(path.child("readinessGates", i, "conditionType"), spec.readiness_gates[i].condition_type);
    check_os(check, path);
    check_priority(check, path);
    check_scheduling(check, path);
    check_network(check, metadata, path);
    check_host_namespaces(check, path);
    if (spec.resources)
        check_pod_resources(check, *spec.resources, path);
    if (spec.security_context)
        check_pod_security(check, *spec.security_context, path.child("securityContext"));
}

} // namespace spec
