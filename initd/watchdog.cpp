// SPDX-License-Identifier: Apache-2.0
#include "initd/watchdog.hpp"

#include "initd/log.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace initd {

void fields(auto& archive, Of<WatchdogRecord> auto& record) {
    archive(record.fd);
    archive(record.timeout);
    archive(record.given_up);
}

void Watchdog::open(const spec::WatchdogConfig& config, bool may_come, Millis now) noexcept try {
    if (config.device.empty() || device_)
        return;
    // O_NONBLOCK and O_NOCTTY: whatever it is that was named, opening it does not wait.
    ns::Fd device(::open(config.device.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!device) {
        if (!may_come || errno != ENOENT)
            log(Level::Error, {"watchdog: ", config.device, ": ", ::strerrordesc_np(errno)});
        return;
    }
    device_ = ns::keep(std::move(device));
    if (!device_)
        return log(Level::Error, {"watchdog: ", config.device, ": no descriptor for it"});
    start(config.timeout_seconds);
    int pretimeout = config.pretimeout_seconds;
    if (pretimeout != 0 && ::ioctl(device_.get(), WDIOC_SETPRETIMEOUT, &pretimeout) != 0)
        log(Level::Warning, {"watchdog: ", config.device, ": no pretimeout: ", ::strerrordesc_np(errno)});
    log(Level::Info,
        {"watchdog: ", config.device, ": resets the machine after ", std::to_string(record_.timeout), " s"});
    tick(now);
} catch (...) {
    log(Level::Error, {"watchdog: out of memory"});
}

// A device that cannot be told its time has one all the same, and says which.
void Watchdog::start(std::int32_t seconds) noexcept {
    int timeout = seconds;
    if (::ioctl(device_.get(), WDIOC_SETTIMEOUT, &timeout) != 0 &&
        ::ioctl(device_.get(), WDIOC_GETTIMEOUT, &timeout) != 0)
        timeout = seconds;
    record_.timeout = std::max(timeout, 1);
    keep();
}

void Watchdog::keep() noexcept {
    record_.fd = device_.get();
    state_.control().watchdog = fd(); // for the last resort
    state_.keep(RecordKind::Watchdog, 0, record_);
}

void Watchdog::restore(Millis now) noexcept try {
    if (!state_.recall(RecordKind::Watchdog, 0, record_))
        return;
    device_ = state_.descriptors().claim(record_.fd);
    if (!device_)
        return;
    keep();
    tick(now);
} catch (...) {
    log(Level::Error, {"watchdog: out of memory"});
}

void Watchdog::tick(Millis now) noexcept {
    next_ = never;
    if (!device_ || record_.given_up)
        return;
    feed();
    next_ = now + Millis{500} * record_.timeout;
}

// Any byte but a 'V' feeds it.
void Watchdog::feed() const noexcept {
    if (::write(device_.get(), "k", 1) < 0 && errno != EINTR)
        log(Level::Error, {"watchdog: cannot be fed: ", ::strerrordesc_np(errno)});
}

void Watchdog::give_up(Millis span) noexcept {
    if (!device_ || record_.given_up)
        return;
    start(static_cast<std::int32_t>(span / std::chrono::seconds{1}) + 1);
    feed();
    record_.given_up = true;
    keep();
    next_ = never;
}

// The "magic close": without a 'V' as the last byte, the device goes on without us.
void Watchdog::stop() noexcept {
    if (!device_ || record_.given_up)
        return;
    (void)!::write(device_.get(), "V", 1);
    device_.reset();
    state_.control().watchdog = -1;
    state_.drop(RecordKind::Watchdog, 0);
    next_ = never;
}

} // namespace initd
