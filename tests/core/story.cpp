// SPDX-License-Identifier: Apache-2.0
#include "tests/core/story.hpp"

#include "initd/state/core_records.hpp"
#include "initd/state/state_file.hpp"

#include <algorithm>
#include <utility>

namespace story {
namespace {

using initd::Action;
using initd::Event;
using initd::RunId;
using initd::Unit;

const char* verb(const Action& action) {
    switch (action.kind) {
    case Action::Kind::MakeSandbox: return "make";
    case Action::Kind::Start: return "start";
    case Action::Kind::RunHook: return action.hook == initd::Hook::PostStart ? "postStart" : "preStop";
    case Action::Kind::Probe:
        switch (action.probe) {
        case initd::ProbeKind::Startup: return "startup";
        case initd::ProbeKind::Liveness: return "liveness";
        case initd::ProbeKind::Readiness: return "readiness";
        }
        return "?";
    case Action::Kind::GiveUpProbe: return "give up";
    case Action::Kind::Terminate: return "term";
    case Action::Kind::Kill: return "kill";
    case Action::Kind::DropSandbox: return "drop";
    case Action::Kind::Forget: return "forget";
    case Action::Kind::ShutDown: return "shut down";
    case Action::Kind::Tell:
        switch (action.told) {
        case initd::Told::Stopping: return "stopping";
        case initd::Told::LivenessFailed: return "liveness failed";
        case initd::Told::StartupFailed: return "startup failed";
        case initd::Told::PostStartFailed: return "postStart failed";
        case initd::Told::WatchdogFailed: return "watchdog failed";
        case initd::Told::RestartingAll: return "restarting all";
        case initd::Told::Unkillable: return "unkillable";
        case initd::Told::BackOff: return "back-off";
        case initd::Told::SandboxChanged: return "sandbox changed";
        case initd::Told::DeadlineExceeded: return "deadline exceeded";
        }
        return "?";
    }
    return "?";
}

} // namespace

std::string to_text(const initd::Actions& actions) {
    std::string text;
    for (const Action& action : actions) {
        text += text.empty() ? "" : ", ";
        text += verb(action);
        if (action.kind == Action::Kind::ShutDown)
            continue;
        text += " " + std::to_string(action.run.unit.slot());
        if (action.run.unit.index() != 0)
            text += "/" + std::to_string(action.run.unit.index());
    }
    return text;
}

Story::Story(initd::CoreConfig config)
    : config_(config)
    , core_(config) {
    core_.reserve(8, 24, 24);
    out_.reserve(core_.max_actions());
}

std::string Story::crash() {
    auto state = initd::StateFile::create();
    if (!state)
        return "no state file";
    std::string text;
    initd::Core next(config_);
    next.reserve(8, 24, 24);
    restore_names(*state, next);
    for (std::uint32_t slot = 0; slot < 8; ++slot) {
        if (core_.pod(slot).phase == initd::PodPhase::Free)
            continue;
        if (!keep(*state, core_, slot) || restore(*state, next, slot) != initd::Restored::Yes)
            return "a slot is lost";
    }
    if (core_.shutting_down())
        next.step(now_, {.kind = Event::Kind::ShutdownBegun, .run = {}}, out_);
    core_ = std::move(next);
    out_.clear();
    core_.outstanding(out_);
    return told();
}

std::string Story::told() {
    for (const Action& action : out_)
        if (action.kind == Action::Kind::RunHook || action.kind == Action::Kind::Probe)
            asked_.push_back(action);
    const auto tells = std::stable_partition(out_.begin(), out_.end(),
                                             [](const Action& action) { return action.kind != Action::Kind::Tell; });
    const std::string text = to_text({tells, out_.end()});
    tells_ += tells_.empty() || text.empty() ? "" : ", ";
    tells_ += text;
    return to_text({out_.begin(), tells});
}

std::string Story::tells() {
    return std::exchange(tells_, "");
}

std::string Story::notifies(std::uint32_t slot, std::uint32_t index, initd::Notice notice) {
    return tell({.kind = Event::Kind::Notified, .run = run(slot, index), .notice = notice});
}

std::string Story::tell(const Event& event) {
    out_.clear();
    core_.step(now_, event, out_);
    return told();
}

std::string Story::tick() {
    out_.clear();
    core_.tick(now_, out_);
    return told();
}

std::string Story::hooked(std::uint32_t slot, std::uint32_t index, initd::Outcome outcome) {
    for (auto action = asked_.rbegin(); action != asked_.rend(); ++action)
        if (action->kind == Action::Kind::RunHook && action->run.unit == Unit(slot, index))
            return tell(
                {.kind = Event::Kind::HookDone, .run = action->run, .serial = action->serial, .outcome = outcome});
    return "no hook";
}

std::string Story::probed(std::uint32_t slot, std::uint32_t index, initd::ProbeKind kind, initd::Outcome outcome) {
    for (auto action = asked_.rbegin(); action != asked_.rend(); ++action)
        if (action->kind == Action::Kind::Probe && action->probe == kind && action->run.unit == Unit(slot, index))
            return tell(
                {.kind = Event::Kind::ProbeDone, .run = action->run, .serial = action->serial, .outcome = outcome});
    return "no probe";
}

RunId Story::run(std::uint32_t slot, std::uint32_t index) const {
    return {Unit(slot, index), index == 0 ? core_.pod(slot).generation : unit(slot, index).generation};
}

const initd::UnitState& Story::unit(std::uint32_t slot, std::uint32_t index) const {
    return core_.units(slot)[index - 1];
}

std::string Story::add(std::uint32_t slot, initd::PodFacts facts) {
    return tell({.kind = Event::Kind::PodAdded, .run = {Unit(slot, 0), 0}, .facts = facts});
}
std::string Story::remove(std::uint32_t slot, Millis grace) {
    return tell({.kind = Event::Kind::PodRemoved, .run = {Unit(slot, 0), 0}, .grace = grace});
}
std::string Story::sandbox(Event::Kind kind, std::uint32_t slot) {
    return tell({.kind = kind, .run = run(slot, 0)});
}
std::string Story::started(std::uint32_t slot, std::uint32_t index) {
    return tell({.kind = Event::Kind::Started, .run = run(slot, index)});
}
std::string Story::start_failed(std::uint32_t slot, std::uint32_t index, bool not_created) {
    return tell(
        {.kind = Event::Kind::StartFailed, .run = run(slot, index), .exit = {.code = 0, .not_created = not_created}});
}
std::string Story::exits(std::uint32_t slot, std::uint32_t index, int code) {
    return tell({.kind = Event::Kind::Exited, .run = run(slot, index), .exit = {.code = code}});
}
std::string Story::restart(std::uint32_t slot, std::uint32_t index) {
    return tell({.kind = Event::Kind::RestartAsked, .run = {Unit(slot, index), 0}});
}
std::string Story::retry(std::uint32_t slot) {
    return tell({.kind = Event::Kind::RetryAsked, .run = {Unit(slot, 0), 0}});
}
std::string Story::shut_down(Millis cap) {
    std::string all = tell({.kind = Event::Kind::ShutdownBegun, .run = {}});
    for (std::uint32_t slot = 0; slot < core_.slots(); ++slot) {
        const Millis grace = std::min(cap == never ? Millis::max() : cap, core_.pod(slot).facts.grace);
        const std::string text = tell({.kind = Event::Kind::PodStopped, .run = {Unit(slot, 0), 0}, .grace = grace});
        all += all.empty() || text.empty() ? "" : ", ";
        all += text;
    }
    return all;
}

std::string Story::pass(Millis span) {
    const Millis end = now_ + span;
    std::string all;
    while (core_.next_deadline() != never && core_.next_deadline() <= end) {
        now_ = std::max(now_, core_.next_deadline());
        const std::string text = tick();
        all += all.empty() || text.empty() ? "" : ", ";
        all += text;
    }
    now_ = end;
    return all;
}

void Story::up(std::uint32_t slot, initd::PodFacts facts) {
    add(slot, facts);
    ready(slot);
    for (std::uint32_t index = 1; index <= facts.containers; ++index)
        started(slot, index);
}

long Story::wait() {
    const Millis start = now_;
    while (core_.next_deadline() != never && core_.next_deadline() <= start + 1h) {
        now_ = std::max(now_, core_.next_deadline());
        if (!tick().empty())
            break;
    }
    return (now_ - start) / 1s;
}

} // namespace story
