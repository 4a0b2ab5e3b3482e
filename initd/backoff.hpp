// SPDX-License-Identifier: Apache-2.0
// When to try again what has failed: the kubelet's back-off (client-go, util/flowcontrol/backoff.go, as
// kuberuntime_manager.go doBackOff uses it).
//
// The first new try follows at once, then come `initial`, twice that, ... up to `max`, each counted from the failure.
// A failure more than `reset` after the last new try was due starts over: what ran that long was well.
#pragma once

#include <algorithm>
#include <chrono>

namespace initd {

using Millis = std::chrono::milliseconds; // since boot (CLOCK_BOOTTIME), or a span

inline constexpr Millis never{-1};

// Of two deadlines.
constexpr Millis sooner(Millis a, Millis b) noexcept {
    return a == never || (b != never && b < a) ? b : a;
}

constexpr bool is_due(Millis at, Millis now) noexcept {
    return at != never && at <= now;
}

struct BackOffLimits {
    Millis initial{10'000}; // not above `max`
    Millis max{300'000};
    Millis reset{600'000}; // kubelet: twice its longest back-off, whatever `max` is
};

struct BackOff {
    Millis next{0};         // the wait that the next failure earns
    Millis updated = never; // when the last new try was due

    // A try has failed at `failed`: when the next one is due. `first` is the wait before the first new try.
    constexpr Millis again_at(Millis failed, const BackOffLimits& limits, Millis first = Millis{0}) noexcept {
        if (updated == never || failed - updated > limits.reset) {
            updated = failed + first;
            next = first == Millis{0} ? limits.initial : std::min(first * 2, limits.max);
        } else {
            updated = failed + next;
            next = std::min(next * 2, limits.max);
        }
        return updated;
    }
};

} // namespace initd
