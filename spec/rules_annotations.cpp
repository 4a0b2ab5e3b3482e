// SPDX-License-Identifier: Apache-2.0
// The annotations in which old manifests ask for a confinement. On a cluster they must agree with the fields that came
// after them, and without such a field they have no effect any more (seccomp) or are taken for it (AppArmor). Here they
// count for nothing, so that one which asks for more than the fields do is an error.
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"

#include <algorithm>

namespace spec {

namespace {

constexpr std::string_view app_armor_key = "container.apparmor.security.beta.kubernetes.io/";
constexpr std::string_view seccomp_key = "container.seccomp.security.alpha.kubernetes.io/";
constexpr std::string_view seccomp_pod_key = "seccomp.security.alpha.kubernetes.io/pod";
constexpr std::string_view deletion_cost_key = "controller.kubernetes.io/pod-deletion-cost";

bool same(std::string_view annotation, const SecurityProfile& profile) {
    constexpr std::string_view localhost = "localhost/";
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

// `field` is what the profile is, or nullptr where nothing gives one.
void check_profile(const Checker& check, const Path& path, std::string_view value, const SecurityProfile* field,
                   std::string_view name) {
    if (value.empty() || (field ? same(value, *field) : value == "unconfined"))
        return;
    check.error(path, (field ? "must agree with the field " : "is not looked at any more: write the field ") +
                          std::string(name));
}

template <auto Member, class Context>
const SecurityProfile* profile(const Context& context) {
    return context && (*context).*Member ? &*((*context).*Member) : nullptr;
}

void check_container_profile(const PodChecker& check, const Path& path, std::string_view container,
                             std::string_view value, bool seccomp) {
    const Container* found = check.container(container);
    if (!found)
        return check.error(path, "not found: " + quoted(container) + " is no container of this pod");
    const SecurityProfile* field = seccomp ? profile<&SecurityContext::seccomp_profile>(found->security_context)
                                           : profile<&SecurityContext::app_armor_profile>(found->security_context);
    if (!field)
        field = seccomp ? profile<&PodSecurityContext::seccomp_profile>(check.spec.security_context)
                        : profile<&PodSecurityContext::app_armor_profile>(check.spec.security_context);
    check_profile(check, path, value, field,
                  seccomp ? "securityContext.seccompProfile" : "securityContext.appArmorProfile");
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
                          "securityContext.seccompProfile");
        else if (name == deletion_cost_key && !is_int32(value))
            check.error(at, "must be a 32 bit integer");
    }
}

} // namespace spec
