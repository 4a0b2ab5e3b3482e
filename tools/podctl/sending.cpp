// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/sending.hpp"

#include "tools/podctl/client.hpp"
#include "tools/podctl/json_value.hpp"
#include "tools/podctl/output.hpp"

#include <map>

namespace ctl {

namespace {

// The object in the namespace that the command line gave, unless it names one itself.
std::string in_namespace(const InputObject& object, const std::string& wanted, std::vector<std::string>& errors) {
    auto value = wanted.empty() ? std::nullopt : read_json(object.json);
    if (!value || value->kind != JsonValue::Kind::Object)
        return object.json;
    JsonValue& own = value->members["metadata"].members["namespace"];
    if (own.kind == JsonValue::Kind::String && !own.text.empty() && own.text != wanted)
        errors.push_back("the namespace from the provided object \"" + own.text + "\" does not match the namespace \"" +
                         wanted + "\". You must pass '--namespace=" + own.text + "' to perform this operation.");
    own = json_string(wanted);
    return write_json(*value);
}

// A uid is podinit's to give: whoever sends this text on to a cluster would ask for one that is not there.
std::string without_new_uid(const std::string& text, const InputObject& input) {
    const auto given = read_json(input.json);
    auto value = read_json(text);
    if (!value || (given && find_at(*given, {"metadata", "uid"})))
        return text;
    value->members["metadata"].members.erase("uid");
    return write_json(*value);
}

ObjectToSend to_send(const InputObject& input, std::string json, spec::Object object) {
    ObjectToSend result{.input = &input,
                        .json = std::move(json),
                        .kind = object.kind,
                        .resource = std::move(object.resource),
                        .namespace_ = std::move(object.metadata.namespace_),
                        .name = std::move(object.metadata.name),
                        .text = {},
                        .warnings = {}};
    for (const spec::Problem& warning : object.warnings)
        result.warnings.push_back(to_text(input, warning));
    if (object.kind == spec::Kind::Ignored)
        result.text = result.json = input.json; // may be of no namespace at all
    else
        result.text = without_new_uid(object.kind == spec::Kind::Pod ? object.pods.front().text : object.text, input);
    return result;
}

[[noreturn]] void give_up(const std::vector<std::string>& errors) {
    for (std::size_t i = 0; i + 1 < errors.size(); ++i)
        complain({"error: ", errors[i]});
    throw Failure{"error: " + errors.back()};
}

// What podinit said of the objects that it was sent.
[[noreturn]] void give_up(const spec::ControlError& error, const std::vector<ObjectToSend>& sent) {
    std::vector<std::string> errors;
    for (const auto& item : error.problems)
        if (item.index >= 0 && item.index < static_cast<std::int64_t>(sent.size()))
            errors.push_back(to_text(*sent[static_cast<std::size_t>(item.index)].input,
                                     {.pointer = item.pointer, .message = item.message}));
    if (errors.empty())
        fail(error);
    give_up(errors);
}

bool has_pods(spec::Kind kind) {
    switch (kind) {
    case spec::Kind::Pod:
    case spec::Kind::DaemonSet:
    case spec::Kind::Deployment:
    case spec::Kind::StatefulSet: return true;
    case spec::Kind::ConfigMap:
    case spec::Kind::Secret:
    case spec::Kind::Ignored: return false;
    }
    return false;
}

} // namespace

std::vector<ObjectToSend> objects_to_send(const Inputs& inputs, const std::string& namespace_, std::string_view verb) {
    std::vector<ObjectToSend> objects;
    std::vector<std::string> errors = inputs.errors();
    std::map<std::string, std::string> seen; // RESOURCE/NAMESPACE/NAME -> file
    for (const InputObject& input : inputs.objects) {
        std::string json = in_namespace(input, namespace_, errors);
        auto object = spec::read_object(json);
        if (!object) {
            for (const spec::Problem& problem : object.error())
                if (problem.severity == spec::Severity::Error)
                    errors.push_back(to_text(input, problem));
            continue;
        }
        const ObjectToSend& added = objects.emplace_back(to_send(input, std::move(json), *std::move(object)));
        if (added.kind == spec::Kind::Ignored)
            continue;
        const auto [first, is_new] =
            seen.emplace(added.resource + '/' + added.namespace_ + '/' + added.name, input.file->name);
        if (!is_new)
            errors.push_back(to_text(
                input, {.pointer = "/metadata/name",
                        .message = added.resource + " \"" + added.name + "\" comes twice, first in " + first->second}));
    }
    if (!errors.empty())
        give_up(errors);
    if (objects.empty())
        fail({"no objects passed to ", verb});
    return objects;
}

spec::Applied send_objects(Client& client, const std::vector<ObjectToSend>& objects, spec::Apply call) {
    for (const ObjectToSend& object : objects)
        call.manifests.push_back({object.json});
    const spec::Call sent = std::move(call);
    client.send({.call = sent, .more = std::get<spec::Apply>(sent).wait_seconds.has_value()});
    auto answer = client.receive(sent);
    if (!answer)
        give_up(answer.error(), objects);
    auto applied = std::get<spec::Applied>(std::move(answer->reply));
    if (applied.items.size() != objects.size())
        fail({"podinit answered for other objects than were sent (are both of the same version?)"});
    return applied;
}

// As "kubectl wait" words it.
int await_rollout(Client& client, const std::vector<ObjectToSend>& objects, bool quiet) {
    const auto answer = value_or_fail(client.receive(spec::Apply{}));
    const auto& applied = std::get<spec::Applied>(answer.reply);
    if (applied.rollout == spec::Rollout::Complete) {
        for (const ObjectToSend& object : objects)
            if (!quiet && has_pods(object.kind))
                print({object.resource, "/", object.name, " condition met\n"});
        return 0;
    }
    for (const spec::Applied::Unready& object : applied.unready)
        complain(
            {"error: timed out waiting for the condition on ", object.resource, "/", object.name, ": ", object.why});
    if (applied.rollout == spec::Rollout::RolledBack)
        complain({"error: rolled back: all objects are as they were before"});
    return 1;
}

} // namespace ctl
