// SPDX-License-Identifier: Apache-2.0
#include "spec/rules.hpp"

#include "spec/fields.hpp"
#include "spec/manifest.hpp"
#include "spec/names.hpp"
#include "spec/unique.hpp"

#include <algorithm>
#include <tuple>

namespace spec {

namespace {

constexpr std::string_view label_hint =
    " is not a DNS-1123 label: at most 63 lower case letters, digits and '-', with a "
    "letter or a digit at both ends";
constexpr std::string_view subdomain_hint =
    " is not a DNS-1123 subdomain: at most 253 lower case letters, digits, '-' and "
    "'.', with a letter or a digit at both ends of each part";
constexpr std::string_view key_hint =
    " is not a qualified name: at most 63 letters, digits, '-', '_' and '.', with a letter "
    "or a digit at both ends, and perhaps a DNS-1123 subdomain and '/' before it";
constexpr std::string_view value_hint = " is not a label's value: at most 63 letters, digits, '-', '_' and '.', with a "
                                        "letter or a digit at both ends";
constexpr std::size_t max_annotation_bytes = 256u << 10;

// A uid becomes part of a directory's name.
bool is_uid(std::string_view uid) {
    return uid.size() <= 128 && uid.front() != '.' && std::ranges::all_of(uid, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                      c == '_' || c == '.';
           });
}

// The annotations in which old manifests ask for a confinement that we do not give.
bool asks_for_confinement(std::string_view key, std::string_view value) {
    const bool is_profile = key.starts_with("container.apparmor.security.beta.kubernetes.io/") ||
                            key.starts_with("container.seccomp.security.alpha.kubernetes.io/") ||
                            key == "seccomp.security.alpha.kubernetes.io/pod";
    return is_profile && value != "unconfined";
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

} // namespace

std::string Path::pointer() const {
    if (!up)
        return {};
    std::string out = up->pointer();
    json::append_pointer(out, name);
    if (index != no_index)
        json::append_pointer(out, std::to_string(index));
    return out;
}

void Rules::error(const Path& path, std::string message) const {
    if (fields::is_full(problems_, Severity::Error))
        return;
    std::string pointer = path.pointer();
    for (std::size_t i = 0; i < known_; ++i) {
        const Problem& known = problems_[i];
        const bool within = pointer.starts_with(known.pointer) &&
                            (pointer.size() == known.pointer.size() || pointer[known.pointer.size()] == '/');
        if (known.severity == Severity::Error && within)
            return;
    }
    fields::add_problem(problems_, {std::move(pointer), std::move(message)});
}

void Rules::metadata(const Path& path) const {
    const ObjectMeta& metadata = pod_.metadata;
    if (!is_dns_subdomain(metadata.name))
        error(path.child("name"), quoted(metadata.name) + std::string(subdomain_hint));
    if (!is_dns_label(metadata.namespace_))
        error(path.child("namespace"), quoted(metadata.namespace_) + std::string(label_hint));
    if (!metadata.uid.empty() && !is_uid(metadata.uid))
        error(path.child("uid"), quoted(metadata.uid) + " is not a uid: at most 128 letters, digits, '-', '_' and '.'");
    const Path labels = path.child("labels");
    for (const auto& [key, value] : metadata.labels) {
        if (!is_label_key(key))
            error(labels.child(key), quoted(key) + std::string(key_hint));
        if (!is_label_value(value))
            error(labels.child(key), quoted(value) + std::string(value_hint));
    }
    const Path annotations = path.child("annotations");
    std::size_t bytes = 0;
    for (const auto& [key, value] : metadata.annotations) {
        bytes += key.size() + value.size();
        if (!is_label_key(lower(key)))
            error(annotations.child(key), quoted(key) + std::string(key_hint));
        if (asks_for_confinement(key, value))
            error(annotations.child(key), quoted(value) + " is not supported by this version of podinit");
    }
    if (bytes > max_annotation_bytes)
        error(annotations, "must have at most 262144 bytes");
}

void Rules::check_id(const Path& path, const std::optional<std::int64_t>& id) const {
    if (id && (*id < 0 || *id > std::numeric_limits<std::int32_t>::max()))
        error(path, "must be between 0 and 2147483647");
}

void Rules::volume(const Volume& volume, const Path& path) const {
    if (!is_dns_label(volume.name))
        error(path.child("name"), quoted(volume.name) + std::string(label_hint));
    if (volume.host_path && volume.empty_dir)
        error(path, "may not specify more than 1 volume type");
    if (!volume.host_path)
        return;
    const std::string& host_path = volume.host_path->path;
    const Path at_host_path = path.child("hostPath");
    const Path at = at_host_path.child("path");
    if (host_path.empty())
        error(at, "required value");
    else if (host_path.front() != '/')
        error(at, "must be an absolute path");
    else if (has_dot_dot(host_path))
        error(at, "must not contain '..'");
}

// No two containers may take the same port of the machine.
void Rules::host_ports(const Path& path) const {
    struct Use {
        const ContainerPort* port;
        std::size_t container;
        std::size_t index;
        auto key() const { return std::tie(*port->protocol, *port->host_port, port->host_ip); }
    };
    std::vector<Use> uses;
    const std::vector<Container>& containers = pod_.spec.containers;
    for (std::size_t c = 0; c < containers.size(); ++c)
        for (std::size_t i = 0; i < containers[c].ports.size(); ++i)
            if (containers[c].ports[i].host_port)
                uses.push_back({&containers[c].ports[i], c, i});
    for_each_duplicate(
        uses, [](const Use& use) { return use.key(); },
        [&](std::size_t i) {
            const Path container = path.child("containers", uses[i].container);
            const Path port = container.child("ports", uses[i].index);
            error(port.child("hostPort"), "duplicate value: " + std::to_string(*uses[i].port->host_port));
        });
}

void Rules::spec(const Path& path) const {
    const PodSpec& spec = pod_.spec;
    if (spec.containers.empty())
        return error(path.child("containers"), "must have at least one container");
    if (spec.containers.size() > max_containers)
        return error(path.child("containers"), "must have at most " + std::to_string(max_containers) + " containers");
    for (std::size_t i = 0; i < spec.volumes.size(); ++i)
        volume(spec.volumes[i], path.child("volumes", i));
    for (std::size_t i = 0; i < spec.containers.size(); ++i)
        container(spec.containers[i], path.child("containers", i));

    const auto name = [](const auto& element) -> const std::string& { return element.name; };
    const auto duplicate = [&](const Path& at, const std::string& value) {
        error(at.child("name"), "duplicate value: " + quoted(value));
    };
    for_each_duplicate(spec.volumes, name,
                       [&](std::size_t i) { duplicate(path.child("volumes", i), spec.volumes[i].name); });
    for_each_duplicate(spec.containers, name,
                       [&](std::size_t i) { duplicate(path.child("containers", i), spec.containers[i].name); });
    host_ports(path);

    if (*spec.termination_grace_period_seconds < 0)
        error(path.child("terminationGracePeriodSeconds"), "must be greater than or equal to 0");
    if (spec.share_process_namespace && spec.host_pid)
        error(path.child("shareProcessNamespace"), "may not be true when hostPID is");
    if (!spec.hostname.empty() && !is_dns_label(spec.hostname))
        error(path.child("hostname"), quoted(spec.hostname) + std::string(label_hint));
    if (!spec.node_name.empty() && !is_dns_subdomain(spec.node_name))
        error(path.child("nodeName"), quoted(spec.node_name) + std::string(subdomain_hint));
    if (const auto& context = spec.security_context) {
        const Path at = path.child("securityContext");
        check_id(at.child("runAsUser"), context->run_as_user);
        check_id(at.child("runAsGroup"), context->run_as_group);
        for (std::size_t i = 0; i < context->supplemental_groups.size(); ++i)
            check_id(at.child("supplementalGroups", i), context->supplemental_groups[i]);
    }
}

void validate(const Pod& pod, Problems& problems) {
    const Rules rules(pod, problems);
    const Path root;
    rules.metadata(root.child("metadata"));
    rules.spec(root.child("spec"));
}

} // namespace spec
