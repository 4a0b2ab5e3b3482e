// SPDX-License-Identifier: Apache-2.0
// Order between pods: who waits for whom (podinit/after, podinit/requires), and whose turn it is.
//
// A pod waits until everyone it is after is good: ready, or has succeeded. (A task, which is to end and does not say
// when it is ready, is so only when it has succeeded.) Then it is on its own, but for those whom it requires: when one
// of them goes, is on its way out, waits itself or has failed for good, the pod is stopped and waits again for all. A
// workload is good when all of the pods that it stands for are. The core starts and stops; here is only said who is to
// be held and released. What changes is passed on along the edges: a change costs as much as there are pods that it
// concerns, and allocates nothing; that pods come and go does. Whoever waits for a name that nobody has, or for itself,
// waits, and costs nothing.
#pragma once

#include "initd/core_state.hpp"
#include "initd/fate.hpp"
#include "initd/objects.hpp"
#include "initd/pods.hpp"
#include "spec/prerequisites.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

class Order {
  public:
    Order(const PodStore& pods, const ObjectStore& objects) noexcept
        : pods_(pods)
        , objects_(objects) {}

    // A pod that the store has by now. May throw bad_alloc, and then nothing has changed.
    void add(std::uint32_t slot, const spec::Pod& pod);
    // All that the store has. Then each is to be looked at before next() is asked for the first time.
    void restore(PodStore& pods);
    void leave(std::uint32_t slot) noexcept;  // it is on its way out
    void remove(std::uint32_t slot) noexcept; // it is gone
    // What the core makes of it by now.
    void look(std::uint32_t slot, Fate fate, bool held) noexcept;
    // A workload has come, changed or gone.
    void workload_changed(spec::Kind kind, std::string_view name) noexcept;

    // Is the pod, when it starts, to wait?
    bool must_wait(std::uint32_t slot) const noexcept { return nodes_[slot].unmet != 0; }

    struct Turn {
        std::uint32_t slot;
        bool held; // else released
    };
    // Who is to be held or released next: by priority, and then who came first.
    std::optional<Turn> next() noexcept;

    // For people: whom the pod waits for, and why they are not good; empty when it does not wait.
    std::string why_waiting(std::uint32_t slot) const;

    std::vector<spec::Prerequisite> prerequisites(std::uint32_t slot) const;
    Fate fate(std::uint32_t slot) const noexcept { return nodes_[slot].fate; } // as it was looked at last
    std::int32_t priority(std::uint32_t slot) const noexcept { return nodes_[slot].priority; }

    // Calls visit(slot) for each pod that is after this one.
    template <class Visit>
    void each_after(std::uint32_t slot, Visit visit) const {
        for (const std::uint32_t target : nodes_[slot].targets)
            for (std::uint32_t i = target == none ? none : targets_[target].first; i != none;
                 i = edges_[i].next_of_target)
                visit(edges_[i].slot);
    }

  private:
    static constexpr std::uint32_t none = ~0u;
    static constexpr std::uint32_t never_enough = ~0u;

    struct Node { // by slot
        std::int32_t priority = 0;
        std::uint32_t first = none;              // its edges
        std::uint32_t targets[2] = {none, none}; // that it is one of: by its name, by its owner
        std::uint32_t unmet = 0;                 // edges whose target is not good
        std::uint32_t broken = 0;                // edges that require what is not to be had
        Fate fate = Fate::Underway;
        bool is_task = false;
        bool held = false;
        bool leaving = false;
        bool queued = false;
    };
    struct Target {
        std::string name; // as spec::Prerequisite::target; empty: free
        std::uint32_t hash = 0;
        std::uint32_t wanted = 1;   // how many pods it stands for
        std::uint32_t pods = 0;     // those that there are
        std::uint32_t good = 0;     // of them
        std::uint32_t bad = 0;      // of them: going, waiting, failed
        std::uint32_t first = none; // edges to it
        bool counted = false;
        bool met = false;
        bool broken = true;
    };
    struct Edge {
        std::uint32_t slot;
        std::uint32_t target;
        std::uint32_t next_of_slot;
        std::uint32_t next_of_target;
        bool required;
    };
    enum class Worth : std::uint8_t { Neither, Good, Bad };

    static Worth worth_of(const Node& node) noexcept;
    void recount(std::uint32_t slot, Worth before) noexcept;
    void count(Target& target, Worth worth, std::uint32_t by) noexcept;
    void refresh(std::uint32_t target) noexcept;
    std::uint32_t find(std::string_view name) const noexcept;
    std::uint32_t target(const std::string& name);
    void count_members(std::uint32_t target) noexcept;
    void unlink(std::uint32_t edge) noexcept;
    std::string_view why_not(std::uint32_t target, std::uint32_t slot) const;
    bool waits_for(std::uint32_t target, std::uint32_t slot) const;

    const PodStore& pods_;
    const ObjectStore& objects_;
    std::vector<Node> nodes_;
    std::vector<Target> targets_;
    std::vector<Edge> edges_;
    std::uint32_t free_edge_ = none;   // a list by next_of_slot
    std::vector<std::uint32_t> queue_; // slots whose turn it may be
};

} // namespace initd
