// SPDX-License-Identifier: Apache-2.0
// The core alone: what an event costs, in time and in memory asked for, and how that grows with the pods there are;
// then what it costs to keep each slot in the state file as soon as it has changed.
//
// Pods of four containers, each with a liveness probe. Nothing is carried out: what the core wants done is answered by
// the event that says it was. Times are also given as ratios to the smallest machine of the same run.
#include "initd/core.hpp"
#include "initd/state/core_records.hpp"
#include "initd/state/state_file.hpp"
#include "tests/allocations.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sys/stat.h>
#include <vector>

namespace {

using namespace initd;
// Of the process: what else the machine does is not to count.
struct Clock {
    static std::chrono::nanoseconds now() noexcept {
        timespec at{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
        return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
    }
};

constexpr std::uint32_t containers = 4;

class Machine {
  public:
    Machine(std::uint32_t pods, StateFile& state)
        : pods_(pods)
        , state_(state) {
        const std::size_t room = pods * containers * 5 / 4; // as the daemon
        core_.reserve(pods, room, room);
        out_.reserve(core_.max_actions());
        answers_.reserve(core_.max_actions());
        for (std::uint32_t slot = 0; slot < pods; ++slot)
            add(slot);
        events_ = 0;
    }

    void add(std::uint32_t slot) {
        static constexpr UnitFacts units[containers];
        ProbeFacts probes[containers];
        for (std::uint8_t i = 0; i < containers; ++i) {
            probes[i].unit = static_cast<std::uint8_t>(i + 1);
            probes[i].period = Millis{10'000 + slot % 100 * 10};
        }
        tell({.kind = Event::Kind::PodAdded,
              .run = {Unit(slot, 0), 0},
              .facts = {.containers = containers, .probes = containers, .units = units, .probe_facts = probes}});
    }

    void remove(std::uint32_t slot) { tell({.kind = Event::Kind::PodRemoved, .run = {Unit(slot, 0), 0}}); }

    void exit(std::uint32_t slot, std::uint32_t container) {
        const UnitState& unit = core_.units(slot)[container];
        if (unit.phase == UnitPhase::Running)
            tell({.kind = Event::Kind::Exited,
                  .run = {Unit(slot, container + 1), unit.generation},
                  .exit = {.code = 1}});
    }

    // Everything that is due within the span.
    void pass(Millis span) {
        const Millis end = now_ + span;
        while (core_.next_deadline() != never && core_.next_deadline() <= end) {
            now_ = core_.next_deadline();
            ++wake_ups_;
            out_.clear();
            const std::uint32_t slot = core_.tick_one(now_, out_);
            if (state_.is_open())
                keep(state_, core_, slot, out_);
            answer();
        }
        now_ = end;
    }

    std::uint64_t events() const { return events_; }
    std::uint64_t wake_ups() const { return wake_ups_; }
    std::uint32_t pods() const { return pods_; }

  private:
    void tell(const Event& event) {
        ++events_;
        step(event);
        answer();
    }

    void step(const Event& event) {
        out_.clear();
        core_.step(now_, event, out_);
        if (state_.is_open())
            keep(state_, core_, event.run.unit.slot(), out_);
    }

    void answer() {
        for (std::size_t next = answers_.size();;) {
            for (const Action& action : out_)
                note(action);
            if (next == answers_.size())
                break;
            const Event event = answers_[next++];
            ++events_;
            step(event);
        }
        answers_.clear();
    }

    void note(const Action& action) {
        Event event{.kind = Event::Kind::Exited, .run = action.run, .serial = action.serial};
        switch (action.kind) {
        case Action::Kind::MakeSandbox: event.kind = Event::Kind::SandboxReady; break;
        case Action::Kind::Start: event.kind = Event::Kind::Started; break;
        case Action::Kind::RunHook: event.kind = Event::Kind::HookDone; break;
        case Action::Kind::Probe: event.kind = Event::Kind::ProbeDone; break;
        case Action::Kind::Terminate:
        case Action::Kind::Kill: event.exit.code = 143; break;
        case Action::Kind::DropSandbox: event.kind = Event::Kind::SandboxGone; break;
        case Action::Kind::GiveUpProbe:
        case Action::Kind::Forget:
        case Action::Kind::ShutDown:
        case Action::Kind::Tell: return;
        }
        answers_.push_back(event);
    }

    std::uint32_t pods_;
    Core core_{{}};
    Actions out_;
    std::vector<Event> answers_;
    Millis now_{1'000};
    std::uint64_t events_ = 0;
    std::uint64_t wake_ups_ = 0;
    StateFile& state_;
};

struct Cost {
    double nanoseconds; // an event
    double allocations;
};

template <class Work>
Cost measure(Machine& machine, Work work) {
    const std::uint64_t events = machine.events();
    const std::size_t before = allocated::times;
    const auto start = Clock::now();
    work();
    const std::chrono::duration<double, std::nano> took = Clock::now() - start;
    const auto count = static_cast<double>(machine.events() - events);
    return {took.count() / count, static_cast<double>(allocated::times - before) / count};
}

std::uint32_t random(std::uint32_t below) {
    static std::uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state >> 32) % below;
}

long kilobytes(const StateFile& state) {
    struct stat status {};
    return fstat(state.fd(), &status) == 0 ? status.st_blocks / 2 : 0;
}

struct Costs {
    Cost all[3];
    long before = 0; // kB of the state file, once all pods are there
    long after = 0;
};

Costs measure_all(std::uint32_t pods, StateFile state) {
    Machine machine(pods, state);
    Costs costs;
    costs.before = kilobytes(state);
    costs.all[0] = measure(machine, [&] {
        for (std::uint64_t until = machine.events() + 300'000; machine.events() < until;) {
            for (std::uint32_t i = 0; i < pods; ++i)
                machine.exit(random(pods), random(containers));
            machine.pass(Millis{10'000});
        }
    });
    machine.pass(Millis{600'000});
    costs.all[1] = measure(machine, [&] {
        for (std::uint64_t until = machine.events() + 300'000; machine.events() < until;)
            machine.pass(Millis{1'000});
    });
    costs.all[2] = measure(machine, [&] {
        for (int i = 0; i < 3'000; ++i) {
            const std::uint32_t slot = random(pods);
            machine.remove(slot);
            machine.add(slot);
        }
    });
    costs.after = kilobytes(state);
    return costs;
}

StateFile file() {
    auto state = StateFile::create();
    if (!state) {
        std::printf("no state file\n");
        std::exit(77);
    }
    return std::move(*state);
}

} // namespace

int main() {
    std::printf("%-12s %28s %28s %28s\n", "containers", "exits and restarts", "probes", "pods come and go");
    double first[3] = {};
    for (const std::uint32_t pods : {25u, 250u, 2'500u}) {
        const Costs without = measure_all(pods, StateFile());
        std::printf("%-12u", pods * containers);
        for (int i = 0; i < 3; ++i) {
            const Cost& cost = without.all[i];
            if (first[i] == 0)
                first[i] = cost.nanoseconds;
            std::printf("  %7.0f ns (%4.2f x) %4.2f new", cost.nanoseconds, cost.nanoseconds / first[i],
                        cost.allocations);
        }
        const Costs with = measure_all(pods, file());
        std::printf("\n   and kept ");
        for (int i = 0; i < 3; ++i)
            std::printf("  %7.0f ns more    %4.2f new", with.all[i].nanoseconds - without.all[i].nanoseconds,
                        with.all[i].allocations);
        std::printf("   state file %ld kB, then %ld kB\n", with.before, with.after);
    }
    return 0;
}
