// SPDX-License-Identifier: Apache-2.0
// What becomes of a container that has ended.
#include "tests/conformance/row.hpp"

#include <algorithm>

using namespace conformance;

namespace {

// Of a container: what its exit codes lead to.
std::string rule(const std::string& action, int code) {
    return R"("restartPolicyRules": [{"action": ")" + action + R"(", "exitCodes": {"operator": "In", "values": [)" +
           std::to_string(code) + "]}}]";
}

// Its first run asks for all containers to be restarted, the next ones live on.
std::string unsettles(const std::string& name, const std::string& after, const std::string& then = "forever") {
    return runs(name, "trap 'exit 0' TERM; begin " + name + "; [ $n = 1 ] && { " + after + "; exit 42; }; " + then,
                fields({policy("Never"), rule("RestartAllContainers", 42)}));
}

std::string unsettling_sidecar(const std::string& name, const std::string& after) {
    return runs(name, "trap 'exit 0' TERM; begin " + name + "; [ $n = 1 ] && { " + after + "; exit 42; }; forever",
                fields({sidecar, rule("RestartAllContainers", 42)}));
}

} // namespace

ROW("restart-policy-matrix", "restart") {
    // Fails once, ends well once, and then runs: counted in a volume, which outlives each of the runs.
    const std::string at = row.dir("counted");
    const std::string container = runs(
        "c", "echo run >> " + at + "/runs; case $(wc -l < " + at + "/runs) in 1) exit 1;; 2) exit 0;; esac; forever",
        R"("volumeMounts": [{"name": "v", "mountPath": ")" + at + "\"}]");
    const std::string volume = R"("volumes": [{"name": "v", "emptyDir": {"medium": "Memory"}}])";
    const auto has = [&](const std::string& name) {
        return row.apply_one(pod_text(name, {}, {container},
                                      fields({policy(name == "a"   ? "Always"
                                                     : name == "f" ? "OnFailure"
                                                                   : "Never"),
                                              volume})));
    };
    for (const char* name : {"a", "f", "n"})
        REQUIRE(has(name) == "created");
    CHECK(row.until([](const View& pod) { return restarts_of(pod, "c") == 2 && status_of(pod, "c").ready; }, "a"));
    CHECK(row.view("a").status.phase == "Running");
    CHECK(row.until_phase("Succeeded", "f"));
    CHECK(restarts_of(row.view("f"), "c") == 1);
    CHECK(row.until_phase("Failed", "n"));
    CHECK(restarts_of(row.view("n"), "c") == 0);
}

ROW("restart-failing-always", "restart") {
    row.has({}, {works("bad", "", 3), lives("good")});
    CHECK(row.hears("bad+", 3));
    CHECK(row.view().status.phase == "Running");
    CHECK(restarts_of(row.view(), "bad") >= 2);
    CHECK(restarts_of(row.view(), "good") == 0);
}

ROW("restart-no-init-rerun", "restart") {
    row.has({works("one"), works("two")}, {works("c", "", 1)});
    CHECK(row.hears("c+", 3));
    CHECK(row.count("one+") == 1);
    CHECK(row.count("two+") == 1);
    CHECK(restarts_of(row.view(), "one") == 0);
}

ROW("restart-count-monotonic", "restart") {
    // Fails as soon as the run has begun.
    const std::string probe = R"("livenessProbe": {"periodSeconds": 1, "failureThreshold": 1, )" +
                              exec_of("await c+ $(($(grep -c ' c-' $S) + 1)); exit 1").substr(1);
    row.has({}, {lives("c", probe)});
    int count = 0;
    CHECK(row.until([&](const View& pod) {
        const int seen = restarts_of(pod, "c");
        CHECK(seen >= count);
        return (count = std::max(count, seen)) >= 5;
    }));
}

ROW("restart-rule-match", "restart") {
    row.has({}, {stumbles("c", fields({policy("Never"), rule("Restart", 42)}), 42)}, policy("Never"));
    CHECK(row.hears("c+", 2));
    CHECK(row.until([](const View& pod) { return state_of(pod, "c") == "running" && restarts_of(pod, "c") == 1; }));
    CHECK(last_state_of(row.view(), "c") == "terminated Error 42");
}

ROW("restart-rule-mismatch", "restart") {
    row.has({}, {stumbles("c", fields({policy("Never"), rule("Restart", 42)}), 1)}, policy("Never"));
    CHECK(row.until_phase("Failed"));
    CHECK(state_of(row.view(), "c") == "terminated Error 1");
    CHECK(restarts_of(row.view(), "c") == 0);
}

ROW("restart-container-never", "restart") {
    row.has({}, {works("c", policy("Never"), 1), works("other", policy("OnFailure"), 0, "0.5")}, policy("Always"));
    CHECK(row.until_phase("Failed"));
    CHECK(row.in_order({"c+", "c-", "other-"}));
    CHECK(row.count("c+") == 1);
    CHECK(restarts_of(row.view(), "c") == 0);
}

ROW("restart-container-always", "restart") {
    row.has({}, {works("c", policy("Always"), 0), works("d", "", 1)}, policy("Never"));
    CHECK(row.hears("c+", 3));
    CHECK(row.view().status.phase == "Running");
    CHECK(restarts_of(row.view(), "c") >= 2);
    CHECK(state_of(row.view(), "d") == "terminated Error 1");
    CHECK(row.count("d+") == 1);
}

ROW("restart-pod-fallback", "restart") {
    row.has({}, {works("c", "", 0), works("d", "", 1)}, policy("OnFailure"));
    CHECK(row.hears("d+", 3));
    CHECK(row.count("c+") == 1);
    CHECK(state_of(row.view(), "c") == "terminated Completed 0");
    CHECK(row.view().status.phase == "Running");
}

ROW("restart-all-regular", "restart") {
    row.has({works("i"), lives("s", sidecar)},
            {unsettles("c", "await d+ 1"), runs("d", "trap 'sleep 0.5; exit 0' TERM; say d+; forever")});
    const std::string uid = row.view().pod.metadata.uid;
    bool said = false;
    CHECK(row.until([&](const View& pod) {
        said |= condition_of(pod, "AllContainersRestarting").starts_with("True");
        return row.count("d+") == 2 && status_of(pod, "d").ready && status_of(pod, "c").ready;
    }));
    CHECK(said);
    CHECK(condition_of(row.view(), "AllContainersRestarting") != "True");
    for (const char* name : {"i", "s", "c", "d"}) {
        INFO(name);
        CHECK(row.hears(std::string(name) + "+", 2));
        CHECK(restarts_of(row.view(), name) == 1);
    }
    CHECK(row.view().pod.metadata.uid == uid);
    CHECK(row.view().status.phase == "Running");
    CHECK(row.at("i+", 2) >= row.at("d+", 1));
    CHECK(row.at("d+", 2) >= row.at("i-", 2));
}

ROW("restart-all-sidecar", "restart") {
    row.has({works("i"), unsettling_sidecar("s", "await c+ 1")}, {lives("c")});
    CHECK(row.hears("c+", 2));
    CHECK(row.until_ready());
    for (const char* name : {"i", "s", "c"}) {
        INFO(name);
        CHECK(row.hears(std::string(name) + "+", 2));
        CHECK(restarts_of(row.view(), name) == 1);
    }
}

ROW("restart-all-init", "restart") {
    row.has({works("i"), lives("s", sidecar), unsettles("j", "await s+ 1", "exit 0")}, {lives("c")});
    CHECK(row.hears("c+"));
    CHECK(row.until_ready());
    for (const char* name : {"i", "s", "j"}) {
        INFO(name);
        CHECK(row.hears(std::string(name) + "+", 2));
        CHECK(restarts_of(row.view(), name) == 1);
    }
    CHECK(row.count("c+") == 1);
}

ROW("restart-all-noloop", "restart") {
    // The second waits until the first has done it, and so both do it once.
    row.has({}, {unsettles("a", "await b+ 1"),
                 runs("b", "trap 'exit 0' TERM; begin b; [ $n = 2 ] && { await a+ 2; exit 42; }; forever",
                      fields({policy("Never"), rule("RestartAllContainers", 42)}))});
    CHECK(row.hears("b+", 3));
    CHECK(row.hears("a+", 3));
    CHECK(row.until_ready());
    CHECK(restarts_of(row.view(), "a") == 2);
    CHECK(restarts_of(row.view(), "b") == 2);
}

ROW("restart-no-extra-sandbox", "restart") {
    const std::string network = "; say $(readlink /proc/self/ns/net)";
    row.has({runs("i", "say i+" + network)}, {runs("c", "say c+" + network)}, policy("OnFailure"));
    CHECK(row.until_phase("Succeeded"));
    const std::string words = row.words();
    const std::string first = words.substr(3, words.find(' ', 3) - 3);
    CHECK(words == "i+ " + first + " c+ " + first);
    // Nothing is left that would begin it again.
    CHECK(row.remove("p") == "gone");
    CHECK(row.words() == words);
}
