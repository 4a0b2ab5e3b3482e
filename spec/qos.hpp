// SPDX-License-Identifier: Apache-2.0
// A pod's quality-of-service class, as the API server works it out (pkg/apis/core/v1/helper/qos): by cpu and memory of
// all its containers, or of the pod itself where that says anything of resources.
#pragma once

#include "spec/pod.hpp"

#include <string_view>

namespace spec {

// "Guaranteed": each has limits of both, and requests as large. "BestEffort": nobody asks for anything. Else
// "Burstable".
std::string_view qos_class(const Pod& pod) noexcept;

} // namespace spec
