// SPDX-License-Identifier: Apache-2.0
#include "spec/notify.hpp"

#include <algorithm>
#include <cstddef>

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

struct Character {
    std::size_t length = 1;
    char32_t code = 0;
    bool valid = false;
};

// The first character of UTF-8 text that is not empty. What is too long, a surrogate or above U+10FFFF is not valid.
Character first_of(std::string_view text) {
    constexpr char32_t least[] = {0, 0x80, 0x800, 0x10000};
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || length > text.size())
        return {};
    char32_t code = length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0) != 0x80)
            return {};
        code = code << 6 | (byte & 0x3fu);
    }
    if (code < least[length - 1] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return {};
    return {length, code, true};
}

// Steers a terminal, or turns the direction of what follows.
bool is_control(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
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

std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    while (!text.empty()) {
        const Character character = first_of(text);
        std::string_view shown = text.substr(0, character.length);
        if (!character.valid)
            shown = "?";
        else if (is_control(character.code))
            shown = " ";
        if (out.size() + shown.size() > limit)
            break;
        out += shown;
        text.remove_prefix(character.length);
    }
    return out;
}

} // namespace spec
