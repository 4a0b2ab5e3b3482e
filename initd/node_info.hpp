// SPDX-License-Identifier: Apache-2.0
// What this machine is: for `podctl node`.
#pragma once

#include "initd/manifests.hpp"
#include "initd/pods.hpp"
#include "initd/signals.hpp"
#include "spec/control.hpp"

#include <string>
#include <vector>

namespace initd {

struct NodeView {
    const PodStore& pods;
    const Manifests& manifests;
    const std::vector<std::string>& image_dirs;
    Standing standing;
};
spec::NodeInfo node_info(const NodeView& view);

// IPv4 addresses of the interfaces that are up, loopback left out, in the kernel's order: "10.0.2.15".
std::vector<std::string> node_addresses();

} // namespace initd
