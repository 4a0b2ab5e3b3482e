// SPDX-License-Identifier: Apache-2.0
// The performer's half that sees to what has ended: the last words of a run, and what it leaves behind.
#include "initd/performer.hpp"

#include "initd/clock.hpp"
#include "initd/pod_facts.hpp"

#include <algorithm>

namespace initd {

void Performer::on_exited(const ChildExit& exit, Events& events) noexcept {
    RunId run = RunId::from_cookie(exit.who.id);
    if (exit.who.kind == ChildId::Kind::Holder) {
        if (run.unit.slot() >= runtimes_.size())
            return;
        PodRuntime& pod = runtimes_[run.unit.slot()];
        if (pod.sandbox_run == run && pod.holder == exit.pid) {
            pod.holder = -1;
            pod.holder_fd.reset();
            events.push_back(event(Event::Kind::SandboxDied, run));
        }
        return;
    }
    // Its terminal's master was sent before its program ran: taken now, while the slot is still this pod's.
    auto terminal = std::find_if(terminals_.begin(), terminals_.end(), [&](const Terminal& t) { return t.run == run; });
    if (terminal != terminals_.end())
        on_terminal(terminal->id);
    notify_.end(run);
    Event e = event(Event::Kind::Exited, run);
    e.exit.code = exit.code;
    UnitRuntime* u = unit(run);
    keep_message(exit, u);
    if (!u) { // of a pod that podinit has lost, perhaps
        if (cgroups_.clear(e, boot_time()))
            events.push_back(e);
        return;
    }
    listen_again(run.unit.slot(), container_of(run));
    if (u->kept.has_rules)
        e.exit.rule = rule_for(run, exit.code);
    u->kept.pid = -1;
    u->kept.stdin_hold = -1;
    u->kept.ended = u->kept.in_cgroup;
    u->kept.code = exit.code;
    u->kept.rule = e.exit.rule;
    if (u->stdin_hold || u->kept.in_cgroup)
        keep_run(*u);
    u->stdin_hold.reset();
    if (!u->kept.in_cgroup || cgroups_.clear(e, boot_time()))
        events.push_back(e);
}

// `unit` is nullptr when the run is not the last one any more. What the core knows already has been told before podinit
// was replaced, and its file is gone.
void Performer::keep_message(const ChildExit& exit, const UnitRuntime* unit) noexcept {
    const RunId run = RunId::from_cookie(exit.who.id);
    RunMessage message{.container = container_of(run), .text = messages_.read(run)};
    if (unit) {
        const UnitState& state = core_.units(run.unit.slot())[message.container];
        message.attempt = state.restarts;
        message.from_log = message.text.empty() && unit->kept.reads_log && exit.code != 0;
        if (is_live(state) && (!message.text.empty() || message.from_log))
            pods_.set_message(run.unit.slot(), std::move(message));
    }
    messages_.remove(run);
}

RestartRule Performer::rule_for(RunId run, std::int32_t code) noexcept try {
    return rule_of(spec::container_at(pods_.pod(run.unit.slot()), container_of(run)), code);
} catch (...) { // out of memory: its policy alone says what follows
    return RestartRule::None;
}

} // namespace initd
