// SPDX-License-Identifier: Apache-2.0
// What containers leave to say when they end, and what a status tells besides, with podinit itself.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <string>

using namespace initd;

namespace {

const std::string once = R"("restartPolicy": "Never")";
const std::string fallback = R"(, "terminationMessagePolicy": "FallbackToLogsOnError")";

// The message of a pod's container that has ended.
std::string message_of(Supervisor& podinit, const std::string& name) {
    spec::ContainerStatus status;
    eventually([&] { return (status = podinit.status(name)).state.terminated.has_value(); });
    return status.state.terminated ? status.state.terminated->message : "it runs";
}

} // namespace

TEST_CASE("what a container writes to its message path is told when it has ended") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string nobody = R"(, "securityContext": {"runAsUser": 65534, "runAsGroup": 65534})";
    const std::string in_tmp = R"(, "terminationMessagePath": "/tmp/podinit-last-words")";
    const std::string to_default = "cat > /dev/termination-log";
    struct Row {
        std::string name, container, spec, message;
    };
    const Row rows[] = {
        {"plain", script("printf done | " + to_default), once, "done"},
        {"nobody", script("printf 'not root' | " + to_default) + nobody, once, "not root"},
        {"path", script("printf there > /tmp/podinit-last-words") + in_tmp, once, "there"},
        {"on-host", script("printf 'on the host' > /tmp/podinit-last-words") + in_tmp, on_host + ", " + once,
         "on the host"},
        {"read-only",
         script("printf tight | " + to_default) + R"(, "securityContext": {"readOnlyRootFilesystem": true})", once,
         "tight"},
        {"fails", script("printf why | " + to_default + "; echo noise; exit 3") + fallback, once, "why"},
        {"silent", script("exit 3"), once, ""},
        {"bytes", script("printf 'a\\000\\377b' | " + to_default), once,
         "a\xef\xbf\xbd\xef\xbf\xbd"
         "b"},
        {"long", script("head -c 5000 /dev/zero | tr '\\0' x | " + to_default + "; printf end >> /dev/termination-log"),
         once, std::string(4093, 'x') + "end"},
    };
    for (const Row& row : rows)
        REQUIRE(podinit.apply_one(pod_json(row.name, row.container, row.spec)) == "created");
    for (const Row& row : rows) {
        INFO(row.name);
        CHECK(message_of(podinit, row.name) == row.message);
    }
    CHECK(names_in(podinit.dir("run/messages")).empty());
}

TEST_CASE("a container that fails without a word may have its log speak for it") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("fails", script("echo one; printf two; exit 1") + fallback, once)) == "created");
    REQUIRE(podinit.apply_one(pod_json("well", script("echo fine") + fallback, once)) == "created");
    REQUIRE(podinit.apply_one(pod_json("plain", script("echo one; exit 1"), once)) == "created");
    REQUIRE(podinit.apply_one(pod_json("missing", R"("command": ["/no/such"])" + fallback, once)) == "created");
    // The log may come after the end.
    CHECK(eventually([&] { return message_of(podinit, "fails") == "one\ntwo"; }));
    CHECK(message_of(podinit, "well").empty());
    CHECK(message_of(podinit, "plain").empty());
    CHECK(message_of(podinit, "missing").find("executable file not found") != std::string::npos);
}

TEST_CASE("a pod's messages share 12 KiB, and the last state keeps its own") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    std::string containers;
    for (const char* name : {"a", "b", "c", "d", "e", "f"})
        containers += std::string(containers.empty() ? "" : ",") + R"({"name": ")" + name + R"(", "image": "host", )" +
                      script("head -c 4000 /dev/zero | tr '\\0' " + std::string(name) + " > /dev/termination-log") +
                      "}";
    REQUIRE(podinit.apply_one(R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "six"}, "spec": {)" + once +
                              R"(, "containers": [)" + containers + "]}}") == "created");
    REQUIRE(eventually([&] { return podinit.phase("six") == "Succeeded"; }));
    const auto view = podinit.get("six");
    REQUIRE(view);
    for (const spec::ContainerStatus& status : view->status.container_statuses)
        CHECK(status.state.terminated->message == std::string(2048, status.name[0]));

    const std::string count = podinit.dir("count");
    REQUIRE(podinit.apply_one(pod_json("again", script("echo >> " + count + "; wc -l < " + count +
                                                       " > /dev/termination-log; [ $(wc -l < " + count +
                                                       ") -lt 3 ] || sleep 1000; exit 1"))) == "created");
    REQUIRE(eventually([&] { return podinit.status("again").restart_count == 2; }));
    REQUIRE(eventually([&] { return podinit.status("again").state.running.has_value(); }));
    const auto last = podinit.status("again").last_state.terminated;
    REQUIRE(last);
    CHECK(last->message == "2\n");
    CHECK(podinit.remove("again", 0) == "gone");
    CHECK(names_in(podinit.dir("run/messages")).empty());
}

TEST_CASE("an operator opens a pod's readiness gate") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string gate = R"("readinessGates": [{"conditionType": "x/lb"}])";
    REQUIRE(podinit.apply_one(pod_json("web", script(until_term), on_host + ", " + gate)) == "created");
    REQUIRE(podinit.running("web"));
    const auto ready = [&] {
        const auto view = podinit.get("web");
        for (const spec::PodCondition& condition : view->status.conditions)
            if (condition.type == "Ready")
                return condition.status + " " + condition.reason;
        return std::string("unknown");
    };
    const auto set = [&](const std::string& type, const std::string& status) {
        const auto answer = podinit.call(spec::SetCondition{"default", "web", type, status});
        return answer ? "set" : answer.error().name + ": " + answer.error().message;
    };
    CHECK(eventually([&] { return ready() == "False ReadinessGatesNotReady"; }));
    const std::string after = R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "next", "annotations": )"
                              R"({"podinit/after": "web"}}, "spec": {"containers": [{"name": "c", "image": "host", )" +
                              script(until_term) + "}]}}";
    REQUIRE(podinit.apply_one(after) == "created");
    CHECK(podinit.phase("next") == "Pending");
    CHECK(set("x/lb", "True") == "set");
    CHECK(ready() == "True ");
    CHECK(podinit.running("next"));
    CHECK(set("x/lb", "False") == "set");
    CHECK(ready() == "False ReadinessGatesNotReady");
    CHECK(set("x/lb", "") == "set");
    CHECK(ready() == "False ReadinessGatesNotReady");
    CHECK(set("x/other", "True").starts_with("io.podinit.NotFound"));
    CHECK(set("x/lb", "Yes") == "io.podinit.Refused: a condition is True, False or Unknown");
    const auto object = podinit.objects("pod", "web").at(0);
    CHECK(object.find(R"("generation":1)") != object.npos);
    CHECK(object.find(R"("observedGeneration":1)") != object.npos);
}
