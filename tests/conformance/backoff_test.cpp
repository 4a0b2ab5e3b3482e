// SPDX-License-Identifier: Apache-2.0
// How long a container stays down that keeps ending.
#include "tests/conformance/row.hpp"
#include "tests/core/story.hpp"

using namespace conformance;
using story::Story;
using namespace std::chrono_literals;

namespace {

using Seconds = std::vector<long>;

// A container that runs for a while and exits, again and again: how long it stays down each time.
Seconds waits(Story& s, int times, initd::Millis run, int code = 0, std::uint32_t slot = 0) {
    Seconds seconds;
    const std::string again = "start " + std::to_string(slot) + "/1";
    for (int i = 0; i < times; ++i) {
        s.pass(run);
        const bool at_once = s.exits(slot, 1, code) == again;
        seconds.push_back(at_once ? 0 : s.wait());
        s.started(slot);
    }
    return seconds;
}

} // namespace

TEST_CASE("backoff-cap", "[backoff]") {
    for (int code : {0, 1}) {
        Story s;
        s.up(0);
        CHECK(waits(s, 10, 5s, code) == Seconds{0, 10, 20, 40, 80, 160, 300, 300, 300, 300});
    }
}

TEST_CASE("backoff-reset-image", "[backoff]") {
    // A changed manifest is a new pod, which comes when the one before is gone.
    Story s;
    s.up(0);
    CHECK(waits(s, 4, 5s) == Seconds{0, 10, 20, 40});
    CHECK(s.remove(0) == "term 0/1");
    CHECK(s.add(1, {.after = 0}) == "");
    CHECK(s.exits(0, 1, 143) == "drop 0");
    CHECK(s.gone(0) == "forget 0, make 1");
    s.ready(1);
    s.started(1);
    CHECK(waits(s, 3, 5s, 0, 1) == Seconds{0, 10, 20});
}

TEST_CASE("backoff-first-steps", "[backoff]") {
    if (!initd::can_supervise())
        return;
    Row row(R"({"crashLoopBackOff": {"initialRestartPeriod": "1s"}})");
    row.has({}, {runs("c", "say c+; exit 1")});
    CHECK(
        row.until([](const View& pod) { return restarts_of(pod, "c") == 2 && state_of(pod, "c").starts_with("wai"); }));
    CHECK(status_of(row.view(), "c").state.waiting->message ==
          "back-off 2s restarting failed container=c pod=p_default(" + row.view().pod.metadata.uid + ")");
    CHECK(row.hears("c+", 4));
    const double least[] = {0, 1, 2};
    for (std::size_t i = 0; i < std::size(least); ++i) {
        INFO("restart " << i + 1);
        const double down = row.at("c+", i + 2) - row.at("c+", i + 1);
        CHECK(down >= least[i] - 0.02);
        CHECK(down < least[i] + 0.9);
    }
}

TEST_CASE("backoff-alt-curve", "[backoff]") {
    Story s({.backoff_initial = 1s, .backoff_max = 60s});
    s.up(0);
    CHECK(waits(s, 9, 1s) == Seconds{0, 1, 2, 4, 8, 16, 32, 60, 60});
}

TEST_CASE("backoff-node-cap", "[backoff]") {
    Story s({.backoff_max = 30s});
    s.up(0);
    CHECK(waits(s, 5, 1s) == Seconds{0, 10, 20, 30, 30});
    Story lower({.backoff_max = 3s}); // below the first step
    lower.up(0);
    CHECK(waits(lower, 4, 1s) == Seconds{0, 3, 3, 3});
    if (!initd::can_supervise())
        return;
    Row row(R"({"crashLoopBackOff": {"maxContainerRestartPeriod": "1s"}})");
    row.has({}, {runs("c", "say c+; exit 1")});
    CHECK(row.hears("c+", 4));
    for (std::size_t restart : {2, 3})
        CHECK(row.at("c+", restart + 1) - row.at("c+", restart) < 1.9);
}
