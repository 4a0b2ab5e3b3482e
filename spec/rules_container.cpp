// SPDX-License-Identifier: Apache-2.0
#include "spec/image.hpp"
#include "spec/names.hpp"
#include "spec/rules.hpp"
#include "spec/unique.hpp"

#include <algorithm>

namespace spec {

void Rules::container(const Container& container, const Path& path) const {
    if (!is_dns_label(container.name))
        error(path.child("name"), quoted(container.name) +
                                      " is not a DNS-1123 label: at most 63 lower case letters, digits "
                                      "and '-', with a letter or a digit at both ends");
    if (!valid_image_name(container.image))
        error(path.child("image"), quoted(container.image) + " is not an image name such as \"host\", \"myapp:v1\" or "
                                                             "\"registry.example/team/myapp@sha256:...\"");
    for (std::size_t i = 0; i < container.env.size(); ++i)
        if (!is_env_name(container.env[i].name))
            error(path.child("env", i).child("name"),
                  quoted(container.env[i].name) +
                      " is not the name of an environment variable: printable ASCII without '='");
    for (std::size_t i = 0; i < container.ports.size(); ++i)
        port(container.ports[i], path.child("ports", i));
    for_each_duplicate(
        container.ports, [](const ContainerPort& port) -> const std::string& { return port.name; },
        [&](std::size_t i) {
            if (!container.ports[i].name.empty())
                error(path.child("ports", i).child("name"), "duplicate value: " + quoted(container.ports[i].name));
        });
    mounts(container, path);
    if (container.security_context)
        security_context(*container.security_context, path.child("securityContext"));
}

void Rules::port(const ContainerPort& port, const Path& path) const {
    const auto in_range = [](std::int32_t number) { return number >= 1 && number <= 65535; };
    if (!in_range(port.container_port))
        error(path.child("containerPort"), "must be between 1 and 65535");
    if (!port.name.empty() && !is_port_name(port.name))
        error(path.child("name"), quoted(port.name) +
                                      " is not a port name: at most 15 lower case letters, digits and single "
                                      "'-', with at least one letter");
    if (!port.host_port || (pod_.spec.host_network && *port.host_port == port.container_port))
        return; // the default, or what it would be: nothing that was not said above
    const Path at = path.child("hostPort");
    if (!in_range(*port.host_port))
        error(at, "must be between 1 and 65535");
    else if (!pod_.spec.host_network)
        error(at, "is not supported without hostNetwork by this version of podinit");
    else
        error(at, "must match containerPort when hostNetwork is true");
}

void Rules::mounts(const Container& container, const Path& path) const {
    if (container.volume_mounts.empty())
        return;
    std::vector<std::string_view> volumes;
    volumes.reserve(pod_.spec.volumes.size());
    for (const Volume& volume : pod_.spec.volumes)
        volumes.push_back(volume.name);
    std::ranges::sort(volumes);
    for (std::size_t i = 0; i < container.volume_mounts.size(); ++i) {
        const VolumeMount& mount = container.volume_mounts[i];
        const Path at = path.child("volumeMounts", i);
        if (!std::ranges::binary_search(volumes, std::string_view(mount.name)))
            error(at.child("name"), "not found: " + quoted(mount.name) + " is no volume of this pod");
        if (mount.mount_path.empty())
            error(at.child("mountPath"), "required value");
        else if (mount.mount_path.find(':') != std::string::npos)
            error(at.child("mountPath"), "must not contain ':'");
        if (mount.sub_path.starts_with('/'))
            error(at.child("subPath"), "must be a relative path");
        else if (has_dot_dot(mount.sub_path))
            error(at.child("subPath"), "must not contain '..'");
    }
    for_each_duplicate(
        container.volume_mounts, [](const VolumeMount& mount) -> const std::string& { return mount.mount_path; },
        [&](std::size_t i) {
            error(path.child("volumeMounts", i).child("mountPath"),
                  "must be unique: " + quoted(container.volume_mounts[i].mount_path) + " is mounted already");
        });
}

void Rules::security_context(const SecurityContext& context, const Path& path) const {
    check_id(path.child("runAsUser"), context.run_as_user);
    check_id(path.child("runAsGroup"), context.run_as_group);
    if (context.allow_privilege_escalation != false)
        return;
    const Path at = path.child("allowPrivilegeEscalation");
    if (context.privileged)
        error(at, "may not be false when privileged is true");
    // Only this spelling, as the API server: manifests that it accepts must be accepted here.
    if (context.capabilities &&
        std::ranges::find(context.capabilities->add, "CAP_SYS_ADMIN") != context.capabilities->add.end())
        error(at, "may not be false when capabilities.add has CAP_SYS_ADMIN");
}

} // namespace spec
