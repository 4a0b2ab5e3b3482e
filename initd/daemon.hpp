// SPDX-License-Identifier: Apache-2.0
// The daemon: the parts, and the one loop that joins them.
//
//   kernel readiness -> Events -> core.step() -> Actions -> performer -> Events ... until there are none
//     -> one timer for the earliest deadline -> wait
//
// Results never come back as return values: whatever an action brings about is an Event. Nothing in the loop waits.
#pragma once

#include "initd/asides.hpp"
#include "initd/boots.hpp"
#include "initd/children.hpp"
#include "initd/clock.hpp"
#include "initd/control.hpp"
#include "initd/core.hpp"
#include "initd/event_recorder.hpp"
#include "initd/handlers.hpp"
#include "initd/health.hpp"
#include "initd/jobs.hpp"
#include "initd/logs.hpp"
#include "initd/manifests.hpp"
#include "initd/methods.hpp"
#include "initd/objects.hpp"
#include "initd/order.hpp"
#include "initd/performer.hpp"
#include "initd/pod_facts.hpp"
#include "initd/pods.hpp"
#include "initd/poller.hpp"
#include "initd/power_button.hpp"
#include "initd/signals.hpp"
#include "initd/state/state_file.hpp"
#include "initd/watchdog.hpp"
#include "initd/way_down.hpp"
#include "spec/config.hpp"

#include <expected>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace initd {

struct DaemonOptions {
    spec::Config config; // its directories and paths filled in
    Standing standing = Standing::Supervisor;
    std::string run_dir;
    std::string state_dir;
    bool rescue = false; // podinit.rescue
    Reserve reserve;
    bool resumed = false; // the state file is a former podinit's, in this very process
};

// How far podinit is, for whoever goes on from here.
struct Course {
    bool booted = false; // settle_down() has been called
    bool going_down = false;
    SignalMeaning how = SignalMeaning::Exit; // then
    Millis down_since{0};                    // since boot
};

class Daemon {
  public:
    // Opens what the loop needs. The error names the step; nothing has been started then.
    static std::expected<std::unique_ptr<Daemon>, ns::Error> open(DaemonOptions options, StateFile state) noexcept;

    // Runs until every pod is gone after a request to go down: what was asked for (Exit for a plain end).
    SignalMeaning run() noexcept;

    // To be fed on the rest of the way down; -1: none.
    int watchdog() const noexcept { return watchdog_.fd(); }

  private:
    Daemon(DaemonOptions options, StateFile state, Poller poller, ns::Launcher launcher, ns::SandboxFactory sandboxes);

    void begin() noexcept;
    void resume() noexcept;
    void restore_core();
    void restore_order();
    void go_on();
    void let_go(std::uint32_t slot) noexcept;
    void set_aside(const Task& task);
    void keep_course() noexcept;
    void pump() noexcept;
    void step(const Event& event) noexcept;
    void tick_core(Millis now) noexcept;
    void look(std::uint32_t slot) noexcept;
    void carry_out(std::uint32_t slot) noexcept;
    void take_turns() noexcept;
    void tell_waiting(std::uint32_t slot) noexcept;
    void act(const Action& action) noexcept;
    void drop(const Action& action) noexcept;
    bool sweep(RunId run);
    void sandbox_gone(RunId run) noexcept;
    void forget(std::uint32_t slot) noexcept;
    void dispatch(const Ready& ready) noexcept;
    void on_reports();
    void handle_reports();
    void on_signals();
    void on_timer();
    void reap();
    void handle_changes() noexcept;
    void take_in_all() noexcept;
    void take_in(ObjectChange& change);
    void look_for_orphans() noexcept;
    void take_in_pod(ObjectChange& change);
    void take_in_data(ObjectChange& change);
    void take_in_workload(ObjectChange& change);
    bool refuse(const ObjectChange& change);
    void restore_pods(std::uint32_t owner, std::vector<spec::Manifest>& wanted);
    void add_pod(spec::Manifest&& manifest, std::uint32_t owner, std::uint32_t after, Origin origin);
    void remove_pod(std::uint32_t slot, Millis grace);
    void on_calls();
    void launch_writer(std::optional<ns::Plan> plan);
    void start_modules();
    void start_settling();
    void settling_done(const JobResult& result);
    void may_load() noexcept;
    void loaded() noexcept;
    void look_at_boot(Millis now) noexcept;
    void start_rescue(std::string_view why);
    void rescue_ended(std::int32_t code) noexcept;
    void job_done(const JobResult& result);
    void load() noexcept;
    void go_down(SignalMeaning how) noexcept;
    void go_down_at_once() noexcept;
    void give_up_on_pods() noexcept;
    void pods_are_over() noexcept;
    void watch(std::uint32_t slot);
    void unwatch(std::uint32_t slot) noexcept;
    void keep_health(std::uint32_t slot) noexcept;
    void look_after(std::uint32_t slot, Fate fate) noexcept;
    void restore_health();
    void tick_health(Millis now) noexcept;
    template <class Visit>
    void each_of(std::string_view target, Visit visit);
    void tell_health(std::uint32_t slot, std::string_view reason, Millis span, std::string_view what,
                     std::string_view whom);
    void revive(std::uint32_t slot, Millis unwell);
    void lose(std::uint32_t slot, Millis unwell);
    bool insists(Millis now) noexcept;
    void arm_timer() noexcept;
    void settle_down() noexcept;
    bool finished() const noexcept;
    void make_room();
    void make_room_for(std::size_t containers, std::size_t probes);

    DaemonOptions options_;
    StateFile state_;
    Watchdog watchdog_;
    Poller poller_;
    Core core_;
    PodStore pods_;
    ObjectStore objects_;
    Order order_;
    WayDown way_down_;
    Health health_; // of critical pods
    Children children_;
    Jobs jobs_;
    Logs logs_;
    Asides asides_;
    Manifests manifests_;
    PowerButtons power_buttons_;
    EventLog event_log_;
    EventRecorder recorder_;
    Boots boots_;
    Performer performer_;
    Handlers handlers_;
    std::optional<Control> control_;
    std::optional<Methods> methods_;
    ns::Fd signals_;
    ns::Fd timer_;

    static constexpr std::size_t reap_batch = 64;
    Events events_;
    Actions actions_;
    std::size_t units_ = 0;           // containers of all pods
    std::size_t probes_ = 0;          // of all of them
    std::vector<CoreFacts> arriving_; // what events that are still to be handled point into
    std::vector<ObjectChange> changes_;
    static constexpr std::int64_t whoever = std::numeric_limits<std::int64_t>::min();
    std::int64_t least_priority_ = whoever; // of pods that may come; others wait while files are still read
    bool orphans_ = false;                  // there may be some: see find_orphans()
    bool names_freed_ = false;              // a pod is on its way out: its name may be another's
    std::vector<LaunchReport> reports_;
    std::vector<ChildExit> exits_;
    std::vector<IncomingCall> calls_;

    enum class Loading : std::uint8_t { Held, Going, Done };
    Loading loading_ = Loading::Held; // held until modules are loaded, manifests are whole and rescue is over
    std::uint32_t modules_job_ = 0;
    std::uint32_t settle_job_ = 0; // of changes of manifests that have not come to their end
    struct Sweep {
        std::uint32_t job;
        RunId sandbox;
    };
    std::vector<Sweep> sweeps_;       // pods whose volumes are being removed
    Millis helpers_deadline_ = never; // of those two
    bool rescue_running_ = false;
    Millis rescue_at_ = never;     // to be started again
    bool shut_down_ = false;       // the core says so, or no pod is waited for any more
    Millis insists_since_{0};      // when it was first asked to reboot of late
    int insisted_ = 0;             // how often since then
    Millis logs_deadline_ = never; // after that: how long the log writer may take to finish
    Millis armed_ = never;
    bool settled_ = false; // nothing was done since settle_down()
    Course course_;
};

} // namespace initd
