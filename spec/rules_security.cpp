// SPDX-License-Identifier: Apache-2.0
// Security contexts, of the pod and of a container; users and namespaces of the host; sysctls.
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"
#include "spec/unique.hpp"

#include <algorithm>
#include <array>

namespace spec {

namespace {

constexpr std::size_t longest_apparmor_profile = 4095; // PATH_MAX less its NUL
constexpr std::string_view whitespace = " \t\n\v\f\r";

// pkg/kubelet/sysctl/safe_sysctls.go. The kubelet refuses the others unless its command line lists them.
constexpr std::array<std::string_view, 12> safe_sysctls = {
    "kernel.shm_rmid_forced",           "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",        "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",     "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",      "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",          "net.ipv4.tcp_wmem",
};

// "net/ipv4/tcp_rmem" is "net.ipv4.tcp_rmem"; where the first separator is a slash, dots are part of a name.
bool is_safe_sysctl(std::string_view name) {
    const bool slashes =
        name.substr(0, name.find_first_of("./")).size() < name.size() && name[name.find_first_of("./")] == '/';
    return std::ranges::any_of(safe_sysctls, [&](std::string_view safe) {
        return std::ranges::equal(safe, name,
                                  [&](char a, char b) { return a == b || (slashes && a == '.' && b == '/'); });
    });
}

void check_sysctl(const PodChecker& check, const Sysctl& sysctl, const Path& path) {
    if (!check.given(path, sysctl.name))
        return;
    if (!is_sysctl_name(sysctl.name))
        check.error(path, quoted(sysctl.name) + " is not the name of a sysctl, such as \"net.ipv4.tcp_syncookies\"");
    else if (sysctl.name.starts_with("net") && check.spec.host_network)
        check.error(path, "may not be set when hostNetwork is true: it would change the machine");
    else if (!sysctl.name.starts_with("net") && check.spec.host_ipc)
        check.error(path, "may not be set when hostIPC is true: it would change the machine");
    else if (!is_safe_sysctl(sysctl.name))
        check.error(path, quoted(sysctl.name) + " is not one of the sysctls that Kubernetes calls safe");
}

void check_sysctls(const PodChecker& check, const std::vector<Sysctl>& sysctls, const Path& path) {
    for (std::size_t i = 0; i < sysctls.size(); ++i)
        check_sysctl(check, sysctls[i], path.child("sysctls", i, "name"));
    for_each_duplicate(
        sysctls, [](const Sysctl& sysctl) -> const std::string& { return sysctl.name; },
        [&](std::size_t i) { check.duplicate(path.child("sysctls", i, "name"), sysctls[i].name); });
}

// A type is there, and a file's name exactly where the type asks for one.
bool wants_localhost_profile(const Checker& check, const SecurityProfile& profile, const Path& path) {
    const Path at = path.child("localhostProfile");
    if (!profile.type)
        check.error(path.child("type"), "required value");
    const bool wanted = profile.type == ProfileType::Localhost;
    if (wanted && profile.localhost_profile.value_or("").empty())
        check.error(at, "required value when type is Localhost");
    else if (!wanted && profile.type && profile.localhost_profile)
        check.error(at, "may only be given when type is Localhost");
    else
        return wanted;
    return false;
}

void check_seccomp(const Checker& check, const std::optional<SecurityProfile>& profile, const Path& path) {
    if (profile && wants_localhost_profile(check, *profile, path))
        check.relative_path(path.child("localhostProfile"), *profile->localhost_profile);
}

void check_app_armor(const Checker& check, const std::optional<SecurityProfile>& profile, const Path& path) {
    if (!profile || !wants_localhost_profile(check, *profile, path))
        return;
    const std::string& name = *profile->localhost_profile;
    const Path at = path.child("localhostProfile");
    if (whitespace.find(name.front()) != whitespace.npos || whitespace.find(name.back()) != whitespace.npos)
        check.error(at, "must not be padded with whitespace");
    if (name.size() > longest_apparmor_profile)
        check.error(at, "must have at most " + std::to_string(longest_apparmor_profile) + " characters");
}

} // namespace

void check_security(const PodChecker& check, const SecurityContext& context, const Path& path) {
    check.id(path.child("runAsUser"), context.run_as_user);
    check.id(path.child("runAsGroup"), context.run_as_group);
    check_seccomp(check, context.seccomp_profile, path.child("seccompProfile"));
    check_app_armor(check, context.app_armor_profile, path.child("appArmorProfile"));
    if (context.proc_mount == ProcMount::Unmasked && check.spec.host_users != false)
        check.error(path.child("procMount"), "may be Unmasked only when hostUsers is false");
    if (context.allow_privilege_escalation != false)
        return;
    const Path at = path.child("allowPrivilegeEscalation");
    if (context.privileged == true)
        check.error(at, "may not be false when privileged is true");
    // Only this spelling, as the API server: manifests that it accepts must be accepted here.
    if (context.capabilities &&
        std::ranges::find(context.capabilities->add, "CAP_SYS_ADMIN") != context.capabilities->add.end())
        check.error(at, "may not be false when capabilities.add has CAP_SYS_ADMIN");
}

void check_pod_security(const PodChecker& check, const PodSecurityContext& context, const Path& path) {
    check.id(path.child("runAsUser"), context.run_as_user);
    check.id(path.child("runAsGroup"), context.run_as_group);
    check.id(path.child("fsGroup"), context.fs_group);
    for (std::size_t i = 0; i < context.supplemental_groups.size(); ++i)
        check.id(path.child("supplementalGroups", i), context.supplemental_groups[i]);
    check_sysctls(check, context.sysctls, path);
    check_seccomp(check, context.seccomp_profile, path.child("seccompProfile"));
    check_app_armor(check, context.app_armor_profile, path.child("appArmorProfile"));
}

void check_host_namespaces(const PodChecker& check, const Path& path) {
    const PodSpec& spec = check.spec;
    if (spec.share_process_namespace == true && spec.host_pid == true)
        check.error(path.child("shareProcessNamespace"), "may not be true when hostPID is");
    if (spec.host_users != false)
        return;
    const auto refuse = [&](const std::optional<bool>& shared, std::string_view name) {
        if (shared == true)
            check.error(path.child(name), "may not be true when hostUsers is false");
    };
    refuse(spec.host_network, "hostNetwork");
    refuse(spec.host_pid, "hostPID");
    refuse(spec.host_ipc, "hostIPC");
}

} // namespace spec
