// SPDX-License-Identifier: Apache-2.0
// Whether the critical pods are healthy, and what is due when one is not: a pure state machine.
//
// A pod that is well (ready, or has succeeded) needs nothing. One that is not has its own restarts, for so long as it
// says itself (`patience`); then what it asks for is done, once; and when it is still not well after that time again,
// the machine is given up. Time is counted as a debt: it grows while the pod is unwell and shrinks as fast while it is
// well, so that a container that is ready for a second between two crashes does not pass for healthy. Once the pod has
// been well for `patience` on end, all is forgotten. A pod that comes has a grace before anything counts.
#pragma once

#include "initd/backoff.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace initd {

struct CriticalPod {
    enum class Stage : std::uint8_t {
        Watched,
        Acted,   // what it asks for was done
        GivenUp, // and did not help
    };
    std::uint32_t slot = 0;
    Stage stage = Stage::Watched;
    bool well = false;
    bool reboots = false; // it asks for a reboot, and for nothing before
    Millis patience{0};
    Millis since{0}; // when it became what it is; later than now: nothing counts before that
    Millis debt{0};  // by then
};

class Health {
  public:
    // Of a pod that has just come. May throw bad_alloc.
    void add(std::uint32_t slot, Millis patience, bool reboots, Millis counts_from);
    // One that was watched before.
    void restore(const CriticalPod& pod);
    void remove(std::uint32_t slot) noexcept;
    // True when it has become another thing. Of a pod that is not critical: false.
    bool look(std::uint32_t slot, bool well, Millis now) noexcept;

    // Whose time is over by now, its stage telling what is due: Acted or GivenUp. nullptr: nobody's.
    const CriticalPod* next(Millis now) noexcept;
    // When next() has something to tell; `never` when everybody is well.
    Millis next_deadline() const noexcept { return deadline_; }

    const CriticalPod* find(std::uint32_t slot) const noexcept;
    const std::vector<CriticalPod>& pods() const noexcept { return pods_; }

  private:
    void set_deadline() noexcept;

    std::vector<CriticalPod> pods_; // by slot
    Millis deadline_ = never;
};

} // namespace initd
