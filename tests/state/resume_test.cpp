// SPDX-License-Identifier: Apache-2.0
// What a core that comes back from its records asks for, and how it goes on.
#include "initd/state/core_records.hpp"
#include "tests/catch.hpp"
#include "tests/core/story.hpp"
#include "tests/state/files.hpp"

#include <functional>

using namespace initd;
using namespace story;

namespace {

PodFacts pod_of(const std::vector<UnitFacts>& units, const std::vector<ProbeFacts>& probes = {}) {
    return {.containers = static_cast<std::uint8_t>(units.size()),
            .probes = static_cast<std::uint16_t>(probes.size()),
            .units = units.data(),
            .probe_facts = probes.data()};
}

constexpr UnitFacts regular{};

} // namespace

TEST_CASE("a sandbox that was being made is asked for again, and the pod goes on from there") {
    Story s;
    s.add(0);
    CHECK(s.crash() == "make 0");
    CHECK(s.crash() == "make 0"); // as often as it takes
    CHECK(s.ready(0) == "start 0/1");
}

TEST_CASE("a sandbox that waits to be tried again waits as long as before") {
    Story s;
    s.add(0);
    s.fail(0);
    s.pass(4s);
    CHECK(s.crash() == "");
    CHECK(s.wait() == 6);
    s.fail(0);
    CHECK(s.crash() == "");
    CHECK(s.wait() == 20);
}

TEST_CASE("a start that was not answered is asked for again under the same name") {
    Story s;
    s.add(0);
    s.ready(0);
    const RunId run = s.run(0, 1);
    CHECK(s.crash() == "start 0/1");
    CHECK(s.run(0, 1) == run);
    CHECK(s.started(0) == "");
    CHECK(s.unit(0).phase == UnitPhase::Running);
}

TEST_CASE("a container that runs is left alone, and its restarts and back-off go on") {
    Story s;
    s.up(0);
    s.exits(0, 1, 1);
    s.started(0);
    CHECK(s.exits(0, 1, 1) == "");
    s.pass(4s);
    CHECK(s.crash() == "");
    CHECK(s.unit(0).restarts == 1);
    CHECK(s.wait() == 6);
    s.started(0);
    CHECK(s.crash() == "");
    CHECK(s.unit(0).restarts == 2);
    CHECK(s.unit(0).last.exit.code == 1);
    CHECK(s.unit(0).before.valid);
    s.exits(0, 1, 0);
    CHECK(s.wait() == 20);
}

TEST_CASE("no run after a crash is named like one before it") {
    Story s;
    s.up(0);
    const std::uint32_t before = s.unit(0).generation;
    s.crash();
    s.exits(0, 1, 1);
    CHECK(s.unit(0).generation > before);
}

TEST_CASE("a hook that is out is asked for again, and one that only sleeps sleeps on") {
    Story s;
    const std::vector<UnitFacts> units{{.post_start = true, .pre_stop = true}};
    s.up(0, pod_of(units));
    CHECK(s.crash() == "postStart 0/1");
    s.hooked(0, 1);
    CHECK(s.crash() == "");
    CHECK(s.remove(0) == "preStop 0/1");
    s.pass(10s);
    CHECK(s.crash() == "preStop 0/1");
    CHECK(s.pass(20s) == "term 0/1");

    const std::vector<UnitFacts> sleeps{{.pre_stop = true, .pre_stop_sleep = 10s}};
    s.up(1, pod_of(sleeps));
    s.remove(1);
    s.pass(4s);
    CHECK(s.crash() == "kill 0/1");
    CHECK(s.pass(5s) == "");
    CHECK(s.pass(1s) == "term 1/1");
}

TEST_CASE("a probe that was out is asked again, and what came of those before counts") {
    Story s;
    const std::vector<UnitFacts> units{regular};
    const std::vector<ProbeFacts> probes{{.kind = ProbeKind::Liveness}, {.kind = ProbeKind::Readiness}};
    s.up(0, pod_of(units, probes));
    s.probed(0, 1, ProbeKind::Readiness, Outcome::Success);
    CHECK(s.unit(0).ready);
    s.probed(0, 1, ProbeKind::Liveness, Outcome::Failure);
    s.pass(10s);
    s.probed(0, 1, ProbeKind::Liveness, Outcome::Failure);
    s.pass(10s);
    CHECK(s.crash() == "liveness 0/1, readiness 0/1");
    CHECK(s.unit(0).ready);
    CHECK(s.probed(0, 1, ProbeKind::Liveness, Outcome::Failure) == "term 0/1"); // the third
}

TEST_CASE("a stop goes on where it was: its signal, then SIGKILL") {
    Story s;
    s.up(0);
    CHECK(s.remove(0) == "term 0/1");
    s.pass(12s);
    CHECK(s.crash() == "term 0/1"); // the performer knows whether it has been sent
    CHECK(s.pass(17s) == "");
    CHECK(s.pass(1s) == "kill 0/1");
    CHECK(s.crash() == "kill 0/1");
    CHECK(s.exits(0, 1, 137) == "drop 0");
    CHECK(s.crash() == "drop 0");
    CHECK(s.gone(0) == "forget 0");
}

TEST_CASE("sidecars keep their turns") {
    Story s;
    const std::vector<UnitFacts> units{{.role = Role::Sidecar}, regular};
    s.up(0, pod_of(units));
    CHECK(s.remove(0) == "term 0/2");
    CHECK(s.crash() == "term 0/2");
    CHECK(s.exits(0, 2, 0) == "term 0/1");
    CHECK(s.crash() == "term 0/1");
    CHECK(s.exits(0, 1, 0) == "drop 0");
}

TEST_CASE("an init container that is through is not run again") {
    Story s;
    const std::vector<UnitFacts> units{{.role = Role::Init}, {.role = Role::Init}, regular};
    s.add(0, pod_of(units));
    s.ready(0);
    s.started(0, 1);
    s.exits(0, 1, 0);
    CHECK(s.crash() == "start 0/2");
    s.started(0, 2);
    CHECK(s.exits(0, 2, 0) == "start 0/3");
    CHECK(s.crash() == "start 0/3");
    CHECK(s.pod(0).initialized);
}

TEST_CASE("who waits for another pod waits on, and goes when it is gone") {
    Story s;
    s.up(0);
    s.add(1, {.after = 0});
    s.add(2, {.held = true});
    CHECK(s.crash() == "");
    s.remove(0);
    s.exits(0, 1, 0);
    CHECK(s.gone(0) == "forget 0, make 1");
    CHECK(s.crash() == "make 1");
    CHECK(s.pod(2).held);
    CHECK(s.tell({.kind = Event::Kind::Released, .run = {Unit(2, 0), 0}}) == "make 2");
}

TEST_CASE("the end of activeDeadlineSeconds, a watchdog and a lost sandbox are not forgotten") {
    Story s;
    const std::vector<UnitFacts> units{{.notifies = true, .watchdog = 30s}};
    PodFacts pod = pod_of(units);
    pod.active_deadline = 100s;
    s.up(0, pod);
    s.notifies(0, 1, Notice::Ready);
    s.pass(10s);
    CHECK(s.crash() == "");
    CHECK(s.unit(0).ready);
    CHECK(s.wait() == 20);
    CHECK(s.tells() == "watchdog failed 0/1");
    s.exits(0, 1, 0);
    s.started(0);
    s.notifies(0, 1, Notice::Ready);
    s.die(0);
    CHECK(s.crash() == "");
    s.exits(0, 1, 0);
    CHECK(s.pod(0).phase == PodPhase::Dropping);
}

TEST_CASE("on the way down no pod begins, and the end comes as it would have") {
    Story s;
    s.up(0);
    s.add(1, {.after = 0});
    s.shut_down();
    CHECK(s.crash() == "term 0/1");
    s.exits(0, 1, 0);
    CHECK(s.gone(0) == "forget 0, forget 1, shut down");
}

TEST_CASE("a crash while a step is kept: what follows from the first slot is found for the others") {
    Core core({});
    core.reserve(4, 4);
    StateFile state = made();
    Actions out;
    out.reserve(core.max_actions());
    const auto step = [&](Event::Kind kind, std::uint32_t slot, PodFacts facts = {}) {
        out.clear();
        core.step(Millis{1}, {.kind = kind, .run = {Unit(slot, 0), core.pod(slot).generation}, .facts = facts}, out);
    };
    step(Event::Kind::PodAdded, 0);
    step(Event::Kind::PodAdded, 1, {.after = 0});
    step(Event::Kind::PodAdded, 2, {.held = true, .after = 0});
    step(Event::Kind::SandboxReady, 0);
    step(Event::Kind::PodRemoved, 0);
    core.step(Millis{2}, {.kind = Event::Kind::Exited, .run = {Unit(0, 1), core.units(0)[0].generation}}, out);
    for (std::uint32_t slot = 0; slot < 3; ++slot)
        keep(state, core, slot);
    step(Event::Kind::SandboxGone, 0);
    REQUIRE(to_text(out) == "forget 0, make 1");

    const auto resumed = [](StateFile found) {
        Core next({});
        next.reserve(4, 4);
        restore_names(found, next);
        std::string text;
        for (std::uint32_t slot = 0; slot < 3; ++slot)
            if (restore(found, next, slot) == Restored::Gone)
                text += "gone " + std::to_string(slot) + ", ";
        Actions asked;
        next.outstanding(asked);
        return text + to_text(asked) + ", 2 after " + (next.pod(2).facts.after == no_slot ? "nobody" : "0");
    };
    CHECK(resumed(adopted(state)) == "drop 0, 2 after 0");
    keep(state, core, 0);
    CHECK(resumed(adopted(state)) == "gone 0, make 1, 2 after nobody");
    keep(state, core, 1);
    CHECK(resumed(adopted(state)) == "gone 0, make 1, 2 after nobody");
    keep(state, core, 0, out); // all of it
    CHECK(resumed(adopted(state)) == "gone 0, make 1, 2 after nobody");
    state.drop(RecordKind::Core, 0); // and the slot may be another pod's
    CHECK(resumed(adopted(state)) == "make 1, 2 after nobody");
}

TEST_CASE("a record that says what cannot be is refused, and named") {
    Core core({});
    core.reserve(2, 4, 8);
    Actions out;
    const UnitFacts units[] = {regular, regular};
    const ProbeFacts probes[] = {{.unit = 1}, {.unit = 2}};
    core.step(Millis{1},
              {.kind = Event::Kind::PodAdded,
               .run = {Unit(0, 0), 0},
               .facts = {.containers = 2, .probes = 2, .units = units, .probe_facts = probes}},
              out);
    core.step(Millis{2}, {.kind = Event::Kind::SandboxReady, .run = {Unit(0, 0), core.pod(0).generation}}, out);
    const CoreRecord good{
        core.pod(0), {core.units(0).begin(), core.units(0).end()}, {core.probes(0).begin(), core.probes(0).end()}};
    const auto is_restored = [](const CoreRecord& record, std::size_t room = 300) {
        StateFile state = made();
        state.keep(RecordKind::Core, 0, record);
        Core next({});
        next.reserve(2, room, room);
        const bool restored = restore(state, next, 0) == Restored::Yes;
        CHECK(state.damaged().size() == (restored ? 0u : 1u));
        CHECK((next.pod(0).phase == PodPhase::Free) == !restored);
        return restored;
    };
    REQUIRE(is_restored(good));
    CHECK_FALSE(is_restored(good, 1));
    struct Row {
        const char* what;
        std::function<void(CoreRecord&)> lie;
    };
    const Row rows[] = {
        {"no containers", [](CoreRecord& r) { r.units.clear(), r.probes.clear(); }},
        {"too many containers", [](CoreRecord& r) { r.units.resize(256); }},
        {"a probe of no container", [](CoreRecord& r) { r.probes[0].facts.unit = 0; }},
        {"a probe of a container that is not there", [](CoreRecord& r) { r.probes[1].facts.unit = 3; }},
        {"probes in no order", [](CoreRecord& r) { std::swap(r.probes[0], r.probes[1]); }},
        {"too many probes", [](CoreRecord& r) { r.probes.assign(256, {.facts = {.unit = 1}}); }},
        {"a period of nothing", [](CoreRecord& r) { r.probes[0].facts.period = Millis{0}; }},
        {"a threshold of nothing", [](CoreRecord& r) { r.probes[0].facts.success_threshold = 0; }},
        {"a threshold below nothing", [](CoreRecord& r) { r.probes[0].facts.failure_threshold = -1; }},
        {"more in a row than count", [](CoreRecord& r) { r.probes[0].in_row = 4; }},
        {"fewer than none in a row", [](CoreRecord& r) { r.probes[0].in_row = -1; }},
        {"a run without a sandbox", [](CoreRecord& r) { r.pod.phase = PodPhase::Making; }},
        {"a run without a name", [](CoreRecord& r) { r.units[0].generation = 0; }},
        {"a stop of what does not run",
         [](CoreRecord& r) { r.units[0].phase = UnitPhase::Done, r.units[0].stop = Stop::Signalled; }},
        {"a back-off without an end", [](CoreRecord& r) { r.units[0].phase = UnitPhase::BackOff; }},
        {"an end of no back-off", [](CoreRecord& r) { r.units[0].resume = Millis{7}; }},
        {"a sandbox that is to be tried again while it is there", [](CoreRecord& r) { r.pod.retry_at = Millis{7}; }},
        {"a moment before the first", [](CoreRecord& r) { r.pod.expires = Millis{-2}; }},
        {"a moment after the last", [](CoreRecord& r) { r.pod.expires = latest_moment + Millis{1}; }},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        CoreRecord record = good;
        row.lie(record);
        CHECK_FALSE(is_restored(record));
    }
}
