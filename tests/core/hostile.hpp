// SPDX-License-Identifier: Apache-2.0
// A kernel that means no good: it ignores SIGTERM, fails any action, delivers exits before starts, repeats, reorders
// and makes up events. It knows what truly exists, and checks each action of the core and the core's state against
// that. It may also have the core crash at any moment, so that it is made again from its records.
#pragma once

#include "initd/core.hpp"
#include "initd/state/state_file.hpp"

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace hostile {

inline constexpr initd::CoreConfig config{};

class Kernel {
  public:
    explicit Kernel(std::uint64_t seed, std::uint32_t crashes_in_a_thousand = 0);

    // Lets that many things happen, at random. Then shuts down, and lets happen what must until the core says ShutDown.
    void live(int events);
    void shut_down();

    // The first rule that was broken, or "".
    const std::string& complaint() const { return complaint_; }
    int events() const { return events_; }
    int crashes() const { return crashes_; }

  private:
    static constexpr std::uint32_t slots = 7;
    static constexpr std::uint32_t max_containers = 4;
    static constexpr std::uint32_t max_probes = 4;

    struct Container {
        std::uint32_t generation = 0; // of the live run; 0: none
        bool running = false;         // the core has been told so
        bool terminated = false, killed = false;
        initd::Millis terminated_at{0};
        std::uint32_t restarts = 0;
        std::uint32_t hook = 0;                // serial of the one that is out
        std::array<std::uint32_t, 3> probes{}; // the same, by kind
        bool ended_well = false;               // its last run, in this sandbox
    };
    enum class Sandbox : std::uint8_t { None, Making, Up, Dropping };
    struct Pod {
        bool known = false, removed = false, held = false;
        Sandbox sandbox = Sandbox::None;
        bool lost = false; // the sandbox has died
        std::uint32_t generation = 0;
        std::uint32_t predecessor = initd::no_slot;
        initd::PodFacts facts;
        std::array<initd::UnitFacts, max_containers> units{};
        std::array<initd::ProbeFacts, max_probes> probes{};
        bool restarting_all = false; // since a rule said so, until something starts again
        std::array<Container, max_containers> containers;
    };

    std::uint32_t random(std::uint32_t below);
    bool chance(std::uint32_t percent) { return random(100) < percent; }
    void require(bool holds, const char* rule);

    void something_happens();
    void user_acts(std::uint32_t slot);
    void process_acts(std::uint32_t slot);
    initd::Event nonsense();
    void deliver_one();
    void pass(initd::Millis span);

    void tell(const initd::Event& event);
    void note(const initd::Event& event);
    void perform(const initd::Action& action);
    void perform_on_container(const initd::Action& action, Pod& pod);
    void perform_start(const initd::Action& action, Pod& pod);
    void perform_tell(const initd::Action& action, const Pod& pod);
    void perform_hook(const initd::Action& action, Container& container);
    void perform_probe(const initd::Action& action, const Pod& pod, Container& container);
    void invent(Pod& pod);
    void queue(initd::Event::Kind kind, initd::RunId run, initd::Exit exit = {});
    void queue(const initd::Event& event);
    void check();

    // hostile_crash.cpp
    bool crashes_now() { return crash_rate_ != 0 && random(1'000) < crash_rate_; }
    void tell_and_crash(const initd::Event& event);
    void tick_and_crash();
    void keep_all();
    void cut_off(std::uint32_t slot);
    void recover();
    void restore_all();
    void resume();
    bool is_done(const initd::Action& action);
    std::array<std::string, slots> account() const;

    std::uint64_t state_;
    initd::Core core_;
    initd::Actions out_;
    initd::Millis now_{5'000};
    std::array<Pod, slots> pods_{};
    Pod invented_;                      // the facts of the pod that is being added
    std::vector<initd::Event> pending_; // true, and not told yet
    std::vector<initd::Event> told_;    // to be told again
    std::set<std::uint64_t> runs_;      // every run there ever was
    bool shutting_down_ = false, down_ = false;
    int events_ = 0;
    std::string complaint_;

    std::uint32_t crash_rate_;
    initd::StateFile state_file_;
    bool again_ = false; // what is asked for now may have been done
    int crashes_ = 0;
};

} // namespace hostile
