// SPDX-License-Identifier: Apache-2.0
#include "initd/daemon.hpp"

#include "initd/boot.hpp"
#include "initd/crash/crash.hpp"
#include "initd/log.hpp"
#include "initd/name_hash.hpp"
#include "initd/roles.hpp"
#include "initd/state/core_records.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <utility>

namespace initd {

namespace {

CoreConfig core_config(const spec::Config& config) {
    CoreConfig core;
    core.backoff_initial = Millis{config.backoff_initial_ms};
    core.backoff_max = Millis{config.backoff_max_ms};
    return core;
}

LogLimits log_limits(const spec::Config& config) {
    LogLimits limits;
    limits.max_bytes = config.log_max_bytes;
    limits.max_files = config.log_max_files;
    limits.readers = static_cast<gid_t>(config.readers_gid);
    return limits;
}

NodeFacts node_facts(const DaemonOptions& options) {
    NodeFacts node;
    utsname names{};
    uname(&names);
    node.hostname = names.nodename;
    node.run_dir = options.run_dir;
    node.state_dir = options.state_dir;
    return node;
}

} // namespace

Daemon::Daemon(DaemonOptions options, StateFile state, Poller poller, ns::Launcher launcher,
               ns::SandboxFactory sandboxes)
    : options_(std::move(options))
    , state_(std::move(state))
    , watchdog_(state_)
    , poller_(std::move(poller))
    , core_(core_config(options_.config))
    , pods_(state_)
    , objects_(state_)
    , order_(pods_, objects_)
    , way_down_(core_, order_)
    , children_(std::move(launcher), state_)
    , jobs_(children_)
    , logs_(poller_, state_, options_.config.log_dir, log_limits(options_.config))
    , asides_(state_)
    , manifests_(poller_, asides_, options_.config.manifest_dirs, options_.reserve.directory,
                 options_.reserve.in_force())
    , power_buttons_(poller_)
    , event_log_(state_)
    , recorder_(event_log_, core_, pods_)
    , boots_(jobs_, recorder_, options_.state_dir, options_.config.max_failed_boots, options_.reserve)
    , performer_(core_, state_, poller_, children_, std::move(sandboxes), pods_, objects_, logs_, recorder_,
                 node_facts(options_), options_.config.image_dirs)
    , handlers_(state_, poller_, performer_, children_, pods_, recorder_) {}

std::expected<std::unique_ptr<Daemon>, ns::Error> Daemon::open(DaemonOptions options, StateFile state) noexcept try {
    auto poller = Poller::open();
    if (!poller)
        return std::unexpected(poller.error());
    // Blocked before the first child exists: no exit is missed.
    sigset_t handled = signals_of(options.standing);
    sigprocmask(SIG_SETMASK, &handled, nullptr);
    if (const ControlBlock& c = state.control(); options.resumed)
        state.descriptors().look({state.fd(), c.binary, c.program_before, c.reports.read_end, c.reports.write_end,
                                  c.home.net, c.home.ipc, c.home.uts});
    // The way home first: a former podinit may have been stopped elsewhere.
    auto sandboxes = ns::SandboxFactory::open(&state.control().home);
    if (!sandboxes)
        return std::unexpected(sandboxes.error());
    auto launcher = ns::Launcher::open(&state.control().reports);
    if (!launcher)
        return std::unexpected(launcher.error());
    std::unique_ptr<Daemon> daemon(new Daemon(std::move(options), std::move(state), std::move(*poller),
                                              std::move(*launcher), std::move(*sandboxes)));
    Daemon& d = *daemon;

    d.signals_ = ns::raise(ns::Fd(signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK)));
    d.timer_ = ns::raise(ns::Fd(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)));
    if (!d.signals_ || !d.timer_)
        return std::unexpected(ns::Error{errno, ns::Step::Open});
    for (auto [fd, source] : {std::pair{d.children_.report_fd(), Source::Reports},
                              {d.signals_.get(), Source::Signals},
                              {d.timer_.get(), Source::Timer}})
        if (auto added = d.poller_.add(fd, source, 0, EPOLLIN); !added)
            return std::unexpected(added.error());

    ControlPolicy policy{geteuid(), static_cast<gid_t>(d.options_.config.readers_gid)};
    auto control = Control::open(d.poller_, d.state_, d.options_.run_dir + "/control.sock", policy);
    if (!control && d.options_.standing != Standing::Machine)
        return std::unexpected(control.error());
    if (!control) // a machine runs its pods all the same
        log(Level::Error, {d.options_.run_dir, "/control.sock: ", ns::to_text(control.error())});
    if (control) {
        d.control_.emplace(std::move(*control));
        d.methods_.emplace(d.state_, *d.control_, d.core_, d.pods_, d.objects_, d.order_, d.manifests_, d.performer_,
                           d.children_, d.jobs_, d.event_log_, d.recorder_, d.boots_, d.options_.config.log_dir,
                           d.options_.standing);
    }
    const bool resumed = d.options_.resumed;
    d.performer_.cgroups().open(d.options_.run_dir, resumed);
    d.performer_.messages().open(d.options_.run_dir, d.options_.standing == Standing::Machine && !resumed);
    d.exits_.reserve(reap_batch); // who has been reaped cannot be asked again
    d.reports_.reserve(std::size(ns::ReportPipe{}.taken));
    d.make_room();
    d.orphans_ = resumed;
    return daemon;
} catch (...) {
    return std::unexpected(ns::Error{ENOMEM, ns::Step::None});
}

SignalMeaning Daemon::run() noexcept {
    if (options_.standing == Standing::Machine)
        power_buttons_.scan();
    if (options_.resumed)
        resume();
    else
        begin();
    while (!finished()) {
        pump();
        bool more = loading_ == Loading::Going;
        if (more)
            load();
        if (boots_.counts())
            look_at_boot(boot_time());
        if (methods_) {
            methods_->rollouts().look(boot_time());
            methods_->listing().tell_watchers();
        }
        arm_timer();
        if (methods_ && methods_->reexec().is_ready())
            methods_->reexec().execute();
        const bool work = more || !settled_;
        crash::waits();
        auto ready = poller_.wait(work ? 0 : -1);
        if (work || !ready.empty()) // and not a signal of the hang timer's
            crash::works();
        if (ready.empty() && !more)
            settle_down();
        for (const Ready& r : ready)
            dispatch(r);
    }
    crash::stop_watching();
    return course_.how;
}

void Daemon::begin() noexcept {
    if (options_.rescue)
        start_rescue("podinit.rescue");
    start_modules();
    watchdog_.open(options_.config.watchdog, modules_job_ != 0, boot_time());
    start_settling();
    boots_.tell();
    may_load();
}

bool Daemon::finished() const noexcept {
    return shut_down_ && ((logs_.unfinished() == 0 && !boots_.is_writing()) || boot_time() >= logs_deadline_);
}

// The queue has room for everything that one pass over all pods can bring about: nothing below may allocate for it.
void Daemon::make_room() {
    std::size_t want = std::bit_ceil(4 * core_.max_actions() + 64);
    events_.reserve(want);
    actions_.reserve(want);
}

// For one pod more. Of containers and probes more than are in use by a part: see Core::close_gaps().
void Daemon::make_room_for(std::size_t containers, std::size_t probes) {
    const auto room = [](std::size_t used, std::size_t more) { return std::bit_ceil(used + used / 4 + more); };
    core_.reserve(std::bit_ceil(pods_.slots() + 1u), room(units_, containers), room(probes_, probes));
    make_room();
}

void Daemon::pump() noexcept {
    for (std::size_t next = 0; next < events_.size(); ++next) {
        Event event = events_[next]; // actions add to the queue
        // By its pod too: a slot has others after it, and none of them is to blame.
        const std::uint32_t slot = event.run.unit.slot();
        const std::uint64_t pod = slot < pods_.slots() ? name_hash(pods_.at(slot).uid) : 0;
        take_in_hand(state_.control(), InHand::Event, pod << 8 | static_cast<std::uint64_t>(event.kind),
                     event.run.cookie());
        if (event.kind == Event::Kind::PodAdded)
            event.facts.held = order_.must_wait(slot);
        step(event);
        if (event.facts.held)
            tell_waiting(slot);
        take_turns();
    }
    events_.clear();
    arriving_.clear();
}

void Daemon::step(const Event& event) noexcept {
    actions_.clear();
    core_.step(boot_time(), event, actions_);
    carry_out(event.run.unit.slot());
}

void Daemon::tick_core(Millis now) noexcept {
    for (std::uint32_t slot = 0; slot != no_slot;) {
        actions_.clear();
        take_in_hand(state_.control(), InHand::Deadline, static_cast<std::uint64_t>(core_.next_deadline().count()),
                     core_.next_unit().value);
        slot = core_.tick_one(now, actions_);
        if (slot != no_slot)
            carry_out(slot);
    }
    take_turns();
}

// What the core wants done after something has happened to the pod.
void Daemon::carry_out(std::uint32_t slot) noexcept {
    look(slot);
    keep(state_, core_, slot, actions_);
    for (const Action& action : actions_)
        act(action);
}

// What becomes of the pod, for those who wait for it and for the machine's health.
void Daemon::look(std::uint32_t slot) noexcept {
    Fate fate = fate_of(core_.pod(slot), core_.units(slot));
    if (fate == Fate::Ready && !gates_are_open(pods_.at(slot)))
        fate = Fate::Underway;
    order_.look(slot, fate, core_.pod(slot).held);
    look_after(slot, fate);
}

// Whoever waited for what has happened, or cannot be without what has gone. That may concern others in turn.
void Daemon::take_turns() noexcept {
    while (const auto turn = order_.next()) {
        Event event{};
        event.kind = turn->held ? Event::Kind::Held : Event::Kind::Released;
        event.run.unit = Unit(turn->slot, 0);
        step(event);
        if (turn->held)
            tell_waiting(turn->slot);
    }
}

void Daemon::tell_waiting(std::uint32_t slot) noexcept try {
    if (core_.pod(slot).held)
        recorder_.tell(Unit(slot, 0), Severity::Normal, "Waiting", {order_.why_waiting(slot)});
} catch (...) { // out of memory: its status says so all the same
}

void Daemon::act(const Action& action) noexcept {
    settled_ = false;
    switch (action.kind) {
    case Action::Kind::Forget: forget(action.run.unit.slot()); break;
    case Action::Kind::ShutDown: pods_are_over(); break;
    case Action::Kind::MakeSandbox:
    case Action::Kind::Start:
    case Action::Kind::Kill: performer_.perform(action, events_); break;
    case Action::Kind::Terminate:
        handlers_.end(action.run, true);
        performer_.perform(action, events_);
        break;
    case Action::Kind::RunHook:
    case Action::Kind::Probe:
    case Action::Kind::GiveUpProbe: handlers_.perform(action, events_); break;
    case Action::Kind::DropSandbox: drop(action); break;
    case Action::Kind::Tell: recorder_.told(action); break;
    }
}

void Daemon::drop(const Action& action) noexcept {
    performer_.perform(action, events_);
    bool later = false;
    try {
        later = sweep(action.run);
    } catch (...) { // out of memory: its volumes stay
    }
    if (!later)
        sandbox_gone(action.run);
}

void Daemon::sandbox_gone(RunId run) noexcept {
    Event gone{};
    gone.kind = Event::Kind::SandboxGone;
    gone.run = run;
    events_.push_back(gone);
}

// What a pod that is gone for good leaves on disk goes before its name is free again: the next pod by that name may
// have the same uid, and then the same directory.
bool Daemon::sweep(RunId run) {
    std::uint32_t slot = run.unit.slot();
    if (!pods_.at(slot).leaving || core_.shutting_down())
        return false;
    auto trees = performer_.leftovers(slot);
    if (trees.empty())
        return false;
    sweeps_.reserve(sweeps_.size() + 1);
    auto job = jobs_.start(sweep_plan(trees));
    if (!job) {
        log(Level::Warning, {pods_.at(slot).name, ": its volumes stay: ", ns::to_text(job.error())});
        return false;
    }
    sweeps_.push_back({*job, run});
    return true;
}

void Daemon::forget(std::uint32_t slot) noexcept {
    if (methods_)
        methods_->transactions().on_forgotten(slot);
    try {
        if (pods_.at(slot).leaving)
            launch_writer(logs_.remove_pod(performer_.log_target(slot, 0, 0).pod_dir, boot_time()));
    } catch (...) { // out of memory: its files stay
    }
    performer_.forget(slot);
    handlers_.forget(slot);
    order_.remove(slot);
    unwatch(slot);
    way_down_.gone(slot, boot_time(), events_);
    units_ -= pods_.at(slot).containers;
    probes_ -= pods_.at(slot).probes;
    pods_.free(slot);
    state_.drop(RecordKind::Core, slot);
}

void Daemon::arm_timer() noexcept {
    Millis next = never;
    for (const Millis each :
         {core_.next_deadline(), logs_.next_deadline(), manifests_.next_deadline(), way_down_.next_deadline(),
          performer_.cgroups().next_deadline(), performer_.notify().next_deadline(), health_.next_deadline(),
          watchdog_.next_deadline(), helpers_deadline_, logs_deadline_, rescue_at_, boots_.next_deadline(),
          methods_ ? sooner(methods_->rollouts().next_deadline(), methods_->reexec().next_deadline()) : never})
        next = sooner(next, each);
    if (next == armed_)
        return;
    armed_ = next;
    itimerspec at{};
    if (next != never) {
        at.it_value.tv_sec = next.count() / 1000;
        at.it_value.tv_nsec = next.count() % 1000 * 1'000'000;
        if (next.count() == 0)
            at.it_value.tv_nsec = 1; // all zero would disarm it
    }
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
}

// Nothing to do: what was only needed on the way is given back, and what will be needed soon is made.
void Daemon::settle_down() noexcept {
    settled_ = true;
    pods_.trim();
    children_.trim();
    state_.trim();
    performer_.prepare_spare();
    if (!std::exchange(course_.booted, true)) {
        late_boot();
        performer_.cgroups().count_memory();
        keep_course();
    }
}

} // namespace initd
