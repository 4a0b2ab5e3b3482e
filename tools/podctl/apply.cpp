// SPDX-License-Identifier: Apache-2.0
// apply, create and replace: every document of every file is checked here first, then all go to podinit in one call,
// which takes all of them or none.
#include "tools/podctl/commands.hpp"

#include "spec/duration.hpp"
#include "tools/podctl/client.hpp"
#include "tools/podctl/objects.hpp"
#include "tools/podctl/output.hpp"
#include "tools/podctl/print_objects.hpp"
#include "tools/podctl/sending.hpp"

#include <algorithm>

namespace ctl {

namespace {

using Mode = ApplyOptions::Mode;
using Objects = std::vector<ObjectToSend>;

std::string_view name_of(Mode mode) {
    switch (mode) {
    case Mode::Apply: return "apply";
    case Mode::Create: return "create";
    case Mode::Replace: return "replace";
    }
    return "";
}

std::string_view text_of(spec::Outcome outcome, Mode mode) {
    switch (outcome) {
    case spec::Outcome::Created: return "created";
    case spec::Outcome::Configured: return mode == Mode::Replace ? "replaced" : "configured";
    case spec::Outcome::Unchanged: return mode == Mode::Replace ? "replaced" : "unchanged";
    case spec::Outcome::Ignored: return "ignored";
    }
    return "";
}

// Takes those away that are there already (create) or not yet (replace), and says so. False when there are any.
bool take_away_unfit(Client& client, const ApplyOptions& options, Objects& objects) {
    const spec::Applied would_be = send_objects(client, objects, {.transient = options.transient, .dry_run = true});
    Objects fit;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        const ObjectToSend& object = objects[i];
        const spec::Outcome outcome = would_be.items[i].outcome;
        const bool is_new = outcome == spec::Outcome::Created;
        if (outcome == spec::Outcome::Ignored || is_new == (options.mode == Mode::Create)) {
            fit.push_back(object);
            continue;
        }
        const std::string_view file = object.input->file->name;
        complain({"Error from server (", is_new ? "NotFound" : "AlreadyExists", "): error when ",
                  is_new ? "replacing" : "creating", " \"", file, "\": ", plural(object.kind), " \"", object.name,
                  is_new ? "\" not found" : "\" already exists"});
    }
    const bool all = fit.size() == objects.size();
    objects = std::move(fit);
    return all;
}

// With the object's name where there are several.
void print_warnings(const ObjectToSend& object, const std::vector<std::string>& warnings, bool several) {
    for (const std::string& warning : warnings)
        if (several)
            warn({object.resource, "/", object.name, ": ", warning});
        else
            warn({warning});
}

void print_results(const ApplyOptions& options, const Objects& objects, const spec::Applied& applied,
                   std::string_view suffix) {
    for (std::size_t i = 0; i < objects.size(); ++i) {
        print({objects[i].resource, "/", objects[i].name});
        if (options.output != "name")
            print({" ", text_of(applied.items[i].outcome, options.mode), suffix});
        print({"\n"});
    }
}

// As they would be, or are now.
std::vector<std::string> texts_of(Client& client, const Objects& objects, const spec::Applied& applied) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        const ObjectToSend& object = objects[i];
        if (applied.items[i].object) {
            texts.push_back(applied.items[i].object->text);
        } else if (object.kind == spec::Kind::Ignored) {
            texts.push_back(object.text);
        } else {
            auto listed = value_or_fail(list_objects(client, object.kind, object.namespace_, object.name));
            texts.push_back(listed.empty() ? object.text : std::move(listed.front().json));
        }
    }
    return texts;
}

bool as_documents(const ApplyOptions& options) {
    return options.output == "json" || options.output == "yaml";
}

int run_here(const ApplyOptions& options, const Objects& objects) {
    spec::Applied applied;
    std::vector<std::string> texts;
    for (const ObjectToSend& object : objects) {
        print_warnings(object, object.warnings, objects.size() > 1);
        const bool ignored = object.kind == spec::Kind::Ignored;
        applied.items.push_back({.outcome = ignored ? spec::Outcome::Ignored : spec::Outcome::Created});
        texts.push_back(object.text);
    }
    if (as_documents(options))
        print_json(as_one_json(texts, true), options.output);
    else
        print_results(options, objects, applied, " (dry run)");
    return 0;
}

// In whole seconds, as podinit counts them.
std::int64_t seconds_of(const std::string& timeout) {
    const auto wanted = spec::parse_duration_ms(timeout);
    if (!wanted)
        fail({"invalid argument \"", timeout, "\" for \"--timeout\": a duration is written like 5s, 2m or 1h30m"});
    constexpr std::int64_t longest = 86'400'000;
    if (*wanted < 1'000 || *wanted > longest)
        fail({"--timeout must be between 1s and 24h"});
    return *wanted / 1'000;
}

} // namespace

int run_apply(const Common& common, const ApplyOptions& options) {
    if (options.files.empty())
        fail({"must specify -f"});
    if (options.dry_run != "none" && options.dry_run != "client" && options.dry_run != "server")
        fail({"Invalid dry-run value (", options.dry_run, "). Must be \"none\", \"server\", or \"client\"."});
    if (!options.output.empty() && options.output != "name" && !as_documents(options))
        fail({"unable to match a printer suitable for the output format \"", options.output,
              "\", allowed formats are: json,name,yaml"});
    if (options.rollback && !options.wait)
        fail({"--rollback needs --wait: what is not waited for cannot fail"});
    const Inputs inputs = read_inputs(options.files, options.recursive);
    Objects objects = objects_to_send(inputs, common.namespace_, name_of(options.mode));
    if (options.dry_run == "client")
        return run_here(options, objects);
    Client client(common.socket);
    const bool ok = options.mode == Mode::Apply || take_away_unfit(client, options, objects);
    if (objects.empty())
        return 1;
    const bool several = objects.size() > 1;
    const bool dry_run = options.dry_run == "server";
    spec::Apply call{.transient = options.transient, .dry_run = dry_run};
    if (options.wait && !dry_run) {
        call.wait_seconds = seconds_of(options.timeout);
        call.rollback = options.rollback;
    }
    const bool waits = call.wait_seconds.has_value();
    const spec::Applied applied = send_objects(client, objects, std::move(call));
    for (std::size_t i = 0; i < objects.size(); ++i)
        print_warnings(objects[i], applied.items[i].warnings, several);
    if (as_documents(options))
        print_json(as_one_json(texts_of(client, objects, applied), true), options.output);
    else
        print_results(options, objects, applied, dry_run ? " (server dry run)" : "");
    const int code = ok ? 0 : 1;
    if (!waits)
        return code;
    flush_output(); // what has been done is to be seen meanwhile
    return std::max(code, await_rollout(client, objects, !options.output.empty()));
}

} // namespace ctl
