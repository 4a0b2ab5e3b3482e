// SPDX-License-Identifier: Apache-2.0
// What Kubernetes asks of a kubelet that is restarted, podinit owes when it crashes and goes on.
#include "tests/conformance/row.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace conformance;
namespace fs = std::filesystem;

namespace {

std::size_t resumes(const Row& row) {
    const std::string said = row.said();
    std::size_t count = 0;
    for (std::size_t at = said.find("goes on with "); at != std::string::npos; at = said.find("goes on with ", at + 1))
        ++count;
    return count;
}

void crash(Row& row) {
    const std::size_t before = resumes(row);
    row.signal(SIGSEGV);
    REQUIRE(eventually([&] { return resumes(row) > before; }));
}

// What the status says of its containers, and since when it is ready: the same before and after crashes.
std::string told_of(const View& view) {
    std::string told;
    for (const auto* statuses : {&view.status.init_container_statuses, &view.status.container_statuses})
        for (const spec::ContainerStatus& status : *statuses)
            told += status.name + " " + status.container_id + " " + text_of(status.state) + " " +
                    std::to_string(status.restart_count) + (status.started ? " started" : "") +
                    (status.ready ? " ready" : "") + "\n";
    for (const spec::PodCondition& condition : view.status.conditions)
        told += condition.type + " " + condition.status + " " + condition.last_transition_time + "\n";
    return told;
}

void is_unchanged_by_crashes(Row& row, const std::string& words) {
    REQUIRE(row.until_ready());
    REQUIRE(eventually([&] { return row.words() == words; }));
    const std::string before = told_of(row.view());
    for (int i = 0; i < 3; ++i) {
        crash(row);
        CHECK(told_of(row.view()) == before);
    }
    CHECK(row.words() == words);
}

const std::string probed = R"("readinessProbe":{"exec":{"command":["true"]},"periodSeconds":1},)"
                           R"("startupProbe":{"exec":{"command":["true"]},"periodSeconds":1})";

void put(Row& row, const std::string& pod) {
    std::ofstream(row.dir("manifests/.p")) << pod;
    fs::rename(row.dir("manifests/.p"), row.dir("manifests/p.json"));
}

std::string init_log(Row& row) {
    return row.dir("run/log/pods/default_p_") + row.view().pod.metadata.uid + "/i";
}

} // namespace

ROW("init-kubelet-restart", "reboot") {
    row.has({works("i")}, {lives("c")});
    is_unchanged_by_crashes(row, "i+ i- c+");
}

ROW("init-kubelet-restart-gc", "reboot") {
    row.has({works("i")}, {lives("c")});
    REQUIRE(row.until_ready());
    fs::remove_all(init_log(row));
    is_unchanged_by_crashes(row, "i+ i- c+");
}

ROW("static-pod-init-removed", "staticpod") {
    put(row, pod_text("p", {works("i")}, {lives("c")}));
    REQUIRE(row.until_ready());
    fs::remove_all(init_log(row));
    is_unchanged_by_crashes(row, "i+ i- c+");
    CHECK(state_of(row.view(), "i") == "terminated Completed 0");
}

ROW("static-pod-sidecar-removed", "staticpod") {
    put(row, pod_text("p", {runs("i", "begin i; [ $n -gt 1 ] && forever; await die 1; say i-; exit 1", sidecar)},
                      {lives("c")}));
    REQUIRE(row.until_ready());
    REQUIRE(row.hears("c+"));
    row.signal(SIGSTOP); // it goes while podinit is not there to see it
    row.say("die");
    REQUIRE(row.hears("i-"));
    row.signal(SIGSEGV);
    row.signal(SIGCONT);
    CHECK(row.hears("i+", 2));
    CHECK(row.until_ready());
    CHECK(restarts_of(row.view(), "i") == 1);
    CHECK(row.count("c+") == 1);
}

ROW("kubelet-restart-noprobe", "reboot") {
    row.has({}, {lives("c"), runs("d", "await c+ 1; say d+; forever")});
    is_unchanged_by_crashes(row, "c+ d+");
}

ROW("kubelet-restart-probes", "reboot") {
    row.has({}, {lives("c", probed)});
    is_unchanged_by_crashes(row, "c+");
}

ROW("kubelet-restart-sidecar", "reboot") {
    row.has({lives("s", fields({sidecar, probed}))}, {lives("c")});
    is_unchanged_by_crashes(row, "s+ c+");
}

ROW("static-restart-nopanic", "staticpod") {
    put(row, pod_text("p", {}, {lives("c")}));
    is_unchanged_by_crashes(row, "c+");
    CHECK(row.remove("p") == "gone");
    CHECK(row.words() == "c+ c-");
}

ROW("static-mirror-kubelet-restart", "staticpod") {
    put(row, pod_text("p", {}, {stumbles("c")}));
    REQUIRE(row.until([](const View& pod) { return restarts_of(pod, "c") == 1; }));
    is_unchanged_by_crashes(row, "c+ c+");
}

ROW("unknown-static", "staticpod") {
    put(row, pod_text("p", {}, {lives("c")}));
    REQUIRE(row.until_ready());
    REQUIRE(row.hears("c+"));
    row.signal(SIGSTOP);
    fs::remove(row.dir("manifests/p.json"));
    row.signal(SIGSEGV);
    row.signal(SIGCONT);
    CHECK(eventually([&] { return !row.get("p"); }));
    CHECK(row.words() == "c+ c-");
}
