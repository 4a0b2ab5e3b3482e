// SPDX-License-Identifier: Apache-2.0
// The power button where no acpid listens: input devices that have KEY_POWER, read through evdev.
//
// Of a keyboard with such a key only that key wakes us (EVIOCSMASK).
#pragma once

#include "initd/poller.hpp"
#include "ns/fd.hpp"

#include <cstdint>
#include <vector>

namespace initd {

class PowerButtons {
  public:
    explicit PowerButtons(Poller& poller) noexcept
        : poller_(poller) {}

    // Opens the devices that are there and not open yet. Devices appear with their modules (button, evdev): call it at
    // boot, and again when modules have been loaded.
    void scan() noexcept;

    // For Source::PowerButton: was the button pressed? A device that is gone is closed.
    bool on_ready(const Ready& ready) noexcept;

  private:
    struct Device {
        std::uint32_t number; // of /dev/input/eventN
        ns::Fd fd;
    };
    Poller& poller_;
    std::vector<Device> devices_;
};

} // namespace initd
