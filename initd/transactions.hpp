// SPDX-License-Identifier: Apache-2.0
// Apply and Delete: what a client wants changed is first changed on disk by a helper, durably, then put in force by the
// same reading of the file that a change by hand would get, and only then acknowledged.
#pragma once

#include "initd/control.hpp"
#include "initd/jobs.hpp"
#include "initd/manifests.hpp"
#include "initd/pods.hpp"
#include "initd/roles.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace initd {

class Transactions {
  public:
    // The last directory of `manifests` forgets at reboot (transient), the one before it is kept.
    Transactions(Control& control, Manifests& manifests, PodStore& pods, Jobs& jobs) noexcept
        : control_(control)
        , manifests_(manifests)
        , pods_(pods)
        , jobs_(jobs) {}

    // What there is nothing to do on disk for is in force at once.
    void apply(ClientId client, const spec::Apply& call, std::vector<PodChange>& changes);
    void remove(ClientId client, const spec::Delete& call, bool more, std::vector<PodChange>& changes);

    // A helper is done: the next one of its transaction starts, or what was changed on disk comes into force.
    void on_job(const JobResult& result, std::vector<PodChange>& changes);

    // The pod of that slot is gone for good: whoever waits for it is told.
    void on_forgotten(std::uint32_t slot) noexcept;

  private:
    struct Transaction {
        ClientId client;
        std::uint32_t job = 0;
        std::string directory;           // where the files go
        std::vector<StoredFile> files;   // to be written in one go; empty when done or not needed
        std::string content;             // of all of them
        std::vector<std::string> unlink; // after them, the same
        std::vector<std::string> done;   // paths to be looked at
        spec::Applied applied;           // Apply: the reply
        std::string deleted;             // Delete: the pod
        Millis grace = never;
        bool more = false;
    };
    struct Waiter {
        ClientId client;
        std::uint32_t slot;
    };

    bool start_next(Transaction& transaction, std::string& failure);
    void advance(Transaction&& transaction, std::vector<PodChange>& changes);
    void finish(Transaction& transaction, std::vector<PodChange>& changes);
    void await_end(ClientId client, std::uint32_t slot, bool more);
    bool plan_apply(const spec::Apply& call, Transaction& transaction, spec::ControlError& error);

    Control& control_;
    Manifests& manifests_;
    PodStore& pods_;
    Jobs& jobs_;
    std::vector<Transaction> running_;
    std::vector<Waiter> waiters_;
};

} // namespace initd
