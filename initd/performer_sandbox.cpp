// SPDX-License-Identifier: Apache-2.0
// The performer's half that makes and drops what a pod's containers share.
#include "initd/performer.hpp"

#include "initd/roles.hpp"

#include <cerrno>
#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>

namespace initd {

namespace {

PlanFailure sandbox_failure(std::string what) {
    return {"CreatePodSandboxError", std::move(what)};
}

} // namespace

// Said again after podinit was replaced, what there is of it counts.
void Performer::make_sandbox(RunId run, Events& events) {
    const std::uint32_t slot = run.unit.slot();
    if (const PodRuntime& pod = runtime(slot); !pod.made || pod.sandbox_run != run) {
        const spec::Pod& spec = pods_.pod(slot);
        SandboxPlan plan = plan_sandbox(spec, node_);
        runtimes_[slot].sandbox_run = run;
        if (auto built = build_sandbox(spec, plan, run); !built)
            return sandbox_failed(run, std::move(built.error()), events);
        runtimes_[slot].shared_pid = plan.shared_pid;
        runtimes_[slot].made = true;
        keep_sandbox(slot);
    }
    const PodRuntime& pod = runtimes_[slot];
    if (!pod.shared_pid)
        events.push_back(event(Event::Kind::SandboxReady, run));
    else if (auto started = pod.holder < 0 ? start_holder(run) : std::expected<void, PlanFailure>(); !started)
        sandbox_failed(run, std::move(started.error()), events);
}

std::expected<void, PlanFailure> Performer::build_sandbox(const spec::Pod& pod, const SandboxPlan& plan, RunId run) {
    auto volumes = project_volumes(pod);
    if (!volumes)
        return std::unexpected(std::move(volumes.error()));
    if (plan.net || plan.ipc || plan.uts) {
        auto sandbox = sandboxes_.make({plan.net, plan.ipc, plan.uts, plan.hostname});
        if (!sandbox)
            return std::unexpected(sandbox_failure(ns::to_text(sandbox.error())));
        runtime(run.unit.slot()).sandbox = std::move(*sandbox);
    }
    if (auto made = make_volumes(pod, plan, *volumes); !made)
        return made;
    if (auto opened = open_listeners(pod, run.unit.slot()); !opened)
        return opened;
    return {};
}

std::expected<void, PlanFailure> Performer::start_holder(RunId run) {
    PodRuntime& pod = runtime(run.unit.slot());
    auto pid = children_.launch(pause_plan(), {ChildId::Kind::Holder, run.cookie()}, {});
    if (!pid)
        return std::unexpected(sandbox_failure("the PID namespace's holder: " + ns::to_text(pid.error())));
    pod.holder = *pid;
    pod.holder_fd = ns::raise(ns::Fd(static_cast<int>(syscall(SYS_pidfd_open, *pid, 0))));
    if (!pod.holder_fd)
        return std::unexpected(sandbox_failure(ns::to_text({errno, ns::Step::Open})));
    return {};
}

void Performer::sandbox_failed(RunId run, PlanFailure failure, Events& events) noexcept {
    std::uint32_t slot = run.unit.slot();
    complain(slot, ~0u, failure);
    clear_sandbox(slot);
    events.push_back(event(Event::Kind::SandboxFailed, run));
    try {
        for (std::uint32_t i = 0; i < core_.units(slot).size(); ++i)
            pods_.set_failure(slot, {i, "ContainerCreating", failure.message});
    } catch (...) { // out of memory: the status goes without its message
    }
}

void Performer::clear_sandbox(std::uint32_t slot) noexcept try {
    PodRuntime& pod = runtime(slot);
    state_.drop(RecordKind::Sandbox, slot);
    pod.made = false;
    close_listeners(slot);
    children_.signal(pod.holder, SIGKILL);
    pod.holder = -1; // its end is no news any more
    pod.holder_fd.reset();
    pod.sandbox = ns::Sandbox{};
    drop_volumes(plan_sandbox(pods_.pod(slot), node_), sandbox_dir(node_, pods_.at(slot).uid));
} catch (...) { // out of memory: its mounts stay
}

std::vector<std::string> Performer::leftovers(std::uint32_t slot) {
    std::vector<std::string> trees;
    if (has_disk_volumes(pods_.pod(slot)))
        trees.push_back(volumes_dir(node_, pods_.at(slot).uid));
    return trees;
}

} // namespace initd
