// SPDX-License-Identifier: Apache-2.0
// PID 1 made to fault at random moments while it has much to do. FAULT_COUNT and FAULT_SEED say how often, and repeat a
// run that went wrong.
#include "tests/catch.hpp"
#include "tests/fault/attempt.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>

using namespace fault;

namespace {

constexpr const char* during[] = {"host-pod", "private-pod", "shared-pod", "exits",    "hooks",  "output", "exec",
                                  "file",     "objects",     "notify",     "workload", "reload", "list"};
constexpr const char* kinds[] = {"null-read", "null-jump", "wild-jump", "text-write",    "privileged",
                                 "illegal",   "divide",    "trap",      "low-stack",     "wild-stack",
                                 "overflow",  "bad-frame", "abort",     "smashed-stack", "terminate"};

unsigned long number(const char* name, unsigned long otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoul(text, nullptr, 10) : otherwise;
}

// What talks all the time, and what ends and comes back all the time.
void load(Stage& stage) {
    using namespace initd;
    Supervisor& podinit = stage.podinit();
    REQUIRE(podinit.apply_one(pod_json("chatter", script("while :; do echo talk; sleep 0.05; done"), on_host)) ==
            "created");
    REQUIRE(podinit.apply_one(pod_json("mayfly", script("sleep 0.2"), on_host)) == "created");
}

void storm(unsigned long faults) {
    const unsigned long seed = number("FAULT_SEED", std::random_device{}());
    std::mt19937_64 random(seed);
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
    std::unique_ptr<Stage> stage;
    unsigned long happened = 0, lost = 0;
    for (unsigned long tried = 0; happened < faults && tried < 3 * faults; ++tried) {
        const char* const scenario = during[below(std::size(during))];
        const char* const kind = kinds[below(std::size(kinds))];
        const auto moment = static_cast<unsigned>(below(2) == 0 ? below(64 * 8) : below(64 * 128));
        INFO("FAULT_SEED=" << seed << ": " << scenario << ", " << kind << " at " << moment << ", fault "
                           << happened + 1);
        std::string wrong;
        try {
            if (!stage) {
                stage = std::make_unique<Stage>();
                load(*stage);
            }
            const Attempt attempt =
                try_it(*stage, *find_scenario(scenario), {{Place::Kind::Moment, "", moment, false}, kind}, false);
            happened += attempt.happened;
            wrong = attempt.wrong;
        } catch (...) { // a REQUIRE of the rig, which has been reported
            wrong = "the rig gave up";
        }
        if (wrong.empty())
            continue;
        ++lost;
        FAIL_CHECK(wrong << (stage ? "; podinit said: " + stage->news() : ""));
        stage.reset();
    }
    std::printf("FAULT_SEED=%lu: %lu faults, of which %lu were noticed\n", seed, happened, lost);
    CHECK(happened >= faults);
    CHECK(lost == 0);
}

} // namespace

TEST_CASE("50 faults at random moments cost no service and no exit") {
    if (initd::can_supervise())
        storm(number("FAULT_COUNT", 50));
}

TEST_CASE("1,000 faults at random moments cost no service and no exit", "[.thousand]") {
    if (initd::can_supervise())
        storm(number("FAULT_COUNT", 1000));
}
