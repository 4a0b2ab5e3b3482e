// SPDX-License-Identifier: Apache-2.0
// Init containers, sidecars, hooks and probes, with podinit itself.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <fstream>
#include <string>

using namespace initd;

namespace {

// A pod of the host whose containers write into one file what happens, in order. `init` and `containers` are the
// elements of those lists.
std::string pod(const std::string& name, const std::string& init, const std::string& containers,
                const std::string& spec = "") {
    return R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ")" + name +
           R"("}, "spec": {"hostNetwork": true, "hostPID": true, "hostIPC": true, )" + spec +
           (init.empty() ? "" : R"("initContainers": [)" + init + "], ") + R"("containers": [)" + containers + "]}}";
}

std::string container(const std::string& name, const std::string& text, const std::string& fields = "") {
    return R"({"name": ")" + name + R"(", "image": "host", )" + script(text) + (fields.empty() ? "" : ", " + fields) +
           "}";
}

std::string exec_of(const std::string& text) {
    return R"({"exec": {"command": ["/bin/sh", "-c", ")" + text + R"("]}})";
}

std::string lines(const Supervisor& podinit) {
    std::string text = read_text(podinit.dir("story"));
    for (char& c : text)
        if (c == '\n')
            c = ' ';
    return text;
}

} // namespace

TEST_CASE("init containers run in their order before the containers, beside a sidecar that ends last") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string story = podinit.dir("story");
    const auto say = [&](const std::string& word) { return "echo " + word + " >> " + story; };
    const auto until_stopped = [&](const std::string& word) {
        return "trap '" + say(word + "-ends") + "; exit 0' TERM; " + say(word) + "; while :; do sleep 0.05; done";
    };
    REQUIRE(podinit.apply_one(pod("web",
                                  container("one", say("one")) + "," +
                                      container("side", until_stopped("side"), R"("restartPolicy": "Always")") + "," +
                                      container("two", "sleep 0.2; " + say("two")),
                                  container("c", until_stopped("c")))) == "created");
    REQUIRE(podinit.running("web"));
    REQUIRE(eventually([&] { return lines(podinit).ends_with(" c "); }));
    CHECK(lines(podinit).starts_with("one "));
    CHECK(lines(podinit).find("two c ") != std::string::npos);
    const auto view = podinit.get("web");
    REQUIRE(view);
    REQUIRE(view->status.init_container_statuses.size() == 3);
    CHECK(view->status.init_container_statuses[0].state.terminated->reason == "Completed");
    CHECK(view->status.init_container_statuses[1].state.running.has_value());
    CHECK(podinit.remove("web") == "gone");
    CHECK(lines(podinit).ends_with("c c-ends side-ends "));
}

TEST_CASE("an init container that fails is tried again, and the containers wait") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string mark = podinit.dir("mark");
    REQUIRE(podinit.apply_one(pod("web", container("i", "test -e " + mark), container("c", until_term))) == "created");
    REQUIRE(eventually([&] {
        const auto view = podinit.get("web");
        return view && view->status.init_container_statuses[0].restart_count >= 1;
    }));
    CHECK(podinit.phase("web") == "Pending");
    CHECK(podinit.status("web").state.waiting->reason == "PodInitializing");
    std::ofstream(mark) << "";
    CHECK(podinit.running("web"));
}

TEST_CASE("hooks run inside the container, postStart before the next one starts, preStop before the signal") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string story = podinit.dir("story");
    const auto say = [&](const std::string& word) { return "echo " + word + " >> " + story; };
    const std::string life = R"("lifecycle": {"postStart": )" + exec_of("sleep 0.2; " + say("started")) +
                             R"(, "preStop": )" + exec_of(say("stopping")) + "}";
    const std::string until_told = "trap '" + say("term") + "; exit 0' TERM; while :; do sleep 0.05; done";
    REQUIRE(podinit.apply_one(pod(
                "web", "", container("a", until_told, life) + "," + container("b", say("b") + "; " + until_term))) ==
            "created");
    REQUIRE(podinit.running("web"));
    REQUIRE(eventually([&] { return lines(podinit) == "started b "; }));
    CHECK(podinit.remove("web") == "gone");
    CHECK(lines(podinit) == "started b stopping term ");
}

TEST_CASE("a readiness probe's command turns the container ready and back") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string mark = podinit.dir("mark");
    const std::string probe = R"("readinessProbe": {"periodSeconds": 1, "failureThreshold": 1, "exec": {"command": [)"
                              R"("/usr/bin/test", "-e", ")" +
                              mark + R"("]}})";
    REQUIRE(podinit.apply_one(pod("web", "", container("c", until_term, probe))) == "created");
    REQUIRE(eventually([&] { return podinit.phase("web") == "Running"; }));
    CHECK_FALSE(podinit.status("web").ready);
    std::ofstream(mark) << "";
    CHECK(eventually([&] { return podinit.status("web").ready; }));
    std::remove(mark.c_str());
    CHECK(eventually([&] { return !podinit.status("web").ready; }));
    CHECK(podinit.status("web").restart_count == 0);
}

TEST_CASE("a probe's command may say more than a pipe holds, close it, or leave somebody behind who holds it open") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string full = "head -c 300000 /dev/zero", closed = "exec >&- 2>&-; sleep 0.1",
                      held = "setsid sleep 60 & exit 0";
    const auto ready_by = [](const std::string& text) {
        return R"("readinessProbe": {"timeoutSeconds": 5, )" + exec_of(text).substr(1);
    };
    REQUIRE(podinit.apply_one(pod("web", "",
                                  container("a", until_term, ready_by(full)) + "," +
                                      container("b", until_term, ready_by(closed)) + "," +
                                      container("d", until_term, ready_by(held)))) == "created");
    CHECK(podinit.running("web"));
}

TEST_CASE("a liveness probe that fails restarts the container") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string probe = R"("livenessProbe": {"periodSeconds": 1, "failureThreshold": 1, )"
                              R"("tcpSocket": {"port": 1, "host": "127.0.0.1"}})";
    REQUIRE(podinit.apply_one(pod("web", "", container("c", until_term, probe))) == "created");
    CHECK(eventually([&] { return podinit.status("web").restart_count >= 1; }));
}

TEST_CASE("an HTTP probe is asked from inside the pod's own network") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string server = "exec python3 -m http.server 8080 --bind 127.0.0.1 --directory " + podinit.temp.path();
    const std::string probe = R"("ports": [{"name": "web", "containerPort": 8080}], "readinessProbe": )"
                              R"({"periodSeconds": 1, "httpGet": {"port": "web", "path": "/ok"}})";
    const std::string manifest = R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": )"
                                 R"({"containers": [)" +
                                 container("c", server, probe) + "]}}";
    REQUIRE(podinit.apply_one(manifest) == "created");
    REQUIRE(eventually([&] { return podinit.phase("web") == "Running"; }));
    CHECK_FALSE(podinit.status("web").ready);
    std::ofstream(podinit.temp.path() + "/ok") << "yes";
    CHECK(eventually([&] { return podinit.status("web").ready; }));
}

TEST_CASE("a pod ends when its deadline is over, and a container by its own policy") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod("late", "", container("c", until_term), R"("activeDeadlineSeconds": 1, )")) ==
            "created");
    REQUIRE(podinit.apply_one(pod("own", "",
                                  container("once", "exit 3", R"("restartPolicy": "Never")") + "," +
                                      container("c", until_term))) == "created");
    CHECK(eventually([&] { return podinit.phase("late") == "Failed"; }));
    CHECK(podinit.get("late")->status.reason == "DeadlineExceeded");
    REQUIRE(eventually([&] { return podinit.status("own", 0).state.terminated.has_value(); }));
    CHECK(podinit.status("own", 0).restart_count == 0);
    CHECK(podinit.status("own", 1).ready);
}
