// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/check.hpp"

#include "spec/wait_graph.hpp"

#include <map>
#include <tuple>

namespace ctl {

namespace {

using spec::Kind;
using spec::Severity;

// What a pod asks of a local object.
struct Reference {
    std::string pointer;
    Kind kind = Kind::ConfigMap;
    std::string_view name;
    std::string_view key; // empty: no key in particular
    bool optional = false;
};

std::string at(const std::string& list, std::size_t index) {
    return list + '/' + std::to_string(index);
}

void add_volume(const std::string& pointer, Kind kind, const spec::ObjectVolume& volume, std::vector<Reference>& out) {
    const bool optional = volume.optional.value_or(false);
    if (volume.items.empty())
        out.push_back({pointer, kind, volume.name, {}, optional});
    for (std::size_t i = 0; i < volume.items.size(); ++i)
        out.push_back({at(pointer + "/items", i) + "/key", kind, volume.name, volume.items[i].key, optional});
}

void add_volumes(const spec::PodSpec& spec, std::vector<Reference>& out) {
    for (std::size_t i = 0; i < spec.volumes.size(); ++i) {
        const spec::Volume& volume = spec.volumes[i];
        const std::string pointer = at("/spec/volumes", i);
        if (volume.config_map)
            add_volume(pointer + "/configMap", Kind::ConfigMap, *volume.config_map, out);
        if (volume.secret)
            add_volume(pointer + "/secret", Kind::Secret, *volume.secret, out);
        if (!volume.projected)
            continue;
        for (std::size_t j = 0; j < volume.projected->sources.size(); ++j) {
            const spec::VolumeProjection& source = volume.projected->sources[j];
            const std::string below = at(pointer + "/projected/sources", j);
            if (source.config_map)
                add_volume(below + "/configMap", Kind::ConfigMap, *source.config_map, out);
            if (source.secret)
                add_volume(below + "/secret", Kind::Secret, *source.secret, out);
        }
    }
}

void add_environment(const std::string& container, const spec::Container& of, std::vector<Reference>& out) {
    for (std::size_t i = 0; i < of.env_from.size(); ++i) {
        const spec::EnvFromSource& source = of.env_from[i];
        const std::string pointer = at(container + "/envFrom", i);
        if (source.config_map_ref)
            out.push_back({pointer + "/configMapRef",
                           Kind::ConfigMap,
                           source.config_map_ref->name,
                           {},
                           source.config_map_ref->optional.value_or(false)});
        if (source.secret_ref)
            out.push_back({pointer + "/secretRef",
                           Kind::Secret,
                           source.secret_ref->name,
                           {},
                           source.secret_ref->optional.value_or(false)});
    }
    for (std::size_t i = 0; i < of.env.size(); ++i) {
        if (!of.env[i].value_from)
            continue;
        const std::string pointer = at(container + "/env", i) + "/valueFrom";
        const spec::EnvVarSource& source = *of.env[i].value_from;
        if (const auto& key = source.config_map_key_ref)
            out.push_back(
                {pointer + "/configMapKeyRef", Kind::ConfigMap, key->name, key->key, key->optional.value_or(false)});
        if (const auto& key = source.secret_key_ref)
            out.push_back(
                {pointer + "/secretKeyRef", Kind::Secret, key->name, key->key, key->optional.value_or(false)});
    }
}

std::vector<Reference> references_of(const spec::PodSpec& spec) {
    std::vector<Reference> out;
    add_volumes(spec, out);
    for (std::size_t i = 0; i < spec.init_containers.size(); ++i)
        add_environment(at("/spec/initContainers", i), spec.init_containers[i], out);
    for (std::size_t i = 0; i < spec.containers.size(); ++i)
        add_environment(at("/spec/containers", i), spec.containers[i], out);
    return out;
}

using Identity = std::tuple<Kind, std::string_view, std::string_view>;
using Index = std::map<Identity, const CheckedObject*>;

std::string called(const spec::Object& object) {
    return object.resource + " \"" + object.metadata.name + '"';
}

// A later directory wins over an earlier one, which may well be meant. In one directory nobody means it.
void check_twice(const CheckedObject& first, const CheckedObject& second, CheckReport& report) {
    const bool hides = first.directory != second.directory && first.directory != 0 && second.directory != 0;
    report.add(
        locate(*second.input, {.pointer = "/metadata/name",
                               .message = called(second.object) +
                                          (hides ? " takes the place of the one in " : " comes twice, first in ") +
                                          first.input->file->name}),
        hides ? Severity::Warning : Severity::Error);
}

void check_reference(const CheckedObject& object, const Reference& reference, const Index& index, CheckReport& report) {
    if (reference.optional)
        return;
    const auto found = index.find({reference.kind, object.object.metadata.namespace_, reference.name});
    std::string message = std::string(spec::resource_of(reference.kind)) + " \"" + std::string(reference.name) + '"';
    if (found == index.end())
        message += " is not among these files: the pod waits until there is one";
    else if (!reference.key.empty() && !spec::find(found->second->object.data, reference.key))
        message += " has no key \"" + std::string(reference.key) + "\": the pod waits until it has";
    else
        return;
    report.add(locate(*object.input, {.pointer = object.pod_pointer() + reference.pointer, .message = message}),
               Severity::Warning);
}

// Later files win over earlier ones by the same name.
void check_order(std::span<const CheckedObject> objects, CheckReport& report) {
    spec::WaitGraph waits;
    for (std::size_t i = objects.size(); i-- > 0;)
        if (objects[i].object.kind != Kind::Ignored)
            waits.add(objects[i].object, i);
    for (const spec::WaitGraph::Finding& finding : waits.findings()) {
        const CheckedObject& object = objects[finding.who];
        report.add(
            locate(*object.input,
                   {.pointer = spec::WaitGraph::pointer(finding, object.object.kind),
                    .message = finding.circle
                                   ? finding.what
                                   : finding.what + " is not among these files: the pod waits until there is one"}),
            finding.circle ? Severity::Error : Severity::Warning);
    }
}

} // namespace

void check_across(std::span<const CheckedObject> objects, CheckReport& report) {
    Index index;
    for (const CheckedObject& object : objects) {
        const spec::ObjectMeta& metadata = object.object.metadata;
        if (object.object.kind == Kind::Ignored)
            continue;
        const auto [first, added] =
            index.emplace(Identity{object.object.kind, metadata.namespace_, metadata.name}, &object);
        if (!added) {
            check_twice(*first->second, object, report);
            first->second = &object;
        }
    }
    std::map<std::string, const CheckedObject*> pods; // by full name
    for (const CheckedObject& object : objects) {
        for (const spec::Manifest& pod : object.object.pods) {
            const auto [other, added] = pods.emplace(spec::full_name(pod.pod.metadata), &object);
            const spec::Object& owner = other->second->object;
            const bool same = owner.kind == object.object.kind && owner.metadata.name == object.object.metadata.name;
            if (!added && !same) // two of the same identity have been told of
                report.add(
                    locate(*object.input, {.pointer = "/metadata/name",
                                           .message = "its pod \"" + pod.pod.metadata.name + "\" is also one of " +
                                                      called(owner) + " in " + other->second->input->file->name}),
                    Severity::Error);
        }
        if (!object.object.pods.empty())
            for (const Reference& reference : references_of(object.object.pods.front().pod.spec))
                check_reference(object, reference, index, report);
    }
    check_order(objects, report);
}

} // namespace ctl
