// SPDX-License-Identifier: Apache-2.0
// Critical pods: how long one may be unhealthy, and what follows.
#include "initd/health.hpp"
#include "tests/catch.hpp"

#include <random>
#include <string>

using namespace initd;
using namespace std::chrono_literals;

namespace {

using Stage = CriticalPod::Stage;

// A clock and the pods' health. What is due is told as text: "act 0" or "give up 0", with the seconds that have passed.
struct Story {
    void add(std::uint32_t slot, Millis patience = 120s, bool reboots = false, Millis grace = 300s) {
        health.add(slot, patience, reboots, now + grace);
    }
    void well(std::uint32_t slot, bool is = true) { health.look(slot, is, now); }
    std::string pass(Millis span) {
        std::string told;
        for (const Millis end = now + span;;) {
            const Millis next = health.next_deadline();
            if (next == never || next > end) {
                now = end;
                return told;
            }
            now = std::max(now, next);
            while (const CriticalPod* pod = health.next(now))
                told.append(told.empty() ? "" : ", ")
                    .append(pod->stage == Stage::Acted ? "act " : "give up ")
                    .append(std::to_string(pod->slot))
                    .append(" at ")
                    .append(std::to_string((now - begin) / 1s));
        }
    }

    static constexpr Millis begin{50'000};
    Health health;
    Millis now = begin;
};

} // namespace

TEST_CASE("a pod that stays unhealthy is acted on once, and given up after as long again") {
    Story s;
    s.add(0);
    s.well(0);
    CHECK(s.health.next_deadline() == never);
    CHECK(s.pass(1000s) == "");
    s.well(0, false);
    CHECK(s.pass(119s) == "");
    CHECK(s.pass(1s) == "act 0 at 1120");
    CHECK(s.pass(119s) == "");
    CHECK(s.pass(1s) == "give up 0 at 1240");
    CHECK(s.pass(10'000s) == "");
    CHECK(s.health.next_deadline() == never);
}

TEST_CASE("a pod that asks for a reboot gets it without anything before") {
    Story s;
    s.add(0, 10s, true);
    s.well(0);
    s.well(0, false);
    CHECK(s.pass(100s) == "give up 0 at 10");
}

TEST_CASE("nothing counts before a pod was first healthy, or has had its time to come up") {
    Story s;
    s.add(0, 20s, false, 300s);
    CHECK(s.pass(319s) == "");
    CHECK(s.pass(1s) == "act 0 at 320");

    Story early;
    early.add(0, 20s, false, 300s);
    early.pass(5s);
    early.well(0);
    early.pass(1s);
    early.well(0, false);
    CHECK(early.pass(19s) == "");
    CHECK(early.pass(1s) == "act 0 at 26");
}

TEST_CASE("a pod that is healthy for as long again may be unhealthy once more, and is acted on once more") {
    Story s;
    s.add(0, 100s);
    s.well(0);
    s.well(0, false);
    CHECK(s.pass(100s) == "act 0 at 100");
    CHECK(s.pass(50s) == "");
    s.well(0);
    CHECK(s.pass(100s) == "");
    s.well(0, false);
    CHECK(s.pass(100s) == "act 0 at 350");

    s.well(0);
    CHECK(s.pass(99s) == ""); // that was not long enough to begin anew
    s.well(0, false);
    CHECK(s.pass(100s) == "give up 0 at 549");
}

TEST_CASE("a container that is ready for a moment between two crashes does not pass for healthy") {
    Story s;
    s.add(0, 120s);
    s.well(0);
    std::string told;
    for (int i = 0; i < 20; ++i) {
        s.well(0, false);
        told += s.pass(20s);
        s.well(0);
        told += s.pass(1s);
    }
    CHECK(told == "act 0 at 132give up 0 at 264");
}

TEST_CASE("time that a pod was healthy makes up for as much of the time that it was not") {
    Story s;
    s.add(0, 100s);
    s.well(0);
    s.well(0, false);
    s.pass(90s);
    s.well(0);
    s.pass(30s);
    s.well(0, false); // 60 s are left of the debt
    CHECK(s.pass(39s) == "");
    CHECK(s.pass(1s) == "act 0 at 160");
}

TEST_CASE("what is no news changes nothing, and who is not critical is not looked at") {
    Story s;
    s.add(3, 100s);
    CHECK_FALSE(s.health.look(2, false, s.now));
    CHECK_FALSE(s.health.look(3, false, s.now));
    CHECK(s.health.look(3, true, s.now));
    CHECK_FALSE(s.health.look(3, true, s.now));
    s.well(3, false);
    s.pass(50s);
    s.well(3, false);
    CHECK(s.pass(50s) == "act 3 at 100");
    CHECK(s.health.find(2) == nullptr);
    CHECK(s.health.find(4) == nullptr);
    REQUIRE(s.health.find(3));
}

TEST_CASE("a pod that goes is nobody to wait for, and one that comes in its slot begins anew") {
    Story s;
    s.add(0, 100s);
    s.add(1, 100s);
    s.well(0);
    s.well(1);
    s.well(0, false);
    s.pass(60s);
    s.health.remove(0);
    s.health.remove(7);
    CHECK(s.health.next_deadline() == never);
    CHECK(s.pass(100s) == "");
    s.add(0, 100s);
    CHECK(s.pass(399s) == "");
    CHECK(s.pass(1s) == "act 0 at 560");
    CHECK(s.health.pods().size() == 2);
}

TEST_CASE("several pods are told of one after the other, each in its time") {
    Story s;
    for (std::uint32_t slot : {5u, 1u, 3u}) {
        s.add(slot, 100s + slot * 1s);
        s.well(slot);
        s.well(slot, false);
    }
    CHECK(s.pass(105s) == "act 1 at 101, act 3 at 103, act 5 at 105");
    s.well(1);
    s.well(5);
    CHECK(s.pass(1000s) == "give up 3 at 206");
}

TEST_CASE("whoever goes on with the counting finds it as it was") {
    Story s;
    s.add(0, 100s);
    s.well(0);
    s.well(0, false);
    s.pass(60s);
    Story later;
    later.now = s.now;
    for (const CriticalPod& pod : s.health.pods())
        later.health.restore(pod);
    CHECK(later.pass(39s) == "");
    CHECK(later.pass(1s) == "act 0 at 100");
}

TEST_CASE("what is due is what a count second by second comes to") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        INFO(seed);
        std::mt19937 random(seed);
        Story s;
        const int patience = 1 + static_cast<int>(random() % 60);
        s.add(0, Millis{patience * 1000}, false, 0s);
        int debt = 0, well_for = 0;
        Stage stage = Stage::Watched;
        bool well = false;
        for (int second = 0; second < 1'000; ++second) {
            const bool is_due = !s.pass(1s).empty();
            debt = std::max(0, debt + (well ? -1 : 1));
            well_for = well ? well_for + 1 : 0;
            REQUIRE(is_due == (!well && debt >= patience && stage != Stage::GivenUp));
            if (is_due) {
                stage = stage == Stage::Watched ? Stage::Acted : Stage::GivenUp;
                debt = 0;
            }
            if (random() % 20 != 0)
                continue;
            debt = std::min(debt, patience);
            if (well && well_for >= patience && stage == Stage::Acted)
                stage = Stage::Watched;
            well = !well;
            s.well(0, well);
        }
        CHECK(s.health.find(0)->stage == stage);
    }
}
