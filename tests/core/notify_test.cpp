// SPDX-License-Identifier: Apache-2.0
// Containers that say of themselves how they are, and what people are told.
#include "tests/catch.hpp"
#include "tests/core/story.hpp"

#include <array>

using namespace initd;
using namespace std::chrono_literals;
using story::Story;

namespace {

struct Facts {
    std::array<UnitFacts, 2> units{};
    std::array<ProbeFacts, 1> probes{};
    PodFacts pod;

    explicit Facts(std::initializer_list<UnitFacts> list, std::initializer_list<ProbeFacts> asked = {}) {
        std::copy(list.begin(), list.end(), units.begin());
        std::copy(asked.begin(), asked.end(), probes.begin());
        pod.containers = static_cast<std::uint8_t>(list.size());
        pod.probes = static_cast<std::uint16_t>(asked.size());
        pod.units = units.data();
        pod.probe_facts = probes.data();
    }
};

} // namespace

TEST_CASE("a container that notifies has started and is ready when it says so") {
    Story story;
    Facts facts({{.notifies = true}});
    story.up(0, facts.pod);
    CHECK(!has_started(story.unit(0)));
    CHECK(!story.unit(0).ready);
    story.pass(5s);
    CHECK(story.notifies(0, 1, Notice::Ready).empty());
    CHECK(has_started(story.unit(0)));
    CHECK(story.unit(0).ready);
    CHECK(story.unit(0).ready_changed == story.now());
}

TEST_CASE("a container that reloads or stops is not ready, but has started") {
    Story story;
    Facts facts({{.notifies = true}});
    story.up(0, facts.pod);
    story.notifies(0, 1, Notice::Ready);
    story.notifies(0, 1, Notice::NotReady);
    CHECK(has_started(story.unit(0)));
    CHECK(!story.unit(0).ready);
    story.notifies(0, 1, Notice::Ready);
    CHECK(story.unit(0).ready);
}

TEST_CASE("what a container says that was not asked to changes nothing") {
    Story story;
    Facts facts({{}});
    story.up(0, facts.pod);
    for (const Notice notice : {Notice::NotReady, Notice::Trouble, Notice::Alive, Notice::Ready}) {
        CHECK(story.notifies(0, 1, notice).empty());
        CHECK(story.unit(0).ready);
    }
    CHECK(story.core().next_deadline() == never);
}

TEST_CASE("the container after a sidecar that notifies waits for it") {
    Story story;
    Facts facts({{.role = Role::Sidecar, .notifies = true}, {}});
    story.add(0, facts.pod);
    CHECK(story.ready(0) == "start 0/1");
    CHECK(story.started(0, 1).empty());
    CHECK(story.notifies(0, 1, Notice::Ready) == "start 0/2");
}

TEST_CASE("a container with a startup probe that notifies has started after both, in either order") {
    for (const bool probe_first : {true, false}) {
        Story story;
        Facts facts({{.notifies = true}}, {{.unit = 1, .kind = ProbeKind::Startup}});
        story.add(0, facts.pod);
        story.ready(0);
        story.started(0, 1);
        if (probe_first)
            story.probed(0, 1, ProbeKind::Startup, Outcome::Success);
        else
            story.notifies(0, 1, Notice::Ready);
        CHECK(!has_started(story.unit(0)));
        if (probe_first)
            story.notifies(0, 1, Notice::Ready);
        else
            story.probed(0, 1, ProbeKind::Startup, Outcome::Success);
        CHECK(has_started(story.unit(0)));
        CHECK(story.unit(0).ready);
    }
}

TEST_CASE("a readiness probe and a notice must both be good") {
    Story story;
    Facts facts({{.notifies = true}}, {{.unit = 1, .kind = ProbeKind::Readiness, .period = 10s}});
    story.up(0, facts.pod);
    CHECK(story.notifies(0, 1, Notice::Ready) == "readiness 0/1");
    CHECK(!story.unit(0).ready);
    story.probed(0, 1, ProbeKind::Readiness, Outcome::Success);
    CHECK(story.unit(0).ready);
    story.notifies(0, 1, Notice::NotReady);
    CHECK(!story.unit(0).ready);
    story.pass(10s);
    story.probed(0, 1, ProbeKind::Readiness, Outcome::Success);
    CHECK(!story.unit(0).ready);
}

TEST_CASE("a watchdog counts from the start of what it watches, and each sign of life sets it back") {
    Story story;
    Facts facts({{.notifies = true, .watchdog = 10s}});
    story.up(0, facts.pod);
    CHECK(story.pass(60s).empty());
    story.notifies(0, 1, Notice::Ready);
    story.pass(8s);
    story.notifies(0, 1, Notice::Alive);
    CHECK(story.pass(9s).empty());
    CHECK(story.pass(1s) == "term 0/1");
    CHECK(story.tells() == "watchdog failed 0/1");
    CHECK(story.exits(0, 1, 0) == "start 0/1");
}

TEST_CASE("a container that reports trouble is stopped at once") {
    Story story;
    Facts facts({{.watchdog = 10s}});
    story.up(0, facts.pod);
    story.notifies(0, 1, Notice::Trouble);
    CHECK(story.pass(0s) == "term 0/1");
    CHECK(story.pass(29s).empty());
    CHECK(story.pass(1s) == "kill 0/1");
}

TEST_CASE("a run says nothing for the one after it") {
    Story story;
    Facts facts({{.notifies = true, .watchdog = 10s}});
    story.up(0, facts.pod);
    story.notifies(0, 1, Notice::Ready);
    CHECK(story.exits(0, 1, 1) == "start 0/1");
    story.started(0, 1);
    CHECK(!has_started(story.unit(0)));
    CHECK(story.pass(1h).empty());
}

TEST_CASE("why a container is stopped is told once, with its cause") {
    Story story;
    Facts facts({{.post_start = true}, {}}, {{.unit = 2, .kind = ProbeKind::Liveness, .failure_threshold = 1}});
    story.add(0, facts.pod);
    story.ready(0);
    story.started(0, 1);
    CHECK(story.hooked(0, 1, Outcome::Failure) == "term 0/1, start 0/2");
    CHECK(story.tells() == "postStart failed 0/1");
    story.started(0, 2);
    story.probed(0, 2, ProbeKind::Liveness, Outcome::Failure);
    CHECK(story.tells() == "liveness failed 0/2");
    story.remove(0);
    CHECK(story.tells().empty());
}

TEST_CASE("a run that SIGKILL does not end is told of once, and still waited for") {
    Story story;
    story.up(0, {.grace = 5s});
    story.remove(0);
    CHECK(story.pass(5s) == "kill 0/1");
    story.tells();
    CHECK(story.remove(0, 0s).empty()); // once more, in haste
    CHECK(story.pass(9s).empty());
    CHECK(story.tells().empty());
    CHECK(story.pass(1s).empty());
    CHECK(story.tells() == "unkillable 0/1");
    CHECK(story.pass(1h).empty());
    CHECK(story.tells().empty());
    CHECK(story.exits(0, 1, 137) == "drop 0");
}

TEST_CASE("a back-off is told each time, a start at once is not") {
    Story story;
    story.up(0);
    story.exits(0, 1, 1);
    CHECK(story.tells().empty());
    story.started(0, 1);
    story.exits(0, 1, 1);
    CHECK(story.tells() == "back-off 0/1");
    story.pass(10s);
    story.started(0, 1);
    story.exits(0, 1, 1);
    CHECK(story.tells() == "back-off 0/1");
}

TEST_CASE("a lost sandbox and a deadline are told of the pod") {
    Story story;
    story.up(0, {.active_deadline = 5s});
    story.die(0);
    CHECK(story.tells() == "sandbox changed 0");
    Story other;
    other.up(0, {.active_deadline = 5s});
    other.pass(5s);
    CHECK(other.tells() == "deadline exceeded 0, stopping 0/1");
}

TEST_CASE(
    "a deadline that comes while a pod is held leaves it to an operator, who starts it from the first container on") {
    Story story;
    Facts facts({{.role = Role::Init}, {}});
    facts.pod.active_deadline = 60s;
    story.add(0, facts.pod);
    story.ready(0);
    story.started(0, 1);
    story.exits(0, 1, 0);
    story.started(0, 2);
    CHECK(story.tell({.kind = Event::Kind::Held, .run = {Unit(0, 0), 0}}) == "term 0/2");
    CHECK(story.exits(0, 2, 0) == "drop 0");
    CHECK(story.gone(0).empty());
    CHECK(story.pass(60s).empty());
    CHECK(story.tell({.kind = Event::Kind::Released, .run = {Unit(0, 0), 0}}).empty());
    CHECK(story.restart(0) == "make 0");
    CHECK(story.ready(0) == "start 0/1");
}

TEST_CASE("after ShutdownBegun pods live on until each is stopped") {
    Story story;
    story.up(0);
    story.up(1);
    CHECK(story.tell({.kind = Event::Kind::ShutdownBegun, .run = {}}).empty());
    CHECK(story.exits(0, 1, 1) == "start 0/1");
    CHECK(story.add(2) == "forget 2");
    CHECK(story.tell({.kind = Event::Kind::PodStopped, .run = {Unit(1, 0), 0}}) == "term 1/1");
    CHECK(!story.pod(1).removed);
    CHECK(story.exits(1, 1, 0) == "drop 1");
    CHECK(story.gone(1) == "forget 1");
    story.tell({.kind = Event::Kind::PodStopped, .run = {Unit(0, 0), 0}});
    story.exits(0, 1, 0);
    CHECK(story.gone(0) == "forget 0, shut down");
}

TEST_CASE("a held pod is not released on the way down") {
    Story story;
    story.add(0, {.held = true});
    story.tell({.kind = Event::Kind::ShutdownBegun, .run = {}});
    CHECK(story.tell({.kind = Event::Kind::Released, .run = {Unit(0, 0), 0}}).empty());
    CHECK(story.tell({.kind = Event::Kind::PodStopped, .run = {Unit(0, 0), 0}}) == "forget 0, shut down");
}
