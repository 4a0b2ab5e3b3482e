// SPDX-License-Identifier: Apache-2.0
// Requests and limits, of a container and of the pod as a whole.
#include "spec/names.hpp"
#include "spec/quantity.hpp"
#include "spec/rules_parts.hpp"

#include <algorithm>
#include <limits>

namespace spec {

namespace {

constexpr std::string_view huge_pages = "hugepages-";

bool is_huge(std::string_view resource) {
    return resource.starts_with(huge_pages);
}

// A huge page's own size is in the resource's name.
void check_huge(const Checker& check, const Path& path, std::string_view resource, std::string_view quantity) {
    const std::string_view size = resource.substr(huge_pages.size());
    const std::int64_t page = parse_quantity(size).value_or(0);
    const std::int64_t amount = parse_quantity(quantity).value_or(0);
    if (page <= 0)
        check.error(path, quoted(size) + " is not the size of a huge page, such as \"2Mi\"");
    else if (amount % page != 0)
        check.error(path, "must be a multiple of " + std::string(size));
}

// What `told` says, too, is not told again: a request that is not given is filled in from the limit.
void check_list(const Checker& check, const ResourceList& list, const ResourceList& told, const Path& path, At at) {
    for (const auto& [resource, quantity] : list) {
        if (const std::string* other = find_sorted(told, resource); other && *other == quantity)
            continue;
        const Path here = path.child(resource);
        const bool known = resource == "cpu" || resource == "memory" || is_huge(resource) ||
                           (at == At::Container && resource == "ephemeral-storage");
        if (!known && at == At::Container && resource.find('/') != std::string::npos)
            check.error(here, "is not supported: there is no device plugin on this machine");
        else if (!known)
            check.error(here, "unsupported resource; supported are cpu, memory" +
                                  std::string(at == At::Container ? ", ephemeral-storage" : "") +
                                  " and hugepages-SIZE");
        else if (quantity.starts_with('-'))
            check.error(here, "must be greater than or equal to 0");
        else if (is_huge(resource))
            check_huge(check, here, resource, quantity);
    }
}

std::int64_t compare_quantities(std::string_view a, std::string_view b) {
    return milli_quantity(a).value_or(0) - milli_quantity(b).value_or(0);
}

bool has_huge(const ResourceList& list) {
    return std::ranges::any_of(list, [](const auto& entry) { return is_huge(entry.first); });
}

bool has_cpu_or_memory(const ResourceList& list) {
    return find_sorted(list, "cpu") || find_sorted(list, "memory");
}

// ---- the pod as a whole -----------------------------------------------------------------------------------------

// In thousandths, and no more than fits: what is compared here is far below.
std::int64_t amount(const ResourceList& list, std::string_view resource) {
    const std::string* quantity = find_sorted(list, resource);
    return quantity ? milli_quantity(*quantity).value_or(0) : 0;
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
    return a > std::numeric_limits<std::int64_t>::max() - b ? std::numeric_limits<std::int64_t>::max() : a + b;
}

// What the containers need of a resource at one time: all the regular ones with the sidecars, or an init container
// with the sidecars before it (component-helpers, resource.AggregateContainerRequests).
std::int64_t needed(const PodChecker& check, ResourceList ResourceRequirements::*list, std::string_view resource) {
    std::int64_t sidecars = 0;
    std::int64_t most = 0;
    for (const Container& container : check.spec.init_containers) {
        const std::int64_t own = amount(container.resources.*list, resource);
        most = std::max(most, plus(sidecars, own));
        if (container.restart_policy == RestartPolicy::Always)
            sidecars = plus(sidecars, own);
    }
    std::int64_t regular = sidecars;
    for (const Container& container : check.spec.containers)
        regular = plus(regular, amount(container.resources.*list, resource));
    return std::max(most, regular);
}

void check_sums(const PodChecker& check, const ResourceRequirements& pod, const Path& path) {
    for (const auto& [resource, quantity] : pod.requests)
        if (needed(check, &ResourceRequirements::requests, resource) > amount(pod.requests, resource))
            check.error(path.child("requests", resource),
                        "must be greater than or equal to what the containers request together");
    for (const auto& [resource, quantity] : pod.limits)
        if (is_huge(resource) && needed(check, &ResourceRequirements::limits, resource) > amount(pod.limits, resource))
            check.error(path.child("limits", resource),
                        "must be greater than or equal to the limits of the containers together");
}

void check_container_limits(const PodChecker& check, const ResourceList& limits, const Path& path) {
    check.each_container(path, [&](const Container& container, const Path& at, Role) {
        for (const auto& [resource, quantity] : container.resources.limits) {
            const std::string* most = find_sorted(limits, resource);
            if (most && compare_quantities(quantity, *most) > 0) {
                const Path resources = at.child("resources");
                check.error(resources.child("limits", resource),
                            "must be less than or equal to the pod's limit of " + *most);
            }
        }
    });
}

} // namespace

void check_resources(const Checker& check, const ResourceRequirements& resources, const Path& path, At at) {
    const Path requests = path.child("requests");
    const Path limits = path.child("limits");
    check_list(check, resources.limits, {}, limits, at);
    check_list(check, resources.requests, resources.limits, requests, at);
    for (const auto& [resource, quantity] : resources.requests) {
        const std::string* limit = find_sorted(resources.limits, resource);
        if (limit && (limit->empty() || *limit == quantity))
            continue; // it could not be read, or it was filled in from there
        if (is_huge(resource) && !limit)
            check.error(limits.child(resource), "required value: huge pages cannot be overcommitted");
        else if (is_huge(resource) && compare_quantities(quantity, *limit) != 0)
            check.error(requests.child(resource), "must be equal to the limit of " + *limit);
        else if (limit && compare_quantities(quantity, *limit) > 0)
            check.error(requests.child(resource), "must be less than or equal to the limit of " + *limit);
    }
    if ((has_huge(resources.limits) || has_huge(resources.requests)) && !has_cpu_or_memory(resources.limits) &&
        !has_cpu_or_memory(resources.requests))
        check.error(path, "huge pages need cpu or memory, too");
}

void check_pod_resources(const PodChecker& check, const ResourceRequirements& resources, const Path& path) {
    const Path at = path.child("resources");
    check_resources(check, resources, at, At::Pod);
    check_sums(check, resources, at);
    check_container_limits(check, resources.limits, path);
}

} // namespace spec
