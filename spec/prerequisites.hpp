// SPDX-License-Identifier: Apache-2.0
// Whom a pod waits for: its annotations podinit/after and podinit/requires.
//
// Each is a list with commas of NAME, NAMESPACE/NAME, KIND/NAME or NAMESPACE/KIND/NAME, where KIND is pod, deployment,
// statefulset or daemonset: a workload stands for all of its pods. Without a kind it is a pod, without a namespace the
// one of the pod itself. (For a pod in a namespace that is called like a kind there is the longest form.)
#pragma once

#include "spec/pod.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec {

inline constexpr std::string_view after_key = "podinit/after";       // starts when they are ready, or have succeeded
inline constexpr std::string_view requires_key = "podinit/requires"; // as well, and is stopped with them

struct Prerequisite {
    std::string target; // "RESOURCE NAMESPACE/NAME", as "pod default/storage" or "deployment.apps default/web"
    bool required = false;
};

// Of a pod whose annotations have been checked; each target once.
std::vector<Prerequisite> prerequisites_of(const ObjectMeta& metadata);

bool has_prerequisites(const ObjectMeta& metadata) noexcept;

// The target of one item of a list; nullopt for what is none.
std::optional<std::string> target_of(std::string_view item, std::string_view own_namespace);

// The next item of a list with commas, without the spaces around it; what is left of the list stays in `rest`, whose
// data() is nullptr after the last one.
std::string_view next_item(std::string_view& rest) noexcept;

} // namespace spec
