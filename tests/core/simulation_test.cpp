// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"
#include "tests/core/hostile.hpp"

TEST_CASE("no history of a hostile kernel breaks a rule, and each ends in an orderly shutdown") {
    int events = 0;
    for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
        hostile::Kernel kernel(seed);
        kernel.live(2'000);
        kernel.shut_down();
        INFO("seed " << seed << ", after " << kernel.events() << " events");
        REQUIRE(kernel.complaint() == "");
        events += kernel.events();
    }
    CHECK(events > 1'000'000);
}
