// SPDX-License-Identifier: Apache-2.0
#include "initd/apply_plan.hpp"

#include "initd/manifest_names.hpp"
#include "initd/name_hash.hpp"
#include "initd/workloads.hpp"
#include "spec/wait_graph.hpp"

#include <algorithm>
#include <utility>

namespace initd {

namespace {

bool below(std::string_view path, std::string_view directory) {
    return path.starts_with(directory) && path.substr(directory.size()).starts_with('/');
}

const std::string& text_of(const spec::Object& object) {
    return object.kind == spec::Kind::Pod ? object.pods.front().text : object.text;
}

struct Planning {
    struct Claim { // a name that an object of this call has taken
        std::uint32_t hash;
        std::string name;   // "deployment.apps default/web", "pod default/web-0"
        std::string holder; // of a workload's pod: the workload
    };

    const spec::Apply& call;
    const InForce& now;
    ApplyPlan plan;
    std::vector<spec::ControlError::Item> problems;
    std::vector<Claim> claims;
    spec::WaitGraph waits;
    std::vector<spec::Kind> kinds; // by index
    bool ordered = false;          // an object waits for others

    void add(std::size_t index);
    void complain(std::size_t index, std::string pointer, std::string message);
    void claim(std::size_t index, const spec::Object& object, std::string name, const std::string& holder);
    void check_names(std::size_t index, const spec::Object& object);
    void check_immutable(std::size_t index, const spec::Object& object);
    std::optional<std::string_view> text_in_force(const spec::Object& object, std::string_view name) const;
    void add_waits(const spec::Object& object);
    void check_waits();
    void add_file(std::size_t index, const spec::Object& object, bool same);
};

void Planning::complain(std::size_t index, std::string pointer, std::string message) {
    problems.push_back({static_cast<std::int64_t>(index), std::move(pointer), std::move(message)});
}

void Planning::claim(std::size_t index, const spec::Object& object, std::string name, const std::string& holder) {
    std::uint32_t hash = name_hash(name);
    auto other = std::find_if(claims.begin(), claims.end(),
                              [&](const Claim& claim) { return claim.hash == hash && claim.name == name; });
    if (other == claims.end())
        claims.push_back({hash, std::move(name), holder});
    else if (holder.empty() && other->holder.empty())
        complain(index, "/metadata/name", name + " is there twice");
    else
        complain(index, "/metadata/name", conflict_text(object, name, other->holder));
}

void Planning::check_names(std::size_t index, const spec::Object& object) {
    std::string self = object.resource + " " + spec::full_name(object.metadata);
    claim(index, object, self, "");
    if (object.kind != spec::Kind::Pod)
        for (const spec::Manifest& pod : object.pods)
            claim(index, object, "pod " + spec::full_name(pod.pod.metadata), self);
    if (auto conflict = find_conflict(now.pods, now.objects, object))
        complain(index, "/metadata/name", std::move(*conflict));
}

// As the API server words it (pkg/apis/core/validation, ValidateConfigMapUpdate).
void Planning::check_immutable(std::size_t index, const spec::Object& object) {
    const ObjectRecord* record = now.objects.find(object.kind, spec::full_name(object.metadata));
    if (!record || !is_immutable(record->text))
        return;
    constexpr const char* forbidden = "field is immutable when `immutable` is set";
    if (!is_immutable(object.text))
        complain(index, "/immutable", forbidden);
    if (object.data != record->data)
        complain(index, "/data", forbidden);
}

std::optional<std::string_view> Planning::text_in_force(const spec::Object& object, std::string_view name) const {
    if (object.kind == spec::Kind::Pod) {
        auto slot = now.pods.find(name);
        return slot ? std::optional(now.pods.at(*slot).text) : std::nullopt;
    }
    const ObjectRecord* record = now.objects.find(object.kind, name);
    return record ? std::optional(record->text) : std::nullopt;
}

void Planning::add_waits(const spec::Object& object) {
    waits.add(object, kinds.size() - 1);
    ordered = ordered || (!object.pods.empty() && spec::has_prerequisites(object.pods.front().pod.metadata));
}

// Among these objects, and those that there are.
void Planning::check_waits() {
    if (!ordered)
        return;
    for (std::uint32_t slot = 0; slot < now.pods.slots(); ++slot) {
        const PodRecord& pod = now.pods.at(slot);
        if (pod.name.empty() || pod.leaving)
            continue;
        const ObjectRecord* owner = now.objects.find(pod.owner);
        const std::string name = called("pod", pod.name);
        if (!owner) {
            waits.add(name, now.order.prerequisites(slot));
            continue;
        }
        const std::string workload = called(spec::resource_of(owner->kind), owner->name);
        waits.add_pod_of(name, workload);
        waits.add(workload, now.order.prerequisites(slot));
    }
    for (const spec::Kind kind : {spec::Kind::DaemonSet, spec::Kind::Deployment, spec::Kind::StatefulSet})
        for (const ObjectRecord* record = now.objects.next(kind, ""); record;
             record = now.objects.next(kind, record->name))
            waits.add(called(spec::resource_of(kind), record->name), {}); // without pods
    for (spec::WaitGraph::Finding& finding : waits.findings())
        complain(finding.who, spec::WaitGraph::pointer(finding, kinds[finding.who]),
                 finding.circle ? std::move(finding.what) : "there is no " + finding.what);
}

void Planning::add_file(std::size_t index, const spec::Object& object, bool same) {
    const std::string& directory = plan.changes.directory;
    const std::string& transient_dir = now.manifests.directories().back();
    std::string path;  // the one of the directory's that counts, if the object has one there
    bool kept = false; // by a file that lasts as long as this call asks for
    for (const std::string& file : now.manifests.files_of(object.kind, spec::full_name(object.metadata))) {
        if (below(file, directory) && (path.empty() || file < path))
            path = file;
        bool is_transient = below(file, transient_dir);
        kept = kept || call.transient || !is_transient;
        if (is_transient && !call.transient)
            plan.changes.removed.push_back(file); // it would hide what is written now
    }
    if (path.empty()) {
        path = directory + "/" + manifest_file_name(object.kind, object.metadata.namespace_, object.metadata.name);
        if (std::string other = now.manifests.object_in(path); !other.empty())
            complain(index, "/metadata/name", path + " already holds " + other);
    }
    if (same && kept)
        return;
    const std::string& text = call.manifests[index].text;
    plan.changes.files.push_back({path.substr(directory.size() + 1), text.size() + 1});
    plan.content += text;
    plan.content += '\n';
}

void Planning::add(std::size_t index) {
    auto object = spec::read_object(call.manifests[index].text);
    kinds.push_back(object ? object->kind : spec::Kind::Ignored);
    if (!object) {
        for (spec::Problem& problem : object.error())
            complain(index, std::move(problem.pointer), std::move(problem.message));
        return;
    }
    const spec::ObjectMeta& meta = object->metadata;
    spec::Applied::Item& item = plan.applied.items.emplace_back(
        meta.namespace_, meta.name, spec::Outcome::Ignored, std::vector<std::string>(), object->resource, std::nullopt);
    for (const spec::Problem& warning : object->warnings)
        item.warnings.push_back((warning.pointer.empty() ? "" : warning.pointer + ": ") + warning.message);
    if (object->kind == spec::Kind::Ignored)
        return;

    add_waits(*object);
    check_names(index, *object);
    check_immutable(index, *object);
    const auto text = text_in_force(*object, spec::full_name(meta));
    bool same = text && *text == text_of(*object);
    item.outcome = !text ? spec::Outcome::Created : same ? spec::Outcome::Unchanged : spec::Outcome::Configured;
    add_file(index, *object, same);
    if (call.dry_run)
        item.object = spec::RawJson{text_of(*object)};
}

} // namespace

const std::string& kept_directory(const Manifests& manifests) {
    return *(manifests.directories().end() - 2);
}

std::expected<ApplyPlan, spec::ControlError> plan_apply(const spec::Apply& call, const InForce& now) {
    Planning planning{call, now, {}, {}, {}, {}, {}};
    const Manifests& manifests = now.manifests;
    planning.plan.changes.directory = call.transient ? manifests.directories().back() : kept_directory(manifests);
    for (std::size_t index = 0; index < call.manifests.size(); ++index)
        planning.add(index);
    planning.check_waits();
    if (planning.problems.empty())
        return std::move(planning.plan);
    spec::ControlError error;
    error.name = "io.podinit.Invalid";
    error.message = "the manifests are not valid";
    error.problems = std::move(planning.problems);
    return std::unexpected(std::move(error));
}

} // namespace initd
