// SPDX-License-Identifier: Apache-2.0
// What a pod is called and whom it knows: host names, DNS, the machine's ports.
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"
#include "spec/unique.hpp"

#include <algorithm>

namespace spec {

namespace {

// pkg/apis/core/validation: MaxDNSNameservers, MaxDNSSearchPaths, MaxDNSSearchListChars
constexpr std::size_t max_nameservers = 3;
constexpr std::size_t max_searches = 32;
constexpr std::size_t max_search_characters = 2048;
constexpr std::size_t longest_host_name = 64; // the kernel's __NEW_UTS_LEN

void check_ip(const Checker& check, const std::string& text, const Path& path) {
    if (!is_ip_address(text))
        check.error(path, quoted(text) + " is not an IP address such as \"10.9.8.7\" or \"2001:db8::ffff\"");
}

void check_searches(const Checker& check, const std::vector<std::string>& searches, const Path& path) {
    if (searches.size() > max_searches)
        return check.error(path.child("searches"), "must have at most " + std::to_string(max_searches) + " items");
    std::size_t characters = searches.empty() ? 0 : searches.size() - 1; // the spaces between them
    for (std::size_t i = 0; i < searches.size(); ++i) {
        characters += searches[i].size();
        if (!is_search_domain(searches[i]))
            check.error(path.child("searches", i),
                        quoted(searches[i]) + " is not a domain: labels of lower case letters, digits, '-' and '_' "
                                              "with '.' between them, or \".\" alone");
    }
    if (characters > max_search_characters)
        check.error(path.child("searches"), "must have at most " + std::to_string(max_search_characters) +
                                                " characters with a space between each two");
}

void check_dns(const PodChecker& check, const Path& path) {
    const PodSpec& spec = check.spec;
    const Path at = path.child("dnsConfig");
    if (spec.dns_policy == DnsPolicy::None && (!spec.dns_config || spec.dns_config->nameservers.empty()))
        check.error(spec.dns_config ? at.child("nameservers") : at,
                    "required value: with dnsPolicy None there must be at least one nameserver");
    if (!spec.dns_config)
        return;
    const DnsConfig& config = *spec.dns_config;
    if (config.nameservers.size() > max_nameservers)
        check.error(at.child("nameservers"), "must have at most " + std::to_string(max_nameservers) + " items");
    else
        for (std::size_t i = 0; i < config.nameservers.size(); ++i)
            check_ip(check, config.nameservers[i], at.child("nameservers", i));
    check_searches(check, config.searches, at);
    for (std::size_t i = 0; i < config.options.size(); ++i)
        check.given(at.child("options", i, "name"), config.options[i].name);
}

void check_host_names(const PodChecker& check, const Path& path) {
    const PodSpec& spec = check.spec;
    if (!spec.hostname.empty())
        check.dns_label(path.child("hostname"), spec.hostname);
    if (!spec.subdomain.empty())
        check.dns_label(path.child("subdomain"), spec.subdomain);
    if (!spec.node_name.empty())
        check.dns_subdomain(path.child("nodeName"), spec.node_name);
    if (spec.hostname_override.empty())
        return;
    const Path at = path.child("hostnameOverride");
    check.dns_subdomain(at, spec.hostname_override);
    if (spec.hostname_override.size() > longest_host_name)
        check.error(at, "must have at most " + std::to_string(longest_host_name) + " characters");
    if (spec.host_network == true)
        check.error(at, "may not be given when hostNetwork is true");
    if (spec.set_hostname_as_fqdn == true)
        check.error(at, "may not be given when setHostnameAsFQDN is true");
}

// Host and pod are HOSTNAME.SUBDOMAIN.NAMESPACE.svc at least; the kubelet never starts a pod whose name is too long for
// the kernel. A pod without a hostname is called by its name, cut to a label's length.
void check_fqdn(const PodChecker& check, const ObjectMeta& metadata, const Path& path) {
    constexpr std::size_t longest_label = 63;
    const PodSpec& spec = check.spec;
    if (spec.set_hostname_as_fqdn != true || spec.subdomain.empty() || metadata.name.empty())
        return;
    const std::size_t host =
        spec.hostname.empty() ? std::min(metadata.name.size(), longest_label) : spec.hostname.size();
    const std::size_t size =
        host + 1 + spec.subdomain.size() + 1 + metadata.namespace_.size() + std::string_view(".svc").size();
    if (size > longest_host_name)
        check.error(path.child("setHostnameAsFQDN"), "HOSTNAME.SUBDOMAIN.NAMESPACE.svc must have at most " +
                                                         std::to_string(longest_host_name) + " characters, and has " +
                                                         std::to_string(size));
}

struct HostPort {
    const ContainerPort* port;
    std::string_view list; // "containers"
    std::size_t container;
    std::size_t index;
    std::string key; // protocol, number and address
};

void collect(std::vector<HostPort>& uses, const Container& container, std::string_view list, std::size_t index) {
    for (std::size_t i = 0; i < container.ports.size(); ++i) {
        const ContainerPort& port = container.ports[i];
        if (!port.host_port)
            continue;
        std::string key(1, static_cast<char>('0' + static_cast<char>(port.protocol.value_or(Protocol::Tcp))));
        key.append(std::to_string(*port.host_port)).append(1, ' ').append(port.host_ip);
        uses.push_back({&port, list, index, i, std::move(key)});
    }
}

void check_uses(const Checker& check, const std::vector<HostPort>& uses, const Path& path) {
    for_each_duplicate(
        uses, [](const HostPort& use) -> const std::string& { return use.key; },
        [&](std::size_t i) {
            const Path container = path.child(uses[i].list, uses[i].container);
            check.error(container.child("ports", uses[i].index, "hostPort"),
                        "duplicate value: " + std::to_string(*uses[i].port->host_port));
        });
}

// No two containers may take the same port of the machine. Init containers run one after another: each for itself.
void check_host_ports(const PodChecker& check, const Path& path) {
    std::vector<HostPort> uses;
    for (std::size_t i = 0; i < check.spec.init_containers.size(); ++i) {
        uses.clear();
        collect(uses, check.spec.init_containers[i], "initContainers", i);
        check_uses(check, uses, path);
    }
    uses.clear();
    for (std::size_t i = 0; i < check.spec.containers.size(); ++i)
        collect(uses, check.spec.containers[i], "containers", i);
    check_uses(check, uses, path);
}

} // namespace

void check_network(const PodChecker& check, const ObjectMeta& metadata, const Path& path) {
    const PodSpec& spec = check.spec;
    check_fqdn(check, metadata, path);
    check_host_names(check, path);
    check_dns(check, path);
    for (std::size_t i = 0; i < spec.host_aliases.size(); ++i) {
        const Path at = path.child("hostAliases", i);
        check_ip(check, spec.host_aliases[i].ip, at.child("ip"));
        for (std::size_t j = 0; j < spec.host_aliases[i].hostnames.size(); ++j)
            check.dns_subdomain(at.child("hostnames", j), spec.host_aliases[i].hostnames[j]);
    }
    check_host_ports(check, path);
}

} // namespace spec
