// SPDX-License-Identifier: Apache-2.0
// Carries out the core's actions on pods, and turns what comes of them into the core's events.
//
// All that exists in the kernel for a pod is kept here, by slot: its namespaces, the processes of its containers, its
// mounts below the run directory. A start that cannot be made (no image, no such user, the kernel says no) is an event
// like any other; its reason and message are left in the pod's record for its status.
//
// What of it the kernel could not tell again is in the state file before it is needed (performer_records.hpp). An
// action that is said again, because podinit was replaced before it was answered, is recognised by its run.
#pragma once

#include "initd/cgroups.hpp"
#include "initd/children.hpp"
#include "initd/core.hpp"
#include "initd/event_recorder.hpp"
#include "initd/logs.hpp"
#include "initd/notify.hpp"
#include "initd/objects.hpp"
#include "initd/performer_records.hpp"
#include "initd/planner.hpp"
#include "initd/pods.hpp"
#include "initd/projection.hpp"
#include "initd/state/state_file.hpp"
#include "initd/termination.hpp"
#include "ns/sandbox.hpp"
#include "spec/services.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace initd {

class Performer {
  public:
    // The core is only looked at: for the attempt a start is.
    Performer(const Core& core, StateFile& state, Poller& poller, Children& children, ns::SandboxFactory sandboxes,
              PodStore& pods, const ObjectStore& objects, Logs& logs, const EventRecorder& recorder, NodeFacts node,
              std::vector<std::string> image_dirs) noexcept;

    // What a podinit before us has left of the slot's pod; the pods, the core and the children are back by then. What
    // does not fit together costs that pod: it is ended, as the events say, and begins anew. May throw bad_alloc.
    void restore(std::uint32_t slot, Events& events);
    // All slots are restored: what was in none of them goes.
    void end_strays() noexcept;

    // All but Forget and ShutDown, which are the daemon's. What a pod has on disk outlives DropSandbox, so that
    // SandboxGone is for the daemon to say.
    void perform(const Action& action, Events& events) noexcept;

    // What became of launches and processes of containers and holders.
    void on_launched(const LaunchReport& report, Events& events) noexcept;
    void on_exited(const ChildExit& exit, Events& events) noexcept;

    // A container's pseudo-terminal has been opened: its master is there to be taken.
    void on_terminal(std::uint32_t id) noexcept;

    // A plan to run `command` inside a running container. The namespaces' descriptor is in `held`.
    struct ExecPlan {
        ns::Plan plan;
        std::vector<ns::Fd> held;
    };
    std::expected<ExecPlan, PlanFailure> plan_exec(std::uint32_t slot, std::uint32_t container,
                                                   std::vector<std::string> command, std::string_view term);

    // A ConfigMap or Secret has come, changed or gone: volumes that show it are brought up to date, and pods that could
    // not be started for want of it are tried again.
    void object_changed(spec::Kind kind, std::string_view namespace_, std::string_view name, Events& events) noexcept;

    // Where probes of the pod go that name no host: its own address, as far as it has one.
    std::string pod_address(std::uint32_t slot);
    // A stream socket in the pod's network, which does not block.
    std::expected<ns::Fd, ns::Error> open_socket(std::uint32_t slot, int family) noexcept;

    // The trees on disk that a pod leaves behind when it is gone for good.
    std::vector<std::string> leftovers(std::uint32_t slot);

    // Everything kept for the slot is given back.
    void forget(std::uint32_t slot) noexcept;

    LogTarget log_target(std::uint32_t slot, std::uint32_t container, std::uint32_t attempt);
    // The end of its log becomes the run's message, as far as it is there yet.
    void read_log(std::uint32_t slot, RunMessage& message);
    const NodeFacts& node() const noexcept { return node_; }
    const std::vector<std::string>& image_dirs() const noexcept { return image_dirs_; }
    Notify& notify() noexcept { return notify_; }
    void prepare_spare() noexcept { sandboxes_.prepare_spare(); }
    MessageFiles& messages() noexcept { return messages_; }
    Cgroups& cgroups() noexcept { return cgroups_; }

    // What PID 1 has to say of a pod or a container, on one line and as an Event.
    void complain(std::uint32_t slot, std::uint32_t container, const PlanFailure& failure) const noexcept;

  private:
    struct UnitRuntime {
        RunId run;
        RunRecord kept;
        ns::Fd stdin_hold;    // keeps an open standard input from ending
        bool started = false; // so it was told; whether its program can be run shows later
    };
    struct Listener { // of podinit/listen, open as long as the sandbox
        std::uint32_t container = 0;
        ns::Fd socket;
        ns::Fd directory;
        std::string file; // in the directory, of a Unix socket
    };
    struct PodRuntime {
        ns::Sandbox sandbox;
        RunId sandbox_run;
        bool made = false; // for that run; of a shared PID namespace its holder comes last
        bool shared_pid = false;
        pid_t holder = -1;
        ns::Fd holder_fd;
        std::vector<UnitRuntime> units;
        std::vector<Listener> listeners; // of each container in the order of their descriptors
    };
    struct Terminal {
        std::uint32_t id;
        RunId run;
        std::uint32_t attempt;
        ns::Fd socket;
    };
    struct Launchable {
        ns::Plan plan;
        std::vector<ns::Fd> held;
        RunRecord kept;
        ns::Fd stdin_hold;
    };

    struct VolumeFiles {
        const spec::Volume* volume;
        Projection files;
    };

    static Event event(Event::Kind kind, RunId run);
    static constexpr std::uint32_t container_of(RunId run) noexcept { return run.unit.index() - 1; }
    void make_sandbox(RunId run, Events& events);
    std::expected<void, PlanFailure> build_sandbox(const spec::Pod& pod, const SandboxPlan& plan, RunId run);
    std::expected<std::vector<VolumeFiles>, PlanFailure> project_volumes(const spec::Pod& pod);
    std::expected<void, PlanFailure> make_volumes(const spec::Pod& pod, const SandboxPlan& plan,
                                                  const std::vector<VolumeFiles>& volumes);
    static void drop_volumes(const SandboxPlan& plan, const std::string& sandbox) noexcept;
    void follow(std::uint32_t slot, spec::Kind kind, std::string_view name, Events& events);
    void look_at_node();
    std::expected<void, PlanFailure> start_holder(RunId run);
    void sandbox_failed(RunId run, PlanFailure failure, Events& events) noexcept;
    void clear_sandbox(std::uint32_t slot) noexcept;
    void keep_sandbox(std::uint32_t slot);
    void keep_run(const UnitRuntime& unit) noexcept;
    void restore_sandbox(std::uint32_t slot, Events& events);
    bool claim_sandbox(PodRuntime& pod, const SandboxRecord& kept);
    bool reopen_sandbox(std::uint32_t slot);
    void lose_sandbox(std::uint32_t slot, Events& events);
    void restore_run(RunId run, Events& events);
    void restore_terminal(UnitRuntime& unit);
    void end_strangers() const;
    void start(RunId run, Events& events);
    std::expected<Launchable, PlanFailure> prepare(RunId run, std::uint32_t attempt);
    std::expected<void, PlanFailure> connect_streams(Launchable& launch, const spec::Pod& pod, RunId run,
                                                     std::uint32_t attempt);
    std::expected<void, PlanFailure> connect_terminal(Launchable& launch, RunId run, std::uint32_t attempt);
    std::expected<void, PlanFailure> open_listeners(const spec::Pod& pod, std::uint32_t slot);
    std::expected<ns::Fd, ns::Error> open_inet(std::uint32_t slot, const spec::ListenSocket& to) noexcept;
    std::expected<void, ns::Error> open_unix(const spec::Pod& pod, std::string_view path, Listener& listener);
    void listen_again(std::uint32_t slot, std::uint32_t container) noexcept;
    void close_listeners(std::uint32_t slot) noexcept;
    std::expected<void, PlanFailure> give_services(Launchable& launch, const spec::Pod& pod, RunId run);
    void fail_start(RunId run, PlanFailure failure, bool created, Events& events) noexcept;
    static RunRecord describe(const spec::Pod& pod, RunId run, const std::string& image_signal);
    bool enter_cgroup(ns::Plan& plan, std::vector<ns::Fd>& held, RunId run);
    void keep_message(const ChildExit& exit, const UnitRuntime* unit) noexcept;
    RestartRule rule_for(RunId run, std::int32_t code) noexcept;
    PodRuntime& runtime(std::uint32_t slot);
    UnitRuntime* unit(RunId run) noexcept;

    const Core& core_;
    StateFile& state_;
    Poller& poller_;
    Children& children_;
    ns::SandboxFactory sandboxes_;
    PodStore& pods_;
    const ObjectStore& objects_;
    Logs& logs_;
    const EventRecorder& recorder_;
    MessageFiles messages_;
    Cgroups cgroups_;
    NodeFacts node_;
    std::vector<std::string> image_dirs_;
    Notify notify_;
    std::vector<PodRuntime> runtimes_;
    std::vector<Terminal> terminals_;
    std::uint32_t next_terminal_ = 0;
};

} // namespace initd
