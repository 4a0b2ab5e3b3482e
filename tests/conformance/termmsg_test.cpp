// SPDX-License-Identifier: Apache-2.0
// What a container leaves as its last words.
#include "tests/conformance/row.hpp"

using namespace conformance;

namespace {

const std::string fallback = R"("terminationMessagePolicy": "FallbackToLogsOnError")";

// Runs this in a container, and waits until it has left these words: a log is written by a process of its own, and may
// come after the end.
bool leaves(Row& row, const std::string& message, const std::string& script, const std::string& container = "") {
    row.has({}, {runs("c", script, container)}, policy("Never"));
    std::string left;
    const bool same = row.until([&](const View& pod) {
        if (const auto& terminated = status_of(pod, "c").state.terminated)
            left = terminated->message;
        return left == message && (pod.status.phase == "Failed" || pod.status.phase == "Succeeded");
    });
    CHECK(left == message);
    return same;
}

} // namespace

ROW("termmsg-file-default", "termmsg") {
    CHECK(leaves(row, "DONE", "printf DONE > /dev/termination-log"));
    CHECK(row.view().status.phase == "Succeeded");
}

ROW("termmsg-nonroot-path", "termmsg") {
    CHECK(leaves(
        row, "666 regular empty file\n", "stat -c '%a %F' /dev/custom-log > /dev/custom-log; exit 3",
        fields({R"("terminationMessagePath": "/dev/custom-log")", R"("securityContext": {"runAsUser": 1001})"})));
    CHECK(row.view().status.phase == "Failed");
}

ROW("termmsg-log-fallback", "termmsg") {
    SECTION("of a few words all") {
        CHECK(leaves(row, "one\ntwo\n", "echo one; echo two; exit 1", fallback));
    }
    SECTION("of many lines the last 80") {
        std::string last;
        for (int line = 21; line <= 100; ++line)
            last += std::to_string(line) + "\n";
        CHECK(leaves(row, last, "for i in $(seq 100); do echo $i; done; exit 1", fallback));
    }
    SECTION("of long lines the last 2048 bytes") {
        std::string last;
        for (int line = 1; line <= 30; ++line)
            last += std::string(line < 10 ? 98 : 97, '0') + std::to_string(line) + "\n";
        CHECK(leaves(row, last.substr(last.size() - 2048),
                     "for i in $(seq 30); do echo $(printf %099d $i); done; exit 1", fallback));
    }
    SECTION("the file comes first") {
        CHECK(leaves(row, "file", "echo log; printf file > /dev/termination-log; exit 1", fallback));
    }
}

ROW("termmsg-success-empty", "termmsg") {
    CHECK(leaves(row, "", "echo DONE; say ended", fallback));
    CHECK(row.view().status.phase == "Succeeded");
    CHECK(row.words() == "ended");
    CHECK(eventually([&] { return row.logs("p") == "stdout DONE\n"; }));
    CHECK(status_of(row.view(), "c").state.terminated->message.empty());
}

ROW("termmsg-success-file", "termmsg") {
    CHECK(leaves(row, "OK", "echo log; printf OK > /dev/termination-log", fallback));
    CHECK(row.view().status.phase == "Succeeded");
}
