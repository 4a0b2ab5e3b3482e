// SPDX-License-Identifier: Apache-2.0
// What the annotations of a critical pod ask for: a machine on which it is not healthy is of no use.
//
//   podinit/watchdog: "critical"             the only value there is
//   podinit/watchdog-after: "120s"           how long the pod may be unhealthy before something is done about it
//   podinit/watchdog-action: "restart"       what is done first: all of the pod begins anew,
//                            "restart: NAME, ..."   or all of these others does,
//                            "reboot"               or nothing does, and the machine reboots at once
#pragma once

#include "spec/pod.hpp"
#include "spec/services.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spec {

struct Watchdog {
    std::int64_t after_ms = 120'000;
    bool reboots = false;
    std::vector<std::string> restarts; // who begins anew, as Prerequisite::target; empty: the pod itself
};

// nullopt: the pod is not critical. What is wrong is passed over, and added to `problems` when there is such a list.
std::optional<Watchdog> read_watchdog(const ObjectMeta& metadata, std::vector<AnnotationProblem>* problems = nullptr);

} // namespace spec
