// SPDX-License-Identifier: Apache-2.0
// The planner's two halves (internal to it): what a process is, and what it finds in its file system.
#pragma once

#include "initd/planner.hpp"
#include "initd/variables.hpp"
#include "spec/services.hpp"

#include <optional>

namespace initd {

inline bool is_set(const std::optional<bool>& flag) noexcept {
    return flag.value_or(false);
}

inline constexpr std::string_view default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// plan_env.cpp. The manifest's own variables, which "$(X)" in a manifest means (never the image's: kubelet_pods.go);
// and all that a process of the container gets. A reference to an object, file or key that is not there refuses the plan, or
// the variable is left out.
enum class Missing : std::uint8_t { Refused, LeftOut };
std::expected<Variables, PlanFailure> manifest_variables(const ContainerInputs& in, Missing missing);
Variables environment(const ContainerInputs& in, const Variables& of_manifest);

// plan_process.cpp. The arguments of a container's own process; then command, identity and capabilities into the plan.
std::vector<std::string> arguments(const ContainerInputs& in, const Variables& of_manifest);
std::optional<PlanFailure> set_command(ns::Plan& plan, std::vector<std::string> argv, const Variables& env);
std::optional<PlanFailure> set_identity(ns::Plan& plan, const ContainerInputs& in);

// plan_services.cpp. What the container's annotations ask for; its variables of a container's own process, and of any.
spec::Services services_of(const ContainerInputs& in);
void set_services(ns::Plan& plan, const spec::Services& services);
void set_notify_socket(ns::Plan& plan, const spec::Services& services);

// plan_mounts.cpp. The root, /proc, /dev, volumes: everything for which the plan has a mount namespace, if it needs
// one; `wanted`: it does in any case.
std::optional<PlanFailure> add_mounts(ns::Plan& plan, const ContainerInputs& in, const Variables& of_manifest,
                                      bool wanted);

} // namespace initd
