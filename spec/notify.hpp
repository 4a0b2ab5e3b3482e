// SPDX-License-Identifier: Apache-2.0
// What a container says of itself: a datagram of sd_notify(3). Any bytes are one; what is not understood says nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace spec {

struct Notification {
    enum class Stage : std::uint8_t { Ready, Reloading, Stopping };
    std::optional<Stage> stage;             // of several in one datagram: Stopping before Reloading before Ready
    bool alive = false;                     // WATCHDOG=1
    bool trouble = false;                   // WATCHDOG=trigger
    std::optional<std::string_view> status; // STATUS=, the last one; into the datagram
};

// FDSTORE, MAINPID, BARRIER, ERRNO, BUSERROR, EXTEND_TIMEOUT_USEC, WATCHDOG_USEC, MONOTONIC_USEC and whatever else a
// datagram says change nothing here.
Notification read_notification(std::string_view datagram) noexcept;

} // namespace spec
