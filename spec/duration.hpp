// SPDX-License-Identifier: Apache-2.0
// Durations as Go writes them (time.ParseDuration), which is how a kubelet's configuration has them: "10s", "5m0s".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace spec {

// Whole milliseconds, the rest cut off; nullopt for what is no duration, is negative, or lasts more than 292 years.
std::optional<std::int64_t> parse_duration_ms(std::string_view text) noexcept;

} // namespace spec
