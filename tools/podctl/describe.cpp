// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/describe.hpp"

#include "tools/podctl/describe_parts.hpp"
#include "tools/podctl/print_pods.hpp"
#include "tools/podctl/table.hpp"

#include <algorithm>

namespace ctl {

using namespace describing;

namespace {

// How many bytes base64 text stands for.
std::string base64_size(std::string_view text) {
    const auto padding = std::count(text.begin(), text.end(), '=');
    return std::to_string(text.size() / 4 * 3 - static_cast<std::size_t>(padding));
}

void head(Writer& out, const ListedObject& object) {
    out.line(0, {"Name:\t", object.metadata().name});
    out.line(0, {"Namespace:\t", object.metadata().namespace_});
}

void labels_and_annotations(Writer& out, const ListedObject& object) {
    labels(out, "Labels", object.metadata().labels);
    annotations(out, "Annotations", object.metadata().annotations);
}

void config_map(Writer& out, const ListedObject& object) {
    head(out, object);
    labels_and_annotations(out, object);
    out.text += "\nData\n====\n";
    if (const JsonValue* data = object.value.find("data"))
        for (const auto& [key, value] : data->members)
            out.text += key + ":\n----\n" + value.text + "\n\n";
    out.text += "\nBinaryData\n====\n";
    if (const JsonValue* data = object.value.find("binaryData"))
        for (const auto& [key, value] : data->members)
            out.text += key + ": " + base64_size(value.text) + " bytes\n";
    out.text += "\n";
}

void secret(Writer& out, const ListedObject& object) {
    head(out, object);
    labels_and_annotations(out, object);
    out.text += "\nType:\t" + text_at(object.value, {"type"}) + "\n\nData\n====\n";
    if (const JsonValue* data = object.value.find("data"))
        for (const auto& [key, value] : data->members)
            out.line(0, {key, ":\t", base64_size(value.text), " bytes"});
}

// As metav1.LabelSelectorAsSelector prints it.
std::string selector_text(const JsonValue& object) {
    std::vector<std::string> requirements;
    if (const JsonValue* equal = find_at(object, {"spec", "selector", "matchLabels"}))
        for (const auto& [key, value] : equal->members)
            requirements.push_back(key + '=' + value.text);
    if (const JsonValue* list = find_at(object, {"spec", "selector", "matchExpressions"})) {
        for (const JsonValue& each : list->items) {
            const std::string key = text_at(each, {"key"});
            const std::string op = text_at(each, {"operator"});
            std::string values;
            if (const JsonValue* members = each.find("values"))
                for (const JsonValue& value : members->items)
                    values += (values.empty() ? "" : ",") + value.text;
            requirements.push_back(op == "Exists"         ? key
                                   : op == "DoesNotExist" ? "!" + key
                                                          : key + (op == "In" ? " in (" : " notin (") + values + ")");
        }
    }
    std::sort(requirements.begin(), requirements.end());
    std::string text;
    for (const std::string& requirement : requirements)
        text += (text.empty() ? "" : ",") + requirement;
    return text;
}

// The template as the pod that it makes; nullopt for one that podctl cannot read.
std::optional<spec::Pod> template_of(const JsonValue& object) {
    const JsonValue* pod_template = find_at(object, {"spec", "template"});
    auto view = spec::read_pod_object(pod_template ? write_json(*pod_template) : "");
    return view ? std::optional(std::move(view->pod)) : std::nullopt;
}

void pod_template(Writer& out, const JsonValue& object) {
    out.line(0, {"Pod Template:"});
    const auto pod = template_of(object);
    if (!pod)
        return out.line(1, {"<unset>"});
    labels(out, "  Labels", pod->metadata.labels);
    if (!pod->metadata.annotations.empty())
        annotations(out, "  Annotations", pod->metadata.annotations);
    if (const std::string* account = spec::find(pod->spec.ignored, "serviceAccountName"))
        if (const auto name = read_json(*account))
            out.line(1, {"Service Account:\t", name->text});
    if (!pod->spec.init_containers.empty())
        containers(out, "Init Containers", pod->spec.init_containers, {}, *pod, Where::Template);
    containers(out, "Containers", pod->spec.containers, {}, *pod, Where::Template);
    volumes(out, pod->spec.volumes, Where::Template);
    if (!pod->spec.priority_class_name.empty())
        out.line(1, {"Priority Class Name:\t", pod->spec.priority_class_name});
    placement(out, pod->spec, Where::Template);
}

void pods_status(Writer& out, std::span<const ListedObject> pods) {
    const auto count = [&](std::string_view phase) {
        return std::to_string(std::count_if(pods.begin(), pods.end(),
                                            [&](const ListedObject& pod) { return pod.pod.status.phase == phase; }));
    };
    out.line(0, {"Pods Status:\t", count("Running"), " Running / ", count("Pending"), " Waiting / ", count("Succeeded"),
                 " Succeeded / ", count("Failed"), " Failed"});
}

void daemon_set(Writer& out, const ListedObject& object, std::span<const ListedObject> pods) {
    const auto count = [&](std::string_view member) { return number_at(object.value, {"status", member}); };
    head(out, object);
    out.line(0, {"Selector:\t", selector_text(object.value)});
    const auto pod = template_of(object.value);
    out.line(0, {"Node-Selector:\t", labels_text(pod ? pod->spec.node_selector : spec::StringMap{})});
    labels_and_annotations(out, object);
    out.line(0, {"Desired Number of Nodes Scheduled: ", count("desiredNumberScheduled")});
    out.line(0, {"Current Number of Nodes Scheduled: ", count("currentNumberScheduled")});
    out.line(0, {"Number of Nodes Scheduled with Up-to-date Pods: ", count("updatedNumberScheduled")});
    out.line(0, {"Number of Nodes Scheduled with Available Pods: ", count("numberAvailable")});
    out.line(0, {"Number of Nodes Misscheduled: ", count("numberMisscheduled")});
    pods_status(out, pods);
    pod_template(out, object.value);
}

void deployment(Writer& out, const ListedObject& object) {
    const auto count = [&](std::string_view member) { return number_at(object.value, {"status", member}); };
    head(out, object);
    out.line(0, {"CreationTimestamp:\t", time_text(object.metadata().creation_timestamp)});
    labels_and_annotations(out, object);
    out.line(0, {"Selector:\t", selector_text(object.value)});
    out.line(0, {"Replicas:\t", number_at(object.value, {"spec", "replicas"}), " desired | ", count("updatedReplicas"),
                 " updated | ", count("replicas"), " total | ", count("availableReplicas"), " available | ",
                 count("unavailableReplicas"), " unavailable"});
    if (const std::string type = text_at(object.value, {"spec", "strategy", "type"}); !type.empty())
        out.line(0, {"StrategyType:\t", type});
    out.line(0, {"MinReadySeconds:\t", number_at(object.value, {"spec", "minReadySeconds"})});
    if (const JsonValue* rolling = find_at(object.value, {"spec", "strategy", "rollingUpdate"}))
        out.line(0, {"RollingUpdateStrategy:\t", number_at(*rolling, {"maxUnavailable"}), " max unavailable, ",
                     number_at(*rolling, {"maxSurge"}), " max surge"});
    pod_template(out, object.value);
    const JsonValue* conditions = find_at(object.value, {"status", "conditions"});
    if (!conditions || conditions->items.empty())
        return;
    out.line(0, {"Conditions:"});
    out.line(1, {"Type\tStatus\tReason"});
    out.line(1, {"----\t------\t------"});
    for (const JsonValue& condition : conditions->items)
        out.line(1, {text_at(condition, {"type"}), " \t", text_at(condition, {"status"}), "\t",
                     text_at(condition, {"reason"})});
}

void stateful_set(Writer& out, const ListedObject& object, std::span<const ListedObject> pods) {
    head(out, object);
    out.line(0, {"CreationTimestamp:\t", time_text(object.metadata().creation_timestamp)});
    out.line(0, {"Selector:\t", selector_text(object.value)});
    labels_and_annotations(out, object);
    out.line(0, {"Replicas:\t", number_at(object.value, {"spec", "replicas"}), " desired | ",
                 number_at(object.value, {"status", "replicas"}), " total"});
    if (const std::string type = text_at(object.value, {"spec", "updateStrategy", "type"}); !type.empty())
        out.line(0, {"Update Strategy:\t", type});
    if (const JsonValue* rolling = find_at(object.value, {"spec", "updateStrategy", "rollingUpdate"}))
        out.line(1, {"Partition:\t", number_at(*rolling, {"partition"})});
    pods_status(out, pods);
    pod_template(out, object.value);
    out.line(0, {"Volume Claims:\t<none>"});
}

// What podinit warned of when the pod was applied: said again of its text without what podinit adds to it.
spec::Problems warnings_of(const ListedObject& object) {
    auto value = read_json(object.json);
    if (!value)
        return {};
    value->members.erase("status");
    JsonValue& metadata = value->members["metadata"];
    for (const char* member : {"creationTimestamp", "deletionTimestamp", "ownerReferences", "uid"})
        metadata.members.erase(member);
    value->members["spec"].members.erase("nodeName"); // podinit says where it runs
    auto manifest = spec::read_manifest(write_json(*value));
    return manifest ? std::move(manifest->warnings) : spec::Problems{};
}

} // namespace

std::string describe(const ListedObject& object, std::span<const ListedObject> pods,
                     std::span<const ListedEvent> events, std::int64_t now_ms) {
    Writer out;
    switch (object.kind) {
    case spec::Kind::Pod: return describe_pod(object.pod, warnings_of(object), events, now_ms);
    case spec::Kind::ConfigMap: config_map(out, object); break;
    case spec::Kind::Secret: secret(out, object); break;
    case spec::Kind::DaemonSet: daemon_set(out, object, pods); break;
    case spec::Kind::Deployment: deployment(out, object); break;
    case spec::Kind::StatefulSet: stateful_set(out, object, pods); break;
    case spec::Kind::Ignored: break;
    }
    return align(out.text, describe_stops);
}

} // namespace ctl
