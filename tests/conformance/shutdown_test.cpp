// SPDX-License-Identifier: Apache-2.0
// The machine goes down: who is stopped when, how long it may take, and what is said of it meanwhile.
#include "tests/conformance/row.hpp"

#include <csignal>

using namespace conformance;

namespace {

// A second for each pod, from 0 up; two for those from 1000 up, and three for what is critical.
constexpr std::string_view by_priority = R"({"shutdownGracePeriodByPodPriority": [
    {"priority": 0, "shutdownGracePeriodSeconds": 3}, {"priority": 1000, "shutdownGracePeriodSeconds": 3},
    {"priority": 2000000000, "shutdownGracePeriodSeconds": 3}]})";
// Four seconds, of which the critical pods have two.
constexpr std::string_view two_parts = R"({"shutdownGracePeriod": "6s", "shutdownGracePeriodCriticalPods": "3s"})";

void has_pod(Row& row, const std::string& name, const std::string& container, const std::string& spec) {
    REQUIRE(row.apply_one(pod_text(name, {}, {container}, spec)) == "created");
    REQUIRE(row.hears(name + "+"));
}

std::string priority(int value) {
    return "\"priority\": " + std::to_string(value);
}

} // namespace

ROW("shutdown-disruption", "shutdown") {
    row.has({}, {runs("c", "trap 'sleep 2; exit 0' TERM; say c+; forever")}, grace(10));
    REQUIRE(row.hears("c+"));
    row.signal(SIGTERM);
    View last; // as it still ends
    CHECK(row.until([&](const View& view) {
        last = view;
        return condition_of(view, "DisruptionTarget") == "True TerminationByKubelet";
    }));
    CHECK(last.status.phase == "Failed");
    CHECK(last.status.reason == "Terminated");
    CHECK(last.status.message == "Pod was terminated in response to imminent node shutdown.");
}

TEST_CASE("shutdown-graces", "[shutdown]") {
    if (!initd::can_supervise())
        return;
    Row row(two_parts);
    has_pod(row, "long", stubborn("long"), grace(600));
    has_pod(row, "short", stubborn("short"), grace(2));
    has_pod(row, "critical", lives("critical"), R"("priorityClassName": "system-node-critical")");
    const double began = now();
    row.signal(SIGTERM);
    // The one with the shorter grace period keeps it; the other's is cut to what those that are not critical have.
    std::optional<double> gone;
    CHECK(row.until([&](const View&) { return !row.get("short"); }, "critical"));
    gone = now() - began;
    CHECK(*gone > 1.5);
    CHECK(*gone < 2.9);
    CHECK(row.hears("critical-"));
    CHECK(row.at("critical-") - began > 2.5);
    CHECK(row.ended() == 0);
    CHECK(now() - began < 5.5);
}

TEST_CASE("shutdown-priority", "[shutdown]") {
    if (!initd::can_supervise())
        return;
    Row row(by_priority);
    has_pod(row, "critical", lives("critical"), R"("priorityClassName": "system-cluster-critical")");
    has_pod(row, "a", lives("a"), priority(5));
    has_pod(row, "stuck", stubborn("stuck"), grace(600));
    has_pod(row, "middle", lives("middle"), priority(1000));
    const double began = now();
    row.signal(SIGTERM);
    CHECK(row.ended() == 0);
    CHECK(row.in_order({"a-", "middle-", "critical-"}));
    CHECK(row.at("a-") - began < 2);
    CHECK(row.at("middle-") - began > 2.5); // when the time of the first group is over, for one of it did not end
    CHECK(row.at("critical-") - began < 5);
}
