// SPDX-License-Identifier: Apache-2.0
// How pods and their containers are stopped: in which order, and how long it may take.
#include "tests/conformance/row.hpp"

using namespace conformance;

namespace {

// Of a container that never ends by itself: its preStop hook never ends either.
const std::string endless_hook = R"("lifecycle": {"preStop": {"exec": {"command": ["sleep", "1000"]}}})";

std::string hook(const std::string& script) {
    return lifecycle("", exec_of(script));
}

} // namespace

ROW("sidecar-reverse-order", "termination") {
    row.has({lives("s", sidecar), lives("t", sidecar), lives("u", sidecar)}, {lives("c"), lives("d")});
    CHECK(row.until_ready());
    for (const char* word : {"s+", "t+", "u+", "c+", "d+"})
        CHECK(row.hears(word));
    CHECK(row.remove("p") == "gone");
    CHECK(row.in_order({"c-", "u-", "t-", "s-"}));
    CHECK(row.in_order({"d-", "u-"}));
}

ROW("sidecar-prestop-stuck", "termination") {
    row.has({stubborn("s", fields({sidecar, endless_hook})), stubborn("t", fields({sidecar, endless_hook})),
             stubborn("u", fields({sidecar, endless_hook}))},
            {lives("c")}, grace(3));
    CHECK(row.until_ready());
    CHECK(row.hears("c+"));
    const View last = row.remove_and_watch();
    CHECK(row.took() < 3 + 2 + 1.5); // the least of a stop is two seconds, and it is theirs together
    CHECK(row.took() > 4.9);
    for (const char* name : {"s", "t", "u"})
        CHECK(state_of(last, name) == "terminated Error 137");
}

ROW("sidecar-prestop-simultaneous", "termination") {
    row.has({lives("s", fields({sidecar, hook("say s-hook")})), lives("t", fields({sidecar, hook("say t-hook")}))},
            {runs("c", "trap 'sleep 1; say c-; exit 0' TERM; say c+; forever")});
    CHECK(row.until_ready());
    for (const char* word : {"s+", "t+", "c+"})
        CHECK(row.hears(word));
    CHECK(row.remove("p") == "gone");
    CHECK(row.in_order({"s-hook", "c-", "t-", "s-"}));
    CHECK(row.in_order({"t-hook", "c-"}));
}

ROW("sidecar-init-terminate-fast", "termination") {
    row.has({lives("i"), lives("s", sidecar), works("j"), lives("t", sidecar)}, {lives("c")});
    CHECK(row.hears("i+"));
    const double began = now();
    CHECK(row.remove("p") == "gone");
    CHECK(now() - began < 2);
    CHECK(row.words() == "i+ i-");
}

ROW("sidecar-nonstarted", "termination") {
    row.has({lives("s", fields({sidecar, hook("say s-hook")})), lives("i"), lives("t", sidecar)}, {lives("c")});
    CHECK(row.hears("s+"));
    CHECK(row.hears("i+"));
    const View last = row.remove_and_watch();
    CHECK(row.in_order({"i-", "s-"}));
    CHECK(row.count("s-hook") == 1);
    CHECK(row.count("t+") == 0);
    CHECK(state_of(last, "s") == "terminated Completed 0");
}

ROW("sidecar-nonzero-success", "termination") {
    row.has({lives("s", sidecar, 9), lives("t", sidecar, 8)}, {works("c")}, policy("Never"));
    CHECK(row.until_phase("Succeeded"));
    CHECK(state_of(row.view(), "s") == "terminated Error 9");
    CHECK(state_of(row.view(), "t") == "terminated Error 8");
}

ROW("sidecar-prestop-nonzero", "termination") {
    // The hook tells it to end, and it does so badly.
    row.has({runs("s", "say s+; await s-hook 1; exit 9", fields({sidecar, hook("say s-hook; sleep 0.5")}))},
            {works("c")}, policy("Never"));
    CHECK(row.until_phase("Succeeded"));
    CHECK(row.in_order({"c-", "s-hook"}));
    CHECK(state_of(row.view(), "s") == "terminated Error 9");
}

ROW("regular-grace-exceeded", "termination") {
    row.has({}, {stubborn("c"), lives("d")}, grace(2));
    CHECK(row.hears("c+"));
    CHECK(row.hears("d+"));
    const View last = row.remove_and_watch();
    CHECK(state_of(last, "c") == "terminated Error 137");
    CHECK(state_of(last, "d") == "terminated Completed 0");
    CHECK(last.status.phase == "Failed");
}

ROW("sidecar-grace-exceeded", "termination") {
    row.has({stubborn("s", sidecar)}, {works("c")}, fields({policy("Never"), grace(2)}));
    CHECK(row.until_phase("Succeeded"));
    CHECK(state_of(row.view(), "s") == "terminated Error 137");
    CHECK(state_of(row.view(), "c") == "terminated Completed 0");
}

ROW("regular-prestop-exceeded", "termination") {
    row.has({}, {stubborn("c", endless_hook)}, fields({policy("Never"), grace(1)}));
    CHECK(row.hears("c+"));
    const View last = row.remove_and_watch();
    CHECK(row.took() < 6); // the grace period, and the least of a stop // not the hook's time
    CHECK(state_of(last, "c") == "terminated Error 137");
    CHECK(last.status.phase == "Failed");
}

ROW("grace-respected", "termination") {
    row.has({}, {stubborn("c")}, grace(3));
    CHECK(row.hears("c+"));
    const double began = now();
    CHECK(row.remove("p") == "gone");
    CHECK(now() - began >= 2.98); // the clock that is read here has hundredths
    CHECK(now() - began < 4.9);
}

ROW("grace-with-prestop", "termination") {
    // A hook within its time takes from it; one that is not is cut off, and the least of a stop is two seconds.
    const auto [script, least, most] = GENERATE(table<std::string, double, double>({
        {"say hook; sleep 1", 2.98, 4.9},
        {"say hook; sleep 1000", 4.98, 7},
    }));
    row.has({}, {runs("c", "trap 'say term' TERM; say c+; while :; do sleep 0.1; done", hook(script))}, grace(3));
    CHECK(row.hears("c+"));
    const double began = now();
    CHECK(row.remove("p") == "gone");
    CHECK(now() - began >= least);
    CHECK(now() - began < most);
    CHECK(row.words() == "c+ hook term");
    CHECK(row.at("term") - row.at("hook") >= least - 2.1);
}

ROW("sigkill-exit", "termination") {
    row.has({}, {stubborn("c")}, grace(1));
    CHECK(row.hears("c+"));
    CHECK(state_of(row.remove_and_watch(), "c") == "terminated Error 137");
}

ROW("negative-grace", "termination") {
    row.has({}, {runs("c", "trap 'say term' TERM; say c+; while :; do sleep 0.1; done", hook("say hook; sleep 1000"))},
            grace(-1));
    CHECK(row.hears("c+"));
    const double began = now();
    CHECK(row.remove("p") == "gone");
    CHECK(now() - began >= 2.98); // it counts as one second, and the least of a stop is two
    CHECK(now() - began < 6);
    CHECK(row.words() == "c+ hook term");
}
