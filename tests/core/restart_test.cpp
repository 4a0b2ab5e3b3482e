// SPDX-License-Identifier: Apache-2.0
// When a container that ended is started again.
#include "initd/core.hpp"
#include "tests/catch.hpp"
#include "tests/core/story.hpp"

using namespace initd;
using namespace story;
using spec::RestartPolicy;

namespace {

// What becomes of each failure in a row: seconds until the next start.
std::vector<long> waits(Story& s, int failures) {
    std::vector<long> seconds;
    for (int i = 0; i < failures; ++i) {
        const bool at_once = s.exits(0, 1, 1) == "start 0/1";
        seconds.push_back(at_once ? 0 : s.wait());
        s.started(0);
    }
    return seconds;
}

} // namespace

TEST_CASE("a pod's containers are started in order when its sandbox is ready") {
    Story s;
    CHECK(s.add(0, {.containers = 3}) == "make 0");
    CHECK(s.pod(0).phase == PodPhase::Making);
    CHECK(s.ready(0) == "start 0/1, start 0/2, start 0/3");
    CHECK(s.unit(0, 2).phase == UnitPhase::Starting);
    CHECK(s.started(0, 2) == "");
    CHECK(s.unit(0, 2).phase == UnitPhase::Running);
    CHECK(s.unit(0, 2).started == s.now());
    CHECK(s.pod(0).started == s.now());
}

TEST_CASE("a crash loop backs off 10 s, 20 s, 40 s, 80 s, 160 s, 300 s, 300 s after a first restart at once") {
    Story s;
    s.up(0);
    CHECK(waits(s, 8) == std::vector<long>{0, 10, 20, 40, 80, 160, 300, 300});
    CHECK(s.unit(0).restarts == 8);
}

TEST_CASE("the back-off is counted from the moment the container ended, and shown while it lasts") {
    Story s;
    s.up(0);
    waits(s, 2);
    s.pass(7s);
    CHECK(s.exits(0, 1, 1) == "");
    CHECK(s.unit(0).phase == UnitPhase::BackOff);
    CHECK(s.unit(0).resume - s.unit(0).last.finished == 20s);
    CHECK(s.pass(19'999ms) == "");
    CHECK(s.pass(1ms) == "start 0/1");
}

TEST_CASE("initial and longest back-off are configurable, and the longest wins") {
    Story fast({.backoff_initial = 1s, .backoff_max = 4s});
    fast.up(0);
    CHECK(waits(fast, 5) == std::vector<long>{0, 1, 2, 4, 4});
    Story capped({.backoff_max = 3s});
    capped.up(0);
    CHECK(waits(capped, 3) == std::vector<long>{0, 3, 3});
    capped.add(1);
    capped.ready(1);
    capped.start_failed(1, 1, true);
    CHECK(capped.wait() == 3); // what could not be created too
}

TEST_CASE("a run of more than 600 s starts the back-off over") {
    Story s;
    s.up(0);
    waits(s, 4);
    s.pass(600s);
    CHECK(s.exits(0, 1, 1) == "");
    CHECK(s.wait() == 80);
    s.started(0);
    s.pass(600'001ms);
    CHECK(waits(s, 3) == std::vector<long>{0, 10, 20});
}

TEST_CASE("the restart policy decides by the exit code alone") {
    const auto [policy, code, ending] = GENERATE(table<RestartPolicy, int, std::string>({
        {RestartPolicy::Always, 0, "start 0/1"},
        {RestartPolicy::Always, 1, "start 0/1"},
        {RestartPolicy::Always, 137, "start 0/1"},
        {RestartPolicy::OnFailure, 0, ""},
        {RestartPolicy::OnFailure, 1, "start 0/1"},
        {RestartPolicy::OnFailure, 143, "start 0/1"},
        {RestartPolicy::Never, 0, ""},
        {RestartPolicy::Never, 1, ""},
        {RestartPolicy::Never, 255, ""},
    }));
    Story s;
    s.up(0, {.restart_policy = policy});
    CHECK(s.exits(0, 1, code) == ending);
    CHECK((s.unit(0).phase == UnitPhase::Done) == ending.empty());
    CHECK(s.unit(0).last.exit.code == code);
    CHECK(s.unit(0).restarts == (ending.empty() ? 0 : 1));
    CHECK(s.pass(1h) == "");
}

TEST_CASE("exits with 0 back off too under Always") {
    Story s;
    s.up(0);
    CHECK(s.exits(0, 1, 0) == "start 0/1");
    s.started(0);
    CHECK(s.exits(0, 1, 0) == "");
    CHECK(s.wait() == 10);
}

TEST_CASE("fails once, ends well once, then runs: the three policies of the conformance suite") {
    for (const auto& [policy, restarts, phase] : {std::tuple{RestartPolicy::Always, 2u, UnitPhase::Running},
                                                  std::tuple{RestartPolicy::OnFailure, 1u, UnitPhase::Done},
                                                  std::tuple{RestartPolicy::Never, 0u, UnitPhase::Done}}) {
        Story s;
        s.up(0, {.restart_policy = policy});
        for (int code : {1, 0}) {
            if (is_live(s.unit(0)))
                s.exits(0, 1, code);
            s.wait();
            if (is_live(s.unit(0)))
                s.started(0);
        }
        CHECK(s.unit(0).restarts == restarts);
        CHECK(s.unit(0).phase == phase);
    }
}

TEST_CASE("the last run and the one before are kept") {
    Story s;
    s.up(0);
    const Millis first = s.now();
    s.pass(3s);
    s.exits(0, 1, 1);
    CHECK_FALSE(s.unit(0).before.valid);
    s.started(0);
    s.pass(4s);
    s.exits(0, 1, 2);
    const UnitState& unit = s.unit(0);
    CHECK(unit.before.started == first);
    CHECK(unit.before.finished == first + 3s);
    CHECK(unit.before.exit.code == 1);
    CHECK(unit.before.attempt == 0);
    CHECK(unit.last.exit.code == 2);
    CHECK(unit.last.attempt == 1);
    CHECK(unit.last.finished == first + 7s);
}

TEST_CASE("each container of a pod backs off by itself") {
    Story s;
    s.up(0, {.containers = 2});
    s.exits(0, 1, 1);
    s.started(0, 1);
    s.exits(0, 1, 1);
    CHECK(s.exits(0, 2, 1) == "start 0/2");
    CHECK(s.pass(10s) == "start 0/1");
}

TEST_CASE("a start that fails is an exit with 128 that never ran") {
    Story s;
    s.add(0);
    s.ready(0);
    CHECK(s.start_failed(0) == "start 0/1");
    CHECK(s.unit(0).last.exit.code == 128);
    CHECK(s.unit(0).last.exit.never_ran);
    CHECK(s.unit(0).last.started == never);
    CHECK(s.start_failed(0) == "");
    CHECK(s.wait() == 10);
    CHECK(s.unit(0).restarts == 2);
}

TEST_CASE("the exit that follows a failed start is not a second one") {
    Story s;
    s.add(0);
    s.ready(0);
    const RunId run = s.run(0, 1);
    s.start_failed(0);
    CHECK(s.tell({.kind = Event::Kind::Exited, .run = run, .exit = {.code = 1}}) == "");
    CHECK(s.unit(0).phase == UnitPhase::Starting);
    CHECK(s.unit(0).last.exit.code == 128);
}

TEST_CASE("what was not even created is retried under every policy, and counts no restart") {
    for (RestartPolicy policy : {RestartPolicy::Always, RestartPolicy::OnFailure, RestartPolicy::Never}) {
        Story s;
        s.add(0, {.restart_policy = policy});
        s.ready(0);
        for (long wait : {10, 20, 40}) {
            CHECK(s.start_failed(0, 1, true) == "");
            CHECK(s.unit(0).not_created);
            CHECK(s.wait() == wait);
        }
        CHECK(s.unit(0).restarts == 0);
        CHECK_FALSE(s.unit(0).last.valid);
        s.started(0);
        CHECK(s.unit(0).phase == UnitPhase::Running);
        CHECK_FALSE(s.unit(0).not_created);
    }
}

TEST_CASE("an exit can come before the report that the container started") {
    Story s;
    s.add(0, {.restart_policy = RestartPolicy::Never});
    s.ready(0);
    const RunId run = s.run(0, 1);
    CHECK(s.exits(0, 1, 3) == "");
    CHECK(s.tell({.kind = Event::Kind::Started, .run = run}) == "");
    CHECK(s.unit(0).phase == UnitPhase::Done);
    CHECK(s.unit(0).last.started == s.now());
    CHECK(s.unit(0).last.exit.code == 3);
}

TEST_CASE("podctl restart stops a container with its grace period and starts it again at once") {
    Story s;
    s.up(0, {.grace = 5s});
    CHECK(s.restart(0, 1) == "term 0/1");
    CHECK(s.restart(0, 1) == "");
    CHECK(s.pass(4'999ms) == "");
    CHECK(s.pass(1ms) == "kill 0/1");
    CHECK(s.exits(0, 1, 137) == "start 0/1");
    CHECK(s.unit(0).restarts == 1);
    s.started(0);
    CHECK(s.exits(0, 1, 1) == "start 0/1"); // it cost nothing of the back-off
    CHECK(s.unit(0).started == never);
    s.started(0);
    CHECK(s.exits(0, 1, 1) == ""); // and is over
    CHECK(s.wait() == 10);
}

TEST_CASE("podctl restart starts at once from a back-off and from the end, whatever the policy") {
    Story s;
    s.up(0, {.restart_policy = RestartPolicy::OnFailure, .containers = 2});
    waits(s, 3);
    s.exits(0, 1, 1);
    s.exits(0, 2, 0);
    CHECK(s.restart(0) == "start 0/1, start 0/2");
    CHECK(s.unit(0, 2).restarts == 1);
    CHECK(s.pass(1h) == "");
    s.started(0, 1);
    s.pass(1s);
    CHECK(s.exits(0, 1, 1) == "start 0/1"); // an hour has reset the back-off
}

TEST_CASE("podctl restart of a pod restarts all of its containers, each as soon as it has ended") {
    Story s;
    s.up(0, {.restart_policy = RestartPolicy::Never, .containers = 2});
    CHECK(s.restart(0) == "term 0/1, term 0/2");
    CHECK(s.exits(0, 2, 0) == "start 0/2");
    CHECK(s.exits(0, 1, 0) == "start 0/1");
}

TEST_CASE("what waits for a container or a sandbox that could not be made may be told to try at once") {
    Story s;
    s.add(0, {.containers = 2});
    CHECK(s.retry(0) == ""); // its sandbox is being made
    s.fail(0);
    CHECK(s.retry(0) == "make 0");
    CHECK(s.pass(1h) == "");
    CHECK(s.ready(0) == "start 0/1, start 0/2");
    CHECK(s.retry(0) == "");
    s.start_failed(0, 1, true);
    s.started(0, 2);
    CHECK(s.retry(0) == "start 0/1");
    CHECK(s.unit(0, 1).restarts == 0);
    s.start_failed(0, 1, true);
    CHECK(s.wait() == 20); // the back-off went on
    s.started(0, 1);
    for (int exits = 0; exits < 2; ++exits)
        s.exits(0, 1, 1);
    s.started(0, 1);
    s.exits(0, 1, 1);
    CHECK(s.unit(0, 1).phase == UnitPhase::BackOff);
    CHECK(s.retry(0) == ""); // it ran, and waits for having failed
}

TEST_CASE("nothing is tried again in a pod that is to go") {
    Story s;
    s.add(0);
    s.fail(0);
    CHECK(s.remove(0) == "drop 0");
    CHECK(s.retry(0) == "");
    s.add(1);
    s.ready(1);
    s.start_failed(1, 1, true);
    CHECK(s.shut_down() == "drop 1");
    CHECK(s.retry(1) == "");
}
