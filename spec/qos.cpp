// SPDX-License-Identifier: Apache-2.0
#include "spec/qos.hpp"

#include "spec/quantity.hpp"

#include <algorithm>

namespace spec {

namespace {

std::string_view amount(const ResourceList& list, std::string_view resource) noexcept {
    const std::string* quantity = find(list, resource);
    return quantity ? std::string_view(*quantity) : "0";
}

bool is_some(std::string_view quantity) noexcept {
    return order_quantities(quantity, "0") > 0;
}

constexpr std::string_view counted[] = {"cpu", "memory"};

bool asks(const ResourceRequirements& resources) noexcept {
    return std::ranges::any_of(counted, [&](std::string_view resource) {
        return is_some(amount(resources.limits, resource)) || is_some(amount(resources.requests, resource));
    });
}

// The API server compares sums over all containers; no request is larger than its limit, so it comes to the same.
bool is_guaranteed(const ResourceRequirements& resources) noexcept {
    return std::ranges::all_of(counted, [&](std::string_view resource) {
        const std::string_view limit = amount(resources.limits, resource);
        return is_some(limit) && order_quantities(limit, amount(resources.requests, resource)) == 0;
    });
}

} // namespace

std::string_view qos_class(const Pod& pod) noexcept {
    bool any = false;
    bool all_guaranteed = true;
    const auto count = [&](const ResourceRequirements& resources) {
        any = any || asks(resources);
        all_guaranteed = all_guaranteed && is_guaranteed(resources);
    };
    if (pod.spec.resources) {
        count(*pod.spec.resources);
    } else {
        for (const auto* list : {&pod.spec.containers, &pod.spec.init_containers})
            for (const Container& container : *list)
                count(container.resources);
    }
    if (!any)
        return "BestEffort";
    return all_guaranteed ? "Guaranteed" : "Burstable";
}

} // namespace spec
