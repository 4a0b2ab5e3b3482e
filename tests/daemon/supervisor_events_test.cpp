// SPDX-License-Identifier: Apache-2.0
// What podinit tells of pods, as Kubernetes words it, with podinit itself.
#include "spec/event.hpp"
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

using namespace initd;

namespace {

// "Warning BackOff spec.containers{c}: MESSAGE", as they came.
std::string line_of(const spec::Event& event) {
    const std::string& part = event.involved_object.field_path;
    return event.type + " " + event.reason + " " + part + (part.empty() ? "" : ": ") + event.message;
}

std::vector<spec::Event> events(Supervisor& podinit, const std::string& pod) {
    std::vector<spec::Event> list;
    for (const std::string& text : podinit.objects("event", pod)) {
        const auto event = spec::read_event_object(text);
        REQUIRE(event);
        list.push_back(*event);
    }
    return list;
}

std::vector<std::string> lines(Supervisor& podinit, const std::string& pod) {
    std::vector<std::string> list;
    for (const spec::Event& event : events(podinit, pod))
        list.push_back(line_of(event));
    return list;
}

bool tells(Supervisor& podinit, const std::string& pod, const std::string& line) {
    const bool found = eventually([&] { return std::ranges::count(lines(podinit, pod), line) == 1; });
    if (!found)
        for (const std::string& each : lines(podinit, pod))
            UNSCOPED_INFO(each);
    return found;
}

const std::string of_c = "spec.containers{c}: ";
const std::string pulled =
    "Normal Pulled " + of_c + "Container image \"host\" already present on machine and can be accessed by the pod";

} // namespace

TEST_CASE("a pod's events tell its life from the image to the end, and are there when it is gone") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("web", script(until_term),
                                       R"("initContainers": [{"name": "i", "image": "host", )" + script("exit 0") +
                                           "}]")) == "created");
    REQUIRE(podinit.running("web"));
    REQUIRE(podinit.remove("web") == "gone");
    const std::string of_i = "spec.initContainers{i}: ";
    CHECK(lines(podinit, "web") == std::vector<std::string>{
                                       "Normal Pulled " + of_i + pulled.substr(pulled.find("Container")),
                                       "Normal Created " + of_i + "Container created",
                                       "Normal Started " + of_i + "Container started",
                                       pulled,
                                       "Normal Created " + of_c + "Container created",
                                       "Normal Started " + of_c + "Container started",
                                       "Normal Killing " + of_c + "Stopping container c",
                                   });
    const spec::Event event = events(podinit, "web").back();
    CHECK(event.involved_object.name == "web");
    CHECK(event.involved_object.namespace_ == "default");
    CHECK(event.metadata.name.starts_with("web."));
    CHECK(event.source.component == "podinit");
    CHECK(spec::parse_rfc3339(event.last_timestamp).has_value());
    CHECK(lines(podinit, "other").empty());
}

TEST_CASE("a container that fails again and again is counted, not told anew") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("web", script("exit 3"))) == "created");
    REQUIRE(eventually([&] {
        const auto list = events(podinit, "web");
        return list.size() == 4 && std::ranges::all_of(list, [](const auto& event) { return event.count >= 2; });
    }));
    const auto list = events(podinit, "web");
    const std::string uid = podinit.get("web")->pod.metadata.uid;
    CHECK(line_of(list[3]) ==
          "Warning BackOff " + of_c + "Back-off restarting failed container c in pod web_default(" + uid + ")");
    CHECK(list[3].involved_object.uid == uid);
}

TEST_CASE("what keeps a container from starting is told with its reason") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("program", R"("command": ["/no/such/program"])")) == "created");
    CHECK(tells(podinit, "program",
                "Warning Failed " + of_c +
                    "Error: exec: executable file not found in the container's file system or its PATH"));
    CHECK(eventually([&] { // it never ran
        return std::ranges::none_of(lines(podinit, "program"),
                                    [](const std::string& line) { return line.starts_with("Normal Started"); });
    }));
    REQUIRE(podinit.outcomes({R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "image"}, "spec": )"
                              R"({"containers": [{"name": "c", "image": "no/such:1"}]}})"}) != "");
    CHECK(tells(podinit, "image", "Warning Failed " + of_c + "Error: ErrImageNeverPull"));
    CHECK(std::ranges::any_of(lines(podinit, "image"), [&](const std::string& line) {
        return line.starts_with("Warning ErrImageNeverPull " + of_c + "Container image \"no/such:1\" is not present");
    }));
    REQUIRE(podinit.apply_one(pod_json("volume", script(until_term),
                                       R"("volumes": [{"name": "v", "configMap": {"name": "conf"}}])")) == "created");
    CHECK(tells(podinit, "volume",
                "Warning FailedMount MountVolume.SetUp failed for volume \"v\" : configmap \"conf\" not found"));
}

TEST_CASE("a probe that fails says what it was told") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const auto probed = [&](const std::string& name, const std::string& probe) {
        REQUIRE(podinit.apply_one(pod_json(name, script(until_term) + R"(, "readinessProbe": {"periodSeconds": 1, )" +
                                                     probe + "}")) == "created");
    };
    const std::string failed = "Warning Unhealthy " + of_c + "Readiness probe failed: ";
    probed("command", R"("exec": {"command": ["/bin/sh", "-c", "echo out; echo err >&2; printf '\\377'; exit 1"]})");
    CHECK(tells(podinit, "command", failed + "out\nerr\n\xef\xbf\xbd"));
    probed("slow", R"("exec": {"command": ["/bin/sh", "-c", "sleep 9 # \"q\""]})");
    CHECK(tells(podinit, "slow", failed + R"(command timed out: "/bin/sh -c sleep 9 # \"q\"" timed out after 1s)"));
    probed("tcp", R"("tcpSocket": {"port": 7})");
    CHECK(tells(podinit, "tcp", failed + "dial tcp 127.0.0.1:7: connect: connection refused"));
    probed("http", R"("httpGet": {"port": 7, "path": "/x?y"})");
    CHECK(tells(podinit, "http",
                failed + "Get \"http://127.0.0.1:7/x?y\": dial tcp 127.0.0.1:7: connect: connection refused"));
    probed("grpc", R"("grpc": {"port": 7})");
    CHECK(tells(podinit, "grpc",
                failed + "timeout: failed to connect service \"127.0.0.1:7\" within 1s: context deadline exceeded"));
    probed("name", R"("tcpSocket": {"port": "web"})");
    CHECK(tells(
        podinit, "name",
        "Warning Unhealthy " + of_c +
            "Readiness probe errored and resulted in unknown state: strconv.Atoi: parsing \"web\": invalid syntax"));
}

TEST_CASE("an HTTP probe tells the status, and warns of a redirect to another server") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const auto serve =
        [&](const std::string& name, const std::string& answer) {
            std::ofstream(podinit.dir(name))
                << "import socket\ns = socket.create_server(('127.0.0.1', 8080))\nwhile True:\n"
                   "    c = s.accept()[0]\n    c.recv(4096)\n    c.sendall(b'HTTP/1.1 " +
                       answer + "')\n    c.close()\n";
            return pod_json(name, script("exec python3 " + podinit.dir(name)) +
                                      R"(, "readinessProbe": {"periodSeconds": 1, "httpGet": {"port": 8080}})");
        };
    REQUIRE(podinit.apply_one(serve("bad", R"(503 No\r\n\r\nsecret)")) == "created");
    CHECK(tells(podinit, "bad",
                "Warning Unhealthy " + of_c + "Readiness probe failed: HTTP probe failed with statuscode: 503"));
    REQUIRE(podinit.apply_one(serve("away", R"(302 Found\r\nLocation: http://0.0.0.0/\r\n\r\nthere)")) == "created");
    CHECK(tells(podinit, "away",
                "Warning ProbeWarning " + of_c +
                    "Readiness probe warning: Probe terminated redirects, Response body: there"));
    CHECK(podinit.running("away"));
}

TEST_CASE("why a container is stopped is told") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string failing = R"({"periodSeconds": 1, "failureThreshold": 1, "exec": {"command": ["/bin/false"]}})";
    REQUIRE(podinit.apply_one(pod_json("live", script(until_term) + R"(, "livenessProbe": )" + failing)) == "created");
    CHECK(tells(podinit, "live", "Normal Killing " + of_c + "Container c failed liveness probe, will be restarted"));
    REQUIRE(podinit.apply_one(pod_json("once", script(until_term) + R"(, "startupProbe": )" + failing,
                                       R"("restartPolicy": "Never")")) == "created");
    CHECK(tells(podinit, "once", "Normal Killing " + of_c + "Container c failed startup probe"));
    REQUIRE(podinit.apply_one(pod_json(
                "hooks", script(until_term) +
                             R"(, "lifecycle": {"postStart": {"exec": {"command": ["/bin/false"]}}})")) == "created");
    CHECK(tells(podinit, "hooks", "Warning FailedPostStartHook " + of_c + "PostStartHook failed"));
    CHECK(tells(podinit, "hooks", "Normal Killing " + of_c + "FailedPostStartHook"));
    REQUIRE(podinit.apply_one(pod_json("pre", script(until_term) +
                                                  R"(, "lifecycle": {"preStop": {"exec": {"command": ["/no"]}}})")) ==
            "created");
    REQUIRE(podinit.running("pre"));
    REQUIRE(podinit.remove("pre") == "gone");
    CHECK(tells(podinit, "pre", "Warning FailedPreStopHook " + of_c + "PreStopHook failed"));
    REQUIRE(podinit.apply_one(pod_json("late", script(until_term), R"("activeDeadlineSeconds": 1)")) == "created");
    CHECK(tells(podinit, "late",
                "Normal DeadlineExceeded Pod was active on the node longer than the specified deadline"));
}

TEST_CASE("who watches events gets those that there are, and then each one as it is told") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("web", script(until_term))) == "created");
    REQUIRE(podinit.running("web"));
    const spec::List watch{.namespace_ = "default", .name = "web", .resource = "event", .watch = true};
    Connection watcher(podinit.dir("run/control.sock"));
    REQUIRE(watcher.send({watch, true, false}));
    const auto next = [&]() -> std::string {
        const auto answer = watcher.receive(watch);
        REQUIRE(answer);
        CHECK(answer->continues);
        const auto event = spec::read_event_object(std::get<spec::Listed>(answer->reply).object->text);
        REQUIRE(event);
        return event->reason + " " + std::to_string(event->count);
    };
    CHECK(next() == "Pulled 1");
    CHECK(next() == "Created 1");
    CHECK(next() == "Started 1");
    REQUIRE(podinit.apply_one(pod_json("other", script(until_term))) == "created");
    REQUIRE(podinit.running("other"));
    REQUIRE(podinit.call(spec::Restart{"default", "web", ""}));
    CHECK(next() == "Killing 1");
    CHECK(next() == "Pulled 2");
    CHECK(next() == "Created 2");
    CHECK(next() == "Started 2");
}

TEST_CASE("who watches and does not read misses counts, costs nobody anything, and is told how it ended") {
    if (!can_supervise())
        return;
    constexpr std::int32_t containers = 16, rounds = 60;
    Supervisor podinit;
    std::string list;
    for (int i = 0; i < containers; ++i)
        list += (i ? "," : "") + (R"({"name": "c)" + std::to_string(i)) + R"(", "image": "host", )" +
                script("exec sleep 1000") + "}";
    REQUIRE(podinit.apply_one(R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {)" +
                              on_host + R"(, "containers": [)" + list + "]}}") == "created");
    REQUIRE(podinit.running("web"));
    const spec::List watch{.namespace_ = "", .name = "", .resource = "event", .watch = true};
    Connection watcher(podinit.dir("run/control.sock"));
    REQUIRE(watcher.send({watch, true, false}));
    REQUIRE(watcher.receive(watch));
    const std::size_t before = podinit.memory();
    for (std::int32_t round = 1; round <= rounds; ++round) {
        REQUIRE(podinit.call(spec::Restart{"default", "web", ""}));
        REQUIRE(eventually([&] {
            const auto pod = podinit.get("web");
            return pod && std::ranges::all_of(pod->status.container_statuses, [&](const auto& status) {
                       return status.ready && status.restart_count == round;
                   });
        }));
    }
    CHECK(podinit.memory() < before + 4096); // kB
    int messages = 0, started = 0;
    while (started < containers) {
        const auto answer = watcher.receive(watch);
        REQUIRE(answer);
        const auto event = spec::read_event_object(std::get<spec::Listed>(answer->reply).object->text);
        REQUIRE(event);
        ++messages;
        started += event->reason == "Started" && event->count == rounds + 1;
    }
    CHECK(messages < 4 * containers * rounds);
}
