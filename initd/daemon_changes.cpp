// SPDX-License-Identifier: Apache-2.0
// The daemon's half that sees to its own coming and going: modules, the first loading, helpers, rescue, the way down.
#include "initd/daemon.hpp"

#include "initd/boot.hpp"
#include "initd/file_set.hpp"
#include "initd/log.hpp"
#include "initd/rescue.hpp"
#include "initd/roles.hpp"

#include <algorithm>

namespace initd {

namespace {

constexpr Millis rescue_pause{1'000};
constexpr int files_per_turn = 16;
constexpr Millis logs_patience{1'000};     // at the end, for the log writer to empty the pipes
constexpr Millis helpers_patience{10'000}; // a module or a disk that hangs must not keep the pods from starting

} // namespace

// A few files a turn, each pod started as soon as it is read, so that the loop sees to what has come of them meanwhile.
// Only where priorities are written is it known who comes first when all of those are read, and who comes last at the
// very end.
void Daemon::load() noexcept {
    for (int i = 0; i < files_per_turn && loading_ == Loading::Going; ++i) {
        if (!manifests_.load_next(changes_))
            loading_ = Loading::Done;
        least_priority_ = loading_ == Loading::Done      ? whoever
                          : manifests_.more_priorities() ? std::numeric_limits<std::int64_t>::max()
                                                         : 0;
        handle_changes();
    }
    if (loading_ == Loading::Done)
        loaded();
}

// A machine that has nothing to run gets its emergency manifests, and without those a shell.
void Daemon::loaded() noexcept {
    if (options_.standing != Standing::Machine)
        return;
    if (pods_.count() == 0 && manifests_.call_in_reserve(changes_)) {
        log(Level::Error,
            {"there is nothing to run: the emergency manifests of ", options_.reserve.directory, " are used"});
        handle_changes();
    }
    if (pods_.count() == 0 && !rescue_running_)
        start_rescue("there is nothing to run: no manifest directory holds a pod");
    if (!health_.pods().empty())
        boots_.begin(boot_time() + std::chrono::seconds{options_.config.boot_deadline_seconds}, options_.resumed);
}

// Has it come up?
void Daemon::look_at_boot(Millis now) noexcept try {
    std::string unwell;
    Millis since{0};
    for (const CriticalPod& pod : health_.pods()) {
        if (!pod.well)
            unwell.append(unwell.empty() ? "" : ", ").append(pods_.at(pod.slot).name);
        since = std::max(since, pod.since);
    }
    boots_.look(unwell, since, now);
} catch (...) { // out of memory: it is looked at again
}

void Daemon::launch_writer(std::optional<ns::Plan> plan) {
    if (!plan)
        return;
    auto pid = children_.launch(std::move(*plan), {ChildId::Kind::LogWriter, 0}, {});
    if (pid)
        logs_.writer_started(*pid, boot_time());
    else
        logs_.writer_failed(boot_time());
}

void Daemon::start_modules() {
    if (options_.config.modules.empty() || options_.standing != Standing::Machine)
        return;
    auto job = jobs_.start(modules_plan(options_.config.modules));
    if (!job) {
        log(Level::Error, {"modules: ", ns::to_text(job.error())});
        return;
    }
    modules_job_ = *job;
}

// A change of manifests that the power was cut off comes to its end before any is read; one that was on trial when the
// machine went down is taken back.
void Daemon::start_settling() {
    std::vector<std::string> unsettled;
    for (const std::string& directory : manifests_.directories())
        if (has_open_set(directory.c_str()))
            unsettled.push_back(directory);
    if (unsettled.empty())
        return;
    auto job = jobs_.start(settle_plan(options_.resumed ? Settle::Finish : Settle::RollBack, unsettled));
    if (job)
        settle_job_ = *job;
    else
        log(Level::Error, {"manifests: ", ns::to_text(job.error())});
}

void Daemon::may_load() noexcept {
    helpers_deadline_ =
        modules_job_ != 0 || settle_job_ != 0 ? sooner(helpers_deadline_, boot_time() + helpers_patience) : never;
    if (loading_ == Loading::Held && !rescue_running_ && helpers_deadline_ == never)
        loading_ = Loading::Going;
}

void Daemon::settling_done(const JobResult& result) {
    settle_job_ = 0;
    if (!result.failure.empty())
        log(Level::Error, {"manifests: a change is not finished: ", result.failure});
    if (result.said.empty())
        return;
    constexpr const char* what = "not confirmed before the machine went down, as they were before: ";
    log(Level::Warning, {"manifests: ", what, result.said});
    recorder_.tell_node(Severity::Warning, "RolledBack", {"Manifests ", what, result.said});
}

void Daemon::job_done(const JobResult& result) {
    if (result.id == modules_job_ && modules_job_ != 0) {
        if (!result.failure.empty())
            log(Level::Error, {"modules: ", result.failure});
        modules_job_ = 0;
        power_buttons_.scan(); // its driver may be one of them
        watchdog_.open(options_.config.watchdog, false, boot_time());
        return may_load();
    }
    if (result.id == settle_job_ && settle_job_ != 0) {
        settling_done(result);
        return may_load();
    }
    if (boots_.on_job(result))
        return;
    auto sweep = std::find_if(sweeps_.begin(), sweeps_.end(), [&](const Sweep& s) { return s.job == result.id; });
    if (sweep != sweeps_.end()) {
        if (!result.failure.empty())
            log(Level::Warning, {"volumes: ", result.failure});
        sandbox_gone(sweep->sandbox);
        sweeps_.erase(sweep);
        return;
    }
    if (!methods_)
        return;
    methods_->reexec().on_job(result);
    methods_->transactions().on_job(result, changes_);
    methods_->rollouts().on_job(result, changes_);
    handle_changes();
}

void Daemon::start_rescue(std::string_view why) {
    rescue_at_ = never;
    log(Level::Warning, {"rescue: ", why});
    std::vector<ns::Fd> held;
    held.push_back(open_console());
    ns::Plan plan = rescue_plan(options_.config, held.back().get());
    auto pid = children_.launch(std::move(plan), {ChildId::Kind::Rescue, 0}, std::move(held));
    rescue_running_ = pid.has_value();
    if (!pid)
        log(Level::Error, {"rescue: ", ns::to_text(pid.error())});
}

// With 0 the operator is done: the boot goes on, or the machine has nothing to do. Otherwise the shell comes back, but
// not at once: it may not be there at all.
void Daemon::rescue_ended(std::int32_t code) noexcept {
    rescue_running_ = false;
    if (code != 0) {
        log(Level::Warning, {"rescue: the shell ended with an error"});
        rescue_at_ = boot_time() + rescue_pause;
        rescue_running_ = true;
    } else if (loading_ == Loading::Held) {
        may_load();
    } else if (loading_ == Loading::Done && pods_.count() == 0) {
        go_down(SignalMeaning::Reboot);
    }
}

void Daemon::go_down(SignalMeaning how) noexcept {
    if (!std::exchange(course_.going_down, true))
        course_.down_since = boot_time();
    course_.how = how;
    keep_course();
    if (core_.shutting_down())
        return;
    log(Level::Notice, {"stopping every pod"});
    boots_.going_down();
    loading_ = Loading::Done;
    orphans_ = false; // whatever was not read yet is none
    Event down{};
    down.kind = Event::Kind::ShutdownBegun;
    events_.push_back(down);
    way_down_.begin(options_.config, course_.down_since, boot_time(), events_);
    for (const Sweep& sweep : sweeps_) // a disk that hangs must not keep the machine up
        sandbox_gone(sweep.sandbox);
    sweeps_.clear();
}

// What is left of them is the machine's last steps' business, which have bounds of their own.
void Daemon::give_up_on_pods() noexcept {
    for (std::uint32_t slot = 0; slot < core_.slots(); ++slot) {
        if (core_.pod(slot).phase == PodPhase::Free)
            continue;
        log(Level::Error, {pods_.at(slot).name, ": does not end, going down without it"});
        std::uint32_t index = 0;
        for (const UnitState& unit : core_.units(slot))
            if (++index; is_live(unit))
                performer_.perform({Action::Kind::Kill, {Unit(slot, index), unit.generation}}, events_);
    }
    pods_are_over();
}

void Daemon::pods_are_over() noexcept {
    shut_down_ = true;
    logs_deadline_ = boot_time() + logs_patience;
}

// As pods_are_over(), without a word to any of them.
void Daemon::go_down_at_once() noexcept {
    log(Level::Warning, {"asked again and again: rebooting at once"});
    course_.how = SignalMeaning::Reboot;
    keep_course();
    shut_down_ = true;
    logs_deadline_ = boot_time();
}

} // namespace initd
