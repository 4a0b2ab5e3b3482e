// SPDX-License-Identifier: Apache-2.0
// The planner's two halves (internal to it): what a process is, and what it finds in its file system.
#pragma once

#include "initd/planner.hpp"

#include <optional>

namespace initd {

inline bool is_set(const std::optional<bool>& flag) noexcept {
    return flag.value_or(false);
}

// plan_process.cpp. The environment and the arguments of a container's own process; then command, identity and
// capabilities into the plan.
spec::StringMap environment(const spec::Pod& pod, const spec::Container& container, const Image& image,
                            const Identity& identity, const NodeFacts& node);
std::vector<std::string> arguments(const spec::Container& container, const Image& image);
void set_env(spec::StringMap& env, std::string_view name, std::string value);
std::optional<PlanFailure> set_command(ns::Plan& plan, std::vector<std::string> argv, const spec::StringMap& env);
std::optional<PlanFailure> set_identity(ns::Plan& plan, const spec::Pod& pod, const spec::Container& container,
                                        const Identity& identity);

// plan_mounts.cpp. The root, /proc, /dev, volumes: everything for which the plan has a mount namespace, if it needs
// one.
void add_mounts(ns::Plan& plan, const spec::Pod& pod, const spec::Container& container, const Image& image,
                const NodeFacts& node);

} // namespace initd
