// SPDX-License-Identifier: Apache-2.0
// The performer's half that starts: a container's process, with all that it is given, and others beside it.
#include "initd/performer.hpp"

#include "initd/clock.hpp"
#include "initd/env_file.hpp"
#include "initd/node_info.hpp"
#include "initd/references.hpp"
#include "initd/stop_signal.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>
#include <utility>

namespace initd {

namespace {

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

} // namespace

void Performer::start(RunId run, Events& events) {
    if (unit(run)) // said again: its report comes, or its end
        return;
    std::uint32_t slot = run.unit.slot();
    std::uint32_t container = container_of(run);
    std::uint32_t attempt = core_.units(slot)[container].restarts;
    auto launch = prepare(run, attempt);
    if (!launch) {
        messages_.remove(run);
        return fail_start(run, std::move(launch.error()), false, events);
    }
    recorder_.tell(run.unit, Severity::Normal, "Created", {"Container created"});

    auto& units = runtime(slot).units;
    if (units.size() <= container)
        units.resize(container + 1);
    UnitRuntime& u = units[container];
    u = {.run = run, .kept = launch->kept, .stdin_hold = std::move(launch->stdin_hold)};
    keep_run(u);
    auto pid =
        children_.launch(std::move(launch->plan), {ChildId::Kind::Container, run.cookie()}, std::move(launch->held));
    if (!pid) {
        messages_.remove(run);
        Event none = event(Event::Kind::Exited, run);
        if (u.kept.in_cgroup)
            cgroups_.clear(none, boot_time());
        state_.drop(RecordKind::Run, run.unit.value);
        u = {};
        return fail_start(run, launch_failure(pid.error()), true, events);
    }
    u.kept.pid = *pid;
    keep_run(u);
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

    Launchable launch{std::move(*plan), {}, describe(pod, run, image->config.stop_signal), {}};
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
        launch.kept.in_cgroup = enter_cgroup(launch.plan, launch.held, run);
    return launch;
}

// What is to be known of the run later, as far as its manifest and its image say it.
RunRecord Performer::describe(const spec::Pod& pod, RunId run, const std::string& image_signal) {
    const spec::Container& container = spec::container_at(pod, container_of(run));
    const bool own_signal = container.lifecycle && !container.lifecycle->stop_signal.empty();
    RunRecord record;
    record.generation = run.generation;
    record.stop_signal = signal_number(own_signal ? container.lifecycle->stop_signal : image_signal);
    record.has_rules = !container.restart_policy_rules.empty();
    record.reads_log = container.termination_message_policy == spec::TerminationMessagePolicy::FallbackToLogsOnError;
    return record;
}

// The others have a PID namespace that takes all of them along.
bool Performer::enter_cgroup(ns::Plan& plan, std::vector<ns::Fd>& held, RunId run) {
    ns::Fd cgroup = cgroups_.enter(run);
    plan.cgroup = cgroup.get();
    held.push_back(std::move(cgroup));
    return plan.cgroup >= 0;
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
        launch.stdin_hold = ns::keep(ns::Fd(ends[1]));
        launch.kept.stdin_hold = launch.stdin_hold.get();
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
        u->kept.reads_log = false; // it has said nothing, and what is to be said of it is said
        if (report.error.step == ns::Step::OpenSource)
            return fail_start(
                run, volume_failure(report.error, spec::container_at(pods_.pod(run.unit.slot()), container_of(run))),
                false, events);
        return fail_start(run, launch_failure(report.error), true, events);
    }
    pods_.clear_failure(run.unit.slot(), container_of(run));
    if (!std::exchange(u->started, true))
        recorder_.tell(run.unit, Severity::Normal, "Started", {"Container started"});
    notify_.started(run, report.pid);
    events.push_back(event(Event::Kind::Started, run));
} catch (...) { // out of memory: the failure goes without its message
    events.push_back(event(Event::Kind::StartFailed, RunId::from_cookie(report.who.id)));
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

} // namespace initd
