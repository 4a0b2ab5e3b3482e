// SPDX-License-Identifier: Apache-2.0
// Ages as kubectl shows them: apimachinery's duration.HumanDuration, which drops precision as time goes by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ctl {

// "119s", "5m30s", "45m", "2h30m", "47h", "3d4h", "60d", "2y30d"; "<invalid>" for a time in the future.
std::string human_duration(std::int64_t seconds);

// How long ago an RFC 3339 time was; "<unknown>" for none.
std::string age(std::string_view rfc3339, std::int64_t now_ms);

// Milliseconds since the epoch.
std::int64_t now_ms();

} // namespace ctl
