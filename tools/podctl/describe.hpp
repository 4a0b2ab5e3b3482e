// SPDX-License-Identifier: Apache-2.0
// A pod in the layout of `kubectl describe pod`.
#pragma once

#include "spec/status.hpp"

#include <cstdint>
#include <string>

namespace ctl {

std::string describe_pod(const spec::PodView& view, std::int64_t now_ms);

} // namespace ctl
