// SPDX-License-Identifier: Apache-2.0
#include "initd/clock.hpp"

#include <ctime>

namespace initd {

namespace {

Millis read(clockid_t clock) noexcept {
    timespec now{};
    clock_gettime(clock, &now);
    return std::chrono::seconds(now.tv_sec) + Millis{now.tv_nsec / 1'000'000};
}

} // namespace

Millis boot_time() noexcept {
    return read(CLOCK_BOOTTIME);
}

Clock read_clock() noexcept {
    return {boot_time(), read(CLOCK_REALTIME).count()};
}

} // namespace initd
