// SPDX-License-Identifier: Apache-2.0
#include "spec/requests.hpp"

#include "spec/quantity.hpp"

#include <algorithm>
#include <compare>
#include <string>
#include <string_view>

namespace spec {

namespace {

std::string& at(ResourceList& list, std::string_view resource) {
    const auto place = std::ranges::lower_bound(list, resource, {}, &StringMap::value_type::first);
    if (place != list.end() && place->first == resource)
        return place->second;
    return list.emplace(place, resource, "0")->second;
}

void add(ResourceList& to, const ResourceList& what) {
    if (what.size() > max_resources)
        return;
    for (const auto& [resource, quantity] : what) {
        std::string& sum = at(to, resource);
        sum = add_quantities(sum, quantity);
    }
}

void raise(ResourceList& to, const ResourceList& what) {
    for (const auto& [resource, quantity] : what) {
        std::string& largest = at(to, resource);
        if (order_quantities(quantity, largest) > 0)
            largest = quantity;
    }
}

} // namespace

ResourceList requests_of_containers(const PodSpec& spec) {
    ResourceList sidecars;
    ResourceList starting; // the most while there are init containers to run
    for (const Container& container : spec.init_containers) {
        ResourceList now = sidecars;
        add(now, container.resources.requests);
        raise(starting, now);
        if (container.restart_policy == RestartPolicy::Always)
            sidecars = std::move(now);
    }
    ResourceList running = std::move(sidecars);
    for (const Container& container : spec.containers)
        add(running, container.resources.requests);
    raise(running, starting);
    return running;
}

} // namespace spec
