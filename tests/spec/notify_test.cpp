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

TEST_CASE("text from outside is shown without what steers a terminal, and as UTF-8") {
    struct Row {
        std::string_view text;
        std::size_t limit;
        std::string_view shown;
    };
    for (const Row& row : {
             Row{"serving 3 clients", 100, "serving 3 clients"},
             Row{"a\tb\x1b[31m\x7f", 100, "a b [31m "},
             Row{"gr\xc3\xbc\xc3\x9f", 100, "gr\xc3\xbc\xc3\x9f"},
             Row{"gr\xc3\xbc\xc3\x9f", 5, "gr\xc3\xbc"}, // not in the middle of a character
             Row{"\xc3", 100, "?"},
             Row{"\xff\xc0\x80", 100, "???"},
             Row{"\xed\xa0\x80", 100, "???"},      // half of a surrogate pair
             Row{"\xf0\x80\x80\x80", 100, "????"}, // longer than need be
             Row{"\xf0\x9f\x98\x80!", 100, "\xf0\x9f\x98\x80!"},
             Row{"\xe2\x80\xae"
                 "abc",
                 100, " abc"}, // right to left
             Row{"\xc2\x9b"
                 "31m",
                 100, " 31m"}, // a terminal's other escape
             Row{"abc", 0, ""},
         }) {
        CAPTURE(row.text);
        CHECK(printable(row.text, row.limit) == row.shown);
    }
}
