// SPDX-License-Identifier: Apache-2.0
// Init containers that stay: when they start, when they start again, and what waits for them.
#include "tests/conformance/row.hpp"

using namespace conformance;

namespace {

// Three init containers with two sidecars between them, and a container that ends.
void three_and_two(Row& row) {
    row.has({works("one"), lives("s", sidecar), works("two", "", 0, "0.5"), lives("t", sidecar),
             works("three", "", 0, "0.5")},
            {works("c", "", 0, "0.5")}, policy("Never"));
    CHECK(row.until_phase("Succeeded"));
}

const std::string fast = R"("periodSeconds": 1, "failureThreshold": 1)";

std::string probe(const std::string& kind, const std::string& script) {
    return "\"" + kind + R"(": {)" + fast + ", " + exec_of(script).substr(1);
}

} // namespace

ROW("sidecar-first-init-complete", "sidecar") {
    three_and_two(row);
    CHECK(row.in_order({"one+", "one-", "s+"}));
}

ROW("sidecar-init-together", "sidecar") {
    three_and_two(row);
    CHECK(row.in_order({"one-", "s+", "two-", "s-"}));
}

ROW("sidecar-second-init", "sidecar") {
    three_and_two(row);
    CHECK(row.in_order({"two+", "two-", "t+"}));
}

ROW("sidecar-start-before-third", "sidecar") {
    three_and_two(row);
    CHECK(row.in_order({"t+", "three-", "t-"}));
    CHECK(row.in_order({"two-", "three+"}));
}

ROW("sidecar-both-third", "sidecar") {
    three_and_two(row);
    CHECK(row.in_order({"s+", "t+", "three-", "t-", "s-"}));
}

ROW("sidecar-third-before-regular", "sidecar") {
    three_and_two(row);
    CHECK(row.in_order({"three+", "three-", "c+"}));
}

ROW("sidecar-with-regular", "sidecar") {
    three_and_two(row);
    CHECK(row.in_order({"s+", "t+", "c+", "c-", "t-", "s-"}));
}

ROW("sidecar-no-block-completion", "sidecar") {
    const std::string name = GENERATE("Never", "OnFailure");
    row.has({lives("s", sidecar, 3)}, {works("c")}, policy(name));
    CHECK(row.until_phase("Succeeded"));
    CHECK(state_of(row.view(), "s") == "terminated Error 3");
    CHECK(state_of(row.view(), "c") == "terminated Completed 0");
}

ROW("sidecar-never-not-restarted", "sidecar") {
    three_and_two(row);
    CHECK(restarts_of(row.view(), "s") == 0);
    CHECK(restarts_of(row.view(), "t") == 0);
    CHECK(row.count("s+") == 1);
    CHECK(row.count("t+") == 1);
}

ROW("sidecar-restart-before-main", "sidecar") {
    const auto [policy_name, code] =
        GENERATE(table<std::string, int>({{"Never", 0}, {"Never", 1}, {"OnFailure", 0}, {"Always", 1}}));
    row.has({stumbles("s", sidecar, code), runs("i", "await s+ 2; say i-")}, {works("c")}, policy(policy_name));
    CHECK(row.hears("c-"));
    CHECK(row.in_order({"s+", "i-", "c+"}));
    CHECK(restarts_of(row.view(), "s") == 1);
}

ROW("sidecar-restart-after-main", "sidecar") {
    const int code = GENERATE(0, 1);
    row.has({runs("s", "begin s; [ $n = 1 ] && { await c+ 1; exit " + std::to_string(code) + "; }; forever", sidecar)},
            {runs("c", "say c+; await s+ 2; say c-")}, fields({policy("Never"), grace(1)}));
    CHECK(row.until_phase("Succeeded"));
    CHECK(restarts_of(row.view(), "s") == 1);
    CHECK(row.count("s+") == 2);
    CHECK(row.in_order({"c+", "c-"}));
}

ROW("sidecar-bad-image", "sidecar") {
    row.has({imageless("s", sidecar), works("i")}, {works("c")}, policy("Never"));
    CHECK(row.until([](const View& pod) { return state_of(pod, "s").starts_with("waiting ErrImage"); }));
    CHECK(row.view().status.phase == "Pending");
    CHECK(state_of(row.view(), "i") == "waiting PodInitializing");
    CHECK(state_of(row.view(), "c") == "waiting PodInitializing");
    CHECK(row.remove("p") == "gone");
    CHECK(row.words().empty());
}

ROW("sidecar-before-fail-never", "sidecar") {
    row.has({works("i", "", 1), lives("s", sidecar)}, {works("c")}, policy("Never"));
    CHECK(row.until_phase("Failed"));
    CHECK(row.words() == "i+ i-");
    CHECK(state_of(row.view(), "s") == "waiting PodInitializing");
}

ROW("sidecar-parallel-failed", "sidecar") {
    const std::string name = GENERATE("Always", "OnFailure");
    row.has({lives("s", sidecar), works("i", "", 1)}, {works("c")}, policy(name));
    CHECK(row.hears("i+", 3));
    CHECK(row.count("s+") == 1);
    CHECK(state_of(row.view(), "s") == "running");
    CHECK(row.count("c+") == 0);
}

ROW("sidecar-pending-onfailure", "sidecar") {
    const std::string name = GENERATE("Always", "OnFailure");
    row.has({lives("s", sidecar), works("i", "", 1)}, {works("c")}, policy(name));
    CHECK(row.until([](const View& pod) {
        CHECK(pod.status.phase == "Pending");
        return restarts_of(pod, "i") >= 2;
    }));
}

ROW("sidecar-startup-serial", "sidecar") {
    row.has({runs("s", "trap 'exit 0' TERM; say s+; sleep 0.5; say s-up; forever",
                  fields({sidecar, R"("startupProbe": {"periodSeconds": 1, )" + exec_of("grep -q s-up $S").substr(1)})),
             works("i")},
            {lives("c")});
    CHECK(row.until([](const View& pod) { return state_of(pod, "s") == "running"; }));
    CHECK(row.hears("c+"));
    CHECK(row.words() == "s+ s-up i+ i- c+");
    CHECK(restarts_of(row.view(), "s") == 0);
}

ROW("sidecar-startup-fail-prestop", "sidecar") {
    row.has({lives("s",
                   fields({sidecar, probe("startupProbe", "await s+ 1; exit 1"), lifecycle("", exec_of("say hook"))}))},
            {lives("c")});
    CHECK(row.hears("s+", 2));
    CHECK(row.words().starts_with("s+ hook s- s+"));
    CHECK(row.count("c+") == 0);
    CHECK(row.view().status.phase == "Pending");
    CHECK(restarts_of(row.view(), "s") >= 1);
}

ROW("sidecar-liveness-fail", "sidecar") {
    row.has({lives("s", fields({sidecar, probe("livenessProbe", "await s+ 1; exit 1"),
                                lifecycle("", exec_of("say hook"))}))},
            {runs("c", "say c+; await s+ 2; say c-")}, policy("Never"));
    CHECK(row.hears("c-"));
    CHECK(row.in_order({"s+", "hook", "s-", "c-"}));
    CHECK(row.at("c+") <= row.at("s+", 2));
    CHECK(row.until_phase("Succeeded"));
}

ROW("sidecar-startup-recover", "sidecar") {
    row.has({lives("s", fields({sidecar, probe("startupProbe", "await s+ 1; grep -q ' s-' $S")}))}, {lives("c")});
    CHECK(row.hears("c+"));
    CHECK(row.words() == "s+ s- s+ c+");
    CHECK(row.until_ready());
    CHECK(restarts_of(row.view(), "s") == 1);
}
