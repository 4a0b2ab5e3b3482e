// SPDX-License-Identifier: Apache-2.0
#include "spec/notify.hpp"
#include "tests/catch.hpp"

#include <string>

using namespace spec;
using Stage = Notification::Stage;

TEST_CASE("a datagram of sd_notify says what its lines say, and nothing else") {
    struct Row {
        std::string_view datagram;
        std::optional<Stage> stage;
        bool alive = false;
        bool trouble = false;
        std::optional<std::string_view> status{};
    };
    for (const Row& row : {
             Row{"READY=1", Stage::Ready},
             Row{"READY=1\n", Stage::Ready},
             Row{"\n\nSTATUS=\nREADY=1", Stage::Ready, false, false, ""},
             Row{"RELOADING=1\nMONOTONIC_USEC=123456", Stage::Reloading},
             Row{"STOPPING=1\nSTATUS=going\nREADY=1", Stage::Stopping, false, false, "going"},
             Row{"READY=1\nRELOADING=1", Stage::Reloading},
             Row{"WATCHDOG=1", {}, true},
             Row{"WATCHDOG=trigger", {}, false, true},
             Row{"STATUS=one\nSTATUS=a=b", {}, false, false, "a=b"},
             Row{"READY=0", {}},
             Row{"READY=11", {}},
             Row{"READY", {}},
             Row{" READY=1", {}},
             Row{"READY=1 ", {}},
             Row{"READY=1\r\n", {}},
             Row{std::string_view("READY=1\0", 8), {}},
             Row{"", {}},
             Row{"\n", {}},
             Row{"FDSTORE=1\nFDNAME=a\nMAINPID=7\nBARRIER=1\nERRNO=2\nBUSERROR=x\nWATCHDOG_USEC=1\n"
                 "EXTEND_TIMEOUT_USEC=1",
                 {}},
         }) {
        CAPTURE(row.datagram);
        const Notification notification = read_notification(row.datagram);
        CHECK((notification.stage == row.stage));
        CHECK(notification.alive == row.alive);
        CHECK(notification.trouble == row.trouble);
        CHECK((notification.status == row.status));
    }
}
