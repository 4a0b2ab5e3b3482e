// SPDX-License-Identifier: Apache-2.0
#include "initd/crash/in_hand.hpp"

#include "tests/catch.hpp"

using namespace initd;

namespace {

void crash_at(ControlBlock& control, InHand what, std::uint64_t a) {
    take_in_hand(control, what, a, 0);
    crash::note_crash(control, 11, 0);
}

} // namespace

TEST_CASE("what was in hand at two crashes in a row is set aside, once") {
    ControlBlock control;
    crash_at(control, InHand::Event, 1);
    CHECK_FALSE(crash::to_set_aside(control));
    crash_at(control, InHand::Event, 1);
    const auto task = crash::to_set_aside(control);
    REQUIRE(task);
    CHECK(task->what == InHand::Event);
    CHECK(task->a == 1);
    CHECK_FALSE(crash::to_set_aside(control));
    crash_at(control, InHand::Event, 1);
    CHECK_FALSE(crash::to_set_aside(control));
}

TEST_CASE("crashes at different tasks set nothing aside") {
    ControlBlock control;
    for (std::uint64_t a = 0; a < 20; ++a)
        crash_at(control, a % 2 == 0 ? InHand::Manifest : InHand::Call, a / 3);
    CHECK_FALSE(crash::to_set_aside(control));
}

TEST_CASE("a task that was done between two crashes is not to blame") {
    ControlBlock control;
    crash_at(control, InHand::Ready, 7);
    take_in_hand(control, InHand::Ready, 7, 0);
    take_in_hand(control, InHand::Ready, 8, 0);
    crash_at(control, InHand::Ready, 7);
    CHECK_FALSE(crash::to_set_aside(control));
    take_in_hand(control, InHand::Ready, 8, 0); // another one is done
    crash_at(control, InHand::Ready, 7);
    CHECK(crash::to_set_aside(control));
}

TEST_CASE("crashes with nothing in hand set nothing aside") {
    ControlBlock control;
    crash_at(control, InHand::Nothing, 0);
    crash_at(control, InHand::Nothing, 0);
    CHECK_FALSE(crash::to_set_aside(control));
    CHECK(control.crashes == 2);
    CHECK(control.crashes_in_row == 2);
}
