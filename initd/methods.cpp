// SPDX-License-Identifier: Apache-2.0
#include "initd/methods.hpp"

#include "initd/clock.hpp"
#include "initd/log.hpp"
#include "initd/node_info.hpp"

#include <algorithm>
#include <type_traits>

namespace initd {

namespace {

std::string pod_name(std::string_view namespace_, std::string_view name) {
    return std::string(namespace_.empty() ? "default" : namespace_) + "/" + std::string(name);
}

SignalMeaning meaning_of(spec::PowerAction action) {
    switch (action) {
    case spec::PowerAction::PowerOff: return SignalMeaning::PowerOff;
    case spec::PowerAction::Reboot: return SignalMeaning::Reboot;
    case spec::PowerAction::Halt: return SignalMeaning::Halt;
    case spec::PowerAction::Kexec: return SignalMeaning::Kexec;
    }
    return SignalMeaning::Reboot;
}

} // namespace

Methods::Methods(StateFile& state, Control& control, const Core& core, PodStore& pods, const ObjectStore& objects,
                 const Order& order, Manifests& manifests, Performer& performer, Children& children, Jobs& jobs,
                 const EventLog& events, const EventRecorder& recorder, Boots& boots, std::string log_dir,
                 Standing standing) noexcept
    : control_(control)
    , core_(core)
    , pods_(pods)
    , manifests_(manifests)
    , performer_(performer)
    , boots_(boots)
    , log_dir_(std::move(log_dir))
    , standing_(standing)
    , rollouts_(state, control, core, manifests, pods, objects, order, jobs, recorder)
    , transactions_(control, manifests, pods, objects, order, jobs, rollouts_)
    , sessions_(state, control, performer, children)
    , listing_(control, core, pods, objects, order, performer, events)
    , reexec_(control, jobs, state) {}

void Methods::call(IncomingCall&& incoming, Wishes& wishes) noexcept {
    ClientId client = incoming.client;
    try {
        spec::Request request = std::move(incoming.request);
        std::visit(
            [&](const auto& call) {
                using C = std::decay_t<decltype(call)>;
                if constexpr (std::is_same_v<C, spec::Apply>)
                    core_.shutting_down() ? control_.error(client, spec::refused("the machine is going down"))
                                          : transactions_.apply(client, call, wishes.changes);
                else if constexpr (std::is_same_v<C, spec::Delete>)
                    transactions_.remove(client, call, request.more, wishes.changes);
                else if constexpr (std::is_same_v<C, spec::List>)
                    request.more ? listing_.start(client, call) : control_.error(client, spec::expected_more());
                else if constexpr (std::is_same_v<C, spec::Exec>)
                    exec(std::move(incoming), call);
                else if constexpr (std::is_same_v<C, spec::Logs>)
                    logs(client, call);
                else if constexpr (std::is_same_v<C, spec::Restart>)
                    restart(client, call, wishes.events);
                else if constexpr (std::is_same_v<C, spec::SetCondition>)
                    set_condition(client, call, wishes.events);
                else if constexpr (std::is_same_v<C, spec::Node>)
                    node(client);
                else if constexpr (std::is_same_v<C, spec::Confirm>)
                    confirm(client);
                else if constexpr (std::is_same_v<C, spec::Power>)
                    power(client, call, wishes.down);
                else if constexpr (std::is_same_v<C, spec::Reexec>)
                    reexec_.begin(client, call, boot_time());
                else // the transport has answered those
                    static_assert(std::is_same_v<C, spec::GetInfo> || std::is_same_v<C, spec::GetInterfaceDescription>);
            },
            request.call);
    } catch (...) {
        control_.error(client, spec::out_of_memory());
    }
}

// A container by name, init containers too; an empty name is the first that is none.
std::expected<Methods::Target, spec::ControlError> Methods::find(std::string_view namespace_, std::string_view name,
                                                                 std::string_view container) {
    auto slot = pods_.find_any(pod_name(namespace_, name));
    if (!slot)
        return std::unexpected(spec::not_found("pods", name));
    const spec::Pod& pod = pods_.pod(*slot);
    if (container.empty())
        return Target{*slot, static_cast<std::uint32_t>(pod.spec.init_containers.size())};
    for (std::uint32_t i = 0; i < spec::container_count(pod); ++i)
        if (spec::container_at(pod, i).name == container)
            return Target{*slot, i};
    return std::unexpected(spec::not_found("container", container));
}

void Methods::exec(IncomingCall&& incoming, const spec::Exec& call) {
    ClientId client = incoming.client;
    auto target = find(call.namespace_, call.name, call.container);
    if (!target)
        return control_.error(client, target.error());
    sessions_.start(std::move(incoming), call, target->slot, target->container);
}

void Methods::logs(ClientId client, const spec::Logs& call) {
    auto target = find(call.namespace_, call.name, call.container);
    if (!target)
        return control_.error(client, target.error());
    const UnitState& unit = core_.units(target->slot)[target->container];
    // Between two runs, "current" is the run that ended last.
    std::uint32_t current = is_live(unit) || !unit.last.valid ? unit.restarts : unit.last.attempt;
    if (call.previous && current == 0)
        return control_.error(
            client,
            spec::not_found("previous terminated container",
                            call.container.empty() ? pods_.pod(target->slot).spec.containers[0].name : call.container));
    std::uint32_t attempt = call.previous ? current - 1 : current;
    bool over = call.previous || !is_live(unit);
    control_.reply(
        client,
        spec::LogPath{log_path(log_dir_, performer_.log_target(target->slot, target->container, attempt)), over});
}

void Methods::restart(ClientId client, const spec::Restart& call, Events& events) {
    auto target = find(call.namespace_, call.name, call.container);
    if (!target)
        return control_.error(client, target.error());
    spec::Restarted reply;
    const spec::Pod& pod = pods_.pod(target->slot);
    const auto units = core_.units(target->slot);
    for (std::uint32_t i = 0; i < units.size(); ++i)
        if (units[i].facts.role != Role::Init && (call.container.empty() || i == target->container))
            reply.containers.push_back(spec::container_at(pod, i).name);
    if (reply.containers.empty())
        return control_.error(client, spec::refused("init containers run when the pod starts"));
    Event asked{};
    asked.kind = Event::Kind::RestartAsked;
    asked.run.unit = Unit(target->slot, call.container.empty() ? 0 : target->container + 1);
    events.push_back(asked);
    control_.reply(client, reply);
}

void Methods::set_condition(ClientId client, const spec::SetCondition& call, Events& events) {
    auto slot = pods_.find_any(pod_name(call.namespace_, call.name));
    if (!slot)
        return control_.error(client, spec::not_found("pods", call.name));
    const auto& gates = pods_.pod(*slot).spec.readiness_gates;
    if (std::ranges::find(gates, call.type, &spec::ReadinessGate::condition_type) == gates.end())
        return control_.error(client, spec::not_found("readinessGates", call.type));
    if (!call.status.empty() && call.status != "True" && call.status != "False" && call.status != "Unknown")
        return control_.error(client, spec::refused("a condition is True, False or Unknown"));
    pods_.set_condition(*slot, {call.type, call.status, read_clock().boot});
    Event looked_at{}; // the pod may be ready now, and others wait for that
    looked_at.kind = Event::Kind::RetryAsked;
    looked_at.run.unit = Unit(*slot, 0);
    events.push_back(looked_at);
    control_.reply(client, spec::ConditionSet{});
}

void Methods::node(ClientId client) {
    spec::NodeInfo info = node_info({pods_, manifests_, performer_.image_dirs(), standing_});
    if (std::string trial = rollouts_.trial_text(boot_time()); !trial.empty())
        info.unconfirmed.push_back("on trial: " + trial);
    if (std::string reserve = boots_.text(); !reserve.empty())
        info.unconfirmed.push_back(std::move(reserve));
    control_.reply(client, info);
}

void Methods::confirm(ClientId client) {
    spec::Confirmed reply;
    std::string trial = rollouts_.trial_text(boot_time());
    if (rollouts_.confirm(boot_time()))
        reply.confirmed.push_back(std::move(trial));
    if (boots_.confirm())
        reply.confirmed.push_back(boots_.text());
    control_.reply(client, reply);
}

void Methods::power(ClientId client, const spec::Power& call, std::optional<SignalMeaning>& down) {
    if (standing_ == Standing::Supervisor)
        return control_.error(client, spec::refused("podinit is not PID 1 here: it has no machine to switch off"));
    down = standing_ == Standing::Machine ? meaning_of(call.action) : SignalMeaning::Exit;
    log(Level::Notice, {"asked over the control socket to go down"});
    control_.reply(client, spec::PowerAccepted{});
}

} // namespace initd
