// SPDX-License-Identifier: Apache-2.0
// A pod from its manifest to its end: sandboxes, replacement, removal, grace periods, shutdown.
#include "initd/core.hpp"
#include "tests/catch.hpp"
#include "tests/core/story.hpp"

using namespace initd;
using namespace story;
using spec::RestartPolicy;

TEST_CASE("a sandbox that fails is tried again after 10 s, 20 s, ... 300 s") {
    Story s;
    s.add(0);
    for (long wait : {10, 20, 40, 80, 160, 300, 300}) {
        CHECK(s.fail(0) == "");
        CHECK(s.wait() == wait);
    }
    CHECK(s.ready(0) == "start 0/1");
}

TEST_CASE("removing a pod signals its containers, kills them at the deadline, and leaves nothing") {
    Story s;
    s.up(0, {.containers = 2, .grace = 30s});
    CHECK(s.remove(0) == "term 0/1, term 0/2");
    CHECK(s.pod(0).phase == PodPhase::Stopping);
    CHECK(s.pod(0).removed);
    CHECK(s.exits(0, 2, 0) == "");
    CHECK(s.pass(29'999ms) == "");
    CHECK(s.pass(1ms) == "kill 0/1");
    CHECK(s.pass(1h) == "");
    CHECK(s.exits(0, 1, 137) == "drop 0");
    CHECK(s.gone(0) == "forget 0");
    CHECK(s.pod(0).phase == PodPhase::Free);
    CHECK(s.core().units(0).empty());
}

TEST_CASE("nothing is restarted in a pod that is being removed") {
    Story s;
    s.up(0, {.containers = 3});
    s.exits(0, 1, 1);
    s.started(0, 1);
    s.exits(0, 1, 1);
    REQUIRE(s.unit(0, 1).phase == UnitPhase::BackOff);
    CHECK(s.remove(0) == "term 0/2, term 0/3");
    CHECK(s.restart(0) == "");
    CHECK(s.unit(0, 1).phase == UnitPhase::Done);
    CHECK(s.exits(0, 2, 1) == "");
    CHECK(s.pass(20s) == "");
    CHECK(s.exits(0, 3, 1) == "drop 0");
}

TEST_CASE("a grace period is the pod's own or the caller's, and at least 2 s") {
    const auto [own, asked, seconds] = GENERATE(table<Millis, Millis, long>({
        {30s, never, 30},
        {30s, 5s, 5},
        {5s, 60s, 60},
        {30s, 0s, 2},
        {0s, never, 2},
        {1s, never, 2},
        {30s, -5s, 2},
    }));
    Story s;
    s.up(0, {.grace = own});
    CHECK(s.remove(0, asked) == "term 0/1");
    CHECK(s.wait() == seconds);
}

TEST_CASE("a second removal may shorten the grace period but never lengthens it") {
    Story s;
    s.up(0, {.grace = 30s});
    s.remove(0);
    s.pass(10s);
    CHECK(s.remove(0, 60s) == "");
    CHECK(s.unit(0).kill_at == s.now() + 20s);
    CHECK(s.remove(0, 3s) == "");
    CHECK(s.wait() == 3);
    CHECK(s.remove(0, 1s) == ""); // killed already: there is nothing left to do
    CHECK(s.pass(1h) == "");
}

TEST_CASE("a grace period of centuries is no overflow") {
    Story s;
    s.up(0, {.grace = Millis::max()});
    CHECK(s.remove(0) == "term 0/1");
    CHECK(s.pass(240h) == "");
    CHECK(s.remove(0, 0s) == "");
    CHECK(s.wait() == 2);
}

TEST_CASE("removal overtakes a restart: the container is not started again") {
    Story s;
    s.up(0, {.grace = 30s});
    s.restart(0);
    CHECK(s.remove(0, 5s) == "");
    CHECK(s.wait() == 5);
    CHECK(s.exits(0, 1, 137) == "drop 0");
}

TEST_CASE("a pod removed while its sandbox is made has it dropped when it arrives") {
    Story s;
    s.add(0);
    CHECK(s.remove(0) == "");
    SECTION("it arrives") {
        CHECK(s.ready(0) == "drop 0");
    }
    SECTION("it fails") {
        CHECK(s.fail(0) == "drop 0"); // an earlier one may have left something
    }
    CHECK(s.gone(0) == "forget 0");
}

TEST_CASE("a pod removed between two tries at a sandbox is gone as soon as nothing is left of the last") {
    Story s;
    s.add(0);
    s.fail(0);
    CHECK(s.remove(0) == "drop 0");
    CHECK(s.pass(1h) == "");
    CHECK(s.gone(0) == "forget 0");
}

TEST_CASE("a program that turns out not to be there after all else was set up was never run") {
    Story s;
    s.up(0, {.restart_policy = RestartPolicy::Never});
    CHECK(s.start_failed(0) == "");
    CHECK(s.unit(0, 1).phase == UnitPhase::Done);
    CHECK(s.unit(0, 1).last.exit.never_ran);
    CHECK(s.unit(0, 1).last.exit.code == 128);
    CHECK(s.exits(0, 1, 127) == "");
    CHECK(s.unit(0, 1).last.exit.code == 128);
}

TEST_CASE("a pod whose containers are all done keeps its sandbox until it is removed") {
    Story s;
    s.up(0, {.restart_policy = RestartPolicy::Never});
    CHECK(s.exits(0, 1, 0) == "");
    CHECK(s.pod(0).phase == PodPhase::Up);
    CHECK(s.remove(0) == "drop 0");
}

TEST_CASE("a replacement waits until the pod it replaces is gone") {
    Story s;
    s.up(0);
    s.remove(0);
    CHECK(s.add(1, {.after = 0}) == "");
    CHECK(s.pod(1).phase == PodPhase::Waiting);
    CHECK(s.exits(0, 1, 0) == "drop 0");
    CHECK(s.gone(0) == "forget 0, make 1");
}

TEST_CASE("a replacement of a pod that is gone already does not wait") {
    Story s;
    CHECK(s.add(1, {.after = 0}) == "make 1");
    CHECK(s.add(2, {.after = 2}) == "make 2");
    CHECK(s.add(3, {.after = 1'000'000}) == "make 3");
}

TEST_CASE("of several edits while a pod stops only the last is started") {
    Story s;
    s.up(3);
    s.remove(3);
    s.add(2, {.after = 3});
    CHECK(s.remove(2) == "");
    s.add(0, {.after = 2});
    CHECK(s.remove(0) == "");
    s.add(1, {.after = 0});
    s.exits(3, 1, 0);
    CHECK(s.gone(3) == "forget 3, forget 2, forget 0, make 1");
}

TEST_CASE("the units of other pods stay what they are when a pod goes") {
    Story s;
    s.up(0, {.containers = 2});
    s.up(1, {.containers = 3});
    s.up(2);
    s.exits(1, 3, 9);
    s.remove(0);
    s.exits(0, 1, 0);
    s.exits(0, 2, 0);
    s.gone(0);
    CHECK(s.unit(1, 3).last.exit.code == 9);
    CHECK(s.unit(2).phase == UnitPhase::Running);
    s.up(0, {.containers = 4});
    CHECK(s.exits(2, 1, 1) == "start 2/1");
}

TEST_CASE("a lost sandbox is made anew when its last container has ended") {
    Story s;
    s.up(0, {.containers = 2});
    const Millis began = s.now();
    s.pass(1s);
    CHECK(s.die(0) == "");
    CHECK(s.exits(0, 1, 137) == "");
    CHECK(s.exits(0, 2, 137) == "drop 0");
    CHECK(s.gone(0) == "make 0");
    CHECK(s.ready(0) == "start 0/1, start 0/2");
    CHECK(s.unit(0).restarts == 1);
    CHECK(s.pod(0).started == began);
}

TEST_CASE("after a lost sandbox only containers that the policy restarts come back, and none if all are done") {
    Story s;
    s.up(0, {.restart_policy = RestartPolicy::OnFailure, .containers = 2});
    s.exits(0, 1, 0);
    s.die(0);
    CHECK(s.exits(0, 2, 137) == "drop 0");
    s.gone(0);
    CHECK(s.ready(0) == "start 0/2");

    s.up(1, {.restart_policy = RestartPolicy::Never, .containers = 2});
    s.die(1);
    s.exits(1, 1, 137);
    CHECK(s.exits(1, 2, 137) == "");
    CHECK(s.pass(1h) == "");
    CHECK(s.restart(1, 2) == "drop 1"); // but an operator's restart needs a sandbox that lives
    s.gone(1);
    CHECK(s.ready(1) == "start 1/2");
}

TEST_CASE("a sandbox that dies again and again is made with the back-off") {
    Story s;
    s.add(0);
    std::vector<long> waits;
    for (int i = 0; i < 5; ++i) {
        s.die(0); // before it was even reported ready
        CHECK(s.ready(0) == "drop 0");
        waits.push_back(s.gone(0) == "make 0" ? 0 : s.wait());
    }
    CHECK(waits == std::vector<long>{0, 10, 20, 40, 80});
}

TEST_CASE("a container whose back-off ends while there is no sandbox is started in the next one") {
    Story s;
    s.up(0, {.containers = 2});
    for (int i = 0; i < 2; ++i) {
        s.started(0, 1);
        s.exits(0, 1, 1);
    }
    s.die(0);
    CHECK(s.exits(0, 2, 137) == "drop 0");
    CHECK(s.pass(10s) == "");
    CHECK(s.gone(0) == "make 0");
    CHECK(s.ready(0) == "start 0/1, start 0/2");
}

TEST_CASE("a lost sandbox of a pod that is removed meanwhile is not made again") {
    Story s;
    s.up(0);
    s.die(0);
    s.exits(0, 1, 137);
    CHECK(s.remove(0) == "");
    CHECK(s.gone(0) == "forget 0");
}

TEST_CASE("shutdown stops every pod within the cap and then lets the machine go down, once") {
    Story s;
    s.up(0, {.grace = 30s});
    s.up(1, {.grace = 3s});
    s.add(2);
    s.add(3);
    s.fail(3);
    CHECK(s.shut_down(10s) == "term 0/1, term 1/1, drop 3");
    CHECK(s.gone(3) == "forget 3");
    CHECK_FALSE(s.pod(0).removed);
    CHECK(s.ready(2) == "drop 2");
    CHECK(s.gone(2) == "forget 2");
    CHECK(s.wait() == 3);
    CHECK(s.exits(1, 1, 137) == "drop 1");
    CHECK(s.gone(1) == "forget 1");
    CHECK(s.wait() == 7);
    CHECK(s.exits(0, 1, 137) == "drop 0");
    CHECK(s.gone(0) == "forget 0, shut down");
    CHECK(s.shut_down() == "");
}

TEST_CASE("shutdown without a pod lets the machine go down at once") {
    Story s;
    CHECK(s.shut_down() == "shut down");
    CHECK(s.core().shutting_down());
}

TEST_CASE("a second call for shutdown may shorten what the first allowed") {
    Story s;
    s.up(0, {.grace = 30s});
    s.shut_down();
    s.pass(5s);
    CHECK(s.shut_down(4s) == "");
    CHECK(s.wait() == 4);
}

TEST_CASE("a pod added on the way down is forgotten at once, a waiting one when its turn comes") {
    Story s;
    s.up(0);
    s.remove(0);
    s.add(1, {.after = 0});
    CHECK(s.shut_down() == "");
    CHECK(s.add(2) == "forget 2");
    s.exits(0, 1, 0);
    CHECK(s.gone(0) == "forget 0, forget 1, shut down");
    CHECK(s.add(2) == "forget 2");
}

TEST_CASE("shutdown does not start a pod whose predecessor it has just stopped") {
    Story s;
    s.add(0);
    s.fail(0);
    s.add(1, {.after = 0});
    CHECK(s.shut_down() == "drop 0");
    CHECK(s.gone(0) == "forget 0, forget 1, shut down");
}

TEST_CASE("a pod for which there is no room is refused by Forget") {
    Core core({});
    core.reserve(2, 3);
    Actions out;
    auto add = [&](std::uint32_t slot, std::uint8_t containers) {
        out.clear();
        core.step(1s, {.kind = Event::Kind::PodAdded, .run = {Unit(slot, 0), 0}, .facts = {.containers = containers}},
                  out);
        return to_text(out);
    };
    CHECK(add(0, 2) == "make 0");
    CHECK(add(0, 1) == ""); // a slot in use keeps its pod
    CHECK(add(1, 2) == "forget 1");
    CHECK(add(2, 1) == "forget 2");
    CHECK(add(1, 0) == "forget 1");
    CHECK(add(1, 255) == "forget 1");
    CHECK(add(1, 1) == "make 1");
}

TEST_CASE("an event that fits no state changes nothing") {
    Story s;
    s.up(0, {.containers = 2});
    s.exits(0, 2, 1);
    const RunId stale{Unit(0, 2), s.run(0, 2).generation - 1};
    const RunId no_unit{Unit(0, 200), s.run(0, 2).generation};
    const RunId no_pod{Unit(5, 1), s.run(0, 1).generation};
    const RunId no_slot{Unit(0xffffff, 0xff), 7};
    for (auto kind : {Event::Kind::SandboxReady, Event::Kind::SandboxFailed, Event::Kind::SandboxDied,
                      Event::Kind::SandboxGone, Event::Kind::Started, Event::Kind::StartFailed, Event::Kind::Exited})
        for (RunId run : {stale, no_unit, no_pod, no_slot})
            CHECK(s.tell({.kind = kind, .run = run, .exit = {.code = 5}}) == "");
    for (RunId run : {no_pod, no_slot}) {
        CHECK(s.tell({.kind = Event::Kind::PodRemoved, .run = run}) == "");
        CHECK(s.tell({.kind = Event::Kind::RestartAsked, .run = run}) == "");
        CHECK(s.tell({.kind = Event::Kind::RetryAsked, .run = run}) == "");
        CHECK(s.tell({.kind = Event::Kind::RenewAsked, .run = run}) == "");
    }
    CHECK(s.tell({.kind = Event::Kind::RestartAsked, .run = no_unit}) == "");
    CHECK(s.gone(0) == "");
    CHECK(s.ready(0) == "");
    CHECK(s.fail(0) == "");
    const Millis began = s.now();
    s.pass(1s);
    CHECK(s.started(0, 1) == "");
    CHECK(s.unit(0, 1).started == began);
    CHECK(s.pod(0).phase == PodPhase::Up);
    CHECK(s.unit(0, 1).phase == UnitPhase::Running);
    CHECK(s.unit(0, 2).phase == UnitPhase::Starting);
}
