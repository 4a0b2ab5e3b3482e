// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"
#include "tests/core/story.hpp"

#include <initializer_list>

using namespace initd;
using namespace story;

namespace {

constexpr auto yes = Outcome::Success;
constexpr auto no = Outcome::Failure;
constexpr auto startup = ProbeKind::Startup;
constexpr auto liveness = ProbeKind::Liveness;
constexpr auto readiness = ProbeKind::Readiness;

struct Probes {
    std::vector<ProbeFacts> facts;
    std::vector<UnitFacts> units{1};
    PodFacts pod;

    Probes(std::initializer_list<ProbeFacts> list)
        : facts(list) {
        pod.units = units.data();
        pod.probes = static_cast<std::uint16_t>(facts.size());
        pod.probe_facts = facts.data();
    }
};

// From the manifest to the report that the container has started: what the core wants then.
std::string start(Story& s, const Probes& probes) {
    s.add(0, probes.pod);
    s.ready(0);
    return s.started(0);
}

} // namespace

TEST_CASE("a container without probes is ready when it runs") {
    Story s;
    s.up(0);
    CHECK(s.unit(0).ready);
    CHECK(has_started(s.unit(0)));
    s.exits(0, 1, 0);
    CHECK_FALSE(s.unit(0).ready);
}

TEST_CASE("a probe is asked at the ticks of its period, the first not before the initial delay") {
    const struct {
        Millis delay;
        Millis period;
        long first;
    } cases[] = {{0s, 10s, 0}, {1s, 10s, 10}, {10s, 10s, 10}, {11s, 10s, 20}, {5s, 2s, 6}};
    for (const auto& c : cases) {
        Story s;
        const Probes probes{{.kind = liveness, .initial_delay = c.delay, .period = c.period}};
        INFO(c.delay.count() << " " << c.period.count());
        const bool at_once = start(s, probes) == "liveness 0/1";
        CHECK(at_once == (c.first == 0));
        if (!at_once)
            CHECK(s.wait() == c.first);
        s.probed(0, 1, liveness, yes);
        CHECK(s.wait() == c.period / 1s);
    }
}

TEST_CASE("readiness turns by its thresholds") {
    Story s;
    const Probes probes{{.kind = readiness, .period = 1s, .success_threshold = 2, .failure_threshold = 3}};
    CHECK(start(s, probes) == "readiness 0/1");
    const std::string history = "nyny"
                                "yynnynn"
                                "nyy";
    const std::string ready = "0000"
                              "1111111"
                              "001";
    std::string seen;
    for (const char c : history) {
        s.probed(0, 1, readiness, c == 'y' ? yes : no);
        seen += s.unit(0).ready ? '1' : '0';
        CHECK(s.pass(1s) == "readiness 0/1");
    }
    CHECK(seen == ready);
}

TEST_CASE("a liveness probe that fails often enough stops the container, which then starts again") {
    Story s;
    Probes probes{{.kind = liveness, .period = 5s, .failure_threshold = 2}};
    CHECK(start(s, probes) == "liveness 0/1");
    s.probed(0, 1, liveness, no);
    CHECK(s.pass(5s) == "liveness 0/1");
    CHECK(s.probed(0, 1, liveness, no) == "term 0/1");
    CHECK(s.pass(29s) == "");
    CHECK(s.pass(1s) == "kill 0/1"); // the pod's grace period
    CHECK(s.exits(0, 1, 137) == "start 0/1");
    CHECK(s.started(0) == "liveness 0/1");
}

TEST_CASE("a probe's own grace period replaces the pod's") {
    Story s;
    const Probes probes{{.kind = liveness, .failure_threshold = 1, .grace = 4s}};
    start(s, probes);
    CHECK(s.probed(0, 1, liveness, no) == "term 0/1");
    CHECK(s.pass(4s) == "kill 0/1");
}

TEST_CASE("a probe that takes too long is given up and has failed") {
    Story s;
    const Probes probes{{.kind = liveness, .period = 10s, .timeout = 3s, .failure_threshold = 2}};
    start(s, probes);
    CHECK(s.pass(2s) == "");
    CHECK(s.pass(1s) == "give up 0/1");
    CHECK(s.probed(0, 1, liveness, yes) == ""); // too late
    CHECK(s.pass(7s) == "liveness 0/1");
    CHECK(s.pass(3s) == "give up 0/1, term 0/1");
}

TEST_CASE("a probe that takes longer than its period is never asked twice at a time") {
    Story s;
    const Probes probes{{.kind = readiness, .period = 1s, .timeout = 5s}};
    start(s, probes);
    CHECK(s.pass(3500ms) == "");
    s.probed(0, 1, readiness, yes);
    CHECK(s.pass(499ms) == "");
    CHECK(s.pass(1ms) == "readiness 0/1");
}

TEST_CASE("an outcome that is unknown changes nothing") {
    Story s;
    const Probes probes{{.kind = liveness, .period = 1s, .failure_threshold = 1}};
    start(s, probes);
    CHECK(s.probed(0, 1, liveness, Outcome::Unknown) == "");
    CHECK(s.pass(1s) == "liveness 0/1");
}

TEST_CASE("the other probes wait for the startup probe, and readiness then comes at once") {
    Story s;
    const Probes probes{{.kind = startup, .period = 2s, .failure_threshold = 5},
                        {.kind = liveness, .period = 3s},
                        {.kind = readiness, .initial_delay = 60s, .period = 10s}};
    CHECK(start(s, probes) == "startup 0/1");
    CHECK_FALSE(has_started(s.unit(0)));
    s.probed(0, 1, startup, no);
    CHECK(s.pass(2s) == "startup 0/1");
    CHECK(s.probed(0, 1, startup, yes) == "readiness 0/1");
    CHECK(has_started(s.unit(0)));
    CHECK_FALSE(s.unit(0).ready);
    s.probed(0, 1, readiness, yes);
    CHECK(s.unit(0).ready);
    CHECK(s.pass(1s) == "liveness 0/1");
}

TEST_CASE("a startup probe that fails stops the container") {
    Story s;
    const Probes probes{{.kind = startup, .failure_threshold = 1}};
    start(s, probes);
    CHECK(s.probed(0, 1, startup, no) == "term 0/1");
}

TEST_CASE("while a container is being stopped only readiness is asked") {
    Story s;
    const Probes probes{{.kind = liveness, .period = 1s, .failure_threshold = 1}, {.kind = readiness, .period = 1s}};
    CHECK(start(s, probes) == "liveness 0/1, readiness 0/1");
    s.probed(0, 1, readiness, yes);
    CHECK(s.remove(0) == "term 0/1");
    CHECK(s.probed(0, 1, liveness, no) == "");
    CHECK(s.pass(1s) == "readiness 0/1");
    s.probed(0, 1, readiness, no);
    CHECK(s.unit(0).ready); // one failure is not three
    CHECK(s.exits(0, 1, 0) == "drop 0");
}

TEST_CASE("a sidecar's startup probe holds what comes after it") {
    Story s;
    Probes probes{{.kind = startup}};
    probes.units = {{.role = Role::Sidecar}, {}};
    probes.pod.units = probes.units.data();
    probes.pod.containers = 2;
    CHECK(start(s, probes) == "startup 0/1");
    CHECK(s.probed(0, 1, startup, yes) == "start 0/2");
}

TEST_CASE("what a probe of an earlier run says is about that run") {
    Story s;
    const Probes probes{{.kind = readiness, .failure_threshold = 1}};
    start(s, probes);
    s.exits(0, 1, 0);
    CHECK(s.probed(0, 1, readiness, yes) == "");
    CHECK(s.started(0) == "readiness 0/1");
    CHECK_FALSE(s.unit(0).ready);
}

TEST_CASE("a container is not ready before its startup probe has passed, and then the probe is not asked again") {
    Story s;
    const Probes probes{{.kind = startup, .period = 1s}};
    CHECK(start(s, probes) == "startup 0/1");
    CHECK_FALSE(s.unit(0).ready);
    s.probed(0, 1, startup, yes);
    CHECK(s.unit(0).ready);
    CHECK(s.core().next_deadline() == never);
}

TEST_CASE("a container that is being stopped may turn unready") {
    Story s;
    const Probes probes{{.kind = readiness, .period = 1s, .failure_threshold = 1}};
    start(s, probes);
    s.probed(0, 1, readiness, yes);
    CHECK(s.remove(0) == "term 0/1");
    CHECK(s.pass(1s) == "readiness 0/1");
    s.probed(0, 1, readiness, no);
    CHECK_FALSE(s.unit(0).ready);
}

TEST_CASE("readiness is a matter of readiness probes alone, and its time is that of its last turn") {
    Story s;
    const Probes probes{{.kind = liveness, .period = 3s, .failure_threshold = 1},
                        {.kind = readiness, .period = 1s, .failure_threshold = 1}};
    start(s, probes);
    s.pass(5s);
    Millis turned = s.now();
    for (const auto& [outcome, turns] : {std::pair{yes, true}, std::pair{yes, false}, std::pair{no, true},
                                         std::pair{no, false}, std::pair{yes, true}}) {
        s.pass(1s);
        s.probed(0, 1, readiness, outcome);
        turned = turns ? s.now() : turned;
        CHECK(s.unit(0).ready == (outcome == yes));
        CHECK(s.unit(0).ready_changed == turned);
    }
    s.probed(0, 1, liveness, no);
    s.pass(1s);
    s.probed(0, 1, readiness, yes);
    CHECK(s.unit(0).ready);
}

TEST_CASE("a container that lives is not asked for anything because it says so") {
    Story s;
    const Probes probes{{.kind = liveness, .period = 3s}, {.kind = readiness, .period = 5s}};
    start(s, probes);
    s.probed(0, 1, readiness, yes);
    CHECK(s.probed(0, 1, liveness, yes) == "");
}
