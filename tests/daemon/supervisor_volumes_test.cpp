// SPDX-License-Identifier: Apache-2.0
// Pods that refer to ConfigMaps, Secrets and themselves, with podinit itself.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <string>
#include <sys/stat.h>

using namespace initd;

namespace {

std::string config_map(const std::string& name, const std::string& data) {
    return R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": ")" + name + R"("}, "data": {)" + data +
           "}}";
}

std::string secret(const std::string& name, const std::string& data) {
    return R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": ")" + name + R"("}, "stringData": {)" + data +
           "}}";
}

std::string mounted(const std::string& path, const std::string& more = "") {
    return R"({"name": "v", "mountPath": ")" + path + "\"" + more + "}";
}

// A container that lives until SIGTERM, with these mounts.
std::string with_mounts(const std::string& mounts) {
    return script(until_term) + R"(, "volumeMounts": [)" + mounts + "]";
}

// "REASON: MESSAGE" while it waits.
std::string waiting(Supervisor& podinit, const std::string& name) {
    const auto status = podinit.status(name);
    return status.state.waiting ? status.state.waiting->reason + ": " + status.state.waiting->message : "";
}

// Long enough that nothing starts by itself while a test looks.
constexpr const char* patient = R"({"crashLoopBackOff": {"initialRestartPeriod": "300s"}})";

} // namespace

TEST_CASE("a pod waits for its ConfigMap and starts as soon as that comes, with its files") {
    if (!can_supervise())
        return;
    Supervisor podinit(patient);
    const std::string dir = podinit.dir("m");
    REQUIRE(podinit.apply_one(pod_json(
                "web", with_mounts(mounted(dir)),
                R"("volumes": [{"name": "v", "configMap": {"name": "cm", "defaultMode": 416}}])")) == "created");
    const std::string missing =
        "ContainerCreating: MountVolume.SetUp failed for volume \"v\" : configmap \"cm\" not found";
    CHECK(eventually([&] { return waiting(podinit, "web") == missing; }));
    CHECK(podinit.phase("web") == "Pending");
    REQUIRE(podinit.apply_one(config_map("other", R"("a": "x")")) == "created");
    CHECK(waiting(podinit, "web") == missing);
    REQUIRE(podinit.apply_one(config_map("cm", R"("a": "one", "b.conf": "two")")) == "created");
    REQUIRE(podinit.running("web"));
    CHECK(podinit.exec(
              "web", {"sh", "-c", "cd " + dir + "; ls; cat a b.conf; stat -Lc %a a; touch a 2>/dev/null || echo no"}) ==
          "a\nb.conf\nonetwo640\nno\n|0");
    CHECK(podinit.remove("web") == "gone");
    CHECK(podinit.mounts() == 0);
    CHECK(names_in(podinit.dir("run/pods")).empty());
}

TEST_CASE("a volume follows its object while the pod runs, a sub path of it does not") {
    if (!can_supervise())
        return;
    Supervisor podinit(patient);
    const std::string dir = podinit.dir("m"), file = podinit.dir("f");
    REQUIRE(podinit.apply({secret("s", R"("key": "old")"),
                           pod_json("web", with_mounts(mounted(dir) + ", " + mounted(file, R"(, "subPath": "key")")),
                                    R"("volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "s"}},
                        {"downwardAPI": {"items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}]}}]}}])")}));
    REQUIRE(podinit.running("web"));
    const auto files = [&] {
        return podinit.exec("web", {"sh", "-c", "cd " + dir + "; echo `cat key name` `cat " + file + "`"});
    };
    CHECK(files() == "oldweb old\n|0");
    REQUIRE(podinit.apply_one(secret("s", R"("key": "new", "more": "x")")) == "configured");
    CHECK(eventually([&] { return files() == "newweb old\n|0"; }));
    CHECK(podinit.exec("web", {"ls", dir}) == "key\nmore\nname\n|0");
    CHECK(podinit.status("web").restart_count == 0);
    // Gone, and yet a running pod keeps what it has.
    Connection connection(podinit.dir("run/control.sock"));
    const spec::Delete call{"default", "s", {}, "secret"};
    connection.send({call, false, false});
    REQUIRE(connection.receive(call));
    CHECK(files() == "newweb old\n|0");
}

TEST_CASE("a container waits for what its environment comes from, and starts as soon as that comes") {
    if (!can_supervise())
        return;
    Supervisor podinit(patient);
    REQUIRE(podinit.apply_one(
                pod_json("web", script(until_term) + R"x(, "envFrom": [{"prefix": "P_", "secretRef": {"name": "s"}}],
        "env": [{"name": "V", "value": "$(P_a)!"}, {"name": "W", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "k"}}},
                {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}])x")) == "created");
    CHECK(eventually([&] { return waiting(podinit, "web") == "CreateContainerConfigError: secret \"s\" not found"; }));
    REQUIRE(podinit.apply_one(secret("s", R"("a": "1")")) == "created");
    CHECK(eventually(
        [&] { return waiting(podinit, "web") == "CreateContainerConfigError: configmap \"cm\" not found"; }));
    REQUIRE(podinit.apply_one(config_map("cm", R"("other": "x")")) == "created");
    CHECK(eventually([&] {
        return waiting(podinit, "web") == "CreateContainerConfigError: couldn't find key k in ConfigMap default/cm";
    }));
    REQUIRE(podinit.apply_one(config_map("cm", R"("k": "v")")) == "configured");
    REQUIRE(podinit.running("web"));
    CHECK(podinit.status("web").restart_count == 0);
    CHECK(podinit.exec("web", {"sh", "-c", "echo $P_a $V $W $N; test $CPU = `nproc --all`"}) == "1 1! v web\n|0");
}

TEST_CASE("volumes belong to the pod's fsGroup, and so do its processes") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    ::chmod(podinit.temp.path().c_str(), 0755); // another user is to get there
    const std::string names[] = {"config", "disk", "memory"};
    std::string mounts, look;
    for (const std::string& name : names) {
        const std::string dir = podinit.dir(name);
        mounts += (mounts.empty() ? "" : ", ") + (R"({"name": ")" + name) + R"(", "mountPath": ")" + dir + "\"}";
        look += "stat -c '%a %g' " + dir + "; ";
        if (name != "config")
            look += "echo x > " + dir + "/new && stat -c %g " + dir + "/new; ";
    }
    REQUIRE(podinit.apply({config_map("cm", R"("a": "x")"),
                           pod_json("web", with_mounts(mounts) + R"(, "securityContext": {"runAsUser": 1000})",
                                    R"("securityContext": {"fsGroup": 2345}, "volumes": [
                                       {"name": "config", "configMap": {"name": "cm", "defaultMode": 256}},
                                       {"name": "disk", "emptyDir": {}}, {"name": "memory", "emptyDir": {"medium": "Memory"}}])")}));
    REQUIRE(podinit.running("web"));
    CHECK(podinit.exec("web", {"sh", "-c", look + "cat " + podinit.dir("config") + "/a; id -G | grep -cw 2345"}) ==
          "2777 2345\n2777 2345\n2345\n2777 2345\n2345\nx1\n|0");
}

TEST_CASE("what one pod mounts another sees, when both say so") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string data = podinit.dir("data"), at = podinit.dir("m");
    const auto pod = [&](const std::string& name, const std::string& how, const std::string& container = "") {
        return pod_json(name, with_mounts(mounted(at, how)) + container,
                        R"("volumes": [{"name": "v", "hostPath": {"path": ")" + data + "\"}}]");
    };
    REQUIRE(podinit.apply(
        {pod("gives", R"(, "mountPropagation": "Bidirectional")", R"(, "securityContext": {"privileged": true})"),
         pod("takes", R"(, "mountPropagation": "HostToContainer")"), pod("alone", "")}));
    for (const char* name : {"gives", "takes", "alone"})
        REQUIRE(podinit.running(name));
    const std::string below = at + "/below";
    REQUIRE(podinit.exec("gives", {"sh", "-c",
                                   "mkdir " + below + " && mount -t tmpfs none " + below + " && touch " + below +
                                       "/mark"}) == "|0");
    CHECK(podinit.exec("takes", {"ls", below}) == "mark\n|0");
    CHECK(podinit.exec("alone", {"ls", below}) == "|0");
    REQUIRE(podinit.exec("gives", {"umount", below}) == "|0");
    CHECK(podinit.exec("takes", {"ls", below}) == "|0");
}

TEST_CASE("huge pages that the machine does not have keep the pod waiting with the reason") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(
                pod_json("web",
                         with_mounts(mounted(podinit.dir("m"))) +
                             R"(, "resources": {"limits": {"hugepages-3Mi": "3Mi", "cpu": "1", "memory": "1Mi"}})",
                         R"("volumes": [{"name": "v", "emptyDir": {"medium": "HugePages-3Mi"}}])")) == "created");
    CHECK(eventually([&] {
        const std::string why = waiting(podinit, "web");
        return why.starts_with("ContainerCreating: ") && why.find("hugetlbfs: mounting: ") != why.npos;
    }));
    CHECK(podinit.remove("web") == "gone");
    CHECK(podinit.mounts() == 0);
}

TEST_CASE("a container that asks for a confinement that is not there is not started") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("web", script(until_term), R"("hostUsers": false)")) == "created");
    CHECK(eventually([&] { return waiting(podinit, "web").starts_with("CreateContainerConfigError: "); }));
    CHECK(podinit.status("web").restart_count == 0);
}
