// SPDX-License-Identifier: Apache-2.0
// Asking podinit for pods.
#pragma once

#include "spec/status.hpp"
#include "tools/podctl/client.hpp"

#include <expected>
#include <string>
#include <vector>

namespace ctl {

struct ListedPod {
    std::string json; // as podinit sent it
    spec::PodView view;
};

// An empty namespace or name stands for all of them. Sorted by namespace and name.
std::expected<std::vector<ListedPod>, spec::ControlError> list_pods(Client& client, const std::string& namespace_,
                                                                    const std::string& name);

// The one pod of that name. Throws Failure.
ListedPod get_pod(Client& client, const std::string& namespace_, const std::string& name);

// The container that is meant when `asked` may be empty: then the first, and standard error says so if there are more.
// Throws Failure when there is none of that name.
std::string choose_container(const ListedPod& pod, const std::string& asked, bool quiet);

} // namespace ctl
