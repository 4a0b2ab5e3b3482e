// SPDX-License-Identifier: Apache-2.0
// What the parts of the Pod's field table share (internal to spec's pod_fields*.cpp, which hold one area each).
#pragma once

#include "spec/fields.hpp"
#include "spec/pod.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace spec::fields {

// ---- why a field is ignored or refused --------------------------------------------------------------------------

inline constexpr std::string_view scheduling = "there is one machine, so nothing is scheduled";
inline constexpr std::string_view no_selinux = "SELinux labels are not set";
inline constexpr std::string_view windows = "this is Linux";
inline constexpr std::string_view not_yet_in_api = "it is no part of Kubernetes 1.36";
inline constexpr std::string_view no_claims = "there are no resource claims; a device comes as a hostPath volume";

// ---- the other areas --------------------------------------------------------------------------------------------

extern const Type containers_type;       // std::vector<Container>
extern const Type volumes_type;          // std::vector<Volume>
extern const Type security_context_type; // SecurityContext

extern const Type quantity_type;      // std::string, canonical
extern const Type resource_list_type; // ResourceList

// Shapes, without members.
extern const Type affinity_shape;
extern const Type tolerations_shape;
extern const Type topology_spread_constraints_shape;
extern const Type scheduling_group_shape;
extern const Type se_linux_options_shape;
extern const Type resize_policy_shape;

// ---- tables that more than one area needs -----------------------------------------------------------------------

template <>
inline constexpr auto names_of<RestartPolicy> = std::array<std::string_view, 3>{"Always", "OnFailure", "Never"};
template <>
inline constexpr auto names_of<ProfileType> =
    std::array<std::string_view, 3>{"Unconfined", "RuntimeDefault", "Localhost"};

template <>
inline constexpr auto rows_of<SecurityProfile> = std::array{
    field<&SecurityProfile::localhost_profile>("localhostProfile"),
    required<&SecurityProfile::type>("type"),
};
inline constexpr Type seccomp_profile_type = make_struct_type("SeccompProfile", rows_of<SecurityProfile>);
inline constexpr Type app_armor_profile_type = make_struct_type("AppArmorProfile", rows_of<SecurityProfile>);
inline constexpr Type optional_seccomp_profile =
    make_optional_type<std::optional<SecurityProfile>>(&seccomp_profile_type);
inline constexpr Type optional_app_armor_profile =
    make_optional_type<std::optional<SecurityProfile>>(&app_armor_profile_type);

template <>
inline constexpr std::string_view name_of<ResourceRequirements> = "ResourceRequirements";
template <>
inline constexpr auto rows_of<ResourceRequirements> = std::array{
    unsupported("claims", no_claims),
    field<&ResourceRequirements::limits>("limits", &resource_list_type),
    field<&ResourceRequirements::requests>("requests", &resource_list_type),
};

template <>
inline constexpr std::string_view name_of<ObjectFieldSelector> = "ObjectFieldSelector";
template <>
inline constexpr auto rows_of<ObjectFieldSelector> = std::array{
    field<&ObjectFieldSelector::api_version>("apiVersion"),
    required<&ObjectFieldSelector::field_path>("fieldPath"),
};

template <>
inline constexpr std::string_view name_of<ResourceFieldSelector> = "ResourceFieldSelector";
template <>
inline constexpr auto rows_of<ResourceFieldSelector> = std::array{
    field<&ResourceFieldSelector::container_name>("containerName"),
    field<&ResourceFieldSelector::divisor>("divisor", &quantity_type),
    required<&ResourceFieldSelector::resource>("resource"),
};

} // namespace spec::fields
