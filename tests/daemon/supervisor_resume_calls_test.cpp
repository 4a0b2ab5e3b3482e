// SPDX-License-Identifier: Apache-2.0
// What podinit owes to its clients across faults of its own: logs, answers, and that files are what counts.
#if defined(__x86_64__)
#include "tests/catch.hpp"
#include "tests/daemon/faulted.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <fcntl.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace initd;

namespace {

std::string workload(const std::string& name, int replicas) {
    return R"({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": ")" + name +
           R"("}, "spec": {"replicas": )" + std::to_string(replicas) +
           R"(, "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
           "spec": {"hostNetwork": true, "terminationGracePeriodSeconds": 1, "containers": [{"name": "c", "image": "host",
           "command": ["sleep", "1000000"]}]}}}})";
}

// A line that was cut in pieces is one again.
std::string joined(const std::vector<WrittenLine>& lines) {
    std::string text;
    for (const WrittenLine& line : lines)
        text += line.text + (line.tag == "P" ? "" : "\n");
    return text;
}

} // namespace

TEST_CASE("of a pod that talks while podinit crashes, each line is in its log, once and in order") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string numbers = "i=0; while [ ! -e " + podinit.dir("stop") +
                                " ]; do i=$((i+1)); printf 'number '; echo $i; [ $((i % 40)) != 0 ] || sleep 0.01; "
                                "done; echo end; " +
                                until_term;
    REQUIRE(podinit.apply_one(pod_json("talker", script(numbers), on_host)) == "created");
    REQUIRE(podinit.running("talker"));
    for (int i = 0; i < 20; ++i)
        crash_and_resume(podinit);
    REQUIRE(podinit.status("talker").restart_count == 0);
    write_text(ns::Fd(::open(podinit.dir("stop").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644)).get(), "x");
    const auto answer = podinit.call(spec::Logs{"default", "talker", "", false});
    REQUIRE(answer);
    const std::string path = std::get<spec::LogPath>(answer->reply).path;
    REQUIRE(eventually([&] { return joined(lines_in(path)).ends_with("end\n"); }));
    const std::string text = joined(lines_in(path));
    std::string expected;
    for (int i = 1; expected.size() + 4 < text.size(); ++i)
        expected += "number " + std::to_string(i) + "\n";
    CHECK(expected + "end\n" == text);
}

TEST_CASE("who has an exec under way gets its exit code from the podinit that comes next") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("web", script(until_term), on_host)) == "created");
    REQUIRE(podinit.running("web"));
    std::string outcome;
    std::thread client([&] {
        outcome = podinit.exec("web", {"/bin/sh", "-c",
                                       "echo begun > " + podinit.dir("begun") + "; while [ ! -e " + podinit.dir("go") +
                                           " ]; do sleep 0.02; done; echo done; exit 7"});
    });
    const bool begun = eventually([&] { return exists(podinit.dir("begun")); });
    if (begun)
        for (int i = 0; i < 3; ++i)
            crash_and_resume(podinit);
    ns::Fd(::open(podinit.dir("go").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644)).reset();
    client.join();
    CHECK(begun);
    CHECK(outcome == "done\n|7");
}

TEST_CASE("what is applied and deleted around a crash is as the files say, and a workload's pods are the same ones") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(workload("web", 3)) == "created");
    REQUIRE(podinit.apply_one(pod_json("one", script(until_term), on_host)) == "created");
    REQUIRE(podinit.apply_one(pod_json("two", script(until_term), on_host)) == "created");
    REQUIRE(eventually([&] { return podinit.list().size() == 5; }));
    const auto started = [&] {
        std::string all;
        for (const spec::PodView& pod : podinit.list())
            all += pod.pod.metadata.name + " " + pod.status.container_statuses[0].container_id + "\n";
        return all;
    };
    REQUIRE(eventually([&] {
        for (const spec::PodView& pod : podinit.list())
            if (pod.status.container_statuses.empty() || !pod.status.container_statuses[0].ready)
                return false;
        return true;
    }));
    const std::string before = started();
    crash_and_resume(podinit);
    CHECK(started() == before);
    CHECK(podinit.outcomes({workload("web", 3)}).find("unchanged") != std::string::npos);
    // A file that goes while podinit is on its way, and one that comes.
    ::unlink(podinit.manifest_file("one").c_str());
    crash_and_resume(podinit);
    CHECK(eventually([&] { return !podinit.get("one"); }));
    CHECK(podinit.remove("two") == "gone");
    CHECK(podinit.apply_one(pod_json("three", script(until_term), on_host)) == "created");
    crash_and_resume(podinit);
    CHECK(podinit.running("three"));
    CHECK(podinit.list().size() == 4);
    CHECK(podinit.remove("web", 1, "deployment") == "gone");
    CHECK(eventually([&] { return podinit.list().size() == 1; }));
}
#endif
