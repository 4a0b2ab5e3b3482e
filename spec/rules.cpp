// SPDX-License-Identifier: Apache-2.0
#include "spec/rules.hpp"

#include "spec/manifest.hpp"
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"
#include "spec/unique.hpp"

#include <algorithm>

namespace spec {

namespace {

bool name_before(const Volume* volume, std::string_view name) {
    return volume->name < name;
}

// A name may be taken by an init container, or earlier in the list.
void unique_names(const PodChecker& check, const Path& path) {
    const PodSpec& spec = check.spec;
    const auto name = [](const Container& container) -> const std::string& { return container.name; };
    for_each_duplicate(spec.containers, name, [&](std::size_t i) {
        check.duplicate(path.child("containers", i, "name"), spec.containers[i].name);
    });
    for_each_duplicate(spec.init_containers, name, [&](std::size_t i) {
        check.duplicate(path.child("initContainers", i, "name"), spec.init_containers[i].name);
    });
    for (std::size_t i = 0; i < spec.init_containers.size(); ++i) {
        const std::string& taken = spec.init_containers[i].name;
        if (std::ranges::find(spec.containers, taken, &Container::name) != spec.containers.end())
            check.duplicate(path.child("initContainers", i, "name"), taken);
    }
}

void check_spec(const PodChecker& check, const ObjectMeta& metadata, const Path& path) {
    const PodSpec& spec = check.spec;
    if (spec.containers.empty())
        return check.error(path.child("containers"), "must have at least one container");
    if (spec.containers.size() + spec.init_containers.size() > max_containers)
        return check.error(path.child("containers"),
                           "must have at most " + std::to_string(max_containers) + ", init containers included");
    check_volumes(check, path);
    check.each_container(path, [&](const Container& container, const Path& at, Role role) {
        check_container(check, container, at, role);
    });
    unique_names(check, path);
    check_pod(check, metadata, path);
}

} // namespace

PodChecker::PodChecker(const Pod& pod, Problems& problems)
    : Checker(problems)
    , spec(pod.spec) {
    if (spec.volumes.size() <= short_list)
        return;
    by_name_.reserve(spec.volumes.size());
    for (const Volume& volume : spec.volumes)
        by_name_.push_back(&volume);
    std::ranges::sort(by_name_, {}, &Volume::name);
}

const Volume* PodChecker::volume(std::string_view name) const {
    if (by_name_.empty()) {
        const auto at = std::ranges::find(spec.volumes, name, &Volume::name);
        return at == spec.volumes.end() ? nullptr : &*at;
    }
    const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name, name_before);
    return at == by_name_.end() || (*at)->name != name ? nullptr : *at;
}

void validate(const Pod& pod, Problems& problems, Of of, const Path& root) {
    const PodChecker check(pod, problems);
    const Path metadata = root.child("metadata");
    switch (of) {
    case Of::Pod: validate_metadata(pod.metadata, problems, metadata); break;
    case Of::Template: check_labels(check, pod.metadata, metadata); break;
    }
    check_annotations(check, pod.metadata, metadata);
    check_services(check, pod, metadata);
    check_spec(check, pod.metadata, root.child("spec"));
}

} // namespace spec
