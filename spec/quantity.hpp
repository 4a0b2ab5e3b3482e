// SPDX-License-Identifier: Apache-2.0
// Kubernetes quantities: "64Mi", "1.5G", "100m", "1e3" (apimachinery, pkg/api/resource).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace spec {

// The value in whole units, rounded up (away from zero) as Quantity.Value() does; past 64 bits it is the largest value.
// nullopt when the text is no quantity.
std::optional<std::int64_t> parse_quantity(std::string_view text) noexcept;

// The same in thousandths of a unit, as Quantity.MilliValue(): what a cpu is counted in.
std::optional<std::int64_t> milli_quantity(std::string_view text) noexcept;

} // namespace spec
