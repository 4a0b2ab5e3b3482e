// SPDX-License-Identifier: Apache-2.0
#include "spec/qos.hpp"
#include "tests/catch.hpp"

using namespace spec;

TEST_CASE("a pod's class follows from what its containers, or the pod itself, ask for") {
    const ResourceRequirements nothing, zero{.limits = {{"cpu", "0"}}, .requests = {{"memory", "0"}}};
    const ResourceRequirements both{.limits = {{"cpu", "1"}, {"memory", "1Gi"}},
                                    .requests = {{"cpu", "1000m"}, {"memory", "1073741824"}}};
    const ResourceRequirements less{.limits = both.limits, .requests = {{"cpu", "999m"}, {"memory", "1Gi"}}};
    const ResourceRequirements only_cpu{.limits = {{"cpu", "1"}}, .requests = {{"cpu", "1"}}};
    const ResourceRequirements only_requests{.limits = {}, .requests = both.requests};
    const ResourceRequirements huge{.limits = {{"hugepages-2Mi", "2Mi"}}, .requests = {{"hugepages-2Mi", "2Mi"}}};
    const struct {
        std::vector<ResourceRequirements> containers, init_containers;
        std::optional<ResourceRequirements> pod;
        std::string_view name;
    } table[] = {
        {{nothing}, {}, {}, "BestEffort"},        {{zero}, {}, {}, "BestEffort"},
        {{huge}, {}, {}, "BestEffort"},           {{both}, {}, {}, "Guaranteed"},
        {{both, both}, {both}, {}, "Guaranteed"}, {{less}, {}, {}, "Burstable"},
        {{only_cpu}, {}, {}, "Burstable"},        {{only_requests}, {}, {}, "Burstable"},
        {{both, nothing}, {}, {}, "Burstable"},   {{both}, {nothing}, {}, "Burstable"},
        {{nothing}, {both}, {}, "Burstable"},     {{nothing}, {}, both, "Guaranteed"},
        {{both}, {}, only_cpu, "Burstable"},      {{both}, {}, nothing, "BestEffort"},
    };
    for (const auto& row : table) {
        Pod pod;
        for (const auto& resources : row.containers)
            pod.spec.containers.emplace_back().resources = resources;
        for (const auto& resources : row.init_containers)
            pod.spec.init_containers.emplace_back().resources = resources;
        pod.spec.resources = row.pod;
        INFO(&row - table);
        CHECK(qos_class(pod) == row.name);
    }
}
