// SPDX-License-Identifier: Apache-2.0
// fieldRef and resourceFieldRef: what a pod may tell its containers about itself.
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace spec {

namespace {

constexpr std::array<std::string_view, 9> env_fields = {
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
    "status.hostIP", "status.hostIPs",     "status.podIP", "status.podIPs",
};
constexpr std::array<std::string_view, 5> volume_fields = {
    "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations",
};
constexpr std::array<std::string_view, 6> resources = {
    "limits.cpu",   "limits.memory",   "limits.ephemeral-storage",
    "requests.cpu", "requests.memory", "requests.ephemeral-storage",
};
constexpr std::array<std::string_view, 13> byte_divisors = {
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
};

void unsupported(const Checker& check, const Path& path, std::string_view value,
                 std::span<const std::string_view> supported, std::string_view more) {
    if (std::ranges::find(supported, value) != supported.end())
        return;
    std::string message = "unsupported value " + quoted(value) + "; supported values: ";
    for (const std::string_view name : supported)
        message.append(name).append(", ");
    check.error(path, message.append(more));
}

// "metadata.labels['app']": the key between the brackets. nullopt for a path without such a subscript.
std::optional<std::string_view> subscript(std::string_view path, std::string_view map) {
    if (!path.starts_with(map) || !path.ends_with("']"))
        return std::nullopt;
    path.remove_prefix(map.size());
    return path.starts_with("['") && path.size() >= 4 ? std::optional(path.substr(2, path.size() - 4)) : std::nullopt;
}

bool is_annotation_key(std::string_view key) {
    std::string lower(key); // annotations may have capital letters before the slash
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return is_label_key(lower);
}

} // namespace

void check_field_ref(const Checker& check, const ObjectFieldSelector& field, const Path& path, In in) {
    if (!field.api_version.empty() && field.api_version != "v1")
        check.error(path.child("apiVersion"), "must be \"v1\"");
    const Path at = path.child("fieldPath");
    if (!check.given(at, field.field_path))
        return;
    const auto label = subscript(field.field_path, "metadata.labels");
    const auto annotation = subscript(field.field_path, "metadata.annotations");
    if (label || annotation) {
        if (!(label ? is_label_key(*label) : is_annotation_key(*annotation)))
            check.error(at, "the key in " + quoted(field.field_path) + " is not a qualified name");
        return;
    }
    const std::span<const std::string_view> fields =
        in == In::Env ? std::span<const std::string_view>(env_fields) : volume_fields;
    unsupported(check, at, field.field_path, fields, "metadata.labels['KEY'], metadata.annotations['KEY']");
}

void check_resource_ref(const PodChecker& check, const ResourceFieldSelector& field, const Path& path, In in) {
    const Path container = path.child("containerName");
    if (in == In::Volume)
        check.given(container, field.container_name);
    // The API server lets the name of a container pass that is not there, and the pod never starts.
    if (!field.container_name.empty() && !find_container(check.spec, field.container_name))
        check.error(container, "not found: " + quoted(field.container_name) + " is no container of this pod");

    const std::string_view resource = field.resource;
    const bool huge = resource.starts_with("limits.hugepages-") || resource.starts_with("requests.hugepages-");
    if (check.given(path.child("resource"), resource) && !huge)
        unsupported(check, path.child("resource"), resource, resources,
                    "limits.hugepages-SIZE, requests.hugepages-SIZE");

    const std::string_view divisor = field.divisor;
    if (divisor.empty() || divisor == "0")
        return;
    const bool cpu = resource.ends_with(".cpu");
    if (cpu && divisor != "1" && divisor != "1m")
        check.error(path.child("divisor"), "unsupported value " + quoted(divisor) + "; supported values: 1, 1m");
    if (!cpu && std::ranges::find(byte_divisors, divisor) == byte_divisors.end())
        check.error(path.child("divisor"),
                    "unsupported value " + quoted(divisor) + "; supported values: 1, 1k to 1E, 1Ki to 1Ei");
}

} // namespace spec
