// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"
#include "tests/core/hostile.hpp"

TEST_CASE("a core that crashes at any moment goes on from its records, and no rule is broken") {
    int events = 0;
    int crashes = 0;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        hostile::Kernel kernel(seed, seed % 2 == 0 ? 5 : 100);
        kernel.live(2'000);
        kernel.shut_down();
        INFO("seed " << seed << ", after " << kernel.events() << " events and " << kernel.crashes() << " crashes");
        REQUIRE(kernel.complaint() == "");
        events += kernel.events();
        crashes += kernel.crashes();
    }
    CHECK(events > 500'000);
    CHECK(crashes > 25'000);
}
