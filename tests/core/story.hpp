// SPDX-License-Identifier: Apache-2.0
// A core with a clock, told as a story: each line is something that happens, and gives what the core wants done, as
// text. Containers are counted from 1, as units are: "start 0/1" is the first container of the pod in slot 0, and
// "liveness 0/1" its probe.
#pragma once

#include "initd/core.hpp"

#include <string>
#include <vector>

namespace story {

using initd::Millis;
using initd::never;
using namespace std::chrono_literals;

std::string to_text(const initd::Actions& actions);

class Story {
  public:
    explicit Story(initd::CoreConfig config = {});

    std::string add(std::uint32_t slot, initd::PodFacts facts = {});
    std::string remove(std::uint32_t slot, Millis grace = never);
    std::string ready(std::uint32_t slot) { return sandbox(initd::Event::Kind::SandboxReady, slot); }
    std::string fail(std::uint32_t slot) { return sandbox(initd::Event::Kind::SandboxFailed, slot); }
    std::string die(std::uint32_t slot) { return sandbox(initd::Event::Kind::SandboxDied, slot); }
    std::string gone(std::uint32_t slot) { return sandbox(initd::Event::Kind::SandboxGone, slot); }
    std::string started(std::uint32_t slot, std::uint32_t index = 1);
    std::string start_failed(std::uint32_t slot, std::uint32_t index = 1, bool not_created = false);
    std::string exits(std::uint32_t slot, std::uint32_t index, int code);
    std::string restart(std::uint32_t slot, std::uint32_t index = 0);
    // The answer to the last RunHook, or the last Probe of that kind, of the container.
    std::string hooked(std::uint32_t slot, std::uint32_t index, initd::Outcome outcome = initd::Outcome::Success);
    std::string probed(std::uint32_t slot, std::uint32_t index, initd::ProbeKind kind, initd::Outcome outcome);
    std::string notifies(std::uint32_t slot, std::uint32_t index, initd::Notice notice);
    std::string retry(std::uint32_t slot);
    std::string shut_down(Millis cap = never);
    std::string tell(const initd::Event& event);

    // What people were told since this was last asked; it is not part of what the others return.
    std::string tells();

    // The core is lost and made again from its records: what it then wants done.
    std::string crash();

    // Time goes on, and the loop ticks whenever the core asked for it. What was wanted on the way.
    std::string pass(Millis span);

    // From the manifest to running containers.
    void up(std::uint32_t slot, initd::PodFacts facts = {});

    // Seconds until the core wants something done, at most an hour.
    long wait();

    Millis now() const { return now_; }
    const initd::PodState& pod(std::uint32_t slot) const { return core_.pod(slot); }
    const initd::UnitState& unit(std::uint32_t slot, std::uint32_t index = 1) const;
    initd::RunId run(std::uint32_t slot, std::uint32_t index) const; // the current one
    const initd::Core& core() const { return core_; }

  private:
    std::string sandbox(initd::Event::Kind kind, std::uint32_t slot);
    std::string tick();
    std::string told();

    initd::CoreConfig config_;
    initd::Core core_;
    initd::Actions out_;
    initd::Actions asked_; // every RunHook and Probe
    std::string tells_;
    Millis now_{1'000'000};
};

} // namespace story
