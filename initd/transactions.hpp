// SPDX-License-Identifier: Apache-2.0
// Apply and Delete: what a client wants changed is first changed on disk by a helper, durably, then put in force by the
// same reading of the file that a change by hand would get, and only then acknowledged.
#pragma once

#include "initd/apply_plan.hpp"
#include "initd/control.hpp"
#include "initd/jobs.hpp"
#include "initd/rollouts.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace initd {

class Transactions {
  public:
    Transactions(Control& control, Manifests& manifests, const PodStore& pods, const ObjectStore& objects,
                 const Order& order, Jobs& jobs, Rollouts& rollouts) noexcept
        : control_(control)
        , manifests_(manifests)
        , pods_(pods)
        , objects_(objects)
        , order_(order)
        , jobs_(jobs)
        , rollouts_(rollouts) {}

    // What there is nothing to do on disk for is in force at once.
    void apply(ClientId client, const spec::Apply& call, std::vector<ObjectChange>& changes);
    void remove(ClientId client, const spec::Delete& call, bool more, std::vector<ObjectChange>& changes);

    // A helper is done: what was changed on disk comes into force.
    void on_job(const JobResult& result, std::vector<ObjectChange>& changes);

    // The pod of that slot is gone for good: whoever waits for it, or for the last of its owner's, is told.
    void on_forgotten(std::uint32_t slot) noexcept;

  private:
    struct Deletion {
        spec::Kind kind = spec::Kind::Pod;
        std::string name;        // NAMESPACE/NAME; empty: this is none
        std::uint32_t owner = 0; // of a workload: its id
        Millis grace = never;
        bool more = false;
    };
    struct Transaction {
        ClientId client;
        std::uint32_t job = 0;
        ApplyPlan plan; // of a deletion only what is to be removed
        Deletion deletion;
        std::uint32_t rollout = 0; // what the client waits for; 0: nothing
    };
    struct Waiter {
        ClientId client;
        std::uint32_t slot;  // of the pod; or no_slot,
        std::uint32_t owner; // and this of the pods
    };

    void begin(Transaction&& transaction, std::vector<ObjectChange>& changes);
    void fail(const Transaction& transaction, std::string_view why);
    void look_at_files(const FileChanges& changed, std::vector<ObjectChange>& changes);
    void finish(Transaction& transaction, std::vector<ObjectChange>& changes);
    void finish_deletion(ClientId client, const Deletion& deletion, bool seen, std::vector<ObjectChange>& changes);
    void await_end(ClientId client, Waiter waiter, bool more);

    Control& control_;
    Manifests& manifests_;
    const PodStore& pods_;
    const ObjectStore& objects_;
    const Order& order_;
    Jobs& jobs_;
    Rollouts& rollouts_;
    std::vector<Transaction> running_;
    std::vector<Waiter> waiters_;
};

} // namespace initd
