// SPDX-License-Identifier: Apache-2.0
#include "spec/image.hpp"
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"
#include "spec/unique.hpp"

namespace spec {

namespace {

constexpr std::size_t max_restart_rules = 20;
constexpr std::size_t max_exit_codes = 255;

// Only the regular containers' ports must be the same as the machine's under hostNetwork, as the API server has it.
void check_port(const PodChecker& check, const ContainerPort& port, const Path& path, Role role) {
    check.port(path.child("containerPort"), port.container_port);
    if (!port.name.empty() && !is_port_name(port.name))
        check.error(path.child("name"), quoted(port.name) +
                                            " is not a port name: at most 15 lower case letters, digits and single "
                                            "'-', with at least one letter");
    if (!port.host_ip.empty() && !is_ip_address(port.host_ip)) // the API server lets it pass, and no port works
        check.error(path.child("hostIP"), quoted(port.host_ip) + " is not an IP address");
    if (!port.host_port || (check.spec.host_network && *port.host_port == port.container_port))
        return; // the default, or what it would be: nothing that was not said above
    if (!check.spec.host_network || role != Role::Regular)
        check.port(path.child("hostPort"), *port.host_port);
    else
        check.error(path.child("hostPort"), "must match containerPort when hostNetwork is true");
}

void check_ports(const PodChecker& check, const Container& container, const Path& path, Role role) {
    for (std::size_t i = 0; i < container.ports.size(); ++i)
        check_port(check, container.ports[i], path.child("ports", i), role);
    for_each_duplicate(
        container.ports, [](const ContainerPort& port) -> const std::string& { return port.name; },
        [&](std::size_t i) {
            if (!container.ports[i].name.empty())
                check.duplicate(path.child("ports", i, "name"), container.ports[i].name);
        });
}

void check_restart_rule(const Checker& check, const ContainerRestartRule& rule, const Path& path) {
    if (!rule.action)
        check.error(path.child("action"), "required value");
    const Path codes = path.child("exitCodes");
    if (!rule.exit_codes)
        return check.error(codes, "required value");
    if (!rule.exit_codes->op)
        check.error(codes.child("operator"), "required value");
    if (rule.exit_codes->values.size() > max_exit_codes)
        check.error(codes.child("values"), "must have at most " + std::to_string(max_exit_codes) + " items");
}

void check_restart(const Checker& check, const Container& container, const Path& path) {
    const std::vector<ContainerRestartRule>& rules = container.restart_policy_rules;
    if (rules.empty())
        return;
    if (!container.restart_policy)
        check.error(path.child("restartPolicy"), "required value: restartPolicyRules are exceptions from it");
    const Path at = path.child("restartPolicyRules");
    if (rules.size() > max_restart_rules)
        return check.error(at, "must have at most " + std::to_string(max_restart_rules) + " rules");
    for (std::size_t i = 0; i < rules.size(); ++i)
        check_restart_rule(check, rules[i], path.child("restartPolicyRules", i));
}

} // namespace

void check_container(const PodChecker& check, const Container& container, const Path& path, Role role) {
    check.dns_label(path.child("name"), container.name);
    // The API server takes any text; a name that no store can hold never starts.
    if (check.given(path.child("image"), container.image) && !valid_image_name(container.image))
        check.error(path.child("image"), quoted(container.image) +
                                             " is not an image name such as \"host\", \"myapp:v1\" or "
                                             "\"registry.example/team/myapp@sha256:...\"");
    check_ports(check, container, path, role);
    check_env(check, container, path);
    check_mounts(check, container, path);
    check_probes(check, container, path, role);
    check_restart(check, container, path);
    check_resources(check, container.resources, path.child("resources"), At::Container);
    if (container.security_context)
        check_security(check, *container.security_context, path.child("securityContext"));
}

} // namespace spec
