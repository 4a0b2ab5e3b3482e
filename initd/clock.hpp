// SPDX-License-Identifier: Apache-2.0
// The time since boot, by which everything is decided, and the wall's, which is only shown.
#pragma once

#include "initd/backoff.hpp"

#include <cstdint>

namespace initd {

struct Clock { // one moment on both
    Millis boot{0};
    std::int64_t epoch_ms = 0;
};

Millis boot_time() noexcept; // CLOCK_BOOTTIME
Clock read_clock() noexcept;

} // namespace initd
