// SPDX-License-Identifier: Apache-2.0
#include "spec/notify.hpp"

#include <algorithm>

namespace spec {

namespace {

// Only goes up: see Notification::stage.
void reach(Notification& notification, Notification::Stage stage) {
    if (!notification.stage || *notification.stage < stage)
        notification.stage = stage;
}

void take_line(Notification& notification, std::string_view line) {
    constexpr std::string_view status = "STATUS=";
    if (line == "READY=1")
        reach(notification, Notification::Stage::Ready);
    else if (line == "RELOADING=1")
        reach(notification, Notification::Stage::Reloading);
    else if (line == "STOPPING=1")
        reach(notification, Notification::Stage::Stopping);
    else if (line == "WATCHDOG=1")
        notification.alive = true;
    else if (line == "WATCHDOG=trigger")
        notification.trouble = true;
    else if (line.starts_with(status))
        notification.status = line.substr(status.size());
}

} // namespace

Notification read_notification(std::string_view datagram) noexcept {
    Notification notification;
    while (!datagram.empty()) {
        const std::string_view line = datagram.substr(0, datagram.find('\n'));
        take_line(notification, line);
        datagram.remove_prefix(std::min(datagram.size(), line.size() + 1));
    }
    return notification;
}

} // namespace spec
