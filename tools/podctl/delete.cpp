// SPDX-License-Identifier: Apache-2.0
// delete: all objects are told to go before the first one is waited for, each over a connection of its own, because
// podinit takes the next call of a connection only after the last reply to the one before.
#include "tools/podctl/commands.hpp"

#include "tools/podctl/client.hpp"
#include "tools/podctl/json_value.hpp"
#include "tools/podctl/manifests.hpp"
#include "tools/podctl/names.hpp"
#include "tools/podctl/number.hpp"
#include "tools/podctl/objects.hpp"
#include "tools/podctl/output.hpp"

#include <algorithm>
#include <optional>

namespace ctl {

namespace {

constexpr std::size_t at_once = 16; // connections

struct Target {
    spec::Kind kind = spec::Kind::Pod;
    std::string namespace_;
    std::string name;
    std::string file; // where it was named; empty: on the command line
};

// "" when it is not there.
std::string text_member(const InputObject& object, const JsonValue* parent, std::string_view key,
                        std::string_view pointer) {
    const JsonValue* value = parent ? parent->find(key) : nullptr;
    if (value && value->kind != JsonValue::Kind::String)
        fail({to_text(object, {.pointer = std::string(pointer), .message = "expected a string"})});
    return value ? value->text : "";
}

// "deployment.apps" of apiVersion apps/v1 and kind Deployment.
std::string resource_name(std::string_view api_version, std::string_view kind) {
    std::string name(kind);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (const std::size_t slash = api_version.find('/'); slash != api_version.npos)
        name.append(".").append(api_version.substr(0, slash));
    return name;
}

// A manifest need not be valid for its object to be deleted: a kind and a name will do. What podinit never keeps is
// gone already.
std::vector<Target> targets_in(const Inputs& inputs, const Common& common) {
    if (const auto errors = inputs.errors(); !errors.empty())
        fail({errors.front()});
    std::vector<Target> targets;
    for (const InputObject& object : inputs.objects) {
        const auto value = read_json(object.json);
        const JsonValue* metadata = value ? value->find("metadata") : nullptr;
        Target target{.kind = {},
                      .namespace_ = text_member(object, metadata, "namespace", "/metadata/namespace"),
                      .name = text_member(object, metadata, "name", "/metadata/name"),
                      .file = object.file->name};
        const std::string kind = value ? text_member(object, &*value, "kind", "/kind") : "";
        const std::string api_version = value ? text_member(object, &*value, "apiVersion", "/apiVersion") : "";
        if (target.name.empty() || kind.empty())
            fail({to_text(object, {.pointer = "", .message = "not an object with a kind and a name"})});
        target.kind = spec::kind_of(resource_name(api_version, kind));
        if (target.kind == spec::Kind::Ignored)
            continue;
        if (target.namespace_.empty())
            target.namespace_ = common.namespace_or_default();
        targets.push_back(std::move(target));
    }
    return targets;
}

std::vector<Target> targets_selected(const Common& common, const DeleteOptions& options,
                                     const std::vector<Asked>& asked) {
    Client client(common.socket);
    std::vector<Target> targets;
    for (const ListedObject& object : find_objects(client, common, asked, options.selector, false).objects)
        targets.push_back({object.kind, object.metadata().namespace_, object.metadata().name, ""});
    if (targets.empty())
        print({"No resources found\n"});
    return targets;
}

std::vector<Target> find_targets(const Common& common, const DeleteOptions& options) {
    if (!options.files.empty()) {
        if (!options.args.empty())
            fail({"when -f is given, no resource may be named beside it"});
        return targets_in(read_inputs(options.files, options.recursive), common);
    }
    if (options.args.empty())
        fail({"You must provide one or more resources by name, -l, --all or -f; see 'podctl delete --help'"});
    const auto asked = parse_resources(options.args);
    const bool by_name = !asked.front().name.empty();
    if (options.all || !options.selector.empty()) {
        if (by_name)
            fail({"a name cannot be provided together with --all or a selector"});
        return targets_selected(common, options, asked);
    }
    if (!by_name)
        fail({"resource(s) were provided, but no name was specified"});
    std::vector<Target> targets;
    for (const Asked& each : asked)
        targets.push_back({each.kind, common.namespace_or_default(), each.name, ""});
    return targets;
}

std::optional<std::int64_t> grace_period(const DeleteOptions& options) {
    if (options.now && !options.grace_period.empty())
        fail({"--now and --grace-period cannot be specified together"});
    if (options.now)
        return 1;
    if (options.grace_period.empty())
        return std::nullopt;
    const std::int64_t seconds = parse_number("--grace-period", options.grace_period);
    return seconds < 0 ? std::nullopt : std::optional(seconds);
}

class Deletion {
  public:
    Deletion(const Common& common, const DeleteOptions& options, const Target& target,
             std::optional<std::int64_t> grace)
        : target_(target)
        , client_(common.socket)
        , wait_(options.wait)
        , ignore_not_found_(options.ignore_not_found)
        , call_(spec::Delete{target.namespace_, target.name, grace, std::string(spec::resource_of(target.kind))}) {
        client_.send({.call = call_, .more = wait_});
    }

    // True when podinit has begun, or there was nothing to delete and that is fine.
    bool begun() {
        const auto answer = client_.receive(call_);
        if (!answer) {
            gone_ = true;
            if (ignore_not_found_ && is_not_found(answer.error()))
                return true;
            spec::ControlError error = answer.error();
            if (!target_.file.empty())
                error.message = "error when deleting \"" + target_.file + "\": " + error.message;
            complain({to_text(error)});
            return false;
        }
        print({spec::resource_of(target_.kind), " \"", target_.name, "\" deleted\n"});
        gone_ = !answer->continues;
        return true;
    }

    bool wait() {
        while (!gone_) {
            const auto answer = client_.receive(call_);
            if (!answer) {
                complain({to_text(answer.error())});
                return false;
            }
            gone_ = !answer->continues;
        }
        return true;
    }

  private:
    const Target& target_;
    Client client_;
    bool wait_;
    bool ignore_not_found_;
    bool gone_ = false;
    spec::Call call_;
};

} // namespace

int run_delete(const Common& common, const DeleteOptions& options) {
    const auto grace = grace_period(options);
    const std::vector<Target> targets = find_targets(common, options);
    bool ok = true;
    for (std::size_t first = 0; first < targets.size(); first += at_once) {
        const std::size_t last = std::min(first + at_once, targets.size());
        std::vector<Deletion> deletions;
        for (std::size_t i = first; i < last; ++i)
            deletions.emplace_back(common, options, targets[i], grace);
        for (Deletion& deletion : deletions)
            ok = deletion.begun() && ok;
        flush_output(); // before the wait, so that one sees what is waited for
        for (Deletion& deletion : deletions)
            ok = deletion.wait() && ok;
    }
    return ok ? 0 : 1;
}

} // namespace ctl
