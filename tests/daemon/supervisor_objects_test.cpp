// SPDX-License-Identifier: Apache-2.0
// Objects of every kind, with podinit itself: ConfigMaps, Secrets, and workloads with the pods that they own.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <sys/stat.h>
#include <vector>

using namespace initd;
namespace fs = std::filesystem;

namespace {

const std::string service =
    R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}})";

std::string config_map(const std::string& name, const std::string& value) {
    return R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": ")" + name + R"("}, "data": {"k": ")" +
           value + "\"}}";
}

std::string secret(const std::string& name) {
    return R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": ")" + name +
           R"("}, "stringData": {"k": "hidden"}})";
}

// Pods on the host, which run the script.
std::string workload(const std::string& kind, const std::string& name, int replicas, const std::string& text) {
    const std::string count = kind == "DaemonSet" ? "" : R"("replicas": )" + std::to_string(replicas) + ", ";
    return R"({"apiVersion": "apps/v1", "kind": ")" + kind + R"(", "metadata": {"name": ")" + name +
           R"("}, "spec": {)" + count +
           R"("selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {"labels": {"app": "x"}},
           "spec": {)" +
           on_host + R"(, "terminationGracePeriodSeconds": 3, "containers": [{"name": "c", "image": "host", )" +
           script(text) + "}]}}}}";
}

// The names of all pods that are not on their way out, in order; "" while one of them does not run.
std::string running_pods(Supervisor& podinit) {
    std::vector<std::string> names;
    for (const auto& pod : podinit.list()) {
        if (!pod.deletion_timestamp.empty())
            continue;
        if (!std::ranges::all_of(pod.status.container_statuses, &spec::ContainerStatus::ready))
            return "";
        names.push_back(pod.pod.metadata.name);
    }
    std::ranges::sort(names);
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : " ") + name;
    return text;
}

// Each pod's run, by name: another uid, or another container of the same, is another run.
std::map<std::string, std::string> runs(Supervisor& podinit) {
    std::map<std::string, std::string> runs;
    for (const auto& pod : podinit.list())
        if (pod.deletion_timestamp.empty())
            runs[pod.pod.metadata.name] =
                pod.pod.metadata.uid + pod.status.start_time + pod.status.container_statuses.at(0).container_id;
    return runs;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("a published file of several kinds applies whole: what is kept, what runs, and what is ignored") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::vector<std::string> call{service, workload("Deployment", "web", 2, until_term), config_map("web", "v"),
                                        secret("web")};
    CHECK(podinit.outcomes(call) == "service/web ignored\n"
                                    "deployment.apps/web created\n"
                                    "configmap/web created\n"
                                    "secret/web created\n");
    CHECK(names_in(podinit.dir("manifests")) == std::vector<std::string>{"ConfigMap_default_web.json",
                                                                         "Deployment_default_web.json",
                                                                         "Secret_default_web.json"});
    struct stat status {};
    REQUIRE(::stat(podinit.dir("manifests/Secret_default_web.json").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);

    CHECK(eventually([&] {
        const auto deployments = podinit.objects("deploy");
        return deployments.size() == 1 &&
               has(deployments[0],
                   R"("status":{"availableReplicas":2,"readyReplicas":2,"replicas":2,"updatedReplicas":2})");
    }));
    const auto pods = podinit.list();
    REQUIRE(pods.size() == 2);
    for (const auto& pod : pods) {
        CHECK(pod.pod.metadata.name.starts_with("web-"));
        REQUIRE(pod.pod.metadata.owner_references.size() == 1);
        CHECK(pod.pod.metadata.owner_references[0].kind == "Deployment");
        CHECK(pod.pod.metadata.owner_references[0].name == "web");
    }
    const auto maps = podinit.objects("configmaps", "web");
    REQUIRE(maps.size() == 1);
    CHECK(has(maps[0], R"("data":{"k":"v"})"));
    CHECK(has(maps[0], R"("creationTimestamp":")"));
    CHECK(has(podinit.objects("secret").at(0), R"("k":"aGlkZGVu")"));
    CHECK(podinit.objects("configmap", "other").empty());

    const auto before = runs(podinit);
    CHECK(podinit.outcomes(call) == "service/web ignored\n"
                                    "deployment.apps/web unchanged\n"
                                    "configmap/web unchanged\n"
                                    "secret/web unchanged\n");
    CHECK(podinit.outcomes({config_map("web", "other")}) == "configmap/web configured\n");
    CHECK(runs(podinit) == before);

    CHECK(podinit.remove("web", {}, "configmap") == "gone");
    CHECK(podinit.remove("web", {}, "secrets") == "gone");
    CHECK(podinit.remove("web", {}, "deployments.apps") == "gone");
    CHECK(podinit.list().empty());
    CHECK(fs::is_empty(podinit.dir("manifests")));
    CHECK(podinit.remove("web", {}, "cm") == R"(io.podinit.NotFound: configmaps "web" not found)");
    CHECK(podinit.remove("web", {}, "deploy") == R"(io.podinit.NotFound: deployments.apps "web" not found)");
    CHECK(has(podinit.remove("web", {}, "service"), R"(the server doesn't have a resource type "service")"));
}

TEST_CASE("a workload that is scaled keeps the pods that stay") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(workload("StatefulSet", "db", 2, until_term)) == "created");
    REQUIRE(eventually([&] { return running_pods(podinit) == "db-0 db-1"; }));
    const auto two = runs(podinit);
    CHECK(podinit.apply_one(workload("StatefulSet", "db", 4, until_term)) == "configured");
    CHECK(eventually([&] { return running_pods(podinit) == "db-0 db-1 db-2 db-3"; }));
    CHECK(podinit.apply_one(workload("StatefulSet", "db", 2, until_term)) == "configured");
    CHECK(eventually([&] { return podinit.list().size() == 2; }));
    CHECK(runs(podinit) == two);
    CHECK(
        has(podinit.objects("sts").at(0), R"("status":{"availableReplicas":2,"currentReplicas":2,"readyReplicas":2,)"));
    CHECK(podinit.apply_one(workload("StatefulSet", "db", 0, until_term)) == "configured");
    CHECK(eventually([&] { return podinit.list().empty(); }));
    CHECK(has(podinit.objects("sts").at(0), R"("status":{"availableReplicas":0,"replicas":0})"));
    CHECK(podinit.remove("db", {}, "sts") == "gone");
}

TEST_CASE("another template replaces every pod, each new one after the old one in its place") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string mark = podinit.dir("mark");
    const std::string old =
        "trap 'sleep 0.3; echo old ended >> " + mark + "; exit 0' TERM; echo up; while :; do sleep 1000 & wait; done";
    const std::string changed = "echo new started >> " + mark + "; exec sleep 1000";
    for (const char* kind : {"DaemonSet", "Deployment", "StatefulSet"}) {
        INFO(kind);
        fs::remove(mark);
        REQUIRE(podinit.apply_one(workload(kind, "web", 1, old)) == "created");
        const std::string name = podinit.list().at(0).pod.metadata.name;
        REQUIRE(eventually([&] { return podinit.logs(name) == "stdout up\n"; }));
        CHECK(podinit.apply_one(workload(kind, "web", 1, changed)) == "configured");
        CHECK(eventually([&] { return read_text(mark) == "old ended\nnew started\n"; }));
        CHECK(eventually([&] { return podinit.list().size() == 1; }));
        CHECK(podinit.remove("web", 0, kind) == "gone");
    }
}

TEST_CASE("a workload's pod that is deleted comes back, and goes with its owner") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string mark = podinit.dir("mark");
    REQUIRE(podinit.apply_one(workload("StatefulSet", "db", 2, "echo x >> " + mark + "; " + until_term)) == "created");
    REQUIRE(eventually([&] { return read_text(mark) == "x\nx\n"; }));
    CHECK(podinit.remove("db-1") == "gone"); // the one that was there
    CHECK(eventually([&] { return running_pods(podinit) == "db-0 db-1" && read_text(mark) == "x\nx\nx\n"; }));
    CHECK(exists(podinit.dir("manifests/StatefulSet_default_db.json")));

    // Not by another way either, and its name is nobody else's.
    CHECK(has(podinit.apply_one(pod_json("db-1", script(until_term))),
              "pod default/db-1 belongs to statefulset.apps default/db"));
    CHECK(podinit.remove("db", {}, "statefulset.apps") == "gone");
    CHECK(podinit.list().empty());
    CHECK(podinit.remove("db-1").starts_with("io.podinit.NotFound"));
}

TEST_CASE("a workload's pod that is deleted slowly can be deleted quickly after all, and comes back once") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    std::string deaf = workload("StatefulSet", "deaf", 1, "trap '' TERM; echo up; while :; do sleep 1; done");
    deaf.replace(deaf.find("Seconds\": 3"), 11, "Seconds\": 600");
    REQUIRE(podinit.apply_one(deaf) == "created");
    REQUIRE(eventually([&] { return podinit.logs("deaf-0") == "stdout up\n"; }));
    REQUIRE(podinit.call(spec::Delete{"default", "deaf-0", std::nullopt, ""}));
    CHECK(podinit.remove("deaf-0", 0) == "gone");
    CHECK(podinit.running("deaf-0"));
    CHECK(podinit.list().size() == 1);
    // So can its owner: the pods have no more time than the last who asked gives them.
    REQUIRE(podinit.call(spec::Delete{"default", "deaf-0", std::nullopt, ""}));
    CHECK(podinit.remove("deaf", 0, "sts") == "gone");
    CHECK(podinit.list().empty());
}

TEST_CASE("all objects come back when podinit starts again on the same directories") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply({workload("Deployment", "web", 2, until_term), workload("DaemonSet", "agent", 1, until_term),
                           config_map("web", "v"), secret("web"), pod_json("alone", script(until_term), on_host)}));
    REQUIRE(eventually([&] { return podinit.list().size() == 4 && !running_pods(podinit).empty(); }));
    const std::string before = running_pods(podinit);
    podinit.signal(SIGTERM);
    REQUIRE(podinit.ended() == 0);
    podinit.start();
    CHECK(eventually([&] { return running_pods(podinit) == before; }));
    CHECK(has(podinit.objects("ds").at(0), R"("currentNumberScheduled":1,"desiredNumberScheduled":1)"));
    CHECK(podinit.objects("cm").size() == 1);
    CHECK(podinit.objects("secrets").size() == 1);
    CHECK(podinit.apply_one(workload("Deployment", "web", 2, until_term)) == "unchanged");
}

TEST_CASE("one bad object of a call changes nothing, of whatever kind the others are") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const auto refused =
        podinit.apply({config_map("web", "v"), workload("Deployment", "web", 1, until_term),
                       R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"..": "v"}})"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().name == "io.podinit.Invalid");
    CHECK(std::ranges::all_of(refused.error().problems, [](const auto& p) { return p.index == 2; }));
    CHECK(podinit.list().empty());
    CHECK(podinit.objects("cm").empty());
    CHECK(podinit.objects("deploy").empty());
    CHECK(fs::is_empty(podinit.dir("manifests")));
}

TEST_CASE("files of all kinds come, change and go by hand; one that takes another's name waits for it") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    std::ofstream(podinit.dir("manifests/db.json")) << workload("StatefulSet", "db", 1, until_term);
    REQUIRE(eventually([&] { return running_pods(podinit) == "db-0"; }));
    std::ofstream(podinit.dir("manifests/z.json")) << pod_json("db-0", script("sleep 1000 # mine"), on_host);
    const auto rejected = [&] {
        const auto answer = podinit.call(spec::Node{});
        REQUIRE(answer);
        return std::get<spec::NodeInfo>(answer->reply).rejected;
    };
    REQUIRE(eventually([&] { return rejected().size() == 1; }));
    CHECK(rejected()[0].problems.at(0) == "/metadata/name: pod default/db-0 belongs to statefulset.apps default/db");
    CHECK(running_pods(podinit) == "db-0");
    CHECK(podinit.get("db-0")->pod.metadata.owner_references.size() == 1);

    fs::remove(podinit.dir("manifests/db.json"));
    CHECK(eventually([&] {
        const auto pod = podinit.get("db-0");
        return pod && pod->pod.metadata.owner_references.empty() && running_pods(podinit) == "db-0";
    }));
    CHECK(rejected().empty());
    CHECK(podinit.objects("sts").empty());
}

TEST_CASE("a secret in a file that others may read is told of") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string file = podinit.dir("manifests/s.json");
    std::ofstream(file) << secret("s");
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    CHECK(eventually([&] { return has(podinit.said(), "s.json: a secret that others may read"); }));
    // What is applied in its place is not for others.
    REQUIRE(podinit.apply_one(R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {}})") ==
            "configured");
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("many objects, listed to a client that reads slowly, are all told once") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    std::vector<std::string> call;
    const std::string value(300'000, 'x');
    for (int i = 0; i < 20; ++i)
        call.push_back(config_map("m" + std::to_string(i), value));
    REQUIRE(podinit.apply(call));
    std::vector<std::string> names;
    for (const std::string& text : podinit.objects("cm"))
        names.push_back(text.substr(text.find("\"name\":"), 12));
    CHECK(names.size() == 20);
    std::ranges::sort(names);
    CHECK(std::ranges::adjacent_find(names) == names.end());
}
