// SPDX-License-Identifier: Apache-2.0
// The machine's watchdog (/dev/watchdog, Documentation/watchdog/watchdog-api.rst): resets a machine that nobody feeds.
//
// It is fed at half of its time, by the loop's one timer, so that only a loop that turns feeds it. Once open it is
// never closed but by stop(): a machine that hangs on its way down is reset as well. Nothing here waits.
#pragma once

#include "initd/backoff.hpp"
#include "initd/state/state_file.hpp"
#include "ns/fd.hpp"
#include "spec/config.hpp"

namespace initd {

struct WatchdogRecord { // what the next podinit needs to go on feeding
    std::int32_t fd = -1;
    std::int32_t timeout = 0; // in seconds
    bool given_up = false;
};

class Watchdog {
  public:
    explicit Watchdog(StateFile& state) noexcept
        : state_(state) {}
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog() { stop(); }

    // Opens and starts it; nothing where none is configured or it is open. A device that is not there is told of,
    // unless `may_come`: then it is opened later.
    void open(const spec::WatchdogConfig& config, bool may_come, Millis now) noexcept;
    // Goes on with the one that the podinit before us had.
    void restore(Millis now) noexcept;

    // Of tick(); `never` when there is nothing to feed.
    Millis next_deadline() const noexcept { return next_; }
    void tick(Millis now) noexcept;

    // Feeds it for the last time: whatever becomes of us, the machine is reset, after `span` or as soon after it as the
    // device can.
    void give_up(Millis span) noexcept;
    // The machine is to stay down, or podinit ends and leaves it running.
    void stop() noexcept;

    int fd() const noexcept { return record_.given_up ? -1 : device_.get(); } // to be fed

  private:
    void feed() const noexcept;
    void start(std::int32_t seconds) noexcept;
    void keep() noexcept;

    StateFile& state_;
    ns::Fd device_;
    WatchdogRecord record_;
    Millis next_ = never;
};

} // namespace initd
