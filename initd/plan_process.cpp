// SPDX-License-Identifier: Apache-2.0
#include "initd/planner_parts.hpp"

#include "ns/capabilities.hpp"
#include "spec/expand.hpp"

#include <algorithm>

namespace initd {

namespace {

constexpr std::string_view default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// The manifest's variables, each seeing those before it. "$(X)" in a manifest means one of these, never one of the
// image's (kubelet_pods.go).
spec::StringMap manifest_env(const spec::Container& container) {
    spec::StringMap own;
    for (const spec::EnvVar& var : container.env)
        set_env(own, var.name, spec::expand(var.value, [&](std::string_view name) { return spec::find(own, name); }));
    return own;
}

std::vector<std::string> candidates(const std::string& program, const spec::StringMap& env) {
    if (program.find('/') != program.npos)
        return {program};
    std::vector<std::string> paths;
    const std::string* search = spec::find(env, "PATH");
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

void set_env(spec::StringMap& env, std::string_view name, std::string value) {
    for (auto& [n, v] : env)
        if (n == name) {
            v = std::move(value);
            return;
        }
    env.emplace_back(name, std::move(value));
}

// What every container has, over it the image's variables, over them the manifest's.
spec::StringMap environment(const spec::Pod& pod, const spec::Container& container, const Image& image,
                            const Identity& identity, const NodeFacts& node) {
    spec::StringMap env;
    env.emplace_back("PATH", default_path);
    env.emplace_back("HOSTNAME", pod_hostname(pod, node));
    env.emplace_back("HOME", identity.home);
    if (is_set(container.tty))
        env.emplace_back("TERM", "xterm");
    for (const std::string& pair : image.config.env)
        if (auto equals = pair.find('='); equals != pair.npos)
            set_env(env, std::string_view(pair).substr(0, equals), pair.substr(equals + 1));
    for (auto& [name, value] : manifest_env(container))
        set_env(env, name, value);
    return env;
}

// Kubernetes: command replaces entrypoint and, with it, the image's cmd; args replaces cmd.
std::vector<std::string> arguments(const spec::Container& container, const Image& image) {
    spec::StringMap env = manifest_env(container);
    std::vector<std::string> argv;
    auto add = [&](const std::vector<std::string>& words) {
        for (const std::string& word : words)
            argv.push_back(spec::expand(word, [&](std::string_view name) { return spec::find(env, name); }));
    };
    if (!container.command.empty()) {
        add(container.command);
        add(container.args);
        return argv;
    }
    argv = image.config.entrypoint;
    if (!container.args.empty())
        add(container.args);
    else
        argv.insert(argv.end(), image.config.cmd.begin(), image.config.cmd.end());
    return argv;
}

std::optional<PlanFailure> set_command(ns::Plan& plan, std::vector<std::string> argv, const spec::StringMap& env) {
    if (argv.empty() || argv.front().empty())
        return PlanFailure{"RunContainerError", "no command specified: neither the manifest nor the image has one"};
    plan.programs = candidates(argv.front(), env);
    plan.argv = std::move(argv);
    for (const auto& [name, value] : env)
        plan.env.push_back(name + "=" + value);
    return std::nullopt;
}

std::optional<PlanFailure> set_identity(ns::Plan& plan, const spec::Pod& pod, const spec::Container& container,
                                        const Identity& identity) {
    static const spec::SecurityContext no_context;
    static const spec::PodSecurityContext no_pod_context;
    const auto& context = container.security_context ? *container.security_context : no_context;
    const auto& pod_context = pod.spec.security_context ? *pod.spec.security_context : no_pod_context;

    plan.uid = identity.uid;
    plan.gid = identity.gid;
    if (auto group = context.run_as_group ? context.run_as_group : pod_context.run_as_group)
        plan.gid = static_cast<gid_t>(*group);
    plan.groups = identity.groups;
    for (std::int64_t group : pod_context.supplemental_groups)
        plan.groups.push_back(static_cast<gid_t>(group));

    auto non_root = context.run_as_non_root ? context.run_as_non_root : pod_context.run_as_non_root;
    if (is_set(non_root) && plan.uid == 0)
        return PlanFailure{"CreateContainerConfigError",
                           "container has runAsNonRoot and would run as root (container: " + container.name + ")"};

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
