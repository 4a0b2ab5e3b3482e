// SPDX-License-Identifier: Apache-2.0
// What comes late, twice or out of place changes nothing.
#include "tests/catch.hpp"
#include "tests/core/story.hpp"

#include <array>

using namespace initd;
using namespace std::chrono_literals;
using story::Story;

namespace {

constexpr UnitFacts init{.role = Role::Init};
constexpr UnitFacts sidecar{.role = Role::Sidecar};
constexpr UnitFacts regular{};

template <std::size_t N>
PodFacts pod_of(const std::array<UnitFacts, N>& units) {
    return {.containers = N, .units = units.data()};
}

Event about(Event::Kind kind, std::uint32_t slot, std::uint32_t index = 0, std::uint32_t generation = 0) {
    return {.kind = kind, .run = {Unit(slot, index), generation}};
}

} // namespace

TEST_CASE("a run is of its own pod, whatever its generation says") {
    Story story;
    story.up(0);
    story.up(1);
    // The unit behind the last one of pod 0 is pod 1's.
    CHECK(story.tell(about(Event::Kind::Exited, 0, 2, story.unit(1).generation)).empty());
    CHECK(story.unit(1).phase == UnitPhase::Running);
}

TEST_CASE("an event about a sandbox names unit 0") {
    Story story;
    story.up(0);
    CHECK(story.tell(about(Event::Kind::SandboxDied, 0, 1, story.pod(0).generation)).empty());
    CHECK(!story.pod(0).sandbox_lost);
}

TEST_CASE("what was said of a sandbox before is not said again by saying it again") {
    Story story;
    story.up(0);
    for (const Event::Kind kind : {Event::Kind::SandboxReady, Event::Kind::SandboxFailed, Event::Kind::SandboxGone}) {
        CHECK(story.tell(about(kind, 0, 0, story.pod(0).generation)).empty());
        CHECK(!story.pod(0).sandbox_lost);
        CHECK(story.pod(0).phase == PodPhase::Up);
    }
}

TEST_CASE("a sandbox that dies on the way down is no news") {
    Story story;
    story.up(0);
    story.remove(0);
    story.tells();
    CHECK(story.die(0).empty());
    CHECK(story.tells().empty());
    CHECK(!story.pod(0).sandbox_lost);
}

TEST_CASE("a hook's answer is one to the hook that is out") {
    Story story;
    const std::array units{UnitFacts{.post_start = true, .pre_stop = true}};
    story.add(0, pod_of(units));
    story.ready(0);
    story.started(0);
    const std::uint32_t serial = story.unit(0).hook_serial;
    story.hooked(0, 1);
    CHECK(story.remove(0) == "preStop 0/1");
    CHECK(story.tell({.kind = Event::Kind::HookDone, .run = story.run(0, 1), .serial = serial}).empty());
    CHECK(story.hooked(0, 1) == "term 0/1");
}

TEST_CASE("room that was reserved is not given back") {
    Core core({});
    core.reserve(8, 8);
    core.reserve(2, 2);
    CHECK(core.slots() == 8);
}

TEST_CASE("a pod for which there is no room is refused") {
    const std::array probes{ProbeFacts{.unit = 1}, ProbeFacts{.unit = 1, .kind = ProbeKind::Readiness}};
    for (const PodFacts& facts : {PodFacts{.containers = 3}, PodFacts{.probes = 2, .probe_facts = probes.data()}}) {
        Core core({});
        core.reserve(2, 2, 1);
        Actions out;
        out.reserve(core.max_actions());
        core.step(1s, {.kind = Event::Kind::PodAdded, .run = {Unit(0, 0), 0}, .facts = facts}, out);
        CHECK(story::to_text(out) == "forget 0");
    }
}

TEST_CASE("the room of pods that are gone is there for others") {
    const auto [units, probes_room] = GENERATE(std::pair{6, 30}, std::pair{60, 3});
    Core core({});
    core.reserve(3, static_cast<std::size_t>(units), static_cast<std::size_t>(probes_room));
    const std::size_t most = core.max_actions();
    Actions out;
    out.reserve(most);
    const std::array probes{ProbeFacts{.unit = 1}};
    const auto step = [&](Event::Kind kind, std::uint32_t slot, std::uint8_t containers) {
        out.clear();
        core.step(1s,
                  {.kind = kind,
                   .run = {Unit(slot, 0), core.pod(slot).generation},
                   .facts = {.containers = containers, .probes = 1, .probe_facts = probes.data()}},
                  out);
        return story::to_text(out);
    };
    for (std::uint32_t slot = 0; slot < 3; ++slot)
        step(Event::Kind::PodAdded, slot, 2);
    for (const std::uint32_t slot : {1u, 0u}) {
        step(Event::Kind::PodRemoved, slot, 0);
        step(Event::Kind::SandboxReady, slot, 0);
        CHECK(step(Event::Kind::SandboxGone, slot, 0) == "forget " + std::to_string(slot));
    }
    CHECK(step(Event::Kind::PodAdded, 1, 3) == "make 1");
    CHECK(step(Event::Kind::SandboxReady, 1, 0) == "start 1/1, start 1/2, start 1/3");
    CHECK(step(Event::Kind::SandboxReady, 2, 0) == "start 2/1, start 2/2");
    CHECK(step(Event::Kind::PodAdded, 0, 1) == "make 0");
    CHECK(core.max_actions() == most); // with the room that there was
}

TEST_CASE("a pod that is removed again was first removed when it was") {
    Story story;
    story.up(0);
    story.remove(0);
    const Millis asked = story.pod(0).stop_asked;
    story.pass(5s);
    story.remove(0);
    CHECK(story.pod(0).stop_asked == asked);
}

TEST_CASE("what is on its way out, or has ended for good, is not held") {
    Story story;
    story.up(0);
    story.remove(0);
    CHECK(story.tell(about(Event::Kind::Held, 0)).empty());
    CHECK(!story.pod(0).held);

    Story other;
    const std::array units{UnitFacts{.restart_policy = spec::RestartPolicy::Never}};
    other.up(0, pod_of(units));
    other.exits(0, 1, 0);
    CHECK(other.tell(about(Event::Kind::Held, 0)).empty());
    CHECK(!other.pod(0).held);
}

TEST_CASE("a pod that waits for another one goes with the machine") {
    Story story;
    story.up(0);
    story.add(1, {.after = 0});
    story.tell(about(Event::Kind::ShutdownBegun, 0));
    story.tell(about(Event::Kind::PodStopped, 0));
    story.exits(0, 1, 0);
    CHECK(story.gone(0) == "forget 0, forget 1, shut down");
}

TEST_CASE("a start that fails on the way down is not tried again") {
    Story story;
    story.add(0);
    story.ready(0);
    story.remove(0);
    CHECK(story.start_failed(0, 1, true) == "drop 0");
    CHECK(story.core().next_deadline() == never);
}

TEST_CASE("a retry is for what waits for it") {
    Story story;
    const std::array units{regular};
    PodFacts facts = pod_of(units);
    facts.active_deadline = 5s;
    story.up(0, facts);
    CHECK(story.exits(0, 1, 1) == "start 0/1");
    story.start_failed(0, 1, true);
    story.pass(5s);
    CHECK(story.unit(0).phase == UnitPhase::Done);
    CHECK(story.retry(0).empty());
    CHECK(story.unit(0).phase == UnitPhase::Done);
    CHECK(story.core().next_deadline() == never);
}

TEST_CASE("a deadline that comes before there is a sandbox again ends the tries") {
    Story story;
    story.up(0, {.active_deadline = 60s});
    story.die(0);
    story.exits(0, 1, 137);
    CHECK(story.gone(0) == "make 0");
    story.fail(0);
    for (int second = 0; second < 100; ++second)
        if (story.pass(1s) == "make 0")
            story.fail(0);
    CHECK(story.pod(0).finish == Finish::Deadline);
    CHECK(story.core().next_deadline() == never);
    CHECK(story.restart(0) == "make 0");
}

TEST_CASE("containers that end when their pod does are not restarted, and say so") {
    Story story;
    story.up(0, {.containers = 2, .active_deadline = 5s});
    story.exits(0, 1, 1);
    story.started(0, 1);
    CHECK(story.pass(5s) == "term 0/1, term 0/2");
    story.tells();
    story.exits(0, 1, 1);
    CHECK(story.unit(0, 1).phase == UnitPhase::Done);
    CHECK(story.tells().empty());
    CHECK(story.exits(0, 2, 1).empty());
    CHECK(story.pod(0).finish == Finish::Deadline);
    CHECK(story.core().next_deadline() == never);
}

TEST_CASE("a rule that says RestartAllContainers is nobody's on the way down") {
    for (const bool removed : {true, false}) {
        Story story;
        story.up(0, {.containers = 2, .active_deadline = removed ? never : 5s});
        if (removed)
            story.remove(0);
        else
            story.pass(5s);
        story.tell({.kind = Event::Kind::Exited,
                    .run = story.run(0, 1),
                    .exit = {.code = 1, .rule = RestartRule::RestartAll}});
        CHECK(!story.pod(0).restarting_all);
        CHECK(story.pass(29s).empty());
        CHECK(story.pass(1s) == "kill 0/2");
    }
}

TEST_CASE("a held pod's containers have their grace period, whatever a rule says") {
    Story story;
    story.up(0, {.containers = 2});
    story.tell(about(Event::Kind::Held, 0));
    story.tell(
        {.kind = Event::Kind::Exited, .run = story.run(0, 1), .exit = {.code = 1, .rule = RestartRule::RestartAll}});
    CHECK(story.pass(29s).empty());
    CHECK(story.pass(1s) == "kill 0/2");
}

TEST_CASE("when all containers are restarted none of them waits") {
    Story story;
    story.up(0, {.containers = 3});
    for (int i = 0; i < 2; ++i) {
        story.exits(0, 2, 1); // its next restart would be one with a back-off
        story.pass(10s);
        story.started(0, 2);
    }
    story.tells();
    story.tell(
        {.kind = Event::Kind::Exited, .run = story.run(0, 1), .exit = {.code = 1, .rule = RestartRule::RestartAll}});
    CHECK(story.tells() == "restarting all 0/2, restarting all 0/3");
    CHECK(story.exits(0, 2, 1).empty());
    CHECK(story.exits(0, 3, 0) == "start 0/1, start 0/2, start 0/3");
    story.start_failed(0, 2, true);
    story.started(0, 1);
    story.started(0, 3);
    story.pass(1h);
    story.tell(
        {.kind = Event::Kind::Exited, .run = story.run(0, 1), .exit = {.code = 1, .rule = RestartRule::RestartAll}});
    CHECK(story.start_failed(0, 2, true).empty());
    CHECK(story.exits(0, 3, 0) == "start 0/1, start 0/2, start 0/3");
}

TEST_CASE("a rule that says RestartAllContainers is followed at once, and is no back-off") {
    Story story;
    story.up(0);
    CHECK(story.exits(0, 1, 1) == "start 0/1");
    story.started(0);
    CHECK(story.tell({.kind = Event::Kind::Exited,
                      .run = story.run(0, 1),
                      .exit = {.code = 1, .rule = RestartRule::RestartAll}}) == "start 0/1");
    CHECK(story.tells().empty());
}

TEST_CASE("a sandbox that dies under a pod that is past its deadline is not made again") {
    Story story;
    story.add(0, {.active_deadline = 5s});
    story.ready(0);
    story.start_failed(0, 1, true);
    story.pass(5s);
    CHECK(story.die(0).empty());
    CHECK(story.pod(0).phase == PodPhase::Up);
}

TEST_CASE("an operator ends the wait of an init container that could not be made") {
    Story story;
    const std::array units{init, regular};
    story.add(0, pod_of(units));
    story.ready(0);
    CHECK(story.start_failed(0, 1, true).empty());
    CHECK(story.restart(0) == "start 0/1");
}

TEST_CASE("an operator's restart is for what it names") {
    Story story;
    const std::array units{sidecar, regular, regular};
    story.add(0, pod_of(units));
    story.ready(0);
    for (std::uint32_t index : {1u, 2u, 3u})
        story.started(0, index);
    CHECK(story.restart(0, 2) == "term 0/2");
    CHECK(story.restart(0, 4).empty());
    CHECK(story.exits(0, 2, 0) == "start 0/2");
}

TEST_CASE("a container that is not there cannot bring a pod back") {
    Story story;
    const std::array units{UnitFacts{.restart_policy = spec::RestartPolicy::Never}};
    PodFacts facts = pod_of(units);
    facts.active_deadline = 5s;
    story.up(0, facts);
    story.pass(5s);
    story.exits(0, 1, 143);
    CHECK(story.restart(0, 2).empty());
    CHECK(story.pod(0).finish == Finish::Deadline);
}

TEST_CASE("an init container that runs is not for an operator to restart") {
    Story story;
    const std::array units{init, regular};
    story.add(0, pod_of(units));
    story.ready(0);
    story.started(0, 1);
    CHECK(story.restart(0).empty());
    CHECK(story.exits(0, 1, 0) == "start 0/2");
}

TEST_CASE("a pod that an operator restarts after its deadline has that long once more") {
    Story story;
    story.up(0, {.active_deadline = 5s});
    story.pass(5s);
    story.exits(0, 1, 143);
    CHECK(story.restart(0) == "start 0/1");
    story.started(0);
    CHECK(story.pass(4s).empty());
    CHECK(story.pass(1s) == "term 0/1");
}

TEST_CASE("a sidecar that ends is restarted while a postStart hook holds the containers") {
    Story story;
    const std::array units{sidecar, UnitFacts{.post_start = true}, regular};
    story.add(0, pod_of(units));
    story.ready(0);
    story.started(0, 1);
    CHECK(story.started(0, 2) == "postStart 0/2");
    CHECK(story.exits(0, 1, 0) == "start 0/1");
}

TEST_CASE("a preStop hook has its time, whatever else of its container is due meanwhile") {
    Story story;
    const std::array units{UnitFacts{.pre_stop = true}};
    const std::array probes{ProbeFacts{.unit = 1, .kind = ProbeKind::Readiness, .period = 1s}};
    PodFacts facts = pod_of(units);
    facts.probes = 1;
    facts.probe_facts = probes.data();
    story.up(0, facts);
    story.remove(0);
    for (int i = 0; i < 29; ++i) {
        story.probed(0, 1, ProbeKind::Readiness, Outcome::Success);
        CHECK(story.pass(1s) == "readiness 0/1");
    }
}
