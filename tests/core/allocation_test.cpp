// SPDX-License-Identifier: Apache-2.0
#include "tests/allocations.hpp"
#include "tests/catch.hpp"
#include "tests/core/story.hpp"

using namespace initd;
using namespace std::chrono_literals;

TEST_CASE("with room reserved, the core allocates nothing in a pod's whole life") {
    Core core({});
    core.reserve(100, 200, 100);
    const ProbeFacts probe{.unit = 2, .initial_delay = 1h};
    Actions out;
    out.reserve(core.max_actions());
    const std::size_t before = allocated::times;
    Millis now = 1s;
    auto step = [&](Event::Kind kind, Unit unit, std::uint32_t generation) {
        out.clear();
        core.step(
            now,
            {.kind = kind, .run = {unit, generation}, .facts = {.containers = 2, .probes = 1, .probe_facts = &probe}},
            out);
    };
    for (int round = 0; round < 3; ++round) {
        for (std::uint32_t slot = 0; slot < 100; ++slot) {
            step(Event::Kind::PodAdded, Unit(slot, 0), 0);
            step(Event::Kind::SandboxReady, Unit(slot, 0), core.pod(slot).generation);
            for (int i = 0; i < 2; ++i)
                step(Event::Kind::Exited, Unit(slot, 1), core.units(slot)[0].generation);
        }
        now += 10s;
        out.clear();
        core.tick(now, out);
        CHECK(out.size() == 100); // each first container, after its back-off
        for (std::uint32_t slot = 0; slot < 100; ++slot) {
            step(Event::Kind::PodRemoved, Unit(slot, 0), 0);
            for (std::uint32_t i = 0; i < 2; ++i)
                step(Event::Kind::Exited, Unit(slot, i + 1), core.units(slot)[i].generation);
            step(Event::Kind::SandboxGone, Unit(slot, 0), core.pod(slot).generation);
            CHECK(core.pod(slot).phase == PodPhase::Free);
        }
    }
    CHECK(allocated::times == before);
}
