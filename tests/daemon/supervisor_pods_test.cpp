// SPDX-License-Identifier: Apache-2.0
// What a pod finds around it, and what is left when it is gone, with podinit itself.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <vector>

using namespace initd;
namespace fs = std::filesystem;

namespace {

// Two containers "c" and "d", each running the script.
std::string pair_json(const std::string& name, const std::string& container, const std::string& spec) {
    const std::string second = R"(}, {"name": "d", "image": "host", )" + container;
    return pod_json(name, container + second, spec);
}

} // namespace

TEST_CASE("a private pod's process is the first of its own and sees a loopback interface and nothing else") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("web", script(until_term))) == "created");
    REQUIRE(podinit.running("web"));
    CHECK(podinit.exec("web", {"sh", "-c", "ls /sys/class/net; hostname"}) == "lo\nweb\n|0");
    CHECK(podinit.exec("web", {"sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline"}).starts_with("/bin/sh -c trap"));
    CHECK(podinit.exec("web", {"sh", "-c", "ls /proc/self/fd | wc -l; grep SigBlk /proc/self/status"}) ==
          "4\nSigBlk:\t0000000000000000\n|0"); // 0, 1, 2 and that of ls itself
}

TEST_CASE("a pod of the host sees the host") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("web", script(until_term), on_host)) == "created");
    REQUIRE(podinit.running("web"));
    for (const char* name : {"net", "ipc", "uts"}) {
        std::error_code ignored;
        const std::string ours = fs::read_symlink("/proc/self/ns/" + std::string(name), ignored).string();
        CHECK(podinit.exec("web", {"readlink", "/proc/self/ns/" + std::string(name)}) == ours + "\n|0");
    }
    CHECK(podinit.exec("web", {"sh", "-c", "cat /proc/2/comm"}) ==
          "podinit\n|0"); // the second here, see first_process()
}

TEST_CASE("the containers of a pod share its processes when it says so, and all start anew with them") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pair_json("web", script(until_term), R"("shareProcessNamespace": true)")) == "created");
    REQUIRE(podinit.running("web"));
    const std::string both = podinit.exec("web", {"sh", "-c", "ls -d /proc/[0-9]* | wc -l; cat /proc/1/comm"});
    CHECK(podinit.exec("web", {"sh", "-c", "pgrep -f 'trap .exit' | wc -l"}, "d") != "0\n|0");
    CHECK(podinit.exec("web", {"cat", "/proc/1/cmdline"}, "d").starts_with("podinit: pause"));
    CHECK(both.ends_with("|0"));
    // The holder is podinit's child as seen from here, and the first process of its namespace.
    const std::string pid = std::to_string(podinit.pid());
    const std::string children = read_text("/proc/" + pid + "/task/" + pid + "/children");
    pid_t holder = 0;
    for (std::size_t at = 0; at < children.size(); at = children.find(' ', at) + 1)
        if (const pid_t child = std::atoi(children.c_str() + at);
            child > 1 && read_text("/proc/" + std::to_string(child) + "/cmdline").starts_with("podinit: pause"))
            holder = child;
    REQUIRE(holder > 1);
    ::kill(holder, SIGKILL);
    CHECK(eventually([&] {
        const auto pod = podinit.get("web");
        return pod && std::ranges::all_of(pod->status.container_statuses,
                                          [](const auto& c) { return c.ready && c.restart_count >= 1; });
    }));
    CHECK(podinit.remove("web") == "gone");
    CHECK(eventually([&] { return podinit.mounts() == 0; }));
}

TEST_CASE("an emptyDir is shared by a pod's containers and gone with the pod, and so is its log") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string d = podinit.dir("d"), m = podinit.dir("m"); // mount points, made as they are missing
    const std::string fields = script("echo up; echo x >> " + d + "/c; echo x >> " + m + "/c; " + until_term) +
                               R"(, "volumeMounts": [{"name": "d", "mountPath": ")" + d +
                               R"("}, {"name": "m", "mountPath": ")" + m + "\"}]";
    const std::string manifest = pair_json("web", fields,
                                           R"("volumes": [{"name": "d", "emptyDir": {}},
                                              {"name": "m", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}])");
    const std::vector<std::string> count{"sh", "-c", "cat " + d + "/c " + m + "/c | wc -l"};
    for (int round = 0; round < 10; ++round) { // the same pod with the same uid, again at once
        INFO("round " << round);
        REQUIRE(podinit.apply_one(manifest) == "created");
        REQUIRE(podinit.running("web"));
        CHECK(eventually([&] { return podinit.exec("web", count) == "4\n|0"; }));
        CHECK(podinit.exec("web", count, "d") == "4\n|0");
        CHECK(podinit.exec("web", {"touch", d + "/new"}) == "|0");
        CHECK(eventually([&] { return podinit.logs("web") == "stdout up\n"; }));
        CHECK(podinit.remove("web", 1) == "gone");
        CHECK(names_in(podinit.dir("run/state/pods")).empty());
    }
    CHECK(names_in(podinit.dir("run/pods")).empty());
    CHECK(podinit.mounts() == 0);
    CHECK(eventually([&] { return names_in(podinit.dir("run/log/pods")).empty(); }));
}

TEST_CASE("a hostPath is what its type says or the container does not start") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string data = podinit.dir("data");
    fs::create_directory(data);
    std::ofstream(data + "/file") << "text";
    struct {
        const char* type;
        const char* path;
        bool starts;
    } const table[] = {
        {"", "/made", true},           {"DirectoryOrCreate", "/a/b", true}, {"Directory", "/missing", false},
        {"Directory", "/file", false}, {"FileOrCreate", "/new", true},      {"File", "/file", true},
        {"File", "/missing", false},   {"Socket", "/file", false},          {"CharDevice", "/file", false},
    };
    std::vector<std::string> manifests;
    for (std::size_t i = 0; i < std::size(table); ++i)
        manifests.push_back(
            pod_json("p" + std::to_string(i),
                     script(until_term) + R"(, "volumeMounts": [{"name": "v", "mountPath": ")" + podinit.dir("mnt") +
                         std::to_string(i) + "\"}]",
                     on_host + R"(, "restartPolicy": "Never", "volumes": [{"name": "v", "hostPath": {"path": ")" +
                         data + table[i].path + R"(", "type": ")" + table[i].type + "\"}}]"));
    REQUIRE(podinit.apply(manifests));
    for (std::size_t i = 0; i < std::size(table); ++i) {
        INFO(table[i].type << " " << table[i].path);
        const std::string name = "p" + std::to_string(i);
        if (table[i].starts) {
            CHECK(podinit.running(name));
        } else {
            CHECK(eventually([&] {
                const auto waiting = podinit.status(name).state.waiting;
                return waiting && waiting->message.find("volume") != std::string::npos;
            }));
            CHECK(podinit.phase(name) == "Pending");
            CHECK(podinit.status(name).state.waiting->reason == "ContainerCreating");
        }
    }
    CHECK(fs::is_directory(data + "/a/b"));
    CHECK(fs::is_regular_file(data + "/new"));
    CHECK_FALSE(exists(data + "/missing"));
}

TEST_CASE("orphans of a container are reaped") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(
                pod_json("web", script("for i in 1 2 3 4 5 6 7 8 9; do (setsid sleep 0.1 &) ; done; exec sleep 1000"),
                         on_host)) == "created");
    REQUIRE(podinit.running("web"));
    CHECK(eventually([&] { return podinit.processes() == 1; })); // and no zombie
}

TEST_CASE("a terminal of a container goes to its log") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("web",
                                       script("test -t 0 && test -t 1 && echo terminal; exit 0") + R"(, "tty": true)",
                                       R"("restartPolicy": "Never")")) == "created");
    CHECK(eventually([&] { return podinit.phase("web") == "Succeeded"; }));
    CHECK(eventually([&] { return podinit.logs("web").starts_with("stdout terminal"); }));
}

TEST_CASE("an open standard input waits, a closed one ends") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply({pod_json("open", script("cat; exit 0") + R"(, "stdin": true)", on_host),
                           pod_json("closed", script("cat; exit 0"), on_host + R"(, "restartPolicy": "Never")")}));
    CHECK(eventually([&] { return podinit.phase("closed") == "Succeeded"; }));
    CHECK(podinit.status("open").ready);
}
