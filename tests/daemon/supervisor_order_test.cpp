// SPDX-License-Identifier: Apache-2.0
// Order between pods, with podinit itself: who starts after whom, who stops with whom, and the way down.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace initd;

namespace {

std::string container(const std::string& text, const std::string& fields = "") {
    return R"({"name": "c", "image": "host", )" + script(text) + (fields.empty() ? "" : ", " + fields) + "}";
}

// A pod of the host with one container. `order`: JSON of its annotations, without braces.
std::string pod(const std::string& name, const std::string& order, const std::string& of_container,
                const std::string& spec = R"("terminationGracePeriodSeconds": 3)") {
    return R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ")" + name + R"(", "annotations": {)" + order +
           R"(}}, "spec": {)" + on_host + ", " + spec + R"(, "containers": [)" + of_container + "]}}";
}

std::string after(const std::string& names) {
    return R"("podinit/after": ")" + names + '"';
}

std::string requires_(const std::string& names) {
    return R"("podinit/requires": ")" + names + '"';
}

// Podinit, and a file into which scripts write what happens, in order.
struct Stage {
    explicit Stage(const std::string& config = "{}")
        : podinit(config) {}

    std::string say(const std::string& word) const { return "echo " + word + " >> " + podinit.dir("story"); }
    // Says NAME, and NAME-ends when it is stopped.
    std::string life(const std::string& name, const std::string& at_end = ":") const {
        return "trap '" + at_end + "; " + say(name + "-ends") + "; exit 0' TERM; " + say(name) +
               "; while :; do sleep 0.02; done";
    }
    std::string story() const {
        std::string text = read_text(podinit.dir("story"));
        for (char& c : text)
            if (c == '\n')
                c = ' ';
        return text;
    }
    bool comes(const std::string& end_of_story) const {
        return eventually([&] { return story().ends_with(end_of_story); });
    }
    // They run, and will say so when they are stopped.
    bool have_said(const std::vector<std::string>& words) const {
        return eventually([&] {
            const std::string text = " " + story();
            return std::ranges::all_of(
                words, [&](const std::string& word) { return text.find(" " + word + " ") != text.npos; });
        });
    }
    std::string waits(const std::string& name) {
        const auto status = podinit.status(name);
        return status.state.waiting ? status.state.waiting->message : "";
    }
    bool waits_for(const std::string& name, const std::string& message) {
        return eventually([&] { return waits(name) == "waiting for " + message; });
    }
    void touch(const std::string& name) const { std::ofstream(podinit.dir(name)) << ""; }
    // Of a container that is ready once there is such a file.
    std::string ready_with(const std::string& file) const {
        return R"("readinessProbe": {"periodSeconds": 1, "failureThreshold": 1, "exec": {"command": )"
               R"(["/usr/bin/test", "-e", ")" +
               podinit.dir(file) + R"("]}})";
    }
    std::string drop_file(const std::string& name, const std::string& json) const {
        const std::string path = podinit.manifest_file(name);
        std::ofstream(path + ".tmp") << json;
        std::rename((path + ".tmp").c_str(), path.c_str());
        return path;
    }

    Supervisor podinit;
};

} // namespace

TEST_CASE("a pod starts when those it is after are ready, in whatever order they are applied") {
    if (!can_supervise())
        return;
    Stage stage;
    REQUIRE(stage.podinit.outcomes({
                pod("app", after("network"), container(stage.life("app"))),
                pod("network", requires_("default/storage"), container(stage.life("network"))),
                pod("storage", "", container(stage.life("storage"), stage.ready_with("mark"))),
            }) == "pod/app created\npod/network created\npod/storage created\n");
    REQUIRE(stage.comes("storage "));
    CHECK(stage.waits_for("network", "pod default/storage"));
    CHECK(stage.waits_for("app", "pod default/network"));
    CHECK(stage.podinit.phase("app") == "Pending");
    CHECK(stage.podinit.status("app").state.waiting->reason == "ContainerCreating");
    stage.touch("mark");
    CHECK(stage.podinit.running("app"));
    CHECK(
        eventually([&] { return stage.story() == "storage network app " || stage.story() == "storage app network "; }));
}

TEST_CASE("a pod stops with those that it requires, and comes back with them") {
    if (!can_supervise())
        return;
    Stage stage(R"({"crashLoopBackOff": {"initialRestartPeriod": "1s"}})");
    const std::string storage = pod("storage", "", container(stage.life("storage"), stage.ready_with("mark")));
    stage.touch("mark");
    REQUIRE(stage.podinit.outcomes({
                storage,
                pod("network", requires_("storage"), container(stage.life("network"))),
                pod("app", requires_("network"), container(stage.life("app"))),
                pod("bystander", after("storage"), container(stage.life("bystander"))),
            }) == "pod/storage created\npod/network created\npod/app created\npod/bystander created\n");
    REQUIRE(stage.have_said({"storage", "network", "app", "bystander"}));

    // What it may do without: the other's readiness, and one of its runs.
    std::remove(stage.podinit.dir("mark").c_str());
    REQUIRE(eventually([&] { return !stage.podinit.status("storage").ready; }));
    stage.touch("mark");
    REQUIRE(stage.podinit.exec("storage", {"/bin/sh", "-c", "pkill -KILL -f 'storage-ends' ; true"}) != "");
    REQUIRE(eventually([&] { return stage.podinit.status("storage").restart_count == 1; }));
    CHECK(stage.podinit.running("storage"));
    CHECK(stage.podinit.status("app").restart_count == 0);
    CHECK(stage.story().find("app-ends") == std::string::npos);

    REQUIRE(stage.podinit.remove("storage") == "gone");
    CHECK(stage.waits_for("network", "pod default/storage (which is not there)"));
    CHECK(stage.waits_for("app", "pod default/network"));
    CHECK(stage.podinit.running("bystander"));
    CHECK(stage.story().find("network-ends") != std::string::npos);
    CHECK(stage.story().find("app-ends") != std::string::npos);
    CHECK(stage.story().find("bystander-ends") == std::string::npos);
    const auto last = stage.podinit.status("app").last_state.terminated;
    REQUIRE(last);
    CHECK(last->exit_code == 0);

    REQUIRE(stage.podinit.apply_one(storage) == "created");
    CHECK(stage.podinit.running("app"));
    CHECK(eventually([&] {
        const std::string story = stage.story();
        return story.ends_with("storage network app ") || story.ends_with("storage app network ");
    }));
}

TEST_CASE("a changed pod takes along those that require it") {
    if (!can_supervise())
        return;
    Stage stage;
    REQUIRE(stage.podinit.apply_one(pod("a", "", container(stage.life("a")))) == "created");
    REQUIRE(stage.podinit.apply_one(pod("b", requires_("a"), container(stage.life("b")))) == "created");
    REQUIRE(stage.have_said({"a", "b"}));
    REQUIRE(stage.podinit.apply_one(pod("a", "", container(stage.life("changed")))) == "configured");
    const bool back = eventually([&] {
        const std::string story = stage.story();
        const std::size_t ended = story.find("b-ends");
        return story.find("changed") != story.npos && ended != story.npos && story.find(" b ", ended) != story.npos;
    });
    INFO(stage.story());
    CHECK(back);
    CHECK(stage.podinit.running("b"));
}

TEST_CASE("after a pod that has succeeded others start, and after one that has failed they wait") {
    if (!can_supervise())
        return;
    Stage stage;
    const std::string once = R"("restartPolicy": "Never")";
    REQUIRE(stage.podinit.outcomes({
                pod("good", "", container("sleep 0.1; " + stage.say("good")), once),
                pod("bad", "", container("exit 3"), once),
                pod("behind-good", requires_("good"), container(stage.life("behind"))),
                pod("behind-bad", after("good, bad"), container(stage.life("never"))),
            }) == "pod/good created\npod/bad created\npod/behind-good created\npod/behind-bad created\n");
    CHECK(stage.podinit.running("behind-good"));
    CHECK(stage.waits_for("behind-bad", "pod default/bad (which has failed)"));
    CHECK(eventually([&] { return stage.story() == "good behind "; }));
}

TEST_CASE("a workload is ready when all of its pods are") {
    if (!can_supervise())
        return;
    Stage stage;
    const std::string web = R"({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {)"
                            R"("replicas": 2, "selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {)"
                            R"("labels": {"app": "x"}}, "spec": {)" +
                            on_host + R"(, "terminationGracePeriodSeconds": 3, "containers": [)" +
                            container(stage.life("web"), stage.ready_with("mark")) + "]}}}}";
    REQUIRE(stage.podinit.outcomes({
                pod("app", requires_("deployment/web"), container(stage.life("app"))),
                web,
            }) == "pod/app created\ndeployment.apps/web created\n");
    CHECK(stage.comes("web web "));
    CHECK(stage.waits_for("app", "deployment.apps default/web"));
    stage.touch("mark");
    CHECK(stage.podinit.running("app"));
    REQUIRE(stage.podinit.remove("web", {}, "deployment") == "gone");
    CHECK(stage.waits_for("app", "deployment.apps default/web (which is not there)"));
    REQUIRE(stage.podinit.apply_one(web) == "created");
    CHECK(stage.podinit.running("app"));
}

TEST_CASE("circles and unknown names are refused when they are applied") {
    if (!can_supervise())
        return;
    Stage stage;
    const auto problems = [&](const std::vector<std::string>& manifests, bool dry_run = false) {
        const auto applied = stage.podinit.apply(manifests, false, dry_run);
        std::string text;
        if (!applied)
            for (const auto& problem : applied.error().problems)
                text += std::to_string(problem.index) + problem.pointer + ": " + problem.message + "\n";
        return text;
    };
    const auto simple = [&](const std::string& name, const std::string& order) {
        return pod(name, order, container(stage.life(name)));
    };
    const std::string unknown = "0/metadata/annotations/podinit~1after: there is no pod default/b\n";
    CHECK(problems({simple("a", after("b"))}) == unknown);
    CHECK(problems({simple("a", after("b"))}, true) == unknown);
    CHECK(problems({simple("x", ""), simple("a", requires_("b")), simple("b", after("a"))}, true) ==
          "1/metadata/annotations/podinit~1requires: waits for itself: pod default/a -> pod default/b -> "
          "pod default/a\n");
    REQUIRE(stage.podinit.apply_one(simple("b", "")) == "created");
    REQUIRE(stage.podinit.apply_one(simple("a", after("b"))) == "created");
    CHECK(problems({simple("b", after("a"))}) ==
          "0/metadata/annotations/podinit~1after: waits for itself: pod default/b -> pod default/a -> pod default/b\n");
    CHECK(stage.podinit.running("a"));
    // What is not there any more can be named no more.
    REQUIRE(stage.podinit.remove("b") == "gone");
    CHECK(problems({simple("c", requires_("b"))}) ==
          "0/metadata/annotations/podinit~1requires: there is no pod default/b\n");
}

TEST_CASE("of files only the pods of a circle wait, and those behind them") {
    if (!can_supervise())
        return;
    Stage stage;
    const auto simple = [&](const std::string& name, const std::string& order) {
        stage.drop_file(name, pod(name, order, container(stage.life(name))));
    };
    simple("a", after("b"));
    simple("b", requires_("a"));
    simple("behind", after("b"));
    simple("lonely", after("stranger"));
    simple("itself", after("itself"));
    simple("free", "");
    CHECK(stage.podinit.running("free"));
    CHECK(stage.waits_for("a", "pod default/b (which waits for this pod)"));
    CHECK(stage.waits_for("b", "pod default/a (which waits for this pod)"));
    CHECK(stage.waits_for("behind", "pod default/b"));
    CHECK(stage.waits_for("itself", "pod default/itself (which waits for this pod)"));
    CHECK(stage.waits_for("lonely", "pod default/stranger (which is not there)"));
    simple("stranger", "");
    CHECK(stage.podinit.running("lonely"));
    simple("a", "");
    CHECK(stage.podinit.running("behind"));
    CHECK(stage.story().starts_with("free "));
    CHECK(stage.story().find("itself") == std::string::npos);
}

TEST_CASE("on the way down a pod stops before those that it is after") {
    if (!can_supervise())
        return;
    Stage stage;
    const std::string slow = "sleep 0.2";
    REQUIRE(stage.podinit.outcomes({
                pod("storage", "", container(stage.life("storage"))),
                pod("network", after("storage"), container(stage.life("network", slow))),
                pod("app", after("network"), container(stage.life("app", slow))),
                pod("waiting", after("late"), container(stage.life("never"))),
                pod("late", "", container(stage.life("late"), stage.ready_with("nothing"))),
            }) == "pod/storage created\npod/network created\npod/app created\npod/waiting created\npod/late created\n");
    REQUIRE(stage.have_said({"storage", "network", "app", "late"}));
    stage.podinit.signal(SIGTERM);
    const auto code = stage.podinit.ended();
    INFO(stage.story());
    INFO(stage.podinit.said());
    REQUIRE(code == 0);
    CHECK(stage.comes("app-ends network-ends storage-ends "));
    CHECK(stage.story().find("late-ends") < stage.story().find("app-ends"));
}

TEST_CASE("on the way down pods go by priority, from low to high") {
    if (!can_supervise())
        return;
    Stage stage;
    const auto with_priority = [&](const std::string& name, const std::string& priority) {
        return pod(name, "", container(stage.life(name, "sleep 0.1")),
                   R"("terminationGracePeriodSeconds": 5, )" + priority);
    };
    REQUIRE(stage.podinit.outcomes({
                with_priority("node", R"("priorityClassName": "system-node-critical")"),
                with_priority("low", R"("priority": -5)"),
                with_priority("plain", R"("restartPolicy": "Always")"),
                with_priority("high", R"("priority": 1000)"),
            }) == "pod/node created\npod/low created\npod/plain created\npod/high created\n");
    REQUIRE(stage.have_said({"node", "low", "plain", "high"}));
    stage.podinit.signal(SIGTERM);
    REQUIRE(stage.podinit.ended() == 0);
    CHECK(stage.comes("low-ends plain-ends high-ends node-ends "));
}

TEST_CASE("on the way down no pod has longer than its group") {
    if (!can_supervise())
        return;
    Stage stage(R"({"shutdownGracePeriodByPodPriority": [{"priority": 100, "shutdownGracePeriodSeconds": 3},
                                                         {"priority": 0, "shutdownGracePeriodSeconds": 1}]})");
    const std::string stubborn = "trap '' TERM; while :; do sleep 0.05; done";
    REQUIRE(stage.podinit.outcomes({
                pod("stubborn", "", container(stubborn), R"("terminationGracePeriodSeconds": 600)"),
                pod("important", after("stubborn"), container(stage.life("important")), R"("priority": 150)"),
            }) == "pod/stubborn created\npod/important created\n");
    REQUIRE(stage.have_said({"important"}));
    const auto begun = std::chrono::steady_clock::now();
    stage.podinit.signal(SIGTERM);
    REQUIRE(stage.podinit.ended() == 0);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds{10});
    CHECK(stage.story() == "important important-ends ");
}

TEST_CASE("at the start pods come by priority, whatever their files are called") {
    if (!can_supervise())
        return;
    Stage stage;
    REQUIRE(eventually([&] {
        stage.podinit.signal(SIGTERM);
        return stage.podinit.ended() == 0;
    }));
    // In the host's PID namespace who was started later has the higher number.
    const auto file = [&](const std::string& name, const std::string& spec) {
        stage.drop_file(name, pod(name, "", container("echo " + name + " $$$$ >> " + stage.podinit.dir("story")),
                                  R"("restartPolicy": "Never")" + spec));
    };
    for (const char* name : {"a", "b", "c"})
        file(name, "");
    file("d-low", R"(, "priority": -7)");
    file("e-high", R"(, "priority": 7)");
    file("f-node", R"(, "priorityClassName": "system-node-critical")");
    stage.podinit.start();
    for (const char* name : {"a", "b", "c", "d-low", "e-high", "f-node"})
        REQUIRE(eventually([&] { return stage.podinit.phase(name) == "Succeeded"; }));
    std::istringstream story(read_text(stage.podinit.dir("story")));
    std::map<int, std::string> by_pid;
    std::string name;
    for (int pid = 0; story >> name >> pid;)
        by_pid[pid] = name;
    std::string order;
    for (const auto& [pid, who] : by_pid)
        order += who + " ";
    CHECK(order == "f-node e-high a b c d-low ");
}

TEST_CASE("a pod that begins to wait has an event that says for whom") {
    if (!can_supervise())
        return;
    Stage stage;
    stage.drop_file("app", pod("app", after("storage"), container(stage.life("app"))));
    REQUIRE(stage.waits_for("app", "pod default/storage (which is not there)"));
    const auto events = stage.podinit.objects("event", "app");
    REQUIRE_FALSE(events.empty());
    CHECK(events[0].find("\"Waiting\"") != std::string::npos);
    CHECK(events[0].find("waiting for pod default/storage (which is not there)") != std::string::npos);
}

TEST_CASE("when the deadline of the way down is over, podinit ends without the pods that are left") {
    if (!can_supervise())
        return;
    Stage stage(R"({"shutdownDeadline": "1s"})");
    REQUIRE(stage.podinit.outcomes({
                pod("deaf", "", container("trap '' TERM; " + stage.say("deaf") + "; while :; do sleep 0.02; done"),
                    R"("terminationGracePeriodSeconds": 3600)"),
                pod("polite", "", container(stage.life("polite"))),
            }) == "pod/deaf created\npod/polite created\n");
    REQUIRE(stage.have_said({"deaf", "polite"}));
    stage.podinit.signal(SIGTERM);
    CHECK(stage.podinit.ended() == 0);
    CHECK(stage.have_said({"polite-ends"}));
    CHECK(stage.podinit.said().find("default/deaf: does not end, going down without it") != std::string::npos);
    CHECK(stage.podinit.said().find("default/polite: does not end") == std::string::npos);
}
