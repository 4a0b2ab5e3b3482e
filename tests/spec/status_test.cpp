// SPDX-License-Identifier: Apache-2.0
#include "spec/object_status.hpp"
#include "spec/status.hpp"

#include "spec/manifest.hpp"

#include "tests/catch.hpp"

#include <cstdint>
#include <limits>
#include <string>

TEST_CASE("times are written in UTC to the second, and read back") {
    struct {
        std::int64_t epoch_ms;
        const char* text;
    } const table[] = {
        {1'000, "1970-01-01T00:00:01Z"},
        {-1'000, "1969-12-31T23:59:59Z"},
        {951'782'400'000, "2000-02-29T00:00:00Z"},
        {1'709'251'199'000, "2024-02-29T23:59:59Z"},
        {4'107'542'400'000, "2100-03-01T00:00:00Z"},
        {253'402'300'799'000, "9999-12-31T23:59:59Z"},
    };
    for (const auto& row : table) {
        INFO(row.text);
        CHECK(spec::rfc3339(row.epoch_ms) == row.text);
        CHECK(spec::parse_rfc3339(row.text) == row.epoch_ms);
    }
    CHECK(spec::rfc3339(1'709'251'199'999) == "2024-02-29T23:59:59Z");
}

TEST_CASE("a time that is unset or has no year of four digits is written as nothing") {
    CHECK(spec::rfc3339(0).empty());
    CHECK(spec::rfc3339(253'402'300'800'000).empty());
    CHECK(spec::rfc3339(std::numeric_limits<std::int64_t>::max()).empty());
    CHECK(spec::rfc3339(std::numeric_limits<std::int64_t>::min()).empty());
}

TEST_CASE("what is no time in UTC is not read as one") {
    for (const char* text :
         {"", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
          "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00+01:00",
          "2024-01-01 00:00:00Z", "2024-01-01T00:00:00.5Z", "+024-01-01T00:00:00Z", "2024-01-01T00:00:00ZZ"}) {
        INFO(text);
        CHECK_FALSE(spec::parse_rfc3339(text));
    }
}

namespace {

spec::PodStatus some_status() {
    spec::ContainerStatus web{.name = "web",
                              .state = {.running = spec::StateRunning{"2024-01-01T00:00:10Z"}},
                              .ready = true,
                              .restart_count = 3,
                              .image = "host",
                              .image_id = "host",
                              .container_id = "podinit://u/web/3",
                              .started = true};
    web.last_state.terminated = {
        137, "Error", "killed", "2024-01-01T00:00:01Z", "2024-01-01T00:00:02Z", "podinit://u/web/2"};
    spec::ContainerStatus side{.name = "side",
                               .state = {.waiting = spec::StateWaiting{"CrashLoopBackOff", "back-off 10s"}}};
    spec::PodStatus status{.phase = "Running",
                           .conditions = {{"Ready", "False", "2024-01-01T00:00:03Z", "ContainersNotReady", "side"}},
                           .host_ip = "10.0.2.15",
                           .host_ips = {{"10.0.2.15"}},
                           .pod_ip = "10.0.2.15",
                           .pod_ips = {{"10.0.2.15"}, {"fec0::1"}},
                           .start_time = "2024-01-01T00:00:00Z",
                           .container_statuses = {web, side},
                           .qos_class = "BestEffort"};
    return status;
}

std::string canonical(std::string_view manifest) {
    const auto read = spec::read_manifest(manifest);
    REQUIRE(read);
    return read->text;
}

// The object's text from "status" on.
std::string status_text(const spec::PodStatus& status) {
    const std::string object = spec::pod_object(R"({"metadata":{"name":"web"},"spec":{"x":1}})", status, "", "", "");
    return object.substr(object.find("\"status\":"));
}

// A value in which the words of JSON stand where a careless search finds them.
constexpr std::string_view tricky = R"({"apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "web", "annotations": {"a": "\"metadata\":{ } ] \\\" {", "status": "\"status\":{}", "spec": "\"spec\":{"}},
    "spec": {"containers": [{"name": "web", "image": "host", "command": ["sh", "-c", "echo '}}' \"metadata\":{"]}]}})";

} // namespace

TEST_CASE("a pod's object is its manifest with times and a status") {
    const std::string text = canonical(tricky);
    const std::string object =
        spec::pod_object(text, some_status(), "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "box");
    const auto view = spec::read_pod_object(object);
    REQUIRE(view);
    CHECK(view->pod.metadata.name == "web");
    CHECK(view->pod.metadata.creation_timestamp == "2024-01-01T00:00:00Z");
    CHECK(view->deletion_timestamp == "2024-01-02T00:00:00Z");
    CHECK(view->pod.spec.node_name == "box");
    REQUIRE(view->pod.metadata.annotations.size() == 3);
    CHECK(view->pod.metadata.annotations[0].second == "\"metadata\":{ } ] \\\" {");
    REQUIRE(view->pod.spec.containers.size() == 1);
    CHECK(view->pod.spec.containers[0].command.back() == "echo '}}' \"metadata\":{");
    CHECK(view->pod.spec.restart_policy == spec::RestartPolicy::Always);
    CHECK(spec::pod_object(text, view->status, "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "box") == object);
}

TEST_CASE("a pod's object is a manifest again, and times that are not set are left out") {
    const std::string text = canonical(tricky);
    const std::string object = spec::pod_object(text, some_status(), "", "", "");
    CHECK(object.find("Timestamp") == std::string::npos);
    CHECK(canonical(object) == text);
    CHECK(canonical(spec::pod_object(text, some_status(), "2024-01-01T00:00:00Z", "", "")) == text);
}

TEST_CASE("a status is written as Kubernetes writes it") {
    CHECK(status_text(some_status()) ==
          R"("status":{"phase":"Running","conditions":[{"type":"Ready","status":"False","lastProbeTime":null,)"
          R"("lastTransitionTime":"2024-01-01T00:00:03Z","reason":"ContainersNotReady","message":"side"}],)"
          R"("hostIP":"10.0.2.15","hostIPs":[{"ip":"10.0.2.15"}],"podIP":"10.0.2.15",)"
          R"("podIPs":[{"ip":"10.0.2.15"},{"ip":"fec0::1"}],"startTime":"2024-01-01T00:00:00Z","containerStatuses":[)"
          R"({"name":"web","state":{"running":{"startedAt":"2024-01-01T00:00:10Z"}},"lastState":{"terminated":{)"
          R"("exitCode":137,"reason":"Error","message":"killed","startedAt":"2024-01-01T00:00:01Z",)"
          R"("finishedAt":"2024-01-01T00:00:02Z","containerID":"podinit://u/web/2"}},"ready":true,"restartCount":3,)"
          R"("image":"host","imageID":"host","containerID":"podinit://u/web/3","started":true},)"
          R"({"name":"side","state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 10s"}},"lastState":{},)"
          R"("ready":false,"restartCount":0,"image":"","imageID":"","started":false}],"qosClass":"BestEffort"}})");
    CHECK(status_text({}) == "\"status\":{}}");
    spec::PodStatus ended;
    ended.container_statuses.push_back(
        {.name = "c", .state = {.terminated = spec::StateTerminated{.reason = "Completed"}}});
    CHECK(status_text(ended).find(R"("state":{"terminated":{"exitCode":0,"reason":"Completed"}})") !=
          std::string::npos);
}

TEST_CASE("a pod's object that is none is refused with its place") {
    struct {
        const char* json;
        const char* pointer;
    } const table[] = {
        {"", ""},
        {"[]", ""},
        {R"({"metadata":{"name":"a"},"spec":{"containers":[]},"status":{"phase":1}})", "/status/phase"},
        {R"({"metadata":{"name":"a","deletionTimestamp":1},"spec":{"containers":[]}})", "/metadata/deletionTimestamp"},
        {R"({"metadata":{"name":"a"}})", "/spec"},
    };
    for (const auto& row : table) {
        INFO(row.json);
        const auto view = spec::read_pod_object(row.json);
        REQUIRE_FALSE(view);
        REQUIRE_FALSE(view.error().empty());
        CHECK(view.error().front().pointer == row.pointer);
    }
}

TEST_CASE("a newer podinit's object is read by an older podctl") {
    const auto view = spec::read_pod_object(
        R"({"metadata":{"name":"a","x":1},"spec":{"containers":[{"name":"c","image":"i","y":2}],"z":3},)"
        R"("status":{"phase":"Running","w":4}})");
    REQUIRE(view);
    CHECK(view->status.phase == "Running");
}

TEST_CASE("a kept object is shown with its age, and a workload with the status of its controller") {
    const std::string_view text = R"({"data":{"metadata":"x"},"metadata":{"name":"web"},"spec":{"metadata":{"a":1}}})";
    const std::string shown =
        R"({"data":{"metadata":"x"},"metadata":{"creationTimestamp":"T","name":"web"},"spec":{"metadata":{"a":1}})";
    struct {
        spec::Kind kind;
        spec::ObjectCounts counts;
        const char* status;
    } const table[] = {
        {spec::Kind::ConfigMap, {}, ""},
        {spec::Kind::Secret, {}, ""},
        {spec::Kind::Deployment,
         {3, 2, 1},
         R"("availableReplicas":1,"readyReplicas":1,"replicas":2,"unavailableReplicas":2,"updatedReplicas":2)"},
        {spec::Kind::Deployment,
         {2, 2, 2},
         R"("availableReplicas":2,"readyReplicas":2,"replicas":2,"updatedReplicas":2)"},
        {spec::Kind::DaemonSet,
         {1, 1, 0},
         R"("currentNumberScheduled":1,"desiredNumberScheduled":1,"numberMisscheduled":0,"numberReady":0,)"
         R"("numberUnavailable":1,"updatedNumberScheduled":1)"},
        {spec::Kind::StatefulSet, {0, 0, 0}, R"("availableReplicas":0,"replicas":0)"},
        {spec::Kind::StatefulSet,
         {2, 2, 1},
         R"("availableReplicas":1,"currentReplicas":2,"readyReplicas":1,"replicas":2,"updatedReplicas":2)"},
    };
    for (const auto& row : table) {
        const std::string status = *row.status ? std::string(",\"status\":{") + row.status + "}" : "";
        CHECK(spec::kept_object(row.kind, text, row.counts, "T") == shown + status + "}");
    }
}
