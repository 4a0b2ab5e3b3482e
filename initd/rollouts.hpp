// SPDX-License-Identifier: Apache-2.0
// Clients that have applied objects and wait until those are as they should be; and what is put back when they are not.
//
// An object is good when all of its pods are ready or have succeeded (Order::fate); a ConfigMap or Secret is when it is
// there. Who only waits is told as soon as all are good, or when the time is over. A trial (rollback) is good only when
// they have stayed so for a while and its client is still there, since an operator whose connection breaks is one of
// the things that a change can do wrong. Then it is confirmed on the disk, and otherwise taken back: by us when the
// time is over or a pod has failed for good, by the next boot when the machine goes down first. The trial is on the
// disk before what is tried is in force (file_set.hpp). One trial is open at a time.
#pragma once

#include "initd/apply_plan.hpp"
#include "initd/control.hpp"
#include "initd/event_recorder.hpp"
#include "initd/jobs.hpp"
#include "initd/state/state_file.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

class Rollouts {
  public:
    Rollouts(StateFile& state, Control& control, const Core& core, Manifests& manifests, const PodStore& pods,
             const ObjectStore& objects, const Order& order, Jobs& jobs, const EventRecorder& recorder) noexcept
        : state_(state)
        , control_(control)
        , core_(core)
        , manifests_(manifests)
        , pods_(pods)
        , objects_(objects)
        , order_(order)
        , jobs_(jobs)
        , recorder_(recorder) {}

    // A trial that was open when podinit was replaced; whoever applied it counts as gone. May throw bad_alloc.
    void restore();

    // Why the call cannot be tried now; empty: it can.
    std::string objection(const spec::Apply& call, const ApplyPlan& plan) const;
    // The object is on trial: it is not for others to change. In words; empty: it is not.
    std::string on_trial(spec::Kind kind, std::string_view name) const;

    // The plan of a call that waits is about to be carried out: who carries it out has this number.
    std::uint32_t begin(ClientId client, const spec::Apply& call, const ApplyPlan& plan);
    // It has not been.
    void abandon(std::uint32_t id) noexcept;
    // It is in force, and the client knows.
    void in_force(std::uint32_t id, Millis now) noexcept;

    // Looks at all of them, after something has happened or the time has come.
    void look(Millis now) noexcept;
    Millis next_deadline() const noexcept;
    // A helper is done.
    void on_job(const JobResult& result, std::vector<ObjectChange>& changes);

    // What is on trial stays. False: nothing is.
    bool confirm(Millis now);
    // "the change of pod default/web is taken back in 20 s unless ..."; empty: there is no trial.
    std::string trial_text(Millis now) const;

  private:
    struct Item {
        spec::Kind kind;
        std::string resource;
        std::string name; // NAMESPACE/NAME
    };
    enum class Phase : std::uint8_t { Beginning, Waiting, Confirming, RollingBack };
    enum class State : std::uint8_t { Good, Underway, Failed };
    struct Rollout {
        std::uint32_t id;
        ClientId client;
        std::vector<Item> items;
        FileChanges changed; // of a trial
        Millis patience;
        Phase phase = Phase::Beginning;
        Millis deadline = never;
        Millis good_since = never;
        std::uint32_t job = 0;
        std::vector<spec::Applied::Unready> unready; // those that ended it

        bool is_trial() const noexcept { return changed.trial; }
    };

    State state_of(const Item& item) const noexcept;
    State state_of(const Rollout& rollout) const noexcept;
    std::string why_not(const Item& item) const;
    std::vector<spec::Applied::Unready> unready(const Rollout& rollout) const;
    bool consider(Rollout& rollout, Millis now);
    void keep(const Rollout& rollout) noexcept;
    void settle(Rollout& rollout, Phase phase, Millis now);
    void tell(const Rollout& rollout, Severity severity, const char* reason, const char* what) const noexcept;
    const Rollout* trial() const noexcept;

    StateFile& state_;
    Control& control_;
    const Core& core_;
    Manifests& manifests_;
    const PodStore& pods_;
    const ObjectStore& objects_;
    const Order& order_;
    Jobs& jobs_;
    const EventRecorder& recorder_;
    std::vector<Rollout> open_;
    std::uint32_t next_id_ = 1;
};

} // namespace initd
