// SPDX-License-Identifier: Apache-2.0
// The annotations in which old manifests ask for a confinement. They must agree with the fields that came after them.
// Without such a field that of AppArmor stands for it, and that of seccomp has no effect any more on a cluster: here it
// is an error, since who wrote it does not expect that.
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"

#include <algorithm>

namespace spec {

namespace {

constexpr std::string_view app_armor_key = "container.apparmor.security.beta.kubernetes.io/";
constexpr std::string_view seccomp_key = "container.seccomp.security.alpha.kubernetes.io/";
constexpr std::string_view seccomp_pod_key = "seccomp.security.alpha.kubernetes.io/pod";
constexpr std::string_view deletion_cost_key = "controller.kubernetes.io/pod-deletion-cost";

constexpr std::string_view localhost = "localhost/";

// nullopt for what is no profile.
std::optional<SecurityProfile> app_armor_profile(std::string_view annotation) {
    if (annotation == "unconfined")
        return SecurityProfile{ProfileType::Unconfined, std::nullopt};
    if (annotation == "runtime/default")
        return SecurityProfile{ProfileType::RuntimeDefault, std::nullopt};
    if (annotation.starts_with(localhost))
        return SecurityProfile{ProfileType::Localhost, std::string(annotation.substr(localhost.size()))};
    return std::nullopt;
}

bool same(std::string_view annotation, const SecurityProfile& profile) {
    if (!profile.type)
        return true; // complained about where it is
    switch (*profile.type) {
    case ProfileType::Unconfined: return annotation == "unconfined";
    case ProfileType::RuntimeDefault: return annotation == "runtime/default" || annotation == "docker/default";
    case ProfileType::Localhost:
        return annotation.starts_with(localhost) &&
               annotation.substr(localhost.size()) == profile.localhost_profile.value_or("");
    }
    return false;
}

// `field` is what the profile is, or nullptr where nothing gives one: then it is `alone` that is wrong.
void check_profile(const Checker& check, const Path& path, std::string_view value, const SecurityProfile* field,
                   std::string_view alone) {
    if (value.empty() || (field ? same(value, *field) : value == "unconfined"))
        return;
    check.error(path, field ? "must agree with the field in the securityContext" : std::string(alone));
}

constexpr std::string_view no_effect = "has no effect any more: write the field securityContext.seccompProfile";
constexpr std::string_view no_profile =
    "is no profile; supported values: \"unconfined\", \"runtime/default\", \"localhost/PROFILE\"";

template <auto Member, class Context>
const SecurityProfile* profile(const Context& context) {
    return context && (*context).*Member ? &*((*context).*Member) : nullptr;
}

void check_container_profile(const PodChecker& check, const Path& path, std::string_view container,
                             std::string_view value, bool seccomp) {
    const Container* found = find_container(check.spec, container);
    if (!found)
        return check.error(path, "not found: " + quoted(container) + " is no container of this pod");
    const SecurityProfile* field = seccomp ? profile<&SecurityContext::seccomp_profile>(found->security_context)
                                           : profile<&SecurityContext::app_armor_profile>(found->security_context);
    if (!field)
        field = seccomp ? profile<&PodSecurityContext::seccomp_profile>(check.spec.security_context)
                        : profile<&PodSecurityContext::app_armor_profile>(check.spec.security_context);
    check_profile(check, path, value, field, seccomp ? no_effect : no_profile);
}

bool is_int32(std::string_view text) {
    const bool negative = text.starts_with('-');
    text.remove_prefix(negative);
    if (text.empty() || text.size() > 10 || (text.front() == '0' && (text.size() > 1 || negative)) ||
        !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
        return false;
    std::int64_t value = 0;
    for (const char c : text)
        value = value * 10 + (c - '0');
    return value <= std::int64_t{0x7fffffff} + negative;
}

} // namespace

// As applyAppArmorVersionSkew() of pkg/registry/core/pod.
void default_app_armor(Pod& pod) {
    const SecurityProfile* of_pod = profile<&PodSecurityContext::app_armor_profile>(pod.spec.security_context);
    for (const auto& [key, value] : pod.metadata.annotations) {
        if (!key.starts_with(app_armor_key))
            continue;
        Container* container = find_container(pod.spec, std::string_view(key).substr(app_armor_key.size()));
        auto wanted = app_armor_profile(value);
        if (!wanted || !container || profile<&SecurityContext::app_armor_profile>(container->security_context) ||
            (of_pod && same(value, *of_pod)))
            continue;
        if (!container->security_context)
            container->security_context.emplace();
        container->security_context->app_armor_profile = std::move(wanted);
    }
}

void check_annotations(const PodChecker& check, const ObjectMeta& metadata, const Path& path) {
    const Path annotations = path.child("annotations");
    for (const auto& [key, value] : metadata.annotations) {
        const std::string_view name(key);
        const Path at = annotations.child(key);
        if (name.starts_with(app_armor_key))
            check_container_profile(check, at, name.substr(app_armor_key.size()), value, false);
        else if (name.starts_with(seccomp_key))
            check_container_profile(check, at, name.substr(seccomp_key.size()), value, true);
        else if (name == seccomp_pod_key)
            check_profile(check, at, value, profile<&PodSecurityContext::seccomp_profile>(check.spec.security_context),
                          no_effect);
        else if (name == deletion_cost_key && !is_int32(value))
            check.error(at, "must be a 32 bit integer");
        else if (is_extension(name))
            check_extension(check, metadata, at, name, value);
    }
}

} // namespace spec
