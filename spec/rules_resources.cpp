// SPDX-License-Identifier: Apache-2.0
// Requests and limits, of a container and of the pod as a whole.
#include "spec/names.hpp"
#include "spec/quantity.hpp"
#include "spec/requests.hpp"
#include "spec/rules_parts.hpp"

#include <algorithm>

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
    if (list.size() > max_resources) {
        if (told.size() <= max_resources)
            check.error(path, "must name at most " + std::to_string(max_resources) + " resources");
        return;
    }
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

bool has_huge(const ResourceList& list) {
    return std::ranges::any_of(list, [](const auto& entry) { return is_huge(entry.first); });
}

bool has_cpu_or_memory(const ResourceList& list) {
    return find_sorted(list, "cpu") || find_sorted(list, "memory");
}

// ---- the pod as a whole -----------------------------------------------------------------------------------------

void check_sums(const PodChecker& check, const ResourceRequirements& pod, const Path& path) {
    const Path requests = path.child("requests");
    for (const auto& [resource, together] : requests_of_containers(check.spec)) {
        const std::string* request = find_sorted(pod.requests, resource);
        if (request && order_quantities(together, *request) > 0)
            check.error(requests.child(resource),
                        "must be greater than or equal to what the containers request together, " + together);
    }
}

void check_container_limits(const PodChecker& check, const ResourceList& limits, const Path& path) {
    check.each_container(path, [&](const Container& container, const Path& at, Role) {
        for (const auto& [resource, quantity] : container.resources.limits) {
            const std::string* most = find_sorted(limits, resource);
            if (most && order_quantities(quantity, *most) > 0) {
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
        else if (is_huge(resource) && order_quantities(quantity, *limit) != 0)
            check.error(requests.child(resource), "must be equal to the limit of " + *limit);
        else if (limit && order_quantities(quantity, *limit) > 0)
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
