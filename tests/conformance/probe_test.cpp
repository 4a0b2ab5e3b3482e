// SPDX-License-Identifier: Apache-2.0
// Probes that are commands: what a container's answers lead to, and when it is asked.
#include "tests/conformance/web.hpp"

using namespace conformance;

namespace {

// Says "asked" and fails as soon as somebody has said "bad".
const std::string until_bad = "say asked; ! grep -q ' bad$' $S";

// So often is `word` said between two others.
std::size_t between(const Row& row, const std::string& word, const std::string& from, const std::string& to) {
    std::size_t times = 0;
    for (std::size_t i = 1; i <= row.count(word); ++i)
        times += row.at(word, i) > row.at(from) && row.at(word, i) < row.at(to);
    return times;
}

bool restarted(Row& row) {
    return row.until([](const View& view) { return restarts_of(view, "c") >= 1; });
}

// A probe with a grace period of its own ends a container that hears no signal long before the pod's would.
void ends_by_own_grace(Row& row, const std::string& kind) {
    row.has({}, {stubborn("c", probe_by(kind, "false", fields({failures(1), grace(3)})))}, grace(500));
    CHECK(row.hears("c+"));
    CHECK(row.hears("c+", 2));
    CHECK(last_state_of(row.view(), "c") == "terminated Error 137");
    CHECK(row.at("c+", 2) - row.at("c+") > 2.9);
}

} // namespace

ROW("readiness-during-prestop", "probe") {
    row.has(
        {},
        {lives("c", fields({probe_by("liveness", "say alive; false", failures(1)), probe_by("readiness", "say ready"),
                            lifecycle("", exec_of("say begun; sleep 3.2; say hooked"))}))},
        policy("Never"));
    CHECK(row.hears("hooked"));
    CHECK(between(row, "ready", "begun", "hooked") >= 2);
    CHECK(between(row, "alive", "begun", "hooked") == 0);
}

ROW("sidecar-no-liveness-prestop", "probe") {
    row.has({lives("s", fields({sidecar, probe_by("liveness", until_bad, failures(1))}))},
            {lives("c", lifecycle("", exec_of("say bad; sleep 2.5; say hooked")))});
    CHECK(row.until_ready());
    CHECK(row.hears("c+"));
    CHECK(row.hears("asked"));
    CHECK(row.remove("p") == "gone");
    CHECK(row.count("s+") == 1);
    CHECK(row.in_order({"bad", "hooked", "c-", "s-"}));
}

ROW("probe-ready-initial-delay", "probe") {
    row.has({}, {lives("c", probe_by("readiness", "say asked", R"("initialDelaySeconds": 3)"))});
    CHECK(row.until_phase("Running"));
    CHECK(condition_of(row.view(), "Ready") == "False ContainersNotReady");
    CHECK(row.until_ready());
    CHECK(row.at("asked") - row.at("c+") > 2.5);
    CHECK(restarts_of(row.view(), "c") == 0);
}

ROW("probe-ready-fail", "probe") {
    row.has({}, {lives("c", probe_by("readiness", "say asked; false"))});
    CHECK(row.hears("asked", 4)); // more than failureThreshold
    CHECK(condition_of(row.view(), "Ready") == "False ContainersNotReady");
    CHECK(restarts_of(row.view(), "c") == 0);
}

ROW("probe-live-exec", "probe") {
    row.has({}, {lives("c", probe_by("liveness", until_bad, failures(1)))});
    CHECK(row.hears("asked", 2));
    CHECK(restarts_of(row.view(), "c") == 0);
    row.say("bad");
    CHECK(restarted(row));
}

ROW("probe-live-exec-ok", "probe") {
    row.has({}, {lives("c", probe_by("liveness", until_bad, failures(1)))});
    CHECK(row.hears("asked", 4));
    CHECK(restarts_of(row.view(), "c") == 0);
}

ROW("probe-exec-timeout", "probe") {
    row.has({}, {lives("c", probe_by("liveness", "await c+ 1; say asked; sleep 3; say late", failures(1)))});
    CHECK(row.hears("c+", 2)); // by the default, one second
    CHECK(row.at("c+", 2) - row.at("asked") < 3);
    CHECK(row.hears("asked", 3));
    CHECK(row.count("late") == 0); // it was killed
}

ROW("probe-exec-ready-timeout", "probe") {
    row.has({}, {lives("c", probe_by("readiness", "say asked; sleep 3; say late"))});
    CHECK(row.hears("asked", 3));
    CHECK(condition_of(row.view(), "Ready") == "False ContainersNotReady");
    CHECK(restarts_of(row.view(), "c") == 0);
    CHECK(row.count("late") == 0);
}

ROW("probe-exec-fail-slow", "probe") {
    row.has({}, {lives("c", probe_by("liveness", "await c+ 1; sleep 60 & exit 1",
                                     fields({failures(1), R"("timeoutSeconds": 30)"})))});
    CHECK(row.hears("c+", 2));
    CHECK(row.at("c+", 2) - row.at("c+") < 20);
}

ROW("probe-startup-fail", "probe") {
    row.has({}, {lives("c", fields({probe_by("startup", "await c+ 1; say asked; false", failures(3)),
                                    probe_by("liveness", "say alive")}))});
    CHECK(restarted(row));
    CHECK(row.count("asked") >= 3);
    CHECK(row.count("alive") == 0);
}

ROW("probe-startup-delays-live", "probe") {
    row.has({}, {lives("c", fields({probe_by("startup", "say asked; false", failures(60)),
                                    probe_by("liveness", "say alive; false", failures(1))}))});
    CHECK(row.hears("asked", 4));
    CHECK(row.count("alive") == 0);
    CHECK(restarts_of(row.view(), "c") == 0);
}

ROW("probe-startup-then-live", "probe") {
    row.has({},
            {lives("c",
                   fields({probe_by("startup", "await c+ 1; say asked; [ $(grep -c ' asked' $S) -ge 3 ]", failures(60)),
                           probe_by("liveness", "say alive; false", failures(1))}))});
    CHECK(restarted(row));
    CHECK(row.in_order({"asked", "alive", "c-"}));
    CHECK(row.at("alive") > row.at("asked", 3));
}

ROW("probe-ready-after-startup", "probe") {
    row.has({}, {lives("c", fields({probe_by("startup",
                                             "[ $(grep -c ' tried' $S) -ge 2 ] && say passed || say tried; "
                                             "grep -q ' passed' $S",
                                             failures(60)),
                                    R"("readinessProbe": {"periodSeconds": 30, )" +
                                        exec_of("say asked; grep -q ' passed' $S").substr(1)}))});
    CHECK(row.until_ready());
    CHECK(row.at("asked") - row.at("passed") < 5);
}

ROW("probe-live-grace", "probe") {
    ends_by_own_grace(row, "liveness");
}

ROW("probe-startup-grace", "probe") {
    ends_by_own_grace(row, "startup");
}

ROW("probe-ready-false-terminating", "probe") {
    row.has({}, {lives("c", fields({probe_by("readiness", until_bad, failures(1)),
                                    lifecycle("", exec_of("say bad; await unready 1"))}))});
    CHECK(row.until_ready());
    row.begin_remove();
    CHECK(row.until([](const View& view) { return condition_of(view, "Ready") == "False ContainersNotReady"; }));
    row.say("unready");
    row.watch();
    CHECK(row.in_order({"c+", "bad", "unready", "c-"}));
}

ROW("probe-live-off-terminating", "probe") {
    row.has({}, {lives("c", fields({probe_by("liveness", "say alive; ! grep -q ' bad$' $S", failures(1)),
                                    probe_by("readiness", until_bad, failures(1)),
                                    lifecycle("", exec_of("say bad; await unready 1; sleep 2.2; say hooked"))}))});
    CHECK(row.until_ready());
    CHECK(row.hears("alive"));
    row.begin_remove();
    CHECK(row.until([](const View& view) { return condition_of(view, "Ready") == "False ContainersNotReady"; }));
    row.say("unready");
    row.watch();
    CHECK(between(row, "alive", "unready", "hooked") == 0);
    CHECK(row.count("c+") == 1);
}
