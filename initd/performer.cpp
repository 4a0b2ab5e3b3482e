// SPDX-License-Identifier: Apache-2.0
#include "initd/performer.hpp"

#include "initd/env_file.hpp"
#include "initd/log.hpp"
#include "initd/node_info.hpp"
#include "initd/references.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace initd {

Event Performer::event(Event::Kind kind, RunId run) {
    Event e{};
    e.kind = kind;
    e.run = run;
    return e;
}

Performer::Performer(const Core& core, StateFile& state, Poller& poller, Children& children,
                     ns::SandboxFactory sandboxes, PodStore& pods, const ObjectStore& objects, Logs& logs,
                     const EventRecorder& recorder, NodeFacts node, std::vector<std::string> image_dirs) noexcept
    : core_(core)
    , state_(state)
    , poller_(poller)
    , children_(children)
    , sandboxes_(std::move(sandboxes))
    , pods_(pods)
    , objects_(objects)
    , logs_(logs)
    , recorder_(recorder)
    , cgroups_(poller)
    , node_(std::move(node))
    , image_dirs_(std::move(image_dirs))
    , notify_(state, poller, node_.run_dir + "/notify") {}

Performer::PodRuntime& Performer::runtime(std::uint32_t slot) {
    if (slot >= runtimes_.size())
        runtimes_.resize(slot + 1);
    return runtimes_[slot];
}

Performer::UnitRuntime* Performer::unit(RunId run) noexcept {
    if (run.unit.slot() >= runtimes_.size())
        return nullptr;
    auto& units = runtimes_[run.unit.slot()].units;
    if (container_of(run) >= units.size() || units[container_of(run)].run != run)
        return nullptr;
    return &units[container_of(run)];
}

void Performer::perform(const Action& action, Events& events) noexcept try {
    switch (action.kind) {
    case Action::Kind::MakeSandbox: make_sandbox(action.run, events); break;
    case Action::Kind::Start: start(action.run, events); break;
    case Action::Kind::Terminate:
        if (UnitRuntime* u = unit(action.run); u && !u->kept.stop_sent) {
            children_.signal(u->kept.pid, u->kept.stop_signal);
            u->kept.stop_sent = true;
            keep_run(*u);
        }
        break;
    case Action::Kind::Kill:
        if (UnitRuntime* u = unit(action.run))
            children_.signal(u->kept.pid, SIGKILL);
        break;
    case Action::Kind::DropSandbox: clear_sandbox(action.run.unit.slot()); break;
    case Action::Kind::RunHook:
    case Action::Kind::Probe:
    case Action::Kind::GiveUpProbe:
    case Action::Kind::Forget:
    case Action::Kind::ShutDown:
    case Action::Kind::Tell: break; // not for us
    }
} catch (...) { // out of memory: the core tries again after its back-off
    if (action.kind == Action::Kind::MakeSandbox) {
        clear_sandbox(action.run.unit.slot());
        events.push_back(event(Event::Kind::SandboxFailed, action.run));
    } else if (action.kind == Action::Kind::Start) {
        events.push_back(event(Event::Kind::StartFailed, action.run));
    }
}

std::string Performer::pod_address(std::uint32_t slot) {
    if (runtimes_[slot].sandbox.net)
        return "127.0.0.1"; // its network has no other address yet
    auto addresses = node_addresses();
    return addresses.empty() ? "127.0.0.1" : std::move(addresses.front());
}

std::expected<ns::Fd, ns::Error> Performer::open_socket(std::uint32_t slot, int family) noexcept {
    return sandboxes_.open_socket(runtimes_[slot].sandbox, family, SOCK_STREAM);
}

void Performer::complain(std::uint32_t slot, std::uint32_t container, const PlanFailure& failure) const noexcept try {
    const spec::Pod& pod = pods_.pod(slot);
    std::string_view name = "sandbox", image;
    Unit unit(slot, 0);
    if (container < spec::container_count(pod)) {
        name = spec::container_at(pod, container).name;
        image = spec::container_at(pod, container).image;
        unit = Unit(slot, container + 1);
    }
    log(Level::Warning, {pods_.at(slot).name, "/", name, ": ", failure.reason, ": ", failure.message});
    recorder_.failed(unit, image, failure.reason, failure.message);
} catch (...) {
}

std::expected<Performer::ExecPlan, PlanFailure> Performer::plan_exec(std::uint32_t slot, std::uint32_t container,
                                                                     std::vector<std::string> command,
                                                                     std::string_view term) {
    pid_t pid = slot < runtimes_.size() && container < runtimes_[slot].units.size()
                    ? runtimes_[slot].units[container].kept.pid
                    : -1;
    // Before its program runs, a process may still be on the way out of the machine's own namespaces.
    if (pid <= 0 || core_.units(slot)[container].phase != UnitPhase::Running)
        return std::unexpected(PlanFailure{"NotRunning", "container is not running"});
    const spec::Pod& pod = pods_.pod(slot);
    const spec::Container& c = spec::container_at(pod, container);
    auto image = find_image(image_dirs_, c.image);
    if (!image)
        return std::unexpected(PlanFailure{image.error().reason, image.error().message});
    auto identity = find_identity(image->rootfs, container_user(pod, c, *image));
    if (!identity)
        return std::unexpected(PlanFailure{"CreateContainerConfigError", identity.error()});
    if (asks_the_node(c))
        look_at_node();
    const auto env_files = read_env_files(pod, container, node_);
    auto plan =
        initd::plan_exec({pod, container, *image, *identity, node_, objects_, env_files}, std::move(command), term);
    if (!plan)
        return std::unexpected(plan.error());
    ns::Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!process)
        return std::unexpected(PlanFailure{"NotRunning", ns::to_text({errno, ns::Step::Open})});
    ExecPlan exec{std::move(*plan), {}};
    exec.plan.join_all = process.get();
    if (!pod.spec.host_pid.value_or(false))
        exec.plan.join_pid = process.get();
    else
        enter_cgroup(exec.plan, exec.held, runtimes_[slot].units[container].run);
    exec.held.push_back(std::move(process));
    return exec;
}

LogTarget Performer::log_target(std::uint32_t slot, std::uint32_t container, std::uint32_t attempt) {
    const spec::Pod& pod = pods_.pod(slot);
    return {pod.metadata.namespace_ + "_" + pod.metadata.name + "_" + pod.metadata.uid,
            spec::container_at(pod, container).name, attempt};
}

void Performer::read_log(std::uint32_t slot, RunMessage& message) {
    if (auto text = log_tail(logs_.path(log_target(slot, message.container, message.attempt))))
        message.text = std::move(*text);
}

void Performer::forget(std::uint32_t slot) noexcept {
    if (slot >= runtimes_.size())
        return;
    for (std::uint32_t i = 0; i < runtimes_[slot].units.size(); ++i)
        state_.drop(RecordKind::Run, Unit(slot, i + 1).value);
    state_.drop(RecordKind::Sandbox, slot);
    runtimes_[slot] = PodRuntime{};
}

} // namespace initd
