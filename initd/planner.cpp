// SPDX-License-Identifier: Apache-2.0
#include "initd/planner.hpp"

#include "initd/planner_parts.hpp"

#include <algorithm>

namespace initd {

std::string pod_hostname(const spec::Pod& pod, const NodeFacts& node) {
    if (is_set(pod.spec.host_network))
        return node.hostname;
    std::string name = pod.spec.hostname.empty() ? pod.metadata.name : pod.spec.hostname;
    if (name.size() > 63)
        name.resize(63);
    while (!name.empty() && (name.back() == '-' || name.back() == '.'))
        name.pop_back();
    return name;
}

std::expected<std::string, PlanFailure> console_device(const spec::Pod& pod) {
    const std::string* name = spec::find(pod.metadata.annotations, "podinit/console");
    if (!name)
        return std::string();
    bool plain = !name->empty() && name->size() < 32 && std::all_of(name->begin(), name->end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
    if (!plain)
        return std::unexpected(PlanFailure{"CreateContainerConfigError",
                                           "annotation podinit/console: \"" + *name +
                                               "\" is no terminal's name; \"console\" or \"ttyS0\" would be"});
    return "/dev/" + *name;
}

std::expected<ns::Plan, PlanFailure> plan_container(const spec::Pod& pod, std::size_t index, const Image& image,
                                                    const Identity& identity, const NodeFacts& node) {
    const spec::Container& container = pod.spec.containers[index];
    ns::Plan plan;
    plan.create_pid = !is_set(pod.spec.host_pid) && !is_set(pod.spec.share_process_namespace);
    plan.working_dir = container.working_dir.empty() ? image.config.working_dir : container.working_dir;
    if (auto failure =
            set_command(plan, arguments(container, image), environment(pod, container, image, identity, node)))
        return std::unexpected(std::move(*failure));
    if (auto failure = set_identity(plan, pod, container, identity))
        return std::unexpected(std::move(*failure));
    add_mounts(plan, pod, container, image, node);
    return plan;
}

std::expected<ns::Plan, PlanFailure> plan_exec(const spec::Pod& pod, std::size_t index, const Image& image,
                                               const Identity& identity, const NodeFacts& node,
                                               std::vector<std::string> command, std::string_view term) {
    const spec::Container& container = pod.spec.containers[index];
    ns::Plan plan;
    plan.working_dir = container.working_dir.empty() ? image.config.working_dir : container.working_dir;
    spec::StringMap env = environment(pod, container, image, identity, node);
    if (!term.empty())
        set_env(env, "TERM", std::string(term));
    if (auto failure = set_command(plan, std::move(command), env))
        return std::unexpected(std::move(*failure));
    if (auto failure = set_identity(plan, pod, container, identity))
        return std::unexpected(std::move(*failure));
    return plan;
}

} // namespace initd
