// SPDX-License-Identifier: Apache-2.0
#include "initd/performer.hpp"

#include "initd/clock.hpp"
#include "initd/env_file.hpp"
#include "initd/log.hpp"
#include "initd/node_info.hpp"
#include "initd/pod_facts.hpp"
#include "initd/references.hpp"
#include "initd/stop_signal.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace initd {

namespace {

constexpr std::uint32_t container_of(RunId run) {
    return run.unit.index() - 1;
}

Event event(Event::Kind kind, RunId run) {
    Event e{};
    e.kind = kind;
    e.run = run;
    return e;
}

// As containerd words it for a program that is not there, which is what users search for.
PlanFailure launch_failure(const ns::Error& error) {
    if (error.step == ns::Step::Exec && error.err == ENOENT)
        return {"StartError", "exec: executable file not found in the container's file system or its PATH"};
    return {"StartError", ns::to_text(error)};
}

// Under the kubelet no container exists by then: it waits, whatever its restart policy, until the volume is as it
// should be.
PlanFailure volume_failure(const ns::Error& error, const spec::Container& container) {
    if (std::ranges::any_of(container.volume_mounts, [](const spec::VolumeMount& mount) {
            return !mount.sub_path.empty() || !mount.sub_path_expr.empty();
        }))
        return {"CreateContainerConfigError", "failed to prepare subPath: " + ns::to_text(error)};
    return {"ContainerCreating", "MountVolume.SetUp failed: " + ns::to_text(error)};
}

// Mounts pass between the machine and a container only when the machine's are shared, which a kernel does not do by
// itself; done for the first container that asks, and then again for what has been mounted privately since.
std::expected<void, PlanFailure> share_mounts(const ns::Plan& plan) {
    const auto passes = [](const ns::Source& source) { return source.propagation != ns::Propagation::Private; };
    if (std::any_of(plan.sources.begin(), plan.sources.end(), passes) &&
        mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) != 0)
        return std::unexpected(PlanFailure{"CreateContainerError", "mountPropagation: sharing the machine's mounts: " +
                                                                       ns::to_text({errno, ns::Step::Mount})});
    return {};
}

} // namespace

Performer::Performer(const Core& core, StateFile& state, Poller& poller, Children& children, ns::SandboxFactory sandboxes, PodStore& pods,
                     const ObjectStore& objects, Logs& logs, const EventRecorder& recorder, NodeFacts node,
                     std::vector<std::string> image_dirs) noexcept
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
        if (UnitRuntime* u = unit(action.run))
            children_.signal(u->pid, u->stop_signal);
        break;
    case Action::Kind::Kill:
        if (UnitRuntime* u = unit(action.run))
            children_.signal(u->pid, SIGKILL);
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

void Performer::start(RunId run, Events& events) {
    std::uint32_t slot = run.unit.slot();
    std::uint32_t container = container_of(run);
    std::uint32_t attempt = core_.units(slot)[container].restarts;
    auto launch = prepare(run, attempt);
    if (!launch) {
        messages_.take(run);
        return fail_start(run, std::move(launch.error()), false, events);
    }
    recorder_.tell(run.unit, Severity::Normal, "Created", {"Container created"});

    auto& units = runtime(slot).units;
    if (units.size() <= container)
        units.resize(container + 1);
    auto pid =
        children_.launch(std::move(launch->plan), {ChildId::Kind::Container, run.cookie()}, std::move(launch->held));
    if (!pid) {
        messages_.take(run);
        Event none = event(Event::Kind::Exited, run);
        cgroups_.clear(none, boot_time());
        return fail_start(run, launch_failure(pid.error()), true, events);
    }
    units[container] = UnitRuntime{
        run, *pid, launch->stop_signal, launch->has_rules, launch->reads_log, std::move(launch->stdin_hold)};
}

std::expected<Performer::Launchable, PlanFailure> Performer::prepare(RunId run, std::uint32_t attempt) {
    std::uint32_t slot = run.unit.slot();
    const spec::Pod& pod = pods_.pod(slot);
    const spec::Container& container = spec::container_at(pod, container_of(run));
    auto image = find_image(image_dirs_, container.image);
    if (!image)
        return std::unexpected(PlanFailure{image.error().reason, image.error().message});
    recorder_.tell(
        run.unit, Severity::Normal, "Pulled",
        {"Container image \"", container.image, "\" already present on machine and can be accessed by the pod"});
    auto identity = find_identity(image->rootfs, container_user(pod, container, *image));
    if (!identity)
        return std::unexpected(PlanFailure{"CreateContainerConfigError", identity.error()});
    if (!image->rootfs.empty()) { // a pod that asks for an address may have written it since
        node_.has_resolv_conf = access("/etc/resolv.conf", R_OK) == 0;
        node_.has_hosts = access("/etc/hosts", R_OK) == 0;
    }
    if (asks_the_node(container))
        look_at_node();
    const auto env_files = read_env_files(pod, container_of(run), node_);
    const std::string message_file = messages_.make(run);
    auto plan = plan_container({pod, container_of(run), *image, *identity, node_, objects_, env_files, message_file});
    if (!plan)
        return std::unexpected(plan.error());
    if (auto shared = share_mounts(*plan); !shared)
        return std::unexpected(shared.error());

    const bool own_signal = container.lifecycle && !container.lifecycle->stop_signal.empty();
    const std::string& stop_signal = own_signal ? container.lifecycle->stop_signal : image->config.stop_signal;
    const bool reads_log =
        container.termination_message_policy == spec::TerminationMessagePolicy::FallbackToLogsOnError;
    Launchable launch{std::move(*plan), {}, signal_number(stop_signal), !container.restart_policy_rules.empty(),
                      reads_log,        {}};
    const PodRuntime& pod_runtime = runtime(slot);
    launch.plan.join_net = pod_runtime.sandbox.net.get();
    launch.plan.join_ipc = pod_runtime.sandbox.ipc.get();
    launch.plan.join_uts = pod_runtime.sandbox.uts.get();
    launch.plan.join_pid = pod_runtime.holder_fd.get();
    if (auto given = give_services(launch, pod, run); !given)
        return std::unexpected(given.error());
    if (auto connected = connect_streams(launch, pod, run, attempt); !connected)
        return std::unexpected(connected.error());
    if (pod.spec.host_pid.value_or(false))
        enter_cgroup(launch.plan, launch.held, run);
    return launch;
}

// The others have a PID namespace that takes all of them along.
void Performer::enter_cgroup(ns::Plan& plan, std::vector<ns::Fd>& held, RunId run) {
    ns::Fd cgroup = cgroups_.enter(run);
    plan.cgroup = cgroup.get();
    held.push_back(std::move(cgroup));
}

std::expected<void, PlanFailure> Performer::connect_streams(Launchable& launch, const spec::Pod& pod, RunId run,
                                                            std::uint32_t attempt) {
    const spec::Container& container = spec::container_at(pod, container_of(run));
    auto no_stream = [](const ns::Error& error) {
        return std::unexpected(PlanFailure{"CreateContainerError", ns::to_text(error)});
    };
    if (container.tty.value_or(false)) {
        auto console = console_device(pod);
        if (!console)
            return std::unexpected(console.error());
        if (console->empty())
            return connect_terminal(launch, run, attempt);
        // O_NONBLOCK: opening a serial line must not wait for its carrier. The payload gets it without.
        ns::Fd tty(open(console->c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
        if (!tty || fcntl(tty.get(), F_SETFL, O_RDWR) != 0)
            return std::unexpected(
                PlanFailure{"CreateContainerError", *console + ": " + ns::to_text({errno, ns::Step::Terminal})});
        launch.plan.stdin_fd = launch.plan.stdout_fd = launch.plan.stderr_fd = tty.get();
        launch.plan.controlling_terminal = true;
        launch.held.push_back(std::move(tty));
        return {};
    }
    if (container.stdin_open.value_or(false)) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return no_stream({errno, ns::Step::Pipe});
        launch.plan.stdin_fd = ends[0];
        launch.held.emplace_back(ends[0]);
        launch.stdin_hold = ns::raise(ns::Fd(ends[1]));
    }
    LogTarget target = log_target(run.unit.slot(), container_of(run), attempt);
    auto out = logs_.open_stream(target, Stream::Stdout);
    if (!out)
        return no_stream(out.error());
    auto err = logs_.open_stream(target, Stream::Stderr);
    if (!err)
        return no_stream(err.error());
    launch.plan.stdout_fd = out->get();
    launch.plan.stderr_fd = err->get();
    launch.held.push_back(std::move(*out));
    launch.held.push_back(std::move(*err));
    return {};
}

std::expected<void, PlanFailure> Performer::connect_terminal(Launchable& launch, RunId run, std::uint32_t attempt) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return std::unexpected(PlanFailure{"CreateContainerError", ns::to_text({errno, ns::Step::Terminal})});
    Terminal terminal{next_terminal_++, run, attempt, ns::raise(ns::Fd(ends[0]))};
    launch.held.emplace_back(ends[1]);
    launch.plan.terminal_socket = ends[1];
    if (auto added = poller_.add(terminal.socket.get(), Source::Terminal, terminal.id, EPOLLIN); !added)
        return std::unexpected(PlanFailure{"CreateContainerError", ns::to_text(added.error())});
    terminals_.push_back(std::move(terminal));
    return {};
}

void Performer::on_terminal(std::uint32_t id) noexcept try {
    auto terminal = std::find_if(terminals_.begin(), terminals_.end(), [&](const Terminal& t) { return t.id == id; });
    if (terminal == terminals_.end())
        return;
    char byte;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec iov{&byte, 1};
    msghdr message{};
    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t n = recvmsg(terminal->socket.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (const cmsghdr* header = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
        header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        ns::Fd master(*reinterpret_cast<const int*>(CMSG_DATA(header)));
        fcntl(master.get(), F_SETFL, O_RDWR | O_NONBLOCK);
        std::uint32_t slot = terminal->run.unit.slot();
        if (core_.pod(slot).phase != PodPhase::Free)
            logs_.adopt_stream(log_target(slot, container_of(terminal->run), terminal->attempt), Stream::Stdout,
                               ns::raise(std::move(master)));
    }
    poller_.remove(terminal->socket.get());
    terminals_.erase(terminal);
} catch (...) { // out of memory: that container's terminal has nobody at its other end
}

void Performer::on_launched(const LaunchReport& report, Events& events) noexcept try {
    RunId run = RunId::from_cookie(report.who.id);
    if (report.who.kind == ChildId::Kind::Holder) {
        if (report.error.err == 0)
            events.push_back(event(Event::Kind::SandboxReady, run));
        else
            sandbox_failed(run, launch_failure(report.error), events);
        return;
    }
    UnitRuntime* u = unit(run);
    if (!u)
        return;
    if (report.error.err != 0) {
        if (u->started)
            recorder_.take_back(run.unit, "Started");
        u->reads_log = false; // it has said nothing, and what is to be said of it is said
        if (report.error.step == ns::Step::OpenSource)
            return fail_start(
                run, volume_failure(report.error, spec::container_at(pods_.pod(run.unit.slot()), container_of(run))),
                false, events);
        return fail_start(run, launch_failure(report.error), true, events);
    }
    pods_.clear_failure(run.unit.slot(), container_of(run));
    u->started = true;
    recorder_.tell(run.unit, Severity::Normal, "Started", {"Container started"});
    notify_.started(run, report.pid);
    events.push_back(event(Event::Kind::Started, run));
} catch (...) { // out of memory: the failure goes without its message
    events.push_back(event(Event::Kind::StartFailed, RunId::from_cookie(report.who.id)));
}

void Performer::on_exited(const ChildExit& exit, Events& events) noexcept {
    RunId run = RunId::from_cookie(exit.who.id);
    if (exit.who.kind == ChildId::Kind::Holder) {
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
    if (u) {
        listen_again(run.unit.slot(), container_of(run));
        u->pid = -1;
        u->stdin_hold.reset();
        if (u->has_rules)
            e.exit.rule = rule_for(run, exit.code);
    }
    if (cgroups_.clear(e, boot_time()))
        events.push_back(e);
}

// `unit` is nullptr when the run is not the last one any more.
void Performer::keep_message(const ChildExit& exit, const UnitRuntime* unit) noexcept {
    const RunId run = RunId::from_cookie(exit.who.id);
    RunMessage message{.container = container_of(run), .text = messages_.take(run)};
    if (!unit)
        return;
    message.attempt = core_.units(run.unit.slot())[message.container].restarts;
    message.from_log = message.text.empty() && unit->reads_log && exit.code != 0;
    if (!message.text.empty() || message.from_log)
        pods_.set_message(run.unit.slot(), std::move(message));
}

RestartRule Performer::rule_for(RunId run, std::int32_t code) noexcept try {
    return rule_of(spec::container_at(pods_.pod(run.unit.slot()), container_of(run)), code);
} catch (...) { // out of memory: its policy alone says what follows
    return RestartRule::None;
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

// `created`: there was something to start. What fails before that is tried again under every restart policy.
void Performer::fail_start(RunId run, PlanFailure failure, bool created, Events& events) noexcept {
    notify_.end(run);
    complain(run.unit.slot(), container_of(run), failure);
    Event e = event(Event::Kind::StartFailed, run);
    e.exit.not_created = !created;
    events.push_back(e);
    const std::uint32_t slot = run.unit.slot();
    try {
        if (!created)
            return pods_.set_failure(slot, {container_of(run), std::move(failure.reason), std::move(failure.message)});
        pods_.clear_failure(slot, container_of(run));
        pods_.set_message(
            slot, {container_of(run), core_.units(slot)[container_of(run)].restarts, std::move(failure.message)});
    } catch (...) { // out of memory: the status goes without its message
    }
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
    pid_t pid =
        slot < runtimes_.size() && container < runtimes_[slot].units.size() ? runtimes_[slot].units[container].pid : -1;
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
    if (slot < runtimes_.size())
        runtimes_[slot] = PodRuntime{};
}

} // namespace initd
