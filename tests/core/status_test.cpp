// SPDX-License-Identifier: Apache-2.0
// The pod's status as a client sees it. The story's clock is 1,000 s after boot, which is 2026-01-01T00:00:00Z here.
#include "initd/pod_status.hpp"
#include "tests/catch.hpp"
#include "tests/core/story.hpp"

#include <algorithm>

using namespace initd;
using namespace story;
using spec::RestartPolicy;

namespace {

spec::Pod make_pod(std::size_t containers) {
    spec::Pod pod;
    pod.metadata.name = "web";
    pod.metadata.namespace_ = "shop";
    pod.metadata.uid = "u-1";
    for (std::size_t i = 0; i < containers; ++i) {
        spec::Container& container = pod.spec.containers.emplace_back();
        container.name = std::string(1, static_cast<char>('a' + i));
        container.image = "busybox:1";
    }
    return pod;
}

spec::PodStatus status_of(const Story& s, const std::vector<StartFailure>& failures = {}, bool host_network = false,
                          const std::string& host_ip = "10.0.0.7", const std::vector<RunMessage>& messages = {},
                          const std::vector<std::string>& gates = {},
                          const std::vector<GivenCondition>& conditions = {}) {
    const auto init = std::ranges::count_if(s.core().units(0),
                                            [](const UnitState& unit) { return unit.facts.role != Role::Regular; });
    spec::Pod pod = make_pod(s.core().units(0).size());
    auto& containers = pod.spec.containers;
    pod.spec.init_containers.assign(containers.begin(), containers.begin() + init);
    containers.erase(containers.begin(), containers.begin() + init);
    pod.spec.host_network = host_network;
    for (const std::string& gate : gates)
        pod.spec.readiness_gates.emplace_back().condition_type = gate;
    const Clock clock{.boot = s.now(), .epoch_ms = 1'767'225'600'000 + (s.now() - 1000s).count()};
    return make_status(s.core(), 0, {pod, failures, messages, conditions, host_ip, clock});
}

// "waiting CrashLoopBackOff", "running", "terminated Error 1" or "".
std::string to_text(const spec::ContainerState& state) {
    std::string text;
    if (state.waiting)
        text += "waiting " + state.waiting->reason;
    if (state.running)
        text += "running";
    if (state.terminated)
        text += "terminated " + state.terminated->reason + " " + std::to_string(state.terminated->exit_code);
    return text;
}

// "PHASE: STATE [last LAST]" of the first container.
std::string summary(const spec::PodStatus& status) {
    const spec::ContainerStatus& container = status.container_statuses.front();
    const std::string last = to_text(container.last_state);
    return status.phase + ": " + to_text(container.state) + (last.empty() ? "" : ", last " + last);
}

std::string condition(const spec::PodStatus& status, const std::string& type) {
    const auto found = std::ranges::find(status.conditions, type, &spec::PodCondition::type);
    if (found == status.conditions.end())
        return "";
    std::string text = found->status;
    for (const std::string& part : {found->reason, found->message})
        text += part.empty() ? "" : " " + part;
    return text;
}

std::string since(const spec::PodStatus& status, const std::string& type) {
    return std::ranges::find(status.conditions, type, &spec::PodCondition::type)->last_transition_time;
}

} // namespace

TEST_CASE("a container goes from ContainerCreating to running and through its restarts") {
    Story s;
    s.add(0);
    CHECK(summary(status_of(s)) == "Pending: waiting ContainerCreating");
    s.ready(0);
    CHECK(summary(status_of(s)) == "Pending: waiting ContainerCreating");
    s.started(0);
    CHECK(summary(status_of(s)) == "Running: running");
    s.exits(0, 1, 1);
    CHECK(summary(status_of(s)) == "Running: terminated Error 1");
    s.started(0);
    CHECK(summary(status_of(s)) == "Running: running, last terminated Error 1");
    s.exits(0, 1, 0);
    CHECK(summary(status_of(s)) == "Running: waiting CrashLoopBackOff, last terminated Completed 0");
    s.pass(10s);
    CHECK(summary(status_of(s)) == "Running: terminated Completed 0, last terminated Error 1");
    CHECK(status_of(s).container_statuses[0].restart_count == 2);
}

TEST_CASE("a crash loop says how long it waits, for which container of which pod") {
    Story s;
    s.up(0);
    std::vector<std::string> messages;
    for (int i = 0; i < 7; ++i) {
        s.exits(0, 1, 1);
        const spec::PodStatus status = status_of(s);
        if (status.container_statuses[0].state.waiting)
            messages.push_back(status.container_statuses[0].state.waiting->message);
        s.wait();
        s.started(0);
    }
    const std::string rest = " restarting failed container=a pod=web_shop(u-1)";
    CHECK(messages == std::vector<std::string>{"back-off 10s" + rest, "back-off 20s" + rest, "back-off 40s" + rest,
                                               "back-off 1m20s" + rest, "back-off 2m40s" + rest,
                                               "back-off 5m0s" + rest});
}

TEST_CASE("back-off times are written as Go writes durations") {
    const auto [initial, text] = GENERATE(table<Millis, std::string>({
        {250ms, "back-off 250ms "},
        {1500ms, "back-off 1.5s "},
        {2s, "back-off 2s "},
        {61'050ms, "back-off 1m1.05s "},
        {1h, "back-off 1h0m0s "},
    }));
    Story s({.backoff_initial = initial, .backoff_max = 2h});
    s.up(0);
    s.exits(0, 1, 1);
    s.started(0);
    s.exits(0, 1, 1);
    const std::string message = status_of(s).container_statuses[0].state.waiting->message;
    CHECK(message.substr(0, text.size()) == text);
}

TEST_CASE("a pod that ends is Succeeded when all exited with 0, else Failed") {
    const auto [policy, first, second, phase] = GENERATE(table<RestartPolicy, int, int, std::string>({
        {RestartPolicy::Never, 0, 0, "Succeeded"},
        {RestartPolicy::Never, 0, 1, "Failed"},
        {RestartPolicy::Never, 137, 0, "Failed"},
        {RestartPolicy::OnFailure, 0, 0, "Succeeded"},
        {RestartPolicy::OnFailure, 0, 1, "Running"},
        {RestartPolicy::Always, 0, 0, "Running"},
    }));
    Story s;
    s.up(0, {.restart_policy = policy, .containers = 2});
    s.exits(0, 1, first);
    s.exits(0, 2, second);
    const spec::PodStatus status = status_of(s);
    CHECK(status.phase == phase);
    if (phase == "Running")
        return;
    CHECK(condition(status, "Ready") == (phase == "Failed" ? "False PodFailed" : "False PodCompleted"));
    CHECK(condition(status, "ContainersReady") == condition(status, "Ready"));
    CHECK(condition(status, "Initialized") == (phase == "Failed" ? "True" : "True PodCompleted"));
}

TEST_CASE("why a container ended is Completed, Error, OOMKilled or StartError") {
    const auto [exit, text] = GENERATE(table<Exit, std::string>({
        {{.code = 0}, "terminated Completed 0"},
        {{.code = 143}, "terminated Error 143"},
        {{.code = 137, .oom_killed = true}, "terminated OOMKilled 137"},
    }));
    Story s;
    s.up(0, {.restart_policy = RestartPolicy::Never});
    s.tell({.kind = Event::Kind::Exited, .run = s.run(0, 1), .exit = exit});
    CHECK(to_text(status_of(s).container_statuses[0].state) == text);
}

TEST_CASE("a command that cannot be started is a StartError with the reason, also while it is waited for") {
    const auto status_with = [](const Story& s, std::uint32_t attempt) {
        return status_of(s, {}, false, "", {{0, attempt, "/bin/nope: no such file"}});
    };
    Story once;
    once.add(0, {.restart_policy = RestartPolicy::Never});
    once.ready(0);
    once.start_failed(0);
    const spec::PodStatus status = status_with(once, 0);
    CHECK(summary(status) == "Failed: terminated StartError 128");
    CHECK(status.container_statuses[0].state.terminated->message == "/bin/nope: no such file");
    CHECK(status.container_statuses[0].state.terminated->started_at == "1970-01-01T00:00:00Z");

    Story again;
    again.add(0);
    again.ready(0);
    again.start_failed(0);
    again.start_failed(0);
    const spec::PodStatus looping = status_with(again, 1);
    CHECK(summary(looping) == "Running: waiting CrashLoopBackOff, last terminated StartError 128");
    CHECK(looping.container_statuses[0].last_state.terminated->message == "/bin/nope: no such file");
}

TEST_CASE("what a run has said is shown with it, as text, within its share of 12 KiB") {
    Story s;
    const std::vector<RunMessage> messages{{0, 0, "first"}, {0, 1, std::string(9000, 'x') + "\xff"}, {1, 1, "of b"}};
    const auto status = [&] { return status_of(s, {}, false, "", messages).container_statuses[0]; };
    s.up(0);
    s.exits(0, 1, 1);
    CHECK(status().state.terminated->message == "first");
    s.started(0);
    CHECK(status().last_state.terminated->message == "first");
    s.exits(0, 1, 1);
    CHECK(status().last_state.terminated->message == std::string(9000, 'x') + "\xef\xbf\xbd");
    CHECK(to_text(status().state) == "waiting CrashLoopBackOff");

    Story two;
    two.up(0, {.restart_policy = RestartPolicy::Never, .containers = 2});
    two.started(0, 2);
    two.exits(0, 1, 1);
    two.exits(0, 2, 0);
    const std::vector<RunMessage> both{{0, 0, std::string(6143, 'x') + "\xc3\xa4"}, {1, 0, "of b"}};
    const spec::PodStatus shared = status_of(two, {}, false, "", both);
    CHECK(shared.container_statuses[0].state.terminated->message == std::string(6143, 'x') + "\xef\xbf\xbd");
    CHECK(shared.container_statuses[1].state.terminated->message == "of b");
}

TEST_CASE("a missing image is waited for as ErrImageNeverPull, under every policy") {
    const std::vector<StartFailure> failures{{0, "ErrImageNeverPull", "not in /images"}};
    for (RestartPolicy policy : {RestartPolicy::Always, RestartPolicy::Never}) {
        Story s;
        s.add(0, {.restart_policy = policy});
        s.ready(0);
        s.start_failed(0, 1, true);
        const spec::PodStatus status = status_of(s, failures);
        CHECK(summary(status) == "Pending: waiting ErrImageNeverPull");
        CHECK(status.container_statuses[0].state.waiting->message == "not in /images");
        CHECK(status.container_statuses[0].container_id == "");
        s.pass(10s);
        CHECK(summary(status_of(s, failures)) == "Pending: waiting ContainerCreating");
    }
    Story later; // the image vanished after a first run
    later.up(0);
    later.exits(0, 1, 1);
    later.start_failed(0, 1, true);
    CHECK(summary(status_of(later, failures)) == "Running: waiting ErrImageNeverPull, last terminated Error 1");
}

TEST_CASE("a pod whose sandbox cannot be made is being created, and says what is missing") {
    Story s;
    s.add(0);
    s.fail(0);
    const std::vector<StartFailure> failures{{0, "ContainerCreating", "no network namespaces"}};
    const spec::PodStatus status = status_of(s, failures);
    CHECK(summary(status) == "Pending: waiting ContainerCreating");
    CHECK(status.container_statuses[0].state.waiting->message == "no network namespaces");
    CHECK(status.start_time == "");
    CHECK(condition(status, "PodReadyToStartContainers") == "False");
}

TEST_CASE("a pod waiting for its predecessor says so") {
    Story s;
    s.up(1);
    s.remove(1);
    s.add(0, {.after = 1});
    const spec::PodStatus status = status_of(s);
    CHECK(summary(status) == "Pending: waiting ContainerCreating");
    CHECK(status.container_statuses[0].state.waiting->message == "the pod that this one replaces has not ended yet");
}

TEST_CASE("a removed pod is Succeeded or Failed by its exit codes, and Failed if it never ran") {
    const auto [code, phase] = GENERATE(table<int, std::string>({{0, "Succeeded"}, {143, "Failed"}}));
    Story s;
    s.up(0);
    s.remove(0);
    CHECK(status_of(s).phase == "Running");
    s.exits(0, 1, code);
    CHECK(status_of(s).phase == phase);

    Story early;
    early.add(0);
    early.remove(0);
    CHECK(status_of(early).phase == "Pending");
    early.ready(0);
    CHECK(status_of(early).phase == "Failed");
    CHECK(condition(status_of(early), "PodReadyToStartContainers") == "False");
}

TEST_CASE("a pod stopped by the machine's shutdown says so") {
    Story s;
    s.up(0);
    CHECK(condition(status_of(s), "DisruptionTarget") == "");
    s.shut_down();
    const spec::PodStatus status = status_of(s);
    CHECK(status.reason == "Terminated");
    CHECK(status.message == "Pod was terminated in response to imminent node shutdown.");
    CHECK(condition(status, "DisruptionTarget") == "True TerminationByKubelet " + status.message);
    CHECK(status.phase == "Failed");
    s.exits(0, 1, 0); // well or not
    CHECK(status_of(s).phase == "Failed");
    CHECK(condition(status_of(s), "Ready") == "False PodFailed");
}

TEST_CASE("a pod that was through before the machine went down is none of its victims") {
    Story s;
    s.up(0, {.restart_policy = RestartPolicy::Never});
    s.exits(0, 1, 0);
    s.shut_down();
    const spec::PodStatus status = status_of(s);
    CHECK(status.phase == "Succeeded");
    CHECK(status.reason == "");
    CHECK(condition(status, "DisruptionTarget") == "");
}

TEST_CASE("a pod is not ready before every readiness gate has its condition") {
    Story s;
    s.up(0);
    const auto moment = [&] { return s.now(); };
    const auto with = [&](const std::vector<GivenCondition>& conditions) {
        return status_of(s, {}, false, "", {}, {"x/a", "x/b"}, conditions);
    };
    spec::PodStatus status = with({});
    CHECK(condition(status, "ContainersReady") == "True");
    CHECK(condition(status, "Ready") == "False ReadinessGatesNotReady "
                                        "corresponding condition of pod readiness gate \"x/a\" does not exist., "
                                        "corresponding condition of pod readiness gate \"x/b\" does not exist.");
    s.pass(10s);
    const Millis first = moment();
    s.pass(10s);
    status = with({{"x/a", "True", first}, {"x/b", "False", moment()}});
    CHECK(condition(status, "Ready") ==
          "False ReadinessGatesNotReady the status of pod readiness gate \"x/b\" is not \"True\", but False");
    CHECK(condition(status, "x/a") == "True");
    CHECK(since(status, "x/a") == "2026-01-01T00:00:10Z");
    CHECK(condition(status, "x/b") == "False");

    status = with({{"x/b", "True", first}, {"x/a", "True", moment()}});
    CHECK(condition(status, "Ready") == "True");
    CHECK(since(status, "Ready") == "2026-01-01T00:00:20Z");
    CHECK(since(status, "ContainersReady") == "2026-01-01T00:00:00Z");

    s.exits(0, 1, 1); // its containers come first
    status = with({{"x/a", "True", first}, {"x/b", "Unknown", first}});
    CHECK(condition(status, "Ready") == condition(status, "ContainersReady"));
}

TEST_CASE("ready containers, ids and counts are those of the runs") {
    Story s;
    s.up(0, {.containers = 2});
    s.exits(0, 2, 1);
    s.started(0, 2);
    s.exits(0, 2, 1);
    const spec::PodStatus status = status_of(s);
    const auto& [a, b] = std::tie(status.container_statuses[0], status.container_statuses[1]);
    CHECK((a.ready && a.started));
    CHECK_FALSE((b.ready || b.started));
    CHECK(a.name == "a");
    CHECK(b.image == "busybox:1");
    CHECK(a.container_id == "podinit://u-1/a/0");
    CHECK(b.container_id == "podinit://u-1/b/1");
    CHECK(b.last_state.terminated->container_id == "podinit://u-1/b/1");
    CHECK(b.restart_count == 1);
    CHECK(status.qos_class == "BestEffort");
}

TEST_CASE("the conditions tell what is not ready") {
    Story s;
    s.add(0, {.containers = 3});
    CHECK(condition(status_of(s), "PodReadyToStartContainers") == "False");
    s.ready(0);
    s.started(0, 2);
    const std::string message = "False ContainersNotReady containers with unready status: [a c]";
    CHECK(condition(status_of(s), "PodReadyToStartContainers") == "True");
    CHECK(condition(status_of(s), "Initialized") == "True");
    CHECK(condition(status_of(s), "PodScheduled") == "True");
    CHECK(condition(status_of(s), "Ready") == message);
    CHECK(condition(status_of(s), "ContainersReady") == message);
    s.started(0, 1);
    s.started(0, 3);
    CHECK(condition(status_of(s), "Ready") == "True");
    CHECK(condition(status_of(s), "ContainersReady") == "True");
    CHECK(status_of(s).conditions.size() == 5);
    s.die(0);
    CHECK(condition(status_of(s), "PodReadyToStartContainers") == "False");
}

TEST_CASE("moments are wall clock times, and conditions change with what they tell of") {
    Story s;
    s.add(0);
    s.pass(1s);
    s.ready(0);
    s.pass(1s);
    s.started(0);
    s.pass(60s);
    spec::PodStatus status = status_of(s);
    CHECK(status.start_time == "2026-01-01T00:00:01Z");
    CHECK(status.container_statuses[0].state.running->started_at == "2026-01-01T00:00:02Z");
    CHECK(since(status, "PodScheduled") == "2026-01-01T00:00:00Z");
    CHECK(since(status, "PodReadyToStartContainers") == "2026-01-01T00:00:01Z");
    CHECK(since(status, "Ready") == "2026-01-01T00:00:02Z");
    s.exits(0, 1, 1);
    s.started(0);
    s.pass(1s);
    s.exits(0, 1, 1);
    s.pass(5s);
    status = status_of(s);
    CHECK(since(status, "Ready") == "2026-01-01T00:01:03Z");
    CHECK(status.container_statuses[0].last_state.terminated->started_at == "2026-01-01T00:01:02Z");
    CHECK(status.container_statuses[0].last_state.terminated->finished_at == "2026-01-01T00:01:03Z");
}

TEST_CASE("a machine whose clock starts in 1970 still shows its times") {
    CHECK(wall_time({.boot = 5s, .epoch_ms = 5'000}, 0ms) == "1970-01-01T00:00:00Z");
    CHECK(wall_time({.boot = 5s, .epoch_ms = 5'000}, 2s) == "1970-01-01T00:00:02Z");
    CHECK(wall_time({.boot = 5s, .epoch_ms = 5'000}, never) == "");
}

TEST_CASE("only a pod on the host's network has an address, the machine's") {
    Story s;
    s.add(0);
    CHECK(status_of(s, {}, true).pod_ip == "");
    s.ready(0);
    s.started(0);
    CHECK(status_of(s).host_ip == "10.0.0.7");
    CHECK(status_of(s).pod_ip == "");
    const spec::PodStatus status = status_of(s, {}, true);
    CHECK(status.pod_ip == "10.0.0.7");
    CHECK(status.pod_ips.at(0).ip == "10.0.0.7");
    CHECK(status.host_ips.at(0).ip == "10.0.0.7");
    CHECK(status_of(s, {}, true, "").pod_ips.empty());
}

TEST_CASE("a pod with init containers is Pending until they have done their work") {
    Story s;
    const UnitFacts units[] = {{.role = Role::Init}, {.role = Role::Sidecar}, {}};
    s.add(0, {.containers = 3, .units = units});
    s.ready(0);
    s.started(0, 1);
    spec::PodStatus status = status_of(s);
    CHECK(status.phase == "Pending");
    REQUIRE(status.init_container_statuses.size() == 2);
    CHECK(to_text(status.init_container_statuses[0].state) == "running");
    CHECK(to_text(status.init_container_statuses[1].state) == "waiting PodInitializing");
    CHECK(to_text(status.container_statuses[0].state) == "waiting PodInitializing");
    CHECK(condition(status, "Initialized") ==
          "False ContainersNotInitialized containers with incomplete status: [a b]");
    CHECK(condition(status, "Ready") == "False ContainersNotReady containers with unready status: [b c]");

    s.exits(0, 1, 0);
    s.started(0, 2);
    CHECK(to_text(status_of(s).container_statuses[0].state) == "waiting PodInitializing");
    s.started(0, 3);
    status = status_of(s);
    CHECK(status.phase == "Running");
    CHECK(status.init_container_statuses[0].ready);
    CHECK(to_text(status.init_container_statuses[0].state) == "terminated Completed 0");
    CHECK(condition(status, "Initialized") == "True");
    CHECK(condition(status, "Ready") == "True");
}

TEST_CASE("a pod whose init container failed for good is Failed") {
    Story s;
    const UnitFacts units[] = {{.role = Role::Init, .restart_policy = RestartPolicy::Never}, {}};
    s.add(0, {.containers = 2, .units = units});
    s.ready(0);
    s.started(0, 1);
    s.exits(0, 1, 3);
    const spec::PodStatus status = status_of(s);
    CHECK(status.phase == "Failed");
    CHECK(to_text(status.init_container_statuses[0].state) == "terminated Error 3");
    CHECK(condition(status, "Initialized") == "False ContainersNotInitialized containers with incomplete status: [a]");
}

TEST_CASE("a pod whose deadline is over is Failed and says so") {
    Story s;
    s.add(0, {.active_deadline = 5s});
    s.ready(0);
    s.started(0);
    s.pass(5s);
    CHECK(status_of(s).phase == "Running");
    s.exits(0, 1, 143);
    CHECK(status_of(s).phase == "Failed");
    CHECK(status_of(s).reason == "DeadlineExceeded");
}

TEST_CASE("a container with a startup and a readiness probe is started, then ready, when they say so") {
    Story s;
    const ProbeFacts probes[] = {{.kind = ProbeKind::Startup}, {.kind = ProbeKind::Readiness}};
    s.add(0, {.probes = 2, .probe_facts = probes});
    s.ready(0);
    s.started(0);
    CHECK_FALSE(status_of(s).container_statuses[0].started);
    CHECK(status_of(s).phase == "Running");
    s.probed(0, 1, ProbeKind::Startup, Outcome::Success);
    CHECK(status_of(s).container_statuses[0].started);
    CHECK_FALSE(status_of(s).container_statuses[0].ready);
    CHECK(condition(status_of(s), "Ready") == "False ContainersNotReady containers with unready status: [a]");
    s.probed(0, 1, ProbeKind::Readiness, Outcome::Success);
    CHECK(status_of(s).container_statuses[0].ready);
    CHECK(condition(status_of(s), "Ready") == "True");
}
