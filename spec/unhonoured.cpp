// SPDX-License-Identifier: Apache-2.0
#include "spec/unhonoured.hpp"

#include "spec/fields.hpp"
#include "spec/rules.hpp"

#include <algorithm>
#include <array>

namespace spec {

namespace {

constexpr std::size_t no = -1;

constexpr std::size_t when(bool asked) {
    return asked ? 0 : no;
}

// The index of the first element of which `asked` is true.
template <class T, class Asked>
std::size_t first(const std::vector<T>& list, Asked asked) {
    const auto at = std::ranges::find_if(list, asked);
    return at == list.end() ? no : static_cast<std::size_t>(at - list.begin());
}

bool confines(const std::optional<SecurityProfile>& profile) {
    return profile && profile->type != ProfileType::Unconfined;
}

bool is_privileged(const Container& container) {
    return container.security_context && container.security_context->privileged.value_or(false);
}

bool asks_for_resources(const ResourceRequirements& resources) {
    return !resources.limits.empty() || !resources.requests.empty();
}

// Is the machine one of those that are asked for, as far as anybody knows?
bool selects_linux(const StringMap& selector) {
    return std::ranges::all_of(selector, [](const auto& label) { return label.first.ends_with("kubernetes.io/os"); });
}

// ---- the table --------------------------------------------------------------------------------------------------

struct PodFeature {
    std::string_view field;   // pointer below spec; "*" stands for the index that asked() returns
    std::string_view instead; // what happens, or does not
    std::size_t (*asked)(const PodSpec& spec);
    bool (*blocks)(const Container& container) = nullptr; // a container that must not run without it
};

struct ContainerFeature {
    std::string_view field; // pointer below the container; "*" as above
    std::string_view instead;
    std::size_t (*asked)(const PodSpec& spec, const Container& container);
    bool blocks = false;
};

constexpr auto all = [](const Container&) { return true; };
constexpr std::string_view no_seccomp = "there is no filter of system calls";
constexpr std::string_view no_apparmor = "no profile is loaded";
constexpr std::string_view machine_names = "names are resolved as the machine does";
constexpr std::string_view no_limits = "nothing is limited or reserved";
constexpr std::string_view one_machine = "there is one machine, so nothing is scheduled";
constexpr std::string_view plain_host_name = "the host name is hostname, or the pod's name";

constexpr PodFeature pod_features[] = {
    {"dnsConfig", machine_names, [](const PodSpec& spec) { return when(spec.dns_config.has_value()); }},
    {"dnsPolicy", machine_names,
     [](const PodSpec& spec) {
         return when(spec.dns_policy == DnsPolicy::ClusterFirstWithHostNet || spec.dns_policy == DnsPolicy::None);
     }},
    {"hostAliases", "/etc/hosts is the machine's",
     [](const PodSpec& spec) { return when(!spec.host_aliases.empty()); }},
    {"hostUsers", "there is no user namespace", [](const PodSpec& spec) { return when(spec.host_users == false); },
     all},
    {"hostnameOverride", plain_host_name, [](const PodSpec& spec) { return when(!spec.hostname_override.empty()); }},
    {"nodeName", one_machine, [](const PodSpec& spec) { return when(!spec.node_name.empty()); }},
    {"nodeSelector", one_machine, [](const PodSpec& spec) { return when(!selects_linux(spec.node_selector)); }},
    {"priorityClassName", "only the two classes of the system are known: the priority is 0, or what spec.priority says",
     [](const PodSpec& spec) {
         return when(!spec.priority_class_name.empty() && !spec.priority && !system_priority(spec.priority_class_name));
     }},
    {"resources", no_limits,
     [](const PodSpec& spec) { return when(spec.resources && asks_for_resources(*spec.resources)); }},
    {"securityContext/appArmorProfile", no_apparmor,
     [](const PodSpec& spec) {
         return when(spec.security_context && confines(spec.security_context->app_armor_profile));
     },
     [](const Container& container) {
         return !container.security_context || !container.security_context->app_armor_profile;
     }},
    // No profile applies to a privileged container, on Kubernetes either.
    {"securityContext/seccompProfile", no_seccomp,
     [](const PodSpec& spec) {
         return when(spec.security_context && confines(spec.security_context->seccomp_profile));
     },
     [](const Container& container) {
         return !is_privileged(container) &&
                (!container.security_context || !container.security_context->seccomp_profile);
     }},
    {"securityContext/supplementalGroupsPolicy", "the image's groups are added",
     [](const PodSpec& spec) {
         return when(spec.security_context &&
                     spec.security_context->supplemental_groups_policy == SupplementalGroupsPolicy::Strict);
     },
     all},
    {"securityContext/sysctls", "none is set",
     [](const PodSpec& spec) { return when(spec.security_context && !spec.security_context->sysctls.empty()); }, all},
    {"setHostnameAsFQDN", plain_host_name,
     [](const PodSpec& spec) { return when(spec.set_hostname_as_fqdn.value_or(false)); }},
    {"subdomain", "there is no cluster's domain", [](const PodSpec& spec) { return when(!spec.subdomain.empty()); }},
    {"volumes/*/emptyDir/sizeLimit", "a directory on a disk may grow as far as the disk",
     [](const PodSpec& spec) {
         return first(spec.volumes, [](const Volume& volume) {
             return volume.empty_dir && volume.empty_dir->medium.empty() && !volume.empty_dir->size_limit.empty();
         });
     }},
};

constexpr ContainerFeature container_features[] = {
    {"ports/*/hostPort", "no port of the machine leads to the pod; hostNetwork gives it all of them",
     [](const PodSpec& spec, const Container& container) {
         return spec.host_network.value_or(false)
                    ? no
                    : first(container.ports, [](const ContainerPort& port) { return port.host_port.has_value(); });
     }},
    {"resources", no_limits,
     [](const PodSpec&, const Container& container) { return when(asks_for_resources(container.resources)); }},
    {"securityContext/appArmorProfile", no_apparmor,
     [](const PodSpec&, const Container& container) {
         return when(container.security_context && confines(container.security_context->app_armor_profile));
     },
     true},
    {"securityContext/procMount", "/proc is masked as always",
     [](const PodSpec&, const Container& container) {
         return when(container.security_context && container.security_context->proc_mount == ProcMount::Unmasked);
     },
     true},
    {"securityContext/seccompProfile", no_seccomp,
     [](const PodSpec&, const Container& container) {
         return when(!is_privileged(container) && container.security_context &&
                     confines(container.security_context->seccomp_profile));
     },
     true},
};

// ---- the words --------------------------------------------------------------------------------------------------

// The field's pointer below `at`, with the index for the "*".
std::string pointer(std::string_view at, std::string_view field, std::size_t index) {
    std::string out(at);
    out.append("/").append(field);
    if (const std::size_t star = out.find('*', at.size()); star != std::string::npos)
        out.replace(star, 1, std::to_string(index));
    return out;
}

void warn(Problems& problems, std::string at, std::string_view instead, bool blocks) {
    std::string message = blocks
                              ? "not supported by this version of podinit, so no container that it is for is started: "
                              : "ignored by this version of podinit: ";
    fields::add_problem(problems,
                        {.pointer = std::move(at), .message = message.append(instead), .severity = Severity::Warning});
}

std::string not_supported(std::string at, std::string_view instead) {
    return at.append(" is not supported by this version of podinit: ").append(instead);
}

std::string pointer_at(std::string_view spec, const Pod& pod, std::size_t index) {
    const std::size_t init = pod.spec.init_containers.size();
    return std::string(spec) + (index < init ? "/initContainers/" : "/containers/") +
           std::to_string(index < init ? index : index - init);
}

} // namespace

void warn_unhonoured(const Pod& pod, Problems& problems, std::string_view at) {
    const std::string spec = std::string(at) + "/spec";
    for (const PodFeature& feature : pod_features)
        if (const std::size_t index = feature.asked(pod.spec); index != no)
            warn(problems, pointer(spec, feature.field, index), feature.instead, feature.blocks);
    for (std::size_t i = 0; i < container_count(pod); ++i)
        for (const ContainerFeature& feature : container_features)
            if (const std::size_t index = feature.asked(pod.spec, container_at(pod, i)); index != no)
                warn(problems, pointer(pointer_at(spec, pod, i), feature.field, index), feature.instead,
                     feature.blocks);
}

std::optional<std::string> unhonoured(const Pod& pod, std::size_t container) {
    const Container& wanted = container_at(pod, container);
    for (const PodFeature& feature : pod_features)
        if (feature.blocks && feature.blocks(wanted))
            if (const std::size_t index = feature.asked(pod.spec); index != no)
                return not_supported(pointer("/spec", feature.field, index), feature.instead);
    for (const ContainerFeature& feature : container_features)
        if (feature.blocks)
            if (const std::size_t index = feature.asked(pod.spec, wanted); index != no)
                return not_supported(pointer(pointer_at("/spec", pod, container), feature.field, index),
                                     feature.instead);
    return std::nullopt;
}

std::vector<Unhonoured> unhonoured_fields() {
    std::vector<Unhonoured> fields;
    for (const PodFeature& feature : pod_features)
        fields.push_back({false, feature.blocks != nullptr, feature.field, feature.instead});
    for (const ContainerFeature& feature : container_features)
        fields.push_back({true, feature.blocks, feature.field, feature.instead});
    return fields;
}

} // namespace spec
