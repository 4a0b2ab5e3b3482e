// SPDX-License-Identifier: Apache-2.0
#include "initd/references.hpp"

#include "initd/planner.hpp"
#include "spec/quantity.hpp"

#include <algorithm>
#include <optional>

namespace initd {

namespace {

// "k" of "PREFIX['k']".
std::optional<std::string_view> subscript(std::string_view path, std::string_view prefix) {
    if (!path.starts_with(prefix))
        return std::nullopt;
    path.remove_prefix(prefix.size());
    if (!path.starts_with("['") || !path.ends_with("']") || path.size() < 4)
        return std::nullopt;
    return path.substr(2, path.size() - 4);
}

std::string value_of(const spec::StringMap& map, std::string_view key) {
    const std::string* value = spec::find(map, key);
    return value ? *value : "";
}

std::string lines_of(const spec::StringMap& map) {
    std::string lines;
    for (const auto& [key, value] : map)
        lines.append(lines.empty() ? "" : "\n").append(key).append("=").append(go_quoted(value));
    return lines;
}

// There are no service accounts here; what the pod says of its own is shown, and as on Kubernetes "default" where it
// says nothing.
std::string service_account(const spec::Pod& pod) {
    const std::string json = value_of(pod.spec.ignored, "serviceAccountName");
    return json.size() > 2 ? json.substr(1, json.size() - 2) : "default";
}

const spec::Container* find_container(const spec::Pod& pod, std::string_view name) {
    for (const auto* list : {&pod.spec.containers, &pod.spec.init_containers})
        for (const spec::Container& container : *list)
            if (container.name == name)
                return &container;
    return nullptr;
}

// kubelet: a limit that is missing or 0 is the pod's own, else what the node has (kubelet_resources.go).
std::string limit_of(std::string_view resource, const spec::Container& container, const spec::Pod& pod,
                     const NodeFacts& node) {
    std::string limit = value_of(container.resources.limits, resource);
    if (!limit.empty() && spec::parse_quantity(limit).value_or(0) != 0)
        return limit;
    if (pod.spec.resources)
        if (std::string of_pod = value_of(pod.spec.resources->limits, resource); !of_pod.empty())
            return of_pod;
    if (resource == "cpu")
        return std::to_string(node.cpus);
    if (resource == "memory")
        return std::to_string(node.memory_bytes);
    if (resource == "ephemeral-storage")
        return std::to_string(node.disk_bytes);
    return limit;
}

} // namespace

bool asks_the_node(const spec::Container& container) noexcept {
    return std::ranges::any_of(container.env, [](const spec::EnvVar& var) {
        return var.value_from &&
               (var.value_from->resource_field_ref ||
                (var.value_from->field_ref && var.value_from->field_ref->field_path.starts_with("status.")));
    });
}

std::string object_not_found(spec::Kind kind, std::string_view name) {
    return std::string(kind == spec::Kind::Secret ? "secret" : "configmap")
        .append(" \"")
        .append(name)
        .append("\" not found");
}

const std::string* find_key(const spec::StringMap& data, std::string_view key) noexcept {
    const auto at = std::ranges::lower_bound(data, key, {}, &spec::StringMap::value_type::first);
    return at != data.end() && at->first == key ? &at->second : nullptr;
}

std::string field_value(const spec::ObjectFieldSelector& selector, const spec::Pod& pod, const NodeFacts& node) {
    const spec::ObjectMeta& metadata = pod.metadata;
    const std::string_view path = selector.field_path;
    if (path == "metadata.name")
        return metadata.name;
    if (path == "metadata.namespace")
        return metadata.namespace_;
    if (path == "metadata.uid")
        return metadata.uid;
    if (path == "metadata.labels")
        return lines_of(metadata.labels);
    if (path == "metadata.annotations")
        return lines_of(metadata.annotations);
    if (const auto key = subscript(path, "metadata.labels"))
        return value_of(metadata.labels, *key);
    if (const auto key = subscript(path, "metadata.annotations"))
        return value_of(metadata.annotations, *key);
    if (path == "spec.nodeName")
        return pod.spec.node_name.empty() ? node.hostname : pod.spec.node_name;
    if (path == "spec.serviceAccountName")
        return service_account(pod);
    if (path == "status.hostIP" || path == "status.hostIPs")
        return node.host_ip;
    if ((path == "status.podIP" || path == "status.podIPs") && pod.spec.host_network.value_or(false))
        return node.host_ip;
    return ""; // a private network has no address yet
}

std::expected<std::string, std::string> resource_value(const spec::ResourceFieldSelector& selector,
                                                       const spec::Pod& pod, const spec::Container* self,
                                                       const NodeFacts& node) {
    const spec::Container* container =
        selector.container_name.empty() ? self : find_container(pod, selector.container_name);
    if (!container)
        return std::unexpected("container " + selector.container_name + " not found");
    const std::string_view path = selector.resource;
    const std::string_view resource = path.substr(path.find('.') + 1);
    const std::string amount = path.starts_with("limits.") ? limit_of(resource, *container, pod, node)
                                                           : value_of(container->resources.requests, resource);
    // A cpu may be divided into thousandths; both sides are whole numbers then.
    const auto number = [&](std::string_view text) {
        return (resource == "cpu" ? spec::milli_quantity(text) : spec::parse_quantity(text)).value_or(0);
    };
    std::int64_t divisor = number(selector.divisor);
    if (divisor <= 0)
        divisor = number("1");
    const std::int64_t value = number(amount);
    return std::to_string(value / divisor + (value % divisor > 0));
}

} // namespace initd
