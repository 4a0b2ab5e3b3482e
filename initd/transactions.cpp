// SPDX-License-Identifier: Apache-2.0
#include "initd/transactions.hpp"

#include "initd/clock.hpp"
#include "initd/files.hpp"
#include "initd/pod_facts.hpp"
#include "initd/workloads.hpp"

#include <algorithm>
#include <utility>

namespace initd {

void Transactions::apply(ClientId client, const spec::Apply& call, std::vector<ObjectChange>& changes) {
    auto plan = plan_apply(call, {manifests_, pods_, objects_, order_});
    if (!plan)
        return control_.error(client, plan.error());
    if (call.dry_run)
        return control_.reply(client, plan->applied);
    if (const std::string why = rollouts_.objection(call, *plan); !why.empty())
        return control_.error(client, spec::refused(why));
    Transaction transaction;
    transaction.client = client;
    plan->changes.trial = call.rollback && !plan->changes.files.empty();
    if (call.wait_seconds)
        transaction.rollout = rollouts_.begin(client, call, *plan);
    transaction.plan = std::move(*plan);
    const std::uint32_t rollout = transaction.rollout;
    try {
        begin(std::move(transaction), changes);
    } catch (...) {
        rollouts_.abandon(rollout);
        throw;
    }
}

void Transactions::remove(ClientId client, const spec::Delete& call, bool more, std::vector<ObjectChange>& changes) {
    spec::Kind kind = call.resource.empty() ? spec::Kind::Pod : spec::kind_of(call.resource);
    if (kind == spec::Kind::Ignored)
        return control_.error(client, unknown_resource(call.resource));
    std::string name = (call.namespace_.empty() ? "default" : call.namespace_) + "/" + call.name;
    const ObjectRecord* record = objects_.find(kind, name);
    if (!record && !(kind == spec::Kind::Pod && pods_.find_any(name)))
        return control_.error(client, spec::not_found(plural(spec::resource_of(kind)), call.name));
    if (const std::string why = rollouts_.on_trial(kind, name); !why.empty())
        return control_.error(client, spec::refused(why));
    Transaction transaction;
    transaction.client = client;
    transaction.plan.changes.directory = kept_directory(manifests_);
    transaction.plan.changes.removed = manifests_.files_of(kind, name);
    transaction.deletion = {kind, std::move(name), record ? record->id : 0, never, more};
    if (call.grace_period_seconds)
        transaction.deletion.grace = seconds_of(*call.grace_period_seconds);
    begin(std::move(transaction), changes);
}

// The helper does what there is to do on disk; without that, it is in force at once.
void Transactions::begin(Transaction&& transaction, std::vector<ObjectChange>& changes) {
    const FileChanges& wanted = transaction.plan.changes;
    if (wanted.files.empty() && wanted.removed.empty())
        return finish(transaction, changes);
    running_.reserve(running_.size() + 1);
    auto content = memory_file(std::exchange(transaction.plan.content, {}));
    auto job = content ? jobs_.start(store_plan(wanted, content->get()), std::move(*content))
                       : std::unexpected(content.error());
    if (!job)
        return fail(transaction, ns::to_text(job.error()));
    transaction.job = *job;
    running_.push_back(std::move(transaction));
}

void Transactions::fail(const Transaction& transaction, std::string_view why) {
    rollouts_.abandon(transaction.rollout);
    control_.error(transaction.client, spec::failed(why));
}

void Transactions::look_at_files(const FileChanges& changed, std::vector<ObjectChange>& changes) {
    for (const StoredFile& file : changed.files)
        manifests_.look_at(changed.directory + "/" + file.name, changes);
    for (const std::string& path : changed.removed)
        manifests_.look_at(path, changes);
}

void Transactions::on_job(const JobResult& result, std::vector<ObjectChange>& changes) {
    auto at = std::find_if(running_.begin(), running_.end(), [&](const Transaction& t) { return t.job == result.id; });
    if (at == running_.end())
        return;
    Transaction transaction = std::move(*at);
    running_.erase(at);
    if (result.failure.empty())
        return finish(transaction, changes);
    fail(transaction, result.failure);
    look_at_files(transaction.plan.changes, changes);
}

void Transactions::finish(Transaction& transaction, std::vector<ObjectChange>& changes) {
    std::size_t before = changes.size();
    look_at_files(transaction.plan.changes, changes);
    const Deletion& deletion = transaction.deletion;
    if (deletion.name.empty()) {
        const bool waits = transaction.rollout != 0;
        if (waits)
            transaction.plan.applied.rollout = spec::Rollout::Progressing;
        control_.reply(transaction.client, transaction.plan.applied, waits);
        return rollouts_.in_force(transaction.rollout, boot_time());
    }
    bool seen = false;
    for (std::size_t i = before; i < changes.size(); ++i)
        if (!changes[i].wanted && changes[i].kind == deletion.kind && changes[i].name == deletion.name) {
            changes[i].grace = deletion.grace;
            seen = true;
        }
    finish_deletion(transaction.client, deletion, seen, changes);
}

// The object is being removed by one of `changes` (`seen`); or inotify has seen the file go before its helper was
// reaped, and then its pods are leaving already and are only told how much time they have; or it was applied again
// meanwhile, and is there. A workload's pod has no file: it is removed here.
void Transactions::finish_deletion(ClientId client, const Deletion& deletion, bool seen,
                                   std::vector<ObjectChange>& changes) {
    if (deletion.kind == spec::Kind::Pod) {
        auto slot = pods_.find_to_remove(deletion.name);
        if (!slot)
            return control_.reply(client, spec::Deleted{spec::DeleteState::Gone});
        if (!seen && (pods_.at(*slot).leaving || pods_.at(*slot).owner != 0))
            changes.push_back({spec::Kind::Pod, deletion.name, false, {}, deletion.grace, {}});
        return await_end(client, {client, *slot, 0}, deletion.more);
    }
    bool again = !seen && objects_.find(deletion.owner);
    if (!is_workload(deletion.kind) || again || !has_pods(pods_, deletion.owner))
        return control_.reply(client, spec::Deleted{spec::DeleteState::Gone});
    if (!seen)
        for (std::uint32_t slot = 0; slot < pods_.slots(); ++slot)
            if (pods_.at(slot).owner == deletion.owner)
                changes.push_back({spec::Kind::Pod, std::string(pods_.at(slot).name), false, {}, deletion.grace, {}});
    await_end(client, {client, no_slot, deletion.owner}, deletion.more);
}

void Transactions::await_end(ClientId client, Waiter waiter, bool more) {
    control_.reply(client, spec::Deleted{spec::DeleteState::Deleting}, more);
    std::erase_if(waiters_, [&](const Waiter& w) { return !control_.connected(w.client); });
    if (more)
        waiters_.push_back(waiter);
}

void Transactions::on_forgotten(std::uint32_t slot) noexcept {
    std::uint32_t owner = pods_.at(slot).owner;
    bool last = owner != 0 && !has_pods(pods_, owner, slot);
    std::erase_if(waiters_, [&](const Waiter& waiter) {
        bool over = waiter.slot == slot || (last && waiter.owner == owner);
        if (over)
            control_.reply(waiter.client, spec::Deleted{spec::DeleteState::Gone});
        return over;
    });
}

} // namespace initd
