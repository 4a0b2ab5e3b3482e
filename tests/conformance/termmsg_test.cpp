// SPDX-License-Identifier: Apache-2.0
// What a container leaves as its last words.
#include "tests/conformance/row.hpp"

using namespace conformance;

namespace {

const std::string fallback = R"("terminationMessagePolicy": "FallbackToLogsOnError")";

// The message of a container that has run this.
std::string message_of(Row& row, const std::string& script, const std::string& container = "") {
    row.has({}, {runs("c", script, container)}, policy("Never"));
    CHECK(row.until([](const View& pod) { return state_of(pod, "c").starts_with("terminated"); }));
    // The log is written by a process of its own.
    std::string message;
    CHECK(row.until([&](const View& pod) {
        message = status_of(pod, "c").state.terminated->message;
        return pod.status.phase == "Failed" || pod.status.phase == "Succeeded";
    }));
    return message;
}

} // namespace

ROW("termmsg-file-default", "termmsg") {
    CHECK(message_of(row, "printf DONE > /dev/termination-log") == "DONE");
    CHECK(row.view().status.phase == "Succeeded");
}

ROW("termmsg-nonroot-path", "termmsg") {
    CHECK(message_of(row, "stat -c '%a %F' /dev/custom-log > /dev/custom-log; exit 3",
                     fields({R"("terminationMessagePath": "/dev/custom-log")",
                             R"("securityContext": {"runAsUser": 1001})"})) == "666 regular empty file\n");
    CHECK(row.view().status.phase == "Failed");
}

ROW("termmsg-log-fallback", "termmsg") {
    SECTION("of a few words all") {
        CHECK(message_of(row, "echo one; echo two; exit 1", fallback) == "one\ntwo\n");
    }
    SECTION("of many lines the last 80") {
        std::string last;
        for (int line = 21; line <= 100; ++line)
            last += std::to_string(line) + "\n";
        CHECK(message_of(row, "for i in $(seq 100); do echo $i; done; exit 1", fallback) == last);
    }
    SECTION("of long lines the last 2048 bytes") {
        CHECK(message_of(row, "for i in $(seq 30); do printf '%099d\\\\n' $i; done; exit 1", fallback).size() == 2048);
    }
    SECTION("the file comes first") {
        CHECK(message_of(row, "echo log; printf file > /dev/termination-log; exit 1", fallback) == "file");
    }
}

ROW("termmsg-success-empty", "termmsg") {
    CHECK(message_of(row, "echo DONE", fallback).empty());
    CHECK(row.view().status.phase == "Succeeded");
}

ROW("termmsg-success-file", "termmsg") {
    CHECK(message_of(row, "echo log; printf OK > /dev/termination-log", fallback) == "OK");
    CHECK(row.view().status.phase == "Succeeded");
}
