// SPDX-License-Identifier: Apache-2.0
// The annotations of critical pods.
#include "spec/watchdog.hpp"
#include "tests/spec/rules.hpp"

using namespace spec;

namespace {

std::string annotated(const std::string& annotations) {
    return tests::pod_with(R"("metadata":{"name":"p","namespace":"mine","annotations":{)" + annotations + "}}");
}

std::string critical(const std::string& more) {
    return annotated(R"("podinit/watchdog":"critical",)" + more);
}

std::optional<Watchdog> watchdog_of(const std::string& json) {
    const auto manifest = read_manifest(json);
    REQUIRE(manifest);
    return read_watchdog(manifest->pod.metadata);
}

} // namespace

TEST_CASE("a pod is critical when it says so, and has two minutes until all of it begins anew") {
    CHECK_FALSE(watchdog_of(annotated(R"("a":"b")")));
    const auto watchdog = watchdog_of(annotated(R"("podinit/watchdog":"critical")"));
    REQUIRE(watchdog);
    CHECK(watchdog->after_ms == 120'000);
    CHECK_FALSE(watchdog->reboots);
    CHECK(watchdog->restarts.empty());
}

TEST_CASE("a critical pod says how long it may be unhealthy, and what is done then") {
    const auto other = watchdog_of(
        critical(R"("podinit/watchdog-after":"1m30s","podinit/watchdog-action":"restart: modem,net/deployment/vpn")"));
    REQUIRE(other);
    CHECK(other->after_ms == 90'000);
    CHECK(other->restarts == std::vector<std::string>{"pod mine/modem", "deployment.apps net/vpn"});
    const auto reboots = watchdog_of(critical(R"("podinit/watchdog-action":"reboot")"));
    CHECK(reboots->reboots);
    const auto plain = watchdog_of(critical(R"("podinit/watchdog-action":"restart")"));
    CHECK_FALSE(plain->reboots);
    CHECK(plain->restarts.empty());
}

TEST_CASE("a wrong annotation of a critical pod is told by name") {
    const std::string at = "/metadata/annotations/podinit~1watchdog";
    tests::check_each({
        {annotated(R"("podinit/watchdog":"yes")"), at, "must be \"critical\""},
        {annotated(R"("podinit/watchdog":"")"), at, "must be \"critical\""},
        {annotated(R"("podinit/watchdog-after":"10s")"), at + "-after", "needs podinit/watchdog"},
        {annotated(R"("podinit/watchdog-action":"reboot")"), at + "-action", "needs podinit/watchdog"},
        {critical(R"("podinit/watchdog-after":"10")"), at + "-after", "must be a duration"},
        {critical(R"("podinit/watchdog-after":"999ms")"), at + "-after", "at least 1s"},
        {critical(R"("podinit/watchdog-after":"-1s")"), at + "-after", "must be a duration"},
        {critical(R"("podinit/watchdog-action":"")"), at + "-action", "must be \"restart\""},
        {critical(R"("podinit/watchdog-action":"Reboot")"), at + "-action", "must be \"restart\""},
        {critical(R"("podinit/watchdog-action":"restarts")"), at + "-action", "must be \"restart\""},
        {critical(R"("podinit/watchdog-action":"restart modem")"), at + "-action", "must be \"restart\""},
        {critical(R"("podinit/watchdog-action":"restart:")"), at + "-action", "names no pod"},
        {critical(R"("podinit/watchdog-action":"restart: a,,b")"), at + "-action", "names no pod"},
        {critical(R"("podinit/watchdog-action":"restart: A")"), at + "-action", "names no pod"},
        {critical(R"("podinit/watchdog-action":"restart: a, mine/a")"), at + "-action", "given twice"},
        {critical(R"("podinit/watchdog-afters":"10s")"), at + "-afters", "did you mean \"podinit/watchdog-after\""},
    });
}
