// SPDX-License-Identifier: Apache-2.0
// The order in which pods are stopped when the machine goes down.
//
// A pod is stopped before those that it is after. Otherwise it goes by priority, from low to high, as the kubelet's
// graceful node shutdown does it: all of a group at once, the next group when the last one is gone or its time is over.
// Groups and their times are those of the configuration; without any, pods of the same priority are a group, and all
// groups together have shutdownGracePeriod. Whoever others are after goes with the last of these.
// What has not begun, or is being stopped already, is stopped at once. Nobody is waited for without a bound: when all
// that is left is late, or at the latest when shutdownDeadline is over, the machine goes down without them.
#pragma once

#include "initd/core.hpp"
#include "initd/order.hpp"
#include "initd/performer.hpp"
#include "spec/config.hpp"

#include <cstdint>
#include <vector>

namespace initd {

class WayDown {
  public:
    WayDown(const Core& core, const Order& order) noexcept
        : core_(core)
        , order_(order) {}

    // PodStopped for everybody whose turn it is; once. It has begun at `began`: before `now` when podinit has died on
    // the way, which gives nobody more time.
    void begin(const spec::Config& config, Millis began, Millis now, Events& events) noexcept;
    void gone(std::uint32_t slot, Millis now, Events& events) noexcept;
    void tick(Millis now, Events& events) noexcept;
    Millis next_deadline() const noexcept { return deadline_; } // of tick()
    // Is nobody waited for any more?
    bool is_over(Millis now) const noexcept { return is_due(over_, now); }
    // How long it may take from now on, about.
    Millis at_most(Millis now) const noexcept;

  private:
    enum class State : std::uint8_t {
        Gone,
        Waits,
        Told,
        Late, // told, and its time is over: holds nobody up any more
    };
    struct Leaver { // by slot
        std::int32_t rank = 0;
        State state = State::Gone;
        Millis until = never;
    };
    struct Group {
        std::int32_t priority;
        Millis time;
    };
    void make_groups(const spec::Config& config);
    std::int32_t rank_of(std::uint32_t slot) const noexcept;
    Millis end_of(std::int32_t rank, Millis now) const noexcept;
    void rank_all() noexcept;
    void tell(std::uint32_t slot, Millis end, Millis now, Events& events) noexcept;
    bool is_blocked(std::uint32_t slot) const noexcept;
    bool find_turn(Millis now) noexcept;
    bool tell_group(Millis now, Events& events) noexcept;

    const Core& core_;
    const Order& order_;
    std::vector<Group> groups_;
    std::vector<Leaver> leavers_;
    Millis began_{0};
    bool has_turn_ = false;   // there is a group whose turn it is:
    std::int32_t turn_ = 0;   // that of this rank
    Millis end_ = never;      // of its time
    Millis last_end_ = never; // of all groups'
    Millis over_ = never;     // when nobody is waited for any more
    Millis deadline_ = never;
};

} // namespace initd
