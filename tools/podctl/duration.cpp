// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/duration.hpp"

#include "spec/status.hpp"

#include <ctime>

namespace ctl {

namespace {

// "5m30s", or "5m" when the smaller part is zero.
std::string two_parts(std::int64_t large, char large_unit, std::int64_t small, char small_unit) {
    std::string text = std::to_string(large) + large_unit;
    if (small != 0)
        text += std::to_string(small) + small_unit;
    return text;
}

} // namespace

std::string human_duration(std::int64_t seconds) {
    // Clocks differ a little: one second into the future is now.
    if (seconds < -1)
        return "<invalid>";
    if (seconds < 0)
        return "0s";
    if (seconds < 60 * 2)
        return std::to_string(seconds) + 's';
    const std::int64_t minutes = seconds / 60;
    if (minutes < 10)
        return two_parts(minutes, 'm', seconds % 60, 's');
    if (minutes < 60 * 3)
        return std::to_string(minutes) + 'm';
    const std::int64_t hours = minutes / 60;
    if (hours < 8)
        return two_parts(hours, 'h', minutes % 60, 'm');
    if (hours < 48)
        return std::to_string(hours) + 'h';
    const std::int64_t days = hours / 24;
    if (days < 8)
        return two_parts(days, 'd', hours % 24, 'h');
    if (days < 365 * 2)
        return std::to_string(days) + 'd';
    if (days < 365 * 8)
        return two_parts(days / 365, 'y', days % 365, 'd');
    return std::to_string(days / 365) + 'y';
}

std::string age(std::string_view rfc3339, std::int64_t now_ms) {
    const auto then = spec::parse_rfc3339(rfc3339);
    if (!then)
        return "<unknown>";
    return human_duration((now_ms - *then) / 1000);
}

std::int64_t now_ms() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

} // namespace ctl
