// SPDX-License-Identifier: Apache-2.0
#include "initd/transactions.hpp"

#include "initd/files.hpp"

#include <algorithm>

namespace initd {

namespace {

bool below(std::string_view path, std::string_view directory) {
    return path.starts_with(directory) && path.substr(directory.size()).starts_with('/');
}

} // namespace

// Everything is checked before anything is written: false with the error for the client.
bool Transactions::plan_apply(const spec::Apply& call, Transaction& transaction, spec::ControlError& error) {
    const std::string& transient_dir = manifests_.directories().back();
    const std::string& directory = call.transient ? transient_dir : *(manifests_.directories().end() - 2);
    error = spec::ControlError{};
    error.name = "io.podinit.Invalid";
    std::vector<std::string> names;
    for (std::size_t i = 0; i < call.manifests.size(); ++i) {
        auto index = static_cast<std::int64_t>(i);
        auto manifest = spec::read_manifest(call.manifests[i].text);
        if (!manifest) {
            for (const spec::Problem& problem : manifest.error())
                error.problems.push_back({index, problem.pointer, problem.message});
            continue;
        }
        const spec::ObjectMeta& meta = manifest->pod.metadata;
        std::string name = spec::full_name(meta);
        if (std::find(names.begin(), names.end(), name) != names.end())
            error.problems.push_back({index, "/metadata/name", "pod " + name + " is there twice"});
        names.push_back(name);

        auto slot = pods_.find(name);
        bool same = slot && pods_.at(*slot).text == manifest->text;
        std::string path;  // the one of the directory's that counts, if the pod has one there
        bool kept = false; // by a file that lasts as long as this call asks for
        for (const std::string& file : manifests_.files_of(name)) {
            if (below(file, directory) && (path.empty() || file < path))
                path = file;
            bool is_transient = below(file, transient_dir);
            kept = kept || call.transient || !is_transient;
            if (is_transient && !call.transient)
                transaction.unlink.push_back(file); // it would hide what is written now
        }
        if (path.empty()) {
            path = directory + "/" + manifest_file_name(meta.namespace_, meta.name);
            if (std::string_view other = manifests_.pod_in(path); !other.empty())
                error.problems.push_back({index, "/metadata/name", path + " already holds pod " + std::string(other)});
        }
        spec::Applied::Item item{meta.namespace_, meta.name, spec::Outcome::Created, {}, "pod", {}};
        if (slot)
            item.outcome = same ? spec::Outcome::Unchanged : spec::Outcome::Configured;
        for (const spec::Problem& warning : manifest->warnings)
            item.warnings.push_back(warning.pointer + ": " + warning.message);
        transaction.applied.items.push_back(std::move(item));
        if (!same || !kept) {
            transaction.files.push_back({path.substr(directory.size() + 1), call.manifests[i].text.size() + 1});
            transaction.content += call.manifests[i].text;
            transaction.content += '\n';
            transaction.done.push_back(std::move(path));
        }
    }
    transaction.directory = directory;
    error.message = "the manifests are not valid";
    return error.problems.empty();
}

void Transactions::apply(ClientId client, const spec::Apply& call, std::vector<PodChange>& changes) {
    Transaction transaction;
    transaction.client = client;
    spec::ControlError error;
    if (!plan_apply(call, transaction, error))
        return control_.error(client, error);
    if (call.dry_run)
        return control_.reply(client, transaction.applied);
    advance(std::move(transaction), changes);
}

void Transactions::remove(ClientId client, const spec::Delete& call, bool more, std::vector<PodChange>& changes) {
    std::string name = (call.namespace_.empty() ? "default" : call.namespace_) + "/" + call.name;
    if (!pods_.find_any(name))
        return control_.error(client, spec::not_found("pods", call.name));
    Transaction transaction;
    transaction.client = client;
    transaction.unlink = manifests_.files_of(name);
    transaction.deleted = std::move(name);
    transaction.more = more;
    if (call.grace_period_seconds)
        transaction.grace = grace_period(*call.grace_period_seconds);
    advance(std::move(transaction), changes);
}

// Starts the helper for what comes next; false when nothing is left to do, or `failure` says why it cannot be done.
bool Transactions::start_next(Transaction& transaction, std::string& failure) {
    std::expected<std::uint32_t, ns::Error> job = 0u;
    if (!transaction.files.empty()) {
        auto files = std::exchange(transaction.files, {});
        auto content = memory_file(std::exchange(transaction.content, {}));
        job = content ? jobs_.start(store_plan(transaction.directory, files, content->get()), std::move(*content))
                      : std::unexpected(content.error());
    } else if (!transaction.unlink.empty()) {
        auto files = std::exchange(transaction.unlink, {});
        job = jobs_.start(remove_plan(files));
        transaction.done.insert(transaction.done.end(), files.begin(), files.end());
    } else {
        return false;
    }
    if (!job) {
        failure = ns::to_text(job.error());
        return false;
    }
    transaction.job = *job;
    return true;
}

void Transactions::advance(Transaction&& transaction, std::vector<PodChange>& changes) {
    std::string failure;
    if (start_next(transaction, failure)) {
        running_.push_back(std::move(transaction));
    } else if (failure.empty()) {
        finish(transaction, changes);
    } else {
        control_.error(transaction.client, spec::failed(failure));
    }
}

void Transactions::on_job(const JobResult& result, std::vector<PodChange>& changes) {
    auto at = std::find_if(running_.begin(), running_.end(), [&](const Transaction& t) { return t.job == result.id; });
    if (at == running_.end())
        return;
    Transaction transaction = std::move(*at);
    running_.erase(at);
    if (result.failure.empty())
        return advance(std::move(transaction), changes);
    control_.error(transaction.client, spec::failed(result.failure));
    for (const std::string& path : transaction.done)
        manifests_.look_at(path, changes);
}

void Transactions::finish(Transaction& transaction, std::vector<PodChange>& changes) {
    std::size_t before = changes.size();
    for (const std::string& path : transaction.done)
        manifests_.look_at(path, changes);
    if (transaction.deleted.empty())
        return control_.reply(transaction.client, transaction.applied);
    // inotify may have seen the file go before its helper was reaped: then the pod is leaving already, and is only told
    // how much time it has.
    bool seen = false;
    for (std::size_t i = before; i < changes.size(); ++i)
        if (!changes[i].wanted && changes[i].name == transaction.deleted) {
            changes[i].grace = transaction.grace;
            seen = true;
        }
    auto slot = pods_.find_any(transaction.deleted);
    if (!slot)
        return control_.reply(transaction.client, spec::Deleted{spec::DeleteState::Gone});
    if (!seen && pods_.at(*slot).leaving) // not: applied again meanwhile
        changes.push_back({transaction.deleted, false, {}, transaction.grace});
    await_end(transaction.client, *slot, transaction.more);
}

void Transactions::await_end(ClientId client, std::uint32_t slot, bool more) {
    control_.reply(client, spec::Deleted{spec::DeleteState::Deleting}, more);
    std::erase_if(waiters_, [&](const Waiter& w) { return !control_.connected(w.client); });
    if (more)
        waiters_.push_back({client, slot});
}

void Transactions::on_forgotten(std::uint32_t slot) noexcept {
    for (const Waiter& waiter : waiters_)
        if (waiter.slot == slot)
            control_.reply(waiter.client, spec::Deleted{spec::DeleteState::Gone});
    std::erase_if(waiters_, [&](const Waiter& w) { return w.slot == slot; });
}

} // namespace initd
