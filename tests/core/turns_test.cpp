// SPDX-License-Identifier: Apache-2.0
// Whose turn it is in a pod: init containers, sidecars, hooks, and how all of that ends.
#include "tests/catch.hpp"
#include "tests/core/story.hpp"

#include <initializer_list>

using namespace initd;
using namespace story;
using spec::RestartPolicy;

namespace {

constexpr UnitFacts init{.role = Role::Init};
constexpr UnitFacts sidecar{.role = Role::Sidecar};
constexpr UnitFacts regular{};

// The units of one pod, for as long as the test tells its story.
struct Units {
    std::vector<UnitFacts> facts;
    PodFacts pod;

    Units(std::initializer_list<UnitFacts> list, RestartPolicy policy = RestartPolicy::Always)
        : facts(list) {
        for (UnitFacts& unit : facts)
            unit.restart_policy = unit.role == Role::Sidecar ? RestartPolicy::Always : policy;
        pod.restart_policy = policy;
        pod.containers = static_cast<std::uint8_t>(facts.size());
        pod.units = facts.data();
    }
};

} // namespace

TEST_CASE("init containers run one after the other, then the containers start together") {
    Story s;
    const Units units{init, init, regular, regular};
    s.add(0, units.pod);
    CHECK(s.ready(0) == "start 0/1");
    CHECK(s.started(0, 1) == "");
    CHECK(s.exits(0, 1, 0) == "start 0/2");
    s.started(0, 2);
    CHECK_FALSE(s.pod(0).initialized);
    CHECK(s.exits(0, 2, 0) == "start 0/3, start 0/4");
    CHECK(s.pod(0).initialized);
    s.started(0, 3);
    CHECK(s.exits(0, 3, 1) == "start 0/3"); // and no init container runs again
    CHECK(s.remove(0) == "term 0/3, term 0/4");
}

TEST_CASE("an init container that fails is tried again with back-off, and with Never fails the pod") {
    Story s;
    const Units units{init, regular};
    s.add(0, units.pod);
    s.ready(0);
    s.started(0, 1);
    CHECK(s.exits(0, 1, 1) == "start 0/1");
    s.started(0, 1);
    CHECK(s.exits(0, 1, 1) == "");
    CHECK(s.wait() == 10);

    const Units once({init, regular}, RestartPolicy::Never);
    s.add(1, once.pod);
    s.ready(1);
    s.started(1, 1);
    CHECK(s.exits(1, 1, 7) == "");
    CHECK(s.pod(1).finish == Finish::Failed);
    CHECK(s.unit(1, 2).phase == UnitPhase::Idle);
    CHECK(s.restart(1) == "start 1/1"); // an operator may try again
    s.started(1, 1);
    CHECK(s.exits(1, 1, 0) == "start 1/2");
}

TEST_CASE("an init container that memory ended has failed, whatever its exit code") {
    Story s;
    const Units once({init, regular}, RestartPolicy::Never);
    s.add(0, once.pod);
    s.ready(0);
    s.started(0, 1);
    CHECK(s.tell({.kind = Event::Kind::Exited, .run = s.run(0, 1), .exit = {.code = 0, .oom_killed = true}}) == "");
    CHECK(s.pod(0).finish == Finish::Failed);
}

TEST_CASE("a sidecar lets the next one start when it has started, and runs beside the containers") {
    Story s;
    const Units units{sidecar, init, regular};
    s.add(0, units.pod);
    CHECK(s.ready(0) == "start 0/1");
    CHECK(s.started(0, 1) == "start 0/2");
    s.started(0, 2);
    CHECK(s.exits(0, 1, 1) == "start 0/1"); // it comes back while an init container runs
    CHECK(s.exits(0, 2, 0) == "");          // which is not enough while the sidecar is not there
    CHECK(s.started(0, 1) == "start 0/3");
}

TEST_CASE("when the containers have ended for good the sidecars are stopped, the last one first") {
    Story s;
    const Units units({sidecar, sidecar, regular}, RestartPolicy::OnFailure);
    s.add(0, units.pod);
    s.ready(0);
    s.started(0, 1);
    s.started(0, 2);
    s.started(0, 3);
    CHECK(s.exits(0, 3, 0) == "term 0/2");
    CHECK(s.pod(0).finish == Finish::Ended);
    CHECK(s.exits(0, 2, 143) == "term 0/1");
    CHECK(s.exits(0, 1, 143) == "");
    CHECK(s.pod(0).phase == PodPhase::Up);
    CHECK(s.restart(0, 3) == "start 0/1, start 0/2, start 0/3"); // with what it needs beside it
}

TEST_CASE("a pod that is removed stops its containers first, then the sidecars from the last, in one grace period") {
    Story s;
    const Units units{sidecar, sidecar, regular, regular};
    s.add(0, units.pod);
    s.ready(0);
    s.started(0, 1);
    s.started(0, 2);
    s.started(0, 3);
    s.started(0, 4);
    CHECK(s.remove(0) == "term 0/3, term 0/4");
    CHECK(s.exits(0, 4, 143) == "");
    CHECK(s.pass(5s) == "");
    CHECK(s.exits(0, 3, 143) == "term 0/2");
    CHECK(s.pass(25s) == "term 0/1, kill 0/2"); // the grace period is over, and with it the order
    CHECK(s.exits(0, 2, 137) == "");
    CHECK(s.pass(2s) == "kill 0/1"); // the two seconds that everybody has
    CHECK(s.exits(0, 1, 137) == "drop 0");
}

TEST_CASE("a preStop hook has the grace period, however short, and the signal its two seconds after it") {
    Story s;
    Units units{{.pre_stop = true}};
    units.pod.grace = 1s;
    s.up(0, units.pod);
    CHECK(s.remove(0) == "preStop 0/1");
    CHECK(s.pass(999ms) == "");
    CHECK(s.pass(1ms) == "term 0/1");
    CHECK(s.pass(1'999ms) == "");
    CHECK(s.remove(0, 0s) == ""); // not sooner
    CHECK(s.pass(1ms) == "kill 0/1");
}

TEST_CASE("sidecars whose preStop hooks do not end are stopped together when the grace period is over") {
    Story s;
    const UnitFacts hooked{.role = Role::Sidecar, .pre_stop = true};
    const Units units{hooked, hooked, regular};
    s.add(0, units.pod);
    s.ready(0);
    for (std::uint32_t index : {1u, 2u, 3u})
        s.started(0, index);
    CHECK(s.remove(0) == "preStop 0/1, preStop 0/2, term 0/3");
    CHECK(s.exits(0, 3, 143) == "");
    CHECK(s.pass(29'999ms) == "");
    CHECK(s.pass(1ms) == "term 0/1, term 0/2");
    CHECK(s.pass(2s) == "kill 0/2, kill 0/1");
}

TEST_CASE("postStart holds the containers behind, and its failure stops the container") {
    Story s;
    Units units{regular, regular};
    units.facts[0].post_start = true;
    s.add(0, units.pod);
    CHECK(s.ready(0) == "start 0/1");
    CHECK(s.started(0, 1) == "postStart 0/1");
    CHECK(s.hooked(0, 1) == "start 0/2");
    s.started(0, 2);
    s.exits(0, 1, 0); // the first restart comes at once
    CHECK(s.started(0, 1) == "postStart 0/1");
    CHECK(s.hooked(0, 1, Outcome::Failure) == "term 0/1");
    CHECK(s.unit(0, 1).post_start_failed);
    CHECK(s.hooked(0, 1) == ""); // told once
}

TEST_CASE("a hook that only sleeps is the core's to count") {
    Story s;
    Units units{regular, regular};
    units.facts[0].post_start = units.facts[0].pre_stop = true;
    units.facts[0].post_start_sleep = 3s;
    units.facts[0].pre_stop_sleep = 5s;
    s.add(0, units.pod);
    s.ready(0);
    CHECK(s.started(0, 1) == "");
    CHECK(s.pass(2s) == "");
    CHECK(s.pass(1s) == "start 0/2");
    CHECK(s.remove(0) == "term 0/2");
    CHECK(s.pass(4s) == "");
    CHECK(s.pass(1s) == "term 0/1");
    CHECK(s.pass(25s) == "kill 0/1, kill 0/2");
}

TEST_CASE("preStop comes before the stop signal and takes its time from the grace period") {
    Story s;
    Units units{regular};
    units.facts[0].pre_stop = true;
    s.up(0, units.pod);
    CHECK(s.remove(0) == "preStop 0/1");
    s.pass(10s);
    CHECK(s.hooked(0, 1, Outcome::Failure) == "term 0/1"); // well or not
    CHECK(s.pass(19s) == "");
    CHECK(s.pass(1s) == "kill 0/1");

    s.up(1, units.pod);
    CHECK(s.remove(1) == "preStop 1/1");
    CHECK(s.pass(30s) == "term 1/1"); // it did not end: two seconds remain
    CHECK(s.hooked(1, 1) == "");
    CHECK(s.pass(2s) == "kill 1/1");

    s.up(2, units.pod);
    CHECK(s.remove(2, 0s) == "term 2/1"); // no grace, no hook
}

TEST_CASE("a later, shorter grace period shortens a preStop hook") {
    Story s;
    Units units{regular};
    units.facts[0].pre_stop = true;
    s.up(0, units.pod);
    s.remove(0);
    CHECK(s.remove(0, 5s) == "");
    CHECK(s.pass(5s) == "term 0/1");
}

TEST_CASE("a container that ends by itself runs no preStop hook") {
    Story s;
    Units units{regular};
    units.facts[0].pre_stop = true;
    s.up(0, units.pod);
    CHECK(s.exits(0, 1, 0) == "start 0/1");
}

TEST_CASE("preStop hooks of sidecars run at once, their signal waits for their turn") {
    Story s;
    Units units{sidecar, regular};
    units.facts[0].pre_stop = true;
    s.add(0, units.pod);
    s.ready(0);
    s.started(0, 1);
    s.started(0, 2);
    CHECK(s.remove(0) == "preStop 0/1, term 0/2");
    CHECK(s.hooked(0, 1) == "");
    CHECK(s.exits(0, 2, 0) == "term 0/1");
}

TEST_CASE("activeDeadlineSeconds ends a pod for good, from its start on") {
    Story s;
    Units units{sidecar, regular};
    units.pod.active_deadline = 60s;
    s.add(0, units.pod);
    s.pass(100s); // no sandbox yet, no time counted
    s.ready(0);
    s.started(0, 1);
    s.started(0, 2);
    CHECK(s.pass(59s) == "");
    CHECK(s.pass(1s) == "term 0/2");
    CHECK(s.pod(0).finish == Finish::Deadline);
    CHECK(s.exits(0, 2, 143) == "term 0/1");
    CHECK(s.exits(0, 1, 143) == "");
    CHECK(s.core().next_deadline() == never);
}

TEST_CASE("a new sandbox runs the init containers anew, but not for containers that need not run again") {
    Story s;
    const Units units({init, sidecar, regular}, RestartPolicy::OnFailure);
    s.add(0, units.pod);
    s.ready(0);
    s.started(0, 1);
    s.exits(0, 1, 0);
    s.started(0, 2);
    s.started(0, 3);
    CHECK(s.die(0) == "");
    s.exits(0, 2, 137);
    CHECK(s.exits(0, 3, 137) == "drop 0");
    CHECK(s.gone(0) == "make 0");
    CHECK(s.ready(0) == "start 0/1");
    s.started(0, 1);
    CHECK(s.exits(0, 1, 0) == "start 0/2");
    CHECK(s.started(0, 2) == "start 0/3");
    s.started(0, 3);
    CHECK(s.exits(0, 3, 0) == "term 0/2");
    s.exits(0, 2, 0);
    CHECK(s.die(0) == "");
}

TEST_CASE("a container's own policy and rules say whether it is started again") {
    Story s;
    Units units({regular, regular}, RestartPolicy::Never);
    units.facts[1].restart_policy = RestartPolicy::Always;
    s.add(0, units.pod);
    s.ready(0);
    s.started(0, 1);
    s.started(0, 2);
    CHECK(
        s.tell({.kind = Event::Kind::Exited, .run = s.run(0, 1), .exit = {.code = 42, .rule = RestartRule::Restart}}) ==
        "start 0/1");
    s.started(0, 1);
    CHECK(s.exits(0, 1, 1) == "");
    CHECK(s.exits(0, 2, 0) == "start 0/2");
}

TEST_CASE("RestartAllContainers stops every container and begins with the init containers") {
    Story s;
    const Units units({init, sidecar, regular, regular}, RestartPolicy::Never);
    s.add(0, units.pod);
    s.ready(0);
    s.started(0, 1);
    s.exits(0, 1, 0);
    s.started(0, 2);
    s.started(0, 3);
    s.started(0, 4);
    CHECK(s.tell({.kind = Event::Kind::Exited,
                  .run = s.run(0, 3),
                  .exit = {.code = 9, .rule = RestartRule::RestartAll}}) == "term 0/2, term 0/4");
    CHECK(s.exits(0, 4, 143) == "");
    CHECK(s.exits(0, 2, 143) == "start 0/1");
    s.started(0, 1);
    CHECK(s.exits(0, 1, 0) == "start 0/2");
    CHECK(s.unit(0, 2).restarts == 1);
}

TEST_CASE("a pod that is held waits, and starts when it is released") {
    Story s;
    CHECK(s.add(0, {.held = true}) == "");
    CHECK(s.pod(0).phase == PodPhase::Waiting);
    CHECK(s.tell({.kind = Event::Kind::Released, .run = {Unit(0, 0), 0}}) == "make 0");
    s.ready(0);
    s.started(0);

    CHECK(s.add(1, {.held = true}) == "");
    CHECK(s.remove(1) == "forget 1");
}

TEST_CASE("a pod that is renewed is stopped, and begins from the first in a new sandbox") {
    Story s;
    const Units units{init, sidecar, regular};
    const Event renewed{.kind = Event::Kind::RenewAsked, .run = {Unit(0, 0), 0}};
    s.add(0, units.pod);
    CHECK(s.tell(renewed) == ""); // its sandbox is being made
    s.ready(0);
    s.started(0, 1);
    s.exits(0, 1, 0);
    s.started(0, 2);
    s.started(0, 3);
    CHECK(s.tell(renewed) == "term 0/2, term 0/3");
    CHECK(s.tell(renewed) == "");
    CHECK(s.exits(0, 2, 143) == "");
    CHECK(s.exits(0, 3, 143) == "drop 0");
    CHECK(s.tell(renewed) == "");
    CHECK(s.gone(0) == "make 0");
    CHECK(s.ready(0) == "start 0/1");
    s.started(0, 1);
    CHECK(s.exits(0, 1, 0) == "start 0/2");
    CHECK(s.started(0, 2) == "start 0/3");
    s.started(0, 3);

    s.exits(0, 3, 1);
    s.started(0, 3);
    CHECK(s.exits(0, 3, 1) == ""); // it waits for its back-off
    CHECK(s.tell(renewed) == "term 0/2");
    CHECK(s.exits(0, 2, 143) == "drop 0");
    CHECK(s.remove(0) == "");
    CHECK(s.tell(renewed) == "");
    CHECK(s.gone(0) == "forget 0");
    CHECK(s.tell(renewed) == "");
}

TEST_CASE("what has ended for good, or cannot be made, begins anew when it is renewed") {
    Story s;
    const Event renewed{.kind = Event::Kind::RenewAsked, .run = {Unit(0, 0), 0}};
    s.up(0, {.restart_policy = spec::RestartPolicy::Never});
    s.exits(0, 1, 1);
    CHECK(s.pod(0).finish == Finish::Ended);
    CHECK(s.tell(renewed) == "drop 0");
    CHECK(s.pod(0).finish == Finish::None);
    CHECK(s.gone(0) == "make 0");
    CHECK(s.ready(0) == "start 0/1");
    s.started(0);
    s.exits(0, 1, 1);
    s.remove(0);
    CHECK(s.tell(renewed) == ""); // too late
    CHECK(s.pod(0).finish == Finish::Ended);

    Story other;
    other.add(0);
    other.fail(0);
    CHECK(other.tell(renewed) == "make 0");
    CHECK(other.fail(0) == "");
    CHECK(other.add(1, {.held = true}) == "");
    CHECK(other.tell({.kind = Event::Kind::RenewAsked, .run = {Unit(1, 0), 0}}) == "");
    CHECK(other.add(2, {.after = 0}) == "");
    CHECK(other.tell({.kind = Event::Kind::RenewAsked, .run = {Unit(2, 0), 0}}) == "");
}

TEST_CASE("a pod that is renewed after its deadline has all of its time again") {
    Story s;
    const Event renewed{.kind = Event::Kind::RenewAsked, .run = {Unit(0, 0), 0}};
    s.up(0, {.active_deadline = 100s});
    CHECK(s.pass(100s) == "term 0/1");
    CHECK(s.exits(0, 1, 143) == "");
    CHECK(s.tell(renewed) == "drop 0");
    s.gone(0);
    s.ready(0);
    s.started(0);
    CHECK(s.pass(99s) == "");
    CHECK(s.pass(1s) == "term 0/1");

    Story lost; // its deadline came before its next sandbox
    lost.up(0, {.active_deadline = 20s});
    CHECK(lost.die(0) == "");
    CHECK(lost.exits(0, 1, 137) == "drop 0");
    CHECK(lost.gone(0) == "make 0");
    CHECK(lost.fail(0) == "");
    for (int i = 0; i < 60 && lost.pod(0).finish == Finish::None; ++i) {
        lost.pass(1s);
        lost.fail(0);
    }
    CHECK(lost.tell(renewed) == "make 0");
}

TEST_CASE("a running pod that is held is stopped as a whole, and starts anew when it is released") {
    Story s;
    const Units units{init, sidecar, regular};
    s.add(0, units.pod);
    s.ready(0);
    s.started(0, 1);
    s.exits(0, 1, 0);
    s.started(0, 2);
    s.started(0, 3);
    const Event held{.kind = Event::Kind::Held, .run = {Unit(0, 0), 0}};
    const Event released{.kind = Event::Kind::Released, .run = {Unit(0, 0), 0}};
    CHECK(s.tell(held) == "term 0/3");
    CHECK(s.tell(held) == "");
    CHECK(s.exits(0, 3, 143) == "term 0/2");
    CHECK(s.exits(0, 2, 143) == "drop 0");
    CHECK(s.restart(0) == "");
    CHECK(s.gone(0) == "");
    CHECK(s.pod(0).phase == PodPhase::Waiting);
    CHECK(s.tell(released) == "make 0");
    CHECK(s.ready(0) == "start 0/1");
    s.started(0, 1);
    CHECK(s.exits(0, 1, 0) == "start 0/2");
    CHECK(s.started(0, 2) == "start 0/3");
    CHECK(s.unit(0, 3).restarts == 1);
}
