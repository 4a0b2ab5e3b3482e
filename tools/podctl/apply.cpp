// SPDX-License-Identifier: Apache-2.0
// apply: every document of every file is checked here first, then all go to podinit in one call: all or nothing.
#include "tools/podctl/commands.hpp"

#include "spec/manifest.hpp"
#include "tools/podctl/client.hpp"
#include "tools/podctl/json_value.hpp"
#include "tools/podctl/manifests.hpp"
#include "tools/podctl/output.hpp"

#include <map>

namespace ctl {

namespace {

struct Checked {
    std::vector<spec::RawJson> manifests;
    std::vector<std::string> names;
    std::vector<std::string> warnings;
    std::vector<std::string> errors;
};

// What read_manifest() would call a wrong kind, in words that say what to do instead.
bool check_kind(const InputObject& object, Checked& checked) {
    const auto value = read_json(object.json);
    const JsonValue* kind = value ? value->find("kind") : nullptr;
    if (!kind || kind->kind != JsonValue::Kind::String || kind->text == "Pod")
        return true;
    checked.errors.push_back(to_text(object, {.pointer = "/kind",
                                              .message = "kind " + kind->text +
                                                         " is not supported by this version of podinit; "
                                                         "supported: Pod, List"}));
    return false;
}

// The manifest with the namespace that the command line gave, unless it names one itself.
std::string in_namespace(const InputObject& object, const std::string& wanted, Checked& checked) {
    auto value = read_json(object.json);
    if (wanted.empty() || !value)
        return object.json;
    JsonValue& own = value->members["metadata"].members["namespace"];
    if (own.kind == JsonValue::Kind::String && !own.text.empty() && own.text != wanted)
        checked.errors.push_back("the namespace from the provided object \"" + own.text +
                                 "\" does not match the namespace \"" + wanted +
                                 "\". You must pass '--namespace=" + own.text + "' to perform this operation.");
    own = json_string(wanted);
    return write_json(*value);
}

Checked check(const Inputs& inputs, const std::string& namespace_) {
    Checked checked{.manifests = {}, .names = {}, .warnings = {}, .errors = inputs.errors()};
    std::map<std::string, std::string> seen; // full name -> file
    for (const InputObject& object : inputs.objects) {
        if (!check_kind(object, checked))
            continue;
        auto manifest = spec::read_manifest(object.json);
        if (!manifest) {
            for (const spec::Problem& problem : manifest.error())
                if (problem.severity == spec::Severity::Error)
                    checked.errors.push_back(to_text(object, problem));
            continue;
        }
        for (const spec::Problem& warning : manifest->warnings)
            checked.warnings.push_back(to_text(object, warning));
        spec::ObjectMeta& metadata = manifest->pod.metadata;
        checked.manifests.push_back({in_namespace(object, namespace_, checked)});
        checked.names.push_back(metadata.name);
        if (!namespace_.empty())
            metadata.namespace_ = namespace_;
        const auto [first, added] = seen.emplace(spec::full_name(metadata), object.file->name);
        if (!added)
            checked.errors.push_back(
                to_text(object, {.pointer = "/metadata/name",
                                 .message = "pod \"" + metadata.name + "\" comes twice, first in " + first->second}));
    }
    return checked;
}

[[noreturn]] void give_up(const std::vector<std::string>& errors) {
    for (std::size_t i = 0; i + 1 < errors.size(); ++i)
        complain({"error: ", errors[i]});
    throw Failure{"error: " + errors.back()};
}

void print_applied(const spec::Applied& applied, std::string_view suffix) {
    for (const auto& item : applied.items)
        for (const std::string& warning : item.warnings)
            complain({"Warning: ", warning});
    for (const auto& item : applied.items) {
        std::string_view outcome;
        switch (item.outcome) {
        case spec::Outcome::Created: outcome = "created"; break;
        case spec::Outcome::Configured: outcome = "configured"; break;
        case spec::Outcome::Unchanged: outcome = "unchanged"; break;
        case spec::Outcome::Ignored: outcome = "ignored"; break;
        }
        print({item.resource, "/", item.name, " ", outcome, suffix, "\n"});
    }
}

} // namespace

int run_apply(const Common& common, const ApplyOptions& options) {
    if (options.files.empty())
        fail({"must specify -f"});
    if (options.dry_run != "none" && options.dry_run != "client" && options.dry_run != "server")
        fail({"Invalid dry-run value (", options.dry_run, "). Must be \"none\", \"server\", or \"client\"."});
    const Inputs inputs = read_inputs(options.files);
    Checked checked = check(inputs, common.namespace_);
    if (!checked.errors.empty())
        give_up(checked.errors);
    if (checked.manifests.empty())
        fail({"no objects passed to apply"});
    if (options.dry_run == "client") {
        for (const std::string& warning : checked.warnings)
            complain({"Warning: ", warning});
        for (const std::string& name : checked.names)
            print({"pod/", name, " created (dry run)\n"});
        return 0;
    }
    const bool dry_run = options.dry_run == "server";
    const spec::Call call = spec::Apply{std::move(checked.manifests), options.transient, dry_run};
    const auto applied = Client(common.socket).ask<spec::Applied>(call);
    if (applied) {
        print_applied(*applied, dry_run ? " (server dry run)" : "");
        return 0;
    }
    std::vector<std::string> errors;
    for (const auto& item : applied.error().problems)
        if (item.index >= 0 && item.index < static_cast<std::int64_t>(inputs.objects.size()))
            errors.push_back(to_text(inputs.objects[static_cast<std::size_t>(item.index)],
                                     {.pointer = item.pointer, .message = item.message}));
    if (errors.empty())
        fail(applied.error());
    give_up(errors);
}

} // namespace ctl
