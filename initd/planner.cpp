// SPDX-License-Identifier: Apache-2.0
#include "initd/planner.hpp"

#include "initd/planner_parts.hpp"

#include "spec/unhonoured.hpp"

#include <algorithm>

namespace initd {

namespace {

const std::string& working_dir(const ContainerInputs& in) {
    return in.container().working_dir.empty() ? in.image.config.working_dir : in.container().working_dir;
}

} // namespace

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

std::expected<ns::Plan, PlanFailure> plan_container(const ContainerInputs& in) {
    if (auto why = spec::unhonoured(in.pod, in.index))
        return std::unexpected(PlanFailure{"CreateContainerConfigError", std::move(*why)});
    auto variables = manifest_variables(in, Missing::Refused);
    if (!variables)
        return std::unexpected(std::move(variables.error()));
    ns::Plan plan;
    plan.create_pid = !is_set(in.pod.spec.host_pid) && !is_set(in.pod.spec.share_process_namespace);
    plan.working_dir = working_dir(in);
    if (auto failure = set_command(plan, arguments(in, *variables), environment(in, *variables)))
        return std::unexpected(std::move(*failure));
    if (auto failure = set_identity(plan, in))
        return std::unexpected(std::move(*failure));
    const spec::Services services = services_of(in);
    set_services(plan, services);
    if (auto failure = add_mounts(plan, in, *variables, services.notifies))
        return std::unexpected(std::move(*failure));
    return plan;
}

std::expected<ns::Plan, PlanFailure> plan_exec(const ContainerInputs& in, std::vector<std::string> command,
                                               std::string_view term) {
    auto variables = manifest_variables(in, Missing::LeftOut);
    if (!variables)
        return std::unexpected(std::move(variables.error()));
    Variables env = environment(in, *variables);
    if (!term.empty())
        env.set("TERM", std::string(term));
    ns::Plan plan;
    plan.working_dir = working_dir(in);
    if (auto failure = set_command(plan, std::move(command), env))
        return std::unexpected(std::move(*failure));
    set_notify_socket(plan, services_of(in));
    if (auto failure = set_identity(plan, in))
        return std::unexpected(std::move(*failure));
    return plan;
}

} // namespace initd
