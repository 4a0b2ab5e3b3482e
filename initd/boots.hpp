// SPDX-License-Identifier: Apache-2.0
// Boots that came to nothing: counted on the disk, so that the machine does not go on with manifests that keep it from
// coming up.
//
// A boot counts as failed from the moment that its manifests are read, when any of them is of a critical pod
// (podinit/watchdog), until all critical pods have been well for a while (a program that crashes does so early, and is
// ready until then); so it does when the machine crashes, hangs or loses
// its power before that, but not when somebody orders it down before bootDeadlineSeconds are over. With
// `maxFailedBoots` of them in a row the next boot uses the fallback manifests instead, and is not counted, until
// somebody confirms. The count is STATE_DIR/failed-boots, changed by helpers in one rename, and gone when it is 0.
#pragma once

#include "initd/event_recorder.hpp"
#include "initd/jobs.hpp"
#include "spec/config.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace initd {

// Manifests that are read instead of those that there are otherwise, or when these bring no pod.
struct Reserve {
    enum class Why : std::uint8_t {
        None,    // they are not needed
        Boots,   // too many have failed: the fallback manifests
        Asked,   // podinit.emergency
        Nothing, // emergency manifests, for a machine that has nothing else to run
    };
    std::string directory; // empty: there are none
    Why why = Why::None;

    bool in_force() const noexcept { return why == Why::Boots || why == Why::Asked; }
};

// Which it is to be. `resumed`: what it was, by the note of it that the first one left in the run directory.
Reserve choose_reserve(const spec::Config& config, const std::string& state_dir, const std::string& run_dir,
                       bool emergency, bool resumed) noexcept;

class Boots {
  public:
    // `max`: how many may fail; 0: they are not counted.
    Boots(Jobs& jobs, const EventRecorder& recorder, std::string state_dir, std::int32_t max, Reserve reserve) noexcept
        : jobs_(jobs)
        , recorder_(recorder)
        , state_dir_(std::move(state_dir))
        , max_(max)
        , reserve_(std::move(reserve)) {}

    // Of the reserve that is in force, when it begins to be.
    void tell() const noexcept;

    // The manifests are read and bring critical pods, which are to be well by `deadline`. After a resumption it goes on
    // where it was.
    void begin(Millis deadline, bool resumed) noexcept;
    bool counts() const noexcept { return deadline_ != never; }
    // Who is not well by now; with nobody, since when everybody is.
    void look(std::string_view unwell, Millis well_since, Millis now) noexcept;
    // By somebody's order.
    void going_down() noexcept;
    Millis next_deadline() const noexcept { return calm_at_ != never ? calm_at_ : deadline_; }

    // The next boot may use what this one does not. False: this one uses all.
    bool confirm();
    std::string text() const; // why it does not; empty: it does

    bool on_job(const JobResult& result) noexcept; // true: it was one of these
    bool is_writing() const noexcept { return job_ != 0; }

  private:
    void failed(std::string_view unwell) noexcept;
    void write(std::int32_t count) noexcept;
    void start_writing() noexcept;

    Jobs& jobs_;
    const EventRecorder& recorder_;
    std::string state_dir_;
    std::int32_t max_;
    Reserve reserve_;
    std::int32_t before_ = 0; // that had failed when this one began
    Millis deadline_ = never;
    Millis calm_at_ = never;   // when all will have been well for long enough; never: not all are
    std::int32_t count_ = 0;   // to be on the disk
    std::int32_t written_ = 0; // by the helper that was started last
    std::uint32_t job_ = 0;
    bool confirmed_ = false;
};

} // namespace initd
