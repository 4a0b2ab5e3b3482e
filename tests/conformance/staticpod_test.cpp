// SPDX-License-Identifier: Apache-2.0
// Pods of files: there, changed and gone; and what becomes of a pod from beginning to end.
#include "tests/conformance/row.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace conformance;
namespace fs = std::filesystem;

namespace {

std::string file_of(Row& row) {
    return row.dir("manifests/p.json");
}

// The file of pod "p" with one container, in place at once.
void put(Row& row, const std::string& container, const std::string& spec = "") {
    const std::string next = row.dir("manifests/.p");
    std::ofstream(next) << pod_text("p", {}, {container}, spec);
    fs::rename(next, file_of(row));
}

// A container that takes its time to end, and says so.
std::string slow(const std::string& name) {
    return runs(name,
                "trap 'say " + name + "-; sleep 0.7; say " + name + "--; exit 0' TERM; say " + name + "+; forever");
}

bool gone(Row& row) {
    return eventually([&] { return !row.get("p"); });
}

} // namespace

ROW("static-running", "staticpod") {
    put(row, lives("c"));
    CHECK(row.until_ready());
    CHECK(row.view().status.phase == "Running");
}

ROW("static-hostport-upgrade", "staticpod") {
    // Whoever comes first has the port; the next one says so if it is not free. Another test may run on this machine.
    const std::string port = std::to_string(20'000 + ::getpid() % 10'000);
    const auto server = [&](const std::string& name) {
        return runs(name, "busybox nc -l -p " + port + " -e true && say wrong & sleep 0.2; kill -0 $! && say " + name +
                              "+ || say taken; trap 'sleep 0.3; kill %1; exit 0' TERM; forever");
    };
    put(row, server("one"), R"("hostNetwork": true)");
    REQUIRE(row.hears("one+"));
    put(row, server("two"), R"("hostNetwork": true)");
    CHECK(row.hears("two+"));
    CHECK(row.words() == "one+ two+");
}

ROW("static-updated", "staticpod") {
    REQUIRE(row.has_image("box"));
    put(row, lives("c"));
    REQUIRE(row.until_ready());
    const View before = row.view();
    put(row, R"({"name": "c", "image": "box", "command": ["/bin/sleep", "1000"]})", grace(0));
    CHECK(row.until([&](const View& pod) {
        return pod.pod.metadata.uid != before.pod.metadata.uid && condition_of(pod, "Ready") == "True";
    }));
    CHECK(row.view().pod.spec.containers[0].image == "box");
    CHECK(row.words() == "c+ c-");
    CHECK(row.list().size() == 1);
}

// A kubelet counts the run before as well, for its log may still be there; here a pod's logs go with it.
ROW("static-remove-recreate", "staticpod") {
    put(row, lives("c"));
    REQUIRE(row.hears("c+"));
    const std::string uid = row.view().pod.metadata.uid;
    fs::rename(file_of(row), row.dir("manifests/.p"));
    REQUIRE(gone(row));
    fs::rename(row.dir("manifests/.p"), file_of(row));
    CHECK(row.hears("c+", 2));
    CHECK(row.until_ready());
    CHECK(row.view().pod.metadata.uid == uid);
    CHECK(row.words() == "c+ c- c+");
    CHECK(row.view().status.container_statuses.at(0).restart_count == 1);
}

ROW("static-grace-delete", "staticpod") {
    put(row, slow("c"), grace(20));
    REQUIRE(row.hears("c+"));
    fs::remove(file_of(row));
    CHECK(gone(row));
    CHECK(row.words() == "c+ c- c--");
}

ROW("static-grace-update", "staticpod") {
    put(row, slow("one"), grace(20));
    REQUIRE(row.hears("one+"));
    put(row, lives("two"), grace(20));
    CHECK(row.hears("two+"));
    CHECK(row.words() == "one+ one- one-- two+");
}

ROW("static-multi-update", "staticpod") {
    put(row, runs("one", "trap 'while ! [ -e " + row.dir("go") +
                             " ]; do sleep 0.05; done; say one-; exit 0' TERM; say one+; forever"));
    REQUIRE(row.hears("one+"));
    for (const char* name : {"two", "three", "four"}) {
        put(row, lives(name), grace(1));
        REQUIRE(row.until([&](const View& pod) { return pod.pod.spec.containers[0].name == name; }));
    }
    CHECK(row.words() == "one+");
    std::ofstream(row.dir("go")) << "";
    CHECK(row.hears("four+"));
    CHECK(row.words() == "one+ one- four+");
}

ROW("pods-submitted-removed", "api") {
    row.has({}, {lives("c")});
    REQUIRE(row.until_phase("Running"));
    REQUIRE(row.hears("c+"));
    CHECK(row.remove("p") == "gone");
    CHECK(row.words() == "c+ c-");
    CHECK_FALSE(row.get("p"));
}

ROW("os-reject", "admission") {
    CHECK(row.refused("", R"("os": {"name": "windows"})").starts_with("/spec/os/name: "));
    CHECK(row.refused("", R"("os": {"name": "linux"})") == "");
}

ROW("runtimeclass-missing", "admission") {
    CHECK(row.refused("", R"("runtimeClassName": "no-such")").starts_with("/spec/runtimeClassName: "));
}

ROW("container-gc", "runtime") {
    row.has({}, {runs("c", "echo run; exit 1")});
    CHECK(row.until([](const View& pod) { return restarts_of(pod, "c") >= 3; }));
    const std::string logs = row.dir("run/log/pods/default_p_") + row.view().pod.metadata.uid;
    CHECK(eventually([&] {
        const auto runs = initd::names_in(logs + "/c");
        return runs.size() == 2 && runs[0] != "0.log";
    }));
    CHECK(row.remove("p") == "gone");
    CHECK(eventually([&] { return !exists(logs); }));
}
