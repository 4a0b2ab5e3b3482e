// SPDX-License-Identifier: Apache-2.0
#include "initd/handlers.hpp"

#include <algorithm>
#include <csignal>

namespace initd {

void Handlers::perform(const Action& action, Events& events) noexcept {
    try {
        if (action.kind == Action::Kind::GiveUpProbe) {
            give_up(action.serial);
            return;
        }
        if (std::ranges::any_of(handlers_, [&](const Handler& handler) { return handler.serial == action.serial; }))
            return; // said again: it is under way
        Handler& handler = handlers_.emplace_back();
        handler.id = next_id_++;
        handler.run = action.run;
        handler.serial = action.serial;
        handler.hook = action.kind == Action::Kind::RunHook;
        handler.which = action.hook;
        handler.kind = action.probe;
        if (const auto outcome = begin(handler, action))
            finish(handlers_.size() - 1, *outcome, events);
    } catch (...) { // out of memory: it could not be asked
        Event event{};
        event.kind = action.kind == Action::Kind::RunHook ? Event::Kind::HookDone : Event::Kind::ProbeDone;
        event.run = action.run;
        event.serial = action.serial;
        event.outcome = Outcome::Unknown;
        std::erase_if(handlers_, [&](const Handler& handler) { return handler.serial == action.serial; });
        events.push_back(event);
    }
}

void Handlers::give_up(std::uint32_t serial) noexcept {
    const std::size_t at =
        static_cast<std::size_t>(std::ranges::find(handlers_, serial, &Handler::serial) - handlers_.begin());
    if (at == handlers_.size())
        return;
    try {
        say_timeout(handlers_[at]);
    } catch (...) { // out of memory: goes without
    }
    tell(handlers_[at], Outcome::Failure);
    drop(at);
}

std::optional<Outcome> Handlers::begin(Handler& handler, const Action& action) {
    const Unit unit = action.run.unit;
    if (!handler.hook)
        return begin(handler, questions_.of(pods_, unit, action.probe));
    const spec::Container& container = spec::container_at(pods_.pod(unit.slot()), unit.index() - 1);
    const spec::Lifecycle& lifecycle = *container.lifecycle;
    return begin(handler,
                 question_of(container, *(action.hook == Hook::PostStart ? lifecycle.post_start : lifecycle.pre_stop)));
}

std::optional<Outcome> Handlers::begin(Handler& handler, const Question& question) {
    handler.way = question.way;
    switch (question.way) {
    case Way::Command: return begin_command(handler, question.command);
    case Way::Get:
    case Way::None: return Outcome::Failure;
    case Way::Tcp:
    case Way::Http:
    case Way::Grpc: break;
    }
    if (question.target.port == 0)
        return say(handler, {"strconv.Atoi: parsing \"", question.text, "\": invalid syntax"}, Outcome::Unknown);
    handler.target = question.target;
    if (handler.target.host.empty())
        handler.target.host = performer_.pod_address(handler.run.unit.slot());
    if (question.way == Way::Http)
        handler.headers = question.text;
    if (question.way == Way::Grpc) {
        handler.grpc.emplace(authority_of(handler), question.text);
        handler.out = std::move(handler.grpc->to_send());
    }
    return connect(handler);
}

void Handlers::on_ready(const Ready& ready, Events& events) noexcept {
    const std::size_t at = find(ready.id);
    if (at == handlers_.size())
        return;
    std::optional<Outcome> outcome;
    try {
        outcome = go_on(handlers_[at], ready.events);
    } catch (...) { // out of memory
        outcome = Outcome::Unknown;
    }
    if (outcome)
        finish(at, *outcome, events);
}

void Handlers::on_launched(const LaunchReport& report, Events& events) noexcept {
    const std::size_t at = find(static_cast<std::uint32_t>(report.who.id));
    if (at == handlers_.size() || report.error.err == 0)
        return;
    if (handlers_[at].way == Way::Get)
        return finish(at, no_get(handlers_[at], report.error), events);
    try {
        handlers_[at].in = ns::to_text(report.error);
    } catch (...) { // out of memory: goes without
    }
    finish(at, report.error.step == ns::Step::Exec ? Outcome::Failure : Outcome::Unknown, // no such program
           events);
}

void Handlers::on_exited(const ChildExit& exit, Events& events) noexcept {
    const std::size_t at = find(static_cast<std::uint32_t>(exit.who.id));
    if (at == handlers_.size())
        return;
    handlers_[at].pid = -1;
    if (handlers_[at].stream)
        take_output(handlers_[at]);
    const Outcome otherwise = handlers_[at].way == Way::Get ? got(exit.code) : Outcome::Failure;
    finish(at, exit.code == 0 ? Outcome::Success : otherwise, events);
}

void Handlers::end(RunId run, bool hooks_only) noexcept {
    for (std::size_t i = handlers_.size(); i-- > 0;)
        if (handlers_[i].run == run && (handlers_[i].hook || !hooks_only))
            drop(i);
}

void Handlers::finish(std::size_t at, Outcome outcome, Events& events) noexcept {
    const Handler& handler = handlers_[at];
    Event event{};
    event.kind = handler.hook ? Event::Kind::HookDone : Event::Kind::ProbeDone;
    event.run = handler.run;
    event.serial = handler.serial;
    // A hook that could not be run has failed.
    event.outcome = handler.hook && outcome == Outcome::Unknown ? Outcome::Failure : outcome;
    tell(handler, event.outcome);
    drop(at);
    events.push_back(event);
}

void Handlers::drop(std::size_t at) noexcept {
    Handler& handler = handlers_[at];
    children_.signal(handler.pid, SIGKILL);
    if (handler.hook)
        end_record(handler.id);
    if (handler.stream)
        poller_.remove(handler.stream.get());
    if (at + 1 != handlers_.size())
        handler = std::move(handlers_.back());
    handlers_.pop_back();
}

void Handlers::end_record(std::uint32_t id) noexcept try { over_.push_back(id); } catch (...) {
    state_.drop(RecordKind::Handler, id);
}

void Handlers::forget_told() noexcept {
    for (const std::uint32_t id : over_)
        state_.drop(RecordKind::Handler, id);
    over_.clear();
}

std::size_t Handlers::find(std::uint32_t id) const noexcept {
    return static_cast<std::size_t>(std::ranges::find(handlers_, id, &Handler::id) - handlers_.begin());
}

} // namespace initd
