// SPDX-License-Identifier: Apache-2.0
#include "tests/core/hostile.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace hostile {

using namespace initd;
using namespace std::chrono_literals;
using Kind = Event::Kind;

namespace {
constexpr std::size_t pending_limit = 64;
} // namespace

Kernel::Kernel(std::uint64_t seed, std::uint32_t crashes_in_a_thousand)
    : state_(seed * 0x9e3779b97f4a7c15 + 1)
    , core_(config)
    , crash_rate_(crashes_in_a_thousand) {
    core_.reserve(slots, slots * max_containers, slots * max_probes);
    out_.reserve(core_.max_actions());
}

std::uint32_t Kernel::random(std::uint32_t below) { // xorshift64
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ >> 32) % below;
}

void Kernel::require(bool holds, const char* rule) {
    if (!holds && complaint_.empty())
        complaint_ = rule;
}

void Kernel::live(int events) {
    for (int i = 0; i < events && complaint_.empty(); ++i)
        something_happens();
}

void Kernel::shut_down() {
    tell({.kind = Kind::ShutdownBegun, .run = {}});
    for (int i = 0; i < 10'000 && !down_ && complaint_.empty(); ++i) {
        if (chance(5) || i == 5'000) // one after the other, in no order
            for (std::uint32_t slot = 0; slot < slots; ++slot)
                if (chance(30) || i == 5'000)
                    tell({.kind = Kind::PodStopped,
                          .run = {Unit(slot, 0), 0},
                          .grace = chance(50) ? never : Millis(random(60'000))});
        if (!pending_.empty())
            deliver_one();
        else
            pass(config.minimum_grace + Millis(random(20'000)));
        if (chance(10))
            user_acts(random(slots));
    }
    require(down_, "shutdown comes to its end");
}

void Kernel::something_happens() {
    const std::uint32_t slot = random(slots);
    switch (random(8)) {
    case 0: return user_acts(slot);
    case 1: return process_acts(slot);
    case 2: return pass(Millis(random(chance(5) ? 900'000 : 8'000)));
    case 3:
        if (!told_.empty() && chance(50))
            return tell(told_[random(static_cast<std::uint32_t>(told_.size()))]);
        return tell(nonsense());
    default: return deliver_one();
    }
}

void Kernel::user_acts(std::uint32_t slot) {
    const Pod& pod = pods_[slot];
    const Millis grace = chance(50) ? never : Millis(random(40'000));
    const Unit unit(slot, random(max_containers + 1));
    if (!pod.known) {
        invent(invented_);
        tell({.kind = Kind::PodAdded, .run = {Unit(slot, 0), 0}, .facts = invented_.facts});
    } else if (chance(50)) {
        tell({.kind = Kind::PodRemoved, .run = {Unit(slot, 0), 0}, .grace = grace});
    } else {
        constexpr Kind kinds[] = {Kind::RestartAsked, Kind::RetryAsked, Kind::RenewAsked,
                                  Kind::Held,         Kind::Released,   Kind::Released};
        tell({.kind = kinds[random(std::size(kinds))], .run = {unit, 0}});
    }
}

// A manifest: init containers and sidecars first, as always.
void Kernel::invent(Pod& pod) {
    const std::uint32_t count = 1 + random(max_containers);
    const std::uint32_t first_regular = random(count);
    const auto policy = static_cast<spec::RestartPolicy>(random(3));
    for (std::uint32_t i = 0; i < count; ++i) {
        UnitFacts& unit = pod.units[i];
        unit = {.role = i >= first_regular ? Role::Regular
                        : chance(50)       ? Role::Init
                                           : Role::Sidecar,
                .restart_policy = chance(80) ? policy : static_cast<spec::RestartPolicy>(random(3)),
                .post_start = chance(20),
                .pre_stop = chance(20)};
        if (unit.role == Role::Sidecar)
            unit.restart_policy = spec::RestartPolicy::Always;
        if (chance(30))
            unit.post_start_sleep = Millis(random(5'000));
        if (chance(30))
            unit.pre_stop_sleep = Millis(random(50'000));
        unit.notifies = chance(15);
        if (chance(15))
            unit.watchdog = Millis(1'000 + random(30'000));
    }
    std::uint16_t probes = 0;
    for (std::uint8_t unit = 1; unit <= count; ++unit)
        for (const ProbeKind kind : {ProbeKind::Startup, ProbeKind::Liveness, ProbeKind::Readiness})
            if (probes < max_probes && chance(15))
                pod.probes[probes++] = {.unit = unit,
                                        .kind = kind,
                                        .initial_delay = Millis(random(3) * 1'000),
                                        .period = Millis(1'000 + random(3) * 1'000),
                                        .timeout = Millis(1'000 + random(3) * 1'000),
                                        .success_threshold =
                                            kind == ProbeKind::Readiness ? 1 + static_cast<int>(random(3)) : 1,
                                        .failure_threshold = 1 + static_cast<int>(random(3)),
                                        .grace = chance(20) ? Millis(random(10'000)) : never};
    pod.facts = {.restart_policy = policy,
                 .containers = static_cast<std::uint8_t>(count),
                 .probes = probes,
                 .held = chance(10),
                 .grace = Millis(random(40'000)),
                 .active_deadline = chance(10) ? Millis(random(600'000)) : never,
                 .after = chance(50) ? random(slots + 2) : no_slot,
                 .units = pod.units.data(),
                 .probe_facts = pod.probes.data()};
}

// A container ends by itself, or a sandbox dies.
void Kernel::process_acts(std::uint32_t slot) {
    const Pod& pod = pods_[slot];
    if (pod.sandbox != Sandbox::None && chance(10))
        queue(Kind::SandboxDied, {Unit(slot, 0), pod.generation});
    const std::uint32_t index = 1 + random(max_containers);
    const Container& container = pod.containers[index - 1];
    if (container.generation != 0 && chance(30))
        return queue({.kind = Kind::Notified,
                      .run = {Unit(slot, index), container.generation},
                      .notice = static_cast<initd::Notice>(random(4))});
    if (container.generation != 0 && chance(60))
        queue(Kind::Exited, {Unit(slot, index), container.generation},
              {.code = static_cast<int>(random(3)),
               .rule = chance(5)    ? RestartRule::RestartAll
                       : chance(10) ? RestartRule::Restart
                                    : RestartRule::None});
}

// About runs that are over, slots that are free and units that never were.
Event Kernel::nonsense() {
    Event event{.kind = static_cast<Kind>(random(static_cast<std::uint32_t>(Kind::ShutdownBegun))), .run = {}};
    const bool far = chance(50);
    event.run.unit = far ? Unit(slots + random(1u << 20), random(256)) : Unit(random(slots), 1 + random(255));
    event.run.generation = far ? random(1000) : ~0u - random(1000);
    event.facts.containers = far ? static_cast<std::uint8_t>(random(256)) : 1;
    event.exit.code = static_cast<int>(random(300)) - 20;
    event.grace = Millis(random(1'000)) - 500ms;
    const bool addressed_to_slot = event.kind == Kind::PodAdded || event.kind == Kind::PodRemoved ||
                                   event.kind == Kind::Held || event.kind == Kind::Released;
    if (!far && addressed_to_slot) // those are the user's, and mean what they say
        event.kind = Kind::Exited;
    return event;
}

void Kernel::deliver_one() {
    if (pending_.empty())
        return;
    const auto at = pending_.begin() + random(static_cast<std::uint32_t>(pending_.size()));
    const Event event = *at;
    if (!chance(15)) // else it comes again later
        pending_.erase(at);
    tell(event);
    if (told_.size() < pending_limit)
        told_.push_back(event);
    else
        told_[random(pending_limit)] = event;
}

void Kernel::pass(Millis span) {
    now_ += span;
    if (core_.next_deadline() == never || core_.next_deadline() > now_)
        return;
    if (crashes_now())
        tick_and_crash();
    out_.clear();
    core_.tick(now_, out_);
    require(core_.next_deadline() == never || core_.next_deadline() > now_, "nothing is overdue after tick");
    for (const Action& action : out_)
        perform(action);
    check();
}

void Kernel::tell(const Event& event) {
    ++events_;
    if (crashes_now())
        return tell_and_crash(event);
    note(event);
    const std::size_t room = out_.capacity();
    out_.clear();
    core_.step(now_, event, out_);
    require(out_.capacity() == room, "no more actions than max_actions() says");
    for (const Action& action : out_)
        perform(action);
    check();
}

// What the core may rely on from now on.
void Kernel::note(const Event& event) {
    const std::uint32_t slot = event.run.unit.slot();
    const std::uint32_t index = event.run.unit.index();
    if (event.kind == Kind::ShutdownBegun)
        shutting_down_ = true;
    if (slot >= slots)
        return;
    Pod& pod = pods_[slot];
    if (event.kind == Kind::PodAdded && !pod.known) {
        pod = Pod{};
        pod.known = true;
        pod.facts = event.facts;
        pod.units = invented_.units;
        pod.probes = invented_.probes;
        pod.predecessor = event.facts.after < slots && event.facts.after != slot && pods_[event.facts.after].known
                              ? event.facts.after
                              : no_slot;
        pod.held = event.facts.held;
    } else if ((event.kind == Kind::PodRemoved || event.kind == Kind::PodStopped) && pod.known) {
        pod.removed = true;
    } else if (event.kind == Kind::RenewAsked) {
        const bool renewed =
            pod.known && !pod.removed && pod.sandbox == Sandbox::Up && core_.pod(slot).phase == initd::PodPhase::Up;
        pod.lost |= renewed;
        pod.restarting_all |= renewed;
    } else if (event.kind == Kind::Released) {
        pod.held &= shutting_down_;
    } else if (event.kind == Kind::Held && pod.known) {
        pod.held |= !pod.removed && !shutting_down_ && core_.pod(slot).finish == Finish::None;
    } else if (index == 0 && event.run.generation == pod.generation) {
        if (event.kind == Kind::SandboxDied)
            pod.lost = true;
        else if (pod.sandbox == Sandbox::Making && event.kind == Kind::SandboxReady)
            pod.sandbox = Sandbox::Up;
        else if (pod.sandbox == Sandbox::Making && event.kind == Kind::SandboxFailed)
            pod.sandbox = Sandbox::None;
        else if (pod.sandbox == Sandbox::Dropping && event.kind == Kind::SandboxGone)
            pod.sandbox = Sandbox::None;
    } else if (index > 0 && index <= max_containers && event.run.generation != 0 &&
               event.run.generation == pod.containers[index - 1].generation &&
               (event.kind == Kind::Exited || event.kind == Kind::StartFailed)) {
        Container& container = pod.containers[index - 1];
        container.generation = 0;
        container.running = false;
        container.ended_well = event.kind == Kind::Exited && event.exit.code == 0;
        pod.restarting_all |= event.kind == Kind::Exited && event.exit.rule == RestartRule::RestartAll;
    } else if (index > 0 && index <= max_containers && event.run.generation != 0 &&
               event.run.generation == pod.containers[index - 1].generation && event.kind == Kind::Started) {
        pod.containers[index - 1].running = true;
    }
}

void Kernel::queue(Kind kind, RunId run, Exit exit) {
    queue({.kind = kind, .run = run, .exit = exit});
}

void Kernel::queue(const Event& event) {
    if (pending_.size() < pending_limit)
        pending_.push_back(event);
    else
        pending_[random(pending_limit)] = event; // what falls out comes when its run is killed, or never
}

void Kernel::perform(const Action& action) {
    if (again_ && is_done(action))
        return;
    if (action.kind == Action::Kind::ShutDown) {
        require(shutting_down_ && !down_, "ShutDown is asked for, and only once");
        require(std::ranges::none_of(pods_, &Pod::known), "ShutDown leaves no pod");
        down_ = true;
        return;
    }
    const std::uint32_t slot = action.run.unit.slot();
    if (slot >= slots) {
        require(action.kind == Action::Kind::Forget, "a pod without a slot is refused");
        return;
    }
    Pod& pod = pods_[slot];
    const bool idle =
        std::ranges::all_of(pod.containers, [](const Container& container) { return container.generation == 0; });
    require(pod.known, "no action for a pod that is gone");
    switch (action.kind) {
    case Action::Kind::MakeSandbox:
        require(pod.sandbox == Sandbox::None && idle, "a sandbox is made where there is none");
        require(!pod.removed, "no sandbox is made for a pod that is to go");
        require(pod.predecessor == no_slot, "a pod waits for the one it replaces");
        require(!pod.held, "no sandbox is made for a pod that is held");
        require(runs_.insert(action.run.cookie()).second, "no run is named like another");
        pod.sandbox = Sandbox::Making;
        for (Container& container : pod.containers)
            container.ended_well = false; // all of them run anew
        pod.lost = false;
        pod.generation = action.run.generation;
        queue(chance(25) ? Kind::SandboxFailed : Kind::SandboxReady, action.run);
        return;
    case Action::Kind::DropSandbox:
        require((pod.sandbox == Sandbox::Up || (pod.sandbox == Sandbox::None && (pod.removed || shutting_down_))) &&
                    idle,
                "a sandbox is dropped when nothing runs in it, and what is left of one when its pod goes");
        require(action.run.generation == pod.generation, "the sandbox that is dropped is the current one");
        pod.sandbox = Sandbox::Dropping;
        queue(Kind::SandboxGone, action.run);
        return;
    case Action::Kind::Forget:
        require(pod.sandbox == Sandbox::None && idle, "a pod that is forgotten leaves nothing");
        require(pod.removed || shutting_down_, "only a pod that is to go is forgotten");
        pod = Pod{};
        for (Pod& other : pods_)
            if (other.predecessor == slot)
                other.predecessor = no_slot;
        return;
    case Action::Kind::Start:
    case Action::Kind::RunHook:
    case Action::Kind::Probe:
    case Action::Kind::GiveUpProbe:
    case Action::Kind::Terminate:
    case Action::Kind::Kill: return perform_on_container(action, pod);
    case Action::Kind::Tell: return perform_tell(action, pod);
    case Action::Kind::ShutDown: return;
    }
}

// What people are told is so.
void Kernel::perform_tell(const Action& action, const Pod& pod) {
    const std::uint32_t index = action.run.unit.index();
    if (action.told == Told::SandboxChanged || action.told == Told::DeadlineExceeded)
        return require(index == 0 && action.run.generation == pod.generation,
                       "what is told of a pod is of its sandbox");
    if (index == 0 || index > pod.facts.containers)
        return require(false, "what is told is about a container that the pod has");
    const Container& container = pod.containers[index - 1];
    if (action.told == Told::BackOff)
        return require(container.generation == 0, "what is restarted has ended");
    require(container.generation == action.run.generation, "only a live run is stopped");
    if (action.told == Told::Unkillable)
        return require(container.killed, "what has not been killed is not unkillable");
    require(!container.terminated, "a stop is told before it is done");
    require(action.told != Told::WatchdogFailed || pod.units[index - 1].watchdog != never,
            "only what has a watchdog is bitten");
}

void Kernel::perform_on_container(const Action& action, Pod& pod) {
    const std::uint32_t index = action.run.unit.index();
    if (index == 0 || index > pod.facts.containers)
        return require(false, "an action is about a container that the pod has");
    Container& container = pod.containers[index - 1];
    if (action.kind == Action::Kind::Start)
        return perform_start(action, pod);
    require(container.generation == action.run.generation, "only a live run is acted on");
    if (action.kind == Action::Kind::RunHook)
        return perform_hook(action, container);
    if (action.kind == Action::Kind::Probe || action.kind == Action::Kind::GiveUpProbe)
        return perform_probe(action, pod, container);
    if (action.kind == Action::Kind::Terminate) {
        require(!container.terminated, "a run is terminated once");
        container.terminated = true;
        container.hook = 0;
        const bool others_live = std::ranges::any_of(pod.containers, [&](const Container& other) {
            return other.generation != 0 &&
                   pod.units[static_cast<std::size_t>(&other - pod.containers.data())].role != Role::Sidecar;
        });
        const bool in_time = now_ < core_.units(action.run.unit.slot())[index - 1].grace_end;
        if (pod.units[index - 1].role == Role::Sidecar && pod.removed)
            require(!others_live || !in_time, "a sidecar is stopped after the containers");
        container.terminated_at = now_;
        if (chance(50))
            queue(Kind::Exited, action.run, {.code = 143});
    } else {
        require(container.terminated && !container.killed, "a run is killed once, after its signal");
        require(now_ - container.terminated_at >= config.minimum_grace, "a run has its grace period");
        container.killed = true;
        queue(Kind::Exited, action.run, {.code = 137});
    }
}

void Kernel::perform_start(const Action& action, Pod& pod) {
    const std::uint32_t index = action.run.unit.index();
    Container& container = pod.containers[index - 1];
    require(container.generation == 0, "a container has one live run at most");
    require(pod.sandbox == Sandbox::Up && !pod.lost, "a container is started in a sandbox that lives");
    require(!pod.removed && !pod.held, "nothing is started in a pod that is to go, or is held");
    require(runs_.insert(action.run.cookie()).second, "no run is named like another");
    const Role role = pod.units[index - 1].role;
    for (std::uint32_t i = 0; i < pod.facts.containers; ++i) {
        const Container& other = pod.containers[i];
        const Role others = pod.units[i].role;
        const bool ordinary_and_regular =
            (others == Role::Init && role == Role::Regular) || (others == Role::Regular && role == Role::Init);
        require(!(ordinary_and_regular && other.generation != 0), "no init container runs beside a container");
        if (role == Role::Init && others == Role::Init && i + 1 != index)
            require(other.generation == 0, "init containers run one at a time");
        if (role == Role::Regular && others == Role::Init)
            require(other.ended_well, "containers start when every init container has ended well");
    }
    if (std::exchange(pod.restarting_all, false))
        for (std::uint32_t i = 0; i < pod.facts.containers; ++i)
            require(pod.containers[i].generation == 0, "a pod begins again when everything has ended");
    container = {.generation = action.run.generation, .restarts = container.restarts};
    if (chance(20))
        return queue(Kind::StartFailed, action.run, {.not_created = chance(50)});
    queue(Kind::Started, action.run);
    if (chance(30)) // before Started perhaps, since what is pending comes in any order
        queue(Kind::Exited, action.run, {.code = static_cast<int>(random(2))});
}

void Kernel::perform_hook(const Action& action, Container& container) {
    require(container.running && !container.terminated, "a hook runs in a container that runs");
    require(runs_.insert(RunId{action.run.unit, action.serial}.cookie()).second, "no hook is named like another");
    container.hook = action.serial;
    if (chance(70))
        queue({.kind = Kind::HookDone,
               .run = action.run,
               .serial = action.serial,
               .outcome = static_cast<initd::Outcome>(random(3))});
}

void Kernel::perform_probe(const Action& action, const Pod& pod, Container& container) {
    std::uint32_t& asked = container.probes[static_cast<std::size_t>(action.probe)];
    if (action.kind == Action::Kind::GiveUpProbe) {
        require(asked == action.serial, "what is given up was asked");
        asked = 0;
        return;
    }
    require(container.running, "a probe is asked of a container that runs");
    require(!container.terminated || action.probe == ProbeKind::Readiness,
            "what is being stopped is asked for readiness");
    require(runs_.insert(RunId{action.run.unit, action.serial}.cookie()).second, "no probe is named like another");
    require(std::ranges::any_of(std::span(pod.probes).first(pod.facts.probes),
                                [&](const ProbeFacts& probe) {
                                    return probe.unit == action.run.unit.index() && probe.kind == action.probe;
                                }),
            "a probe that is asked is one of the manifest's");
    asked = action.serial;
    if (chance(70))
        queue({.kind = Kind::ProbeDone,
               .run = action.run,
               .serial = action.serial,
               .outcome = static_cast<initd::Outcome>(random(3))});
}

// The core's own account of things agrees with what truly is.
void Kernel::check() {
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
        Pod& pod = pods_[slot];
        const PodState& state = core_.pod(slot);
        require((state.phase != PodPhase::Free) == pod.known, "a slot is in use while its pod is known");
        if (!pod.known)
            continue;
        Millis earliest = state.retry_at == never || (state.expires != never && state.expires < state.retry_at)
                              ? state.expires
                              : state.retry_at;
        const auto units = core_.units(slot);
        require(units.size() == pod.facts.containers, "a pod keeps its containers");
        for (std::size_t i = 0; i < units.size(); ++i) {
            const UnitState& unit = units[i];
            Container& container = pod.containers[i];
            require(is_live(unit) == (container.generation != 0), "a unit is live while its run is");
            require(unit.restarts >= container.restarts, "restart counts only grow");
            require((unit.phase == UnitPhase::BackOff) == (unit.resume != never), "a back-off has its end");
            container.restarts = unit.restarts;
            require(!unit.ready || unit.phase == UnitPhase::Running, "only what runs is ready");
            require(!unit.ready || !unit.facts.notifies || unit.notified, "only what has said so is ready");
            for (Millis at : {unit.kill_at, unit.resume, unit.hook_until, unit.alive_until})
                if (at != never && (earliest == never || at < earliest))
                    earliest = at;
        }
        require(earliest == never || (core_.next_deadline() != never && core_.next_deadline() <= earliest),
                "no deadline is forgotten");
    }
}

} // namespace hostile
