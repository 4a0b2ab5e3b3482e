// SPDX-License-Identifier: Apache-2.0
#include "initd/planner_parts.hpp"

#include "ns/capabilities.hpp"
#include "spec/expand.hpp"

#include <algorithm>

namespace initd {

namespace {

std::vector<std::string> candidates(const std::string& program, const Variables& env) {
    if (program.find('/') != program.npos)
        return {program};
    std::vector<std::string> paths;
    const std::string* search = env.find("PATH");
    std::string_view rest = search ? std::string_view(*search) : default_path;
    while (!rest.empty()) {
        auto directory = rest.substr(0, rest.find(':'));
        if (!directory.empty())
            paths.push_back(std::string(directory) + "/" + program);
        rest.remove_prefix(std::min(rest.size(), directory.size() + 1));
    }
    return paths;
}

} // namespace

// Kubernetes: command replaces entrypoint and, with it, the image's cmd; args replaces cmd.
std::vector<std::string> arguments(const ContainerInputs& in, const Variables& of_manifest) {
    const spec::Container& container = in.container();
    std::vector<std::string> argv;
    auto add = [&](const std::vector<std::string>& words) {
        for (const std::string& word : words)
            argv.push_back(spec::expand(word, [&](std::string_view name) { return of_manifest.find(name); }));
    };
    if (!container.command.empty()) {
        add(container.command);
        add(container.args);
        return argv;
    }
    argv = in.image.config.entrypoint;
    if (!container.args.empty())
        add(container.args);
    else
        argv.insert(argv.end(), in.image.config.cmd.begin(), in.image.config.cmd.end());
    return argv;
}

std::optional<PlanFailure> set_command(ns::Plan& plan, std::vector<std::string> argv, const Variables& env) {
    if (argv.empty() || argv.front().empty())
        return PlanFailure{"RunContainerError", "no command specified: neither the manifest nor the image has one"};
    plan.programs = candidates(argv.front(), env);
    plan.argv = std::move(argv);
    plan.env.reserve(env.list().size());
    for (const auto& [name, value] : env.list())
        plan.env.push_back(name + "=" + value);
    return std::nullopt;
}

// `asked`: the manifest names the user, as opposed to the image.
std::optional<PlanFailure> breaks_non_root(const ContainerInputs& in, bool asked, uid_t uid) {
    const std::string& of_image = in.image.config.user;
    const std::string_view name = std::string_view(of_image).substr(0, of_image.find(':'));
    std::string text;
    // What its passwd makes of a name is not asked, so that the same manifest is refused on Kubernetes and here.
    if (!asked && name.find_first_not_of("0123456789") != name.npos)
        text.append("container has runAsNonRoot and image has non-numeric user (")
            .append(name)
            .append("), cannot verify user is non-root");
    else if (uid == 0)
        text = asked ? "container's runAsUser breaks non-root policy"
                     : "container has runAsNonRoot and image will run as root";
    else
        return std::nullopt;
    const spec::ObjectMeta& metadata = in.pod.metadata;
    for (std::string_view part :
         {std::string_view(" (pod: \""), std::string_view(metadata.name), std::string_view("_"),
          std::string_view(metadata.namespace_), std::string_view("("), std::string_view(metadata.uid),
          std::string_view(")\", container: "), std::string_view(in.container().name), std::string_view(")")})
        text += part;
    return PlanFailure{"CreateContainerConfigError", std::move(text)};
}

std::optional<PlanFailure> set_identity(ns::Plan& plan, const ContainerInputs& in) {
    static const spec::SecurityContext no_context;
    static const spec::PodSecurityContext no_pod_context;
    const spec::Container& container = in.container();
    const auto& context = container.security_context ? *container.security_context : no_context;
    const auto& pod_context = in.pod.spec.security_context ? *in.pod.spec.security_context : no_pod_context;

    plan.uid = in.identity.uid;
    plan.gid = in.identity.gid;
    if (auto group = context.run_as_group ? context.run_as_group : pod_context.run_as_group)
        plan.gid = static_cast<gid_t>(*group);
    plan.groups = in.identity.groups;
    for (std::int64_t group : pod_context.supplemental_groups)
        plan.groups.push_back(static_cast<gid_t>(group));
    if (const auto group = fs_group(in.pod))
        plan.groups.push_back(*group);

    auto non_root = context.run_as_non_root ? context.run_as_non_root : pod_context.run_as_non_root;
    if (is_set(non_root))
        if (auto failure = breaks_non_root(in, context.run_as_user || pod_context.run_as_user, plan.uid))
            return failure;

    ns::CapabilityRequest request;
    if (context.capabilities) {
        request.add = context.capabilities->add;
        request.drop = context.capabilities->drop;
    }
    request.privileged = is_set(context.privileged);
    request.root = plan.uid == 0;
    auto sets = ns::capability_sets(request);
    if (!sets)
        return PlanFailure{"CreateContainerError", "unknown capability \"" + sets.error().name + "\""};
    plan.capabilities = *sets;
    plan.limit_capabilities = !(request.privileged && request.root);
    plan.no_new_privileges = context.allow_privilege_escalation.has_value() && !*context.allow_privilege_escalation;
    return std::nullopt;
}

std::string container_user(const spec::Pod& pod, const spec::Container& container, const Image& image) {
    if (container.security_context && container.security_context->run_as_user)
        return std::to_string(*container.security_context->run_as_user);
    if (pod.spec.security_context && pod.spec.security_context->run_as_user)
        return std::to_string(*pod.spec.security_context->run_as_user);
    return image.config.user;
}

} // namespace initd
