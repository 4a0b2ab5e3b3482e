// SPDX-License-Identifier: Apache-2.0
// The daemon's half that listens: what the kernel says becomes events, in the order of Source.
#include "initd/daemon.hpp"

#include "initd/log.hpp"

#include <cerrno>
#include <sys/signalfd.h>
#include <unistd.h>

namespace initd {

void Daemon::dispatch(const Ready& ready) noexcept try {
    settled_ = false;
    take_in_hand(state_.control(), InHand::Ready, static_cast<std::uint64_t>(ready.source), ready.id);
    switch (ready.source) {
    case Source::Reports: on_reports(); break;
    case Source::Signals: on_signals(); break;
    case Source::Timer: on_timer(); break;
    case Source::LogPipe: launch_writer(logs_.on_stream(ready.id, boot_time())); break;
    case Source::LogWriter: logs_.on_writer(); break;
    case Source::Manifests:
        if (loading_ != Loading::Done)
            break; // the first reading sees it all; level-triggered readiness comes again
        manifests_.on_change(boot_time(), changes_);
        handle_changes();
        break;
    case Source::Handler: handlers_.on_ready(ready, events_); break;
    case Source::Cgroup: performer_.cgroups().on_ready(ready.id, events_); break;
    case Source::Terminal: performer_.on_terminal(ready.id); break;
    case Source::Notify: performer_.notify().on_ready(ready.id, boot_time(), events_); break;
    case Source::Client:
        control_->on_client(ready, calls_);
        on_calls();
        for (ClientId client : control_->take_drained())
            methods_->listing().go_on(client);
        break;
    case Source::Listener: control_->on_listener(); break;
    case Source::PowerButton:
        if (power_buttons_.on_ready(ready))
            go_down(SignalMeaning::PowerOff);
        break;
    }
} catch (...) {
    log(Level::Error, {"out of memory"});
}

void Daemon::on_calls() {
    for (IncomingCall& call : calls_) {
        Methods::Wishes wishes{events_, changes_, {}};
        methods_->call(std::move(call), wishes);
        if (wishes.down)
            go_down(*wishes.down);
        handle_changes();
        pump();
    }
    calls_.clear();
}

// Those before are done with as soon as more are asked for: by then what follows from them has to be kept.
void Daemon::on_reports() {
    for (reports_.clear(); children_.take_reports(reports_); reports_.clear()) {
        handle_reports();
        pump();
    }
}

void Daemon::handle_reports() {
    for (const LaunchReport& report : reports_)
        switch (report.who.kind) {
        case ChildId::Kind::Container:
        case ChildId::Kind::Holder: performer_.on_launched(report, events_); break;
        case ChildId::Kind::Exec: methods_->sessions().on_launched(report); break;
        case ChildId::Kind::Handler: handlers_.on_launched(report, events_); break;
        case ChildId::Kind::Job:
            if (report.error.err != 0)
                if (auto result = jobs_.launch_failed(report.who.id, report.error))
                    job_done(*result);
            break;
        case ChildId::Kind::LogWriter:
        case ChildId::Kind::Rescue:
            if (report.error.err != 0)
                log(Level::Error, {report.who.kind == ChildId::Kind::Rescue ? "rescue: " : "log writer: ",
                                   ns::to_text(report.error)});
            break;
        }
}

void Daemon::reap() {
    bool more = true;
    while (more) {
        exits_.clear();
        more = children_.reap(exits_, reap_batch);
        on_reports(); // what a child said comes before its end
        for (const ChildExit& exit : exits_)
            switch (exit.who.kind) {
            case ChildId::Kind::Container: handlers_.end(RunId::from_cookie(exit.who.id), false); [[fallthrough]];
            case ChildId::Kind::Holder: performer_.on_exited(exit, events_); break;
            case ChildId::Kind::Handler: handlers_.on_exited(exit, events_); break;
            case ChildId::Kind::Exec: methods_->sessions().on_exited(exit); break;
            case ChildId::Kind::Job:
                if (auto result = jobs_.ended(exit.who.id, exit.code))
                    job_done(*result);
                break;
            case ChildId::Kind::LogWriter:
                if (logs_.is_writer(exit.pid))
                    launch_writer(logs_.writer_ended(boot_time()));
                break;
            case ChildId::Kind::Rescue: rescue_ended(exit.code); break;
            }
        pump();
        handlers_.forget_told();
        children_.forget_told();
    }
}

void Daemon::on_signals() {
    signalfd_siginfo info[16];
    bool children = false;
    for (ssize_t n; (n = read(signals_.get(), info, sizeof info)) > 0;)
        for (std::size_t i = 0; i < static_cast<std::size_t>(n) / sizeof info[0]; ++i) {
            int signo = static_cast<int>(info[i].ssi_signo);
            children = children || signo == SIGCHLD;
            auto what = meaning(signo, options_.standing);
            if (signo == SIGINT && options_.standing == Standing::Machine && insists(boot_time()))
                return go_down_at_once();
            if (what == SignalMeaning::Reload && loading_ == Loading::Done) {
                manifests_.rescan(changes_);
                handle_changes();
            } else if (what && what != SignalMeaning::Reload) {
                go_down(*what);
            }
        }
    if (children)
        reap();
}

void Daemon::on_timer() {
    std::uint64_t times;
    if (read(timer_.get(), &times, sizeof times) < 0 && errno == EAGAIN)
        return;
    armed_ = never;
    Millis now = boot_time();
    tick_core(now);
    if (is_due(way_down_.next_deadline(), now))
        way_down_.tick(now, events_);
    if (way_down_.is_over(now) && !shut_down_)
        give_up_on_pods();
    if (is_due(health_.next_deadline(), now))
        tick_health(now);
    if (is_due(watchdog_.next_deadline(), now))
        watchdog_.tick(now);
    manifests_.tick(now, changes_);
    handle_changes();
    performer_.notify().tick(now);
    performer_.cgroups().tick(now, core_.shutting_down(), events_);
    if (is_due(logs_.next_deadline(), now))
        launch_writer(logs_.tick(now));
    if (methods_)
        methods_->reexec().tick(now);
    if (is_due(rescue_at_, now))
        start_rescue("once more");
    if (is_due(helpers_deadline_, now))
        for (const std::uint32_t job : {modules_job_, settle_job_})
            if (job != 0)
                job_done({job, "still not done after 10 s, going on without it", {}});
}

} // namespace initd
