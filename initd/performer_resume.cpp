// SPDX-License-Identifier: Apache-2.0
// The performer's half that outlives podinit: what is kept of sandboxes and runs, and how they are found again.
//
// Where a record is damaged the kernel is asked: a process is a child of ours or it is not, and its namespaces are in
// /proc. What it cannot tell either costs the pod: it is ended, and begins anew.
#include "initd/performer.hpp"

#include "initd/clock.hpp"
#include "initd/files.hpp"
#include "initd/log.hpp"
#include "ns/launcher.hpp"
#include "spec/services.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace initd {

namespace {

constexpr std::int32_t lost = 137; // its code is not known

std::string space_path(pid_t pid, const char* space) {
    return "/proc/" + std::to_string(pid) + "/ns/" + space;
}

bool is_ours(const std::string& path, const char* space) {
    struct stat theirs {
    }, own{};
    return stat(path.c_str(), &theirs) != 0 || stat((std::string("/proc/self/ns/") + space).c_str(), &own) != 0 ||
           theirs.st_ino == own.st_ino;
}

ChildId holder_of(RunId run) {
    return {ChildId::Kind::Holder, run.cookie()};
}

} // namespace

void Performer::keep_run(const UnitRuntime& unit) noexcept {
    state_.keep(RecordKind::Run, unit.run.unit.value, unit.kept);
}

void Performer::keep_sandbox(std::uint32_t slot) {
    const PodRuntime& pod = runtimes_[slot];
    SandboxRecord record{pod.sandbox_run.generation, pod.shared_pid,        pod.sandbox.net.get(),
                         pod.sandbox.ipc.get(),      pod.sandbox.uts.get(), {}};
    for (const Listener& listener : pod.listeners)
        record.listeners.push_back(
            {listener.container, listener.socket.get(), listener.directory.get(), listener.file});
    state_.keep(RecordKind::Sandbox, slot, record);
}

void Performer::restore(std::uint32_t slot, Events& events) {
    runtime(slot).units.resize(core_.units(slot).size());
    restore_sandbox(slot, events);
    for (std::uint32_t i = 0; i < core_.units(slot).size(); ++i)
        restore_run({Unit(slot, i + 1), core_.units(slot)[i].generation}, events);
}

void Performer::restore_sandbox(std::uint32_t slot, Events& events) {
    const PodState& state = core_.pod(slot);
    PodRuntime& pod = runtimes_[slot];
    pod.sandbox_run = {Unit(slot, 0), state.generation};
    if (const ChildRecord* holder = children_.find(holder_of(pod.sandbox_run))) {
        pod.holder = holder->pid;
        if (!holder->ended)
            pod.holder_fd = ns::raise(ns::Fd(static_cast<int>(syscall(SYS_pidfd_open, holder->pid, 0))));
    }
    SandboxRecord kept;
    const bool known = state_.recall(RecordKind::Sandbox, slot, kept) && kept.generation == state.generation;
    if (known)
        pod.made = claim_sandbox(pod, kept);
    const bool lives = state.phase == PodPhase::Up || state.phase == PodPhase::Stopping;
    if (lives && !pod.made)
        pod.made = reopen_sandbox(slot);
    if (lives && (!pod.made || (pod.shared_pid && pod.holder < 0)))
        lose_sandbox(slot, events);
    else if (!lives && !pod.made && state.phase != PodPhase::Waiting)
        clear_sandbox(slot); // half of it, perhaps
}

bool Performer::claim_sandbox(PodRuntime& pod, const SandboxRecord& kept) {
    bool whole = true;
    const auto claim = [&](int number, mode_t type) {
        ns::Fd fd = number < 0 ? ns::Fd() : state_.descriptors().claim(number, type);
        whole = whole && (number < 0 || fd);
        return fd;
    };
    const auto claim_space = [&](int number, int kind) {
        ns::Fd fd = claim(number, S_IFREG);
        whole = whole && (!fd || ns::is_namespace(fd.get(), kind));
        return fd;
    };
    pod.shared_pid = kept.shared_pid;
    pod.sandbox.net = claim_space(kept.net, CLONE_NEWNET);
    pod.sandbox.ipc = claim_space(kept.ipc, CLONE_NEWIPC);
    pod.sandbox.uts = claim_space(kept.uts, CLONE_NEWUTS);
    for (const ListenerRecord& listener : kept.listeners) {
        Listener& claimed = pod.listeners.emplace_back();
        claimed.container = listener.container;
        claimed.socket = claim(listener.socket, S_IFSOCK);
        claimed.directory = claim(listener.directory, S_IFDIR);
        claimed.file = listener.file;
        whole = whole && claimed.socket;
    }
    return whole;
}

// Through any process of the pod's that has left ours. A pod whose sockets are gone needs new ones.
bool Performer::reopen_sandbox(std::uint32_t slot) {
    const spec::Pod& spec = pods_.pod(slot);
    const SandboxPlan plan = plan_sandbox(spec, node_);
    PodRuntime& pod = runtimes_[slot];
    pod.shared_pid = plan.shared_pid;
    pod.sandbox = {};
    pod.listeners.clear();
    if (std::ranges::any_of(spec::read_services(spec), [](const spec::Services& s) { return !s.sockets.empty(); }))
        return false;
    const struct {
        bool wanted;
        const char* name;
        ns::Fd& fd;
    } spaces[] = {
        {plan.net, "net", pod.sandbox.net}, {plan.ipc, "ipc", pod.sandbox.ipc}, {plan.uts, "uts", pod.sandbox.uts}};
    bool whole = true;
    for (const auto& space : spaces) {
        if (!space.wanted)
            continue;
        for (const ChildRecord& child : children_.all()) {
            if (space.fd || child.ended || child.who.kind != ChildId::Kind::Container ||
                RunId::from_cookie(child.who.id).unit.slot() != slot)
                continue;
            if (const std::string path = space_path(child.pid, space.name); !is_ours(path, space.name))
                space.fd = ns::keep(ns::Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC)));
        }
        whole = whole && space.fd;
    }
    if (whole)
        keep_sandbox(slot);
    return whole;
}

void Performer::lose_sandbox(std::uint32_t slot, Events& events) {
    log(Level::Error, {pods_.at(slot).name, ": its sandbox is lost: it begins anew"});
    for (const ChildRecord& child : children_.all())
        if (child.who.kind == ChildId::Kind::Container && RunId::from_cookie(child.who.id).unit.slot() == slot)
            children_.signal(child.pid, SIGKILL);
    children_.signal(std::exchange(runtimes_[slot].holder, -1), SIGKILL);
    events.push_back(event(Event::Kind::SandboxDied, runtimes_[slot].sandbox_run));
}

void Performer::restore_run(RunId run, Events& events) {
    const UnitState& state = core_.units(run.unit.slot())[container_of(run)];
    const ChildId who{ChildId::Kind::Container, run.cookie()};
    RunRecord kept;
    const bool known = state_.recall(RecordKind::Run, run.unit.value, kept) && kept.generation == run.generation;
    const ChildRecord* child = children_.find(who);
    if (!child && known && !kept.ended && children_.adopt(who, kept.pid))
        child = children_.find(who);
    // One that was only to be started is said again.
    if (!is_live(state) || (!child && state.phase == UnitPhase::Starting && !kept.ended))
        return;
    if (!known) {
        kept = describe(pods_.pod(run.unit.slot()), run, "");
        kept.in_cgroup = pods_.pod(run.unit.slot()).spec.host_pid.value_or(false);
    }
    UnitRuntime& u = runtimes_[run.unit.slot()].units[container_of(run)];
    u = {.run = run, .kept = kept, .stdin_hold = {}, .started = state.phase == UnitPhase::Running};
    u.kept.pid = child && !child->ended ? child->pid : -1;
    notify_.restore(run, events);
    if (child) {
        if (kept.stdin_hold >= 0)
            u.stdin_hold = state_.descriptors().claim(kept.stdin_hold, S_IFIFO);
        if (kept.terminal >= 0)
            restore_terminal(u);
        keep_run(u);
    } else if (kept.ended) { // what it has left was being killed
        Event e = event(Event::Kind::Exited, run);
        e.exit.code = kept.code;
        e.exit.rule = kept.rule;
        if (cgroups_.clear(e, boot_time()))
            events.push_back(e);
    } else {
        on_exited({who, -1, lost}, events);
    }
}

void Performer::end_strays() noexcept try {
    for (const ChildRecord& child : children_.all()) {
        const RunId run = RunId::from_cookie(child.who.id);
        const std::uint32_t slot = run.unit.slot();
        if ((child.who.kind == ChildId::Kind::Container && !unit(run)) ||
            (child.who.kind == ChildId::Kind::Holder &&
             (slot >= runtimes_.size() || runtimes_[slot].holder != child.pid)))
            children_.signal(child.pid, SIGKILL);
    }
    for (const std::uint32_t slot : state_.ids(RecordKind::Sandbox))
        if (slot >= runtimes_.size() || !runtimes_[slot].made)
            state_.drop(RecordKind::Sandbox, slot);
    for (const std::uint32_t id : state_.ids(RecordKind::Run)) {
        Unit name;
        name.value = id;
        if (name.slot() >= runtimes_.size() || name.index() == 0 ||
            name.index() > runtimes_[name.slot()].units.size() ||
            runtimes_[name.slot()].units[name.index() - 1].run.unit != name)
            state_.drop(RecordKind::Run, id);
    }
    notify_.end_strays();
    if (!state_.damaged().empty())
        end_strangers();
} catch (...) { // out of memory: they live on, unknown
}

// A child of ours with a PID namespace of its own was a container, and nobody knows which.
void Performer::end_strangers() const {
    const std::string text = read_kernel_file("/proc/thread-self/children", 1 << 20);
    for (const char *at = text.data(), *end = at + text.size(); at < end; ++at) {
        pid_t pid = 0;
        at = std::from_chars(at, end, pid).ptr;
        const auto is_it = [&](const ChildRecord& child) { return child.pid == pid && !child.ended; };
        if (pid <= 0 || std::ranges::any_of(children_.all(), is_it) || is_ours(space_path(pid, "pid"), "pid"))
            continue;
        log(Level::Warning, {"a container that no record knows is ended"});
        ::kill(pid, SIGKILL);
    }
}

} // namespace initd
