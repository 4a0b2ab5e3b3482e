// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/objects.hpp"

#include "tools/podctl/output.hpp"
#include "tools/podctl/selector.hpp"

#include <algorithm>
#include <tuple>

namespace ctl {

namespace {

[[noreturn]] void cannot_read(std::string_view what) {
    fail({"podinit sent an object that podctl cannot read: ", what, " (are both of the same version?)"});
}

spec::StringMap string_map(const JsonValue* value) {
    spec::StringMap map;
    if (value)
        for (const auto& [key, member] : value->members)
            map.emplace_back(key, member.text);
    return map;
}

ListedObject read_object(spec::Kind kind, std::string json) {
    ListedObject object{.kind = kind, .json = std::move(json), .pod = {}, .value = {}};
    if (kind == spec::Kind::Pod) {
        auto view = spec::read_pod_object(object.json);
        if (!view)
            cannot_read(view.error().front().pointer + ": " + view.error().front().message);
        object.pod = *std::move(view);
        return object;
    }
    auto value = read_json(object.json);
    if (!value)
        cannot_read("not JSON");
    object.value = *std::move(value);
    spec::ObjectMeta& metadata = object.pod.pod.metadata;
    metadata.name = text_at(object.value, {"metadata", "name"});
    metadata.namespace_ = text_at(object.value, {"metadata", "namespace"});
    metadata.uid = text_at(object.value, {"metadata", "uid"});
    metadata.creation_timestamp = text_at(object.value, {"metadata", "creationTimestamp"});
    metadata.labels = string_map(find_at(object.value, {"metadata", "labels"}));
    metadata.annotations = string_map(find_at(object.value, {"metadata", "annotations"}));
    return object;
}

} // namespace

std::expected<std::vector<ListedObject>, spec::ControlError>
list_objects(Client& client, spec::Kind kind, const std::string& namespace_, const std::string& name) {
    const spec::Call call = spec::List{namespace_, name, std::string(spec::resource_of(kind))};
    client.send({.call = call, .more = true});
    std::vector<ListedObject> objects;
    for (bool more = true; more;) {
        auto answer = client.receive(call);
        if (!answer)
            return std::unexpected(std::move(answer.error()));
        more = answer->continues;
        if (auto& listed = std::get<spec::Listed>(answer->reply); listed.object)
            objects.push_back(read_object(kind, std::move(listed.object->text)));
    }
    std::sort(objects.begin(), objects.end(), [](const ListedObject& a, const ListedObject& b) {
        return std::tie(a.metadata().namespace_, a.metadata().name) <
               std::tie(b.metadata().namespace_, b.metadata().name);
    });
    return objects;
}

Found find_objects(Client& client, const Common& common, const std::vector<Asked>& asked, const std::string& selector,
                   bool all_namespaces) {
    const auto wanted = parse_selector(selector);
    if (!wanted)
        fail({"unable to parse requirement: ", wanted.error()});
    const bool by_name = !asked.front().name.empty();
    if (!wanted->empty() && by_name)
        fail({"name cannot be provided when a selector is specified"});
    if (all_namespaces && by_name)
        fail({"a resource cannot be retrieved by name across all namespaces"});
    Found found;
    found.single = asked.size() == 1 && by_name;
    const std::string namespace_ = all_namespaces ? "" : common.namespace_or_default();
    for (const Asked& each : asked) {
        found.several_kinds = found.several_kinds || each.kind != asked.front().kind;
        auto objects = list_objects(client, each.kind, namespace_, each.name);
        if (!objects && (each.name.empty() || !is_not_found(objects.error())))
            fail(objects.error());
        if (by_name && (!objects || objects->empty())) {
            found.errors.push_back(to_text(spec::not_found(plural(each.kind), each.name)));
            continue;
        }
        for (ListedObject& object : *objects)
            if (matches(*wanted, object.metadata().labels))
                found.objects.push_back(std::move(object));
    }
    return found;
}

std::vector<ListedObject> owned_pods(Client& client, const spec::ObjectMeta& owner) {
    auto pods = value_or_fail(list_objects(client, spec::Kind::Pod, owner.namespace_, ""));
    std::erase_if(pods, [&](const ListedObject& pod) {
        const auto& owners = pod.metadata().owner_references;
        return std::none_of(owners.begin(), owners.end(),
                            [&](const spec::OwnerReference& reference) { return reference.uid == owner.uid; });
    });
    return pods;
}

std::vector<ListedObject> find_pods(Client& client, const std::string& namespace_, const Asked& asked) {
    auto objects = value_or_fail(list_objects(client, asked.kind, namespace_, asked.name));
    if (objects.empty())
        fail(spec::not_found(plural(asked.kind), asked.name));
    if (asked.kind == spec::Kind::Pod)
        return objects;
    auto pods = owned_pods(client, objects.front().metadata());
    if (pods.empty())
        fail({spec::resource_of(asked.kind), "/", asked.name, " has no pods"});
    return pods;
}

spec::PodView find_pod(Client& client, const std::string& namespace_, const Asked& asked, bool quiet) {
    auto pods = find_pods(client, namespace_, asked);
    // One that runs has more to say.
    const auto running = std::find_if(pods.begin(), pods.end(),
                                      [](const ListedObject& pod) { return pod.pod.status.phase == "Running"; });
    ListedObject& chosen = running == pods.end() ? pods.front() : *running;
    if (pods.size() > 1 && !quiet)
        complain({"Found ", std::to_string(pods.size()), " pods, using pod/", chosen.metadata().name});
    return std::move(chosen.pod);
}

std::string choose_container(const spec::PodView& pod, const std::string& asked, bool quiet) {
    const auto& containers = pod.pod.spec.containers;
    std::string names;
    for (const spec::Container& container : containers) {
        if (container.name == asked)
            return asked;
        names += (names.empty() ? "" : ", ") + container.name;
    }
    if (!asked.empty())
        fail({"container ", asked, " is not valid for pod ", pod.pod.metadata.name, "; it has: ", names});
    const std::string& first = containers.front().name;
    if (containers.size() > 1 && !quiet)
        complain({"Defaulted container \"", first, "\" out of: ", names});
    return first;
}

} // namespace ctl
