// SPDX-License-Identifier: Apache-2.0
// get and describe: what podinit says of what it keeps, in the shapes that kubectl gives it.
#include "tools/podctl/commands.hpp"

#include "tools/podctl/describe.hpp"
#include "tools/podctl/duration.hpp"
#include "tools/podctl/events.hpp"
#include "tools/podctl/jsonpath.hpp"
#include "tools/podctl/output.hpp"
#include "tools/podctl/print_objects.hpp"

namespace ctl {

namespace {

std::vector<Asked> asked_of(const GetOptions& options) {
    if (options.args.empty())
        fail({"Required resource not specified; podinit has pods, configmaps, secrets, daemonsets, deployments and "
              "statefulsets, as in 'podctl get pods'"});
    return parse_resources(options.args);
}

bool asks_for_events(const GetOptions& options) {
    return !options.args.empty() && is_events(options.args.front());
}

// The events of one pod, if podinit tells them.
std::vector<ListedEvent> events_of(Client& client, const spec::ObjectMeta& pod) {
    auto events = list_events(client, pod.namespace_, pod.name).value_or(std::vector<ListedEvent>{});
    std::erase_if(events, [&](const ListedEvent& each) { return each.event.involved_object.uid != pod.uid; });
    return events;
}

void say_none_found(const Common& common, const GetOptions& options) {
    if (options.all_namespaces)
        complain({"No resources found"});
    else
        complain({"No resources found in ", common.namespace_or_default(), " namespace."});
}

constexpr std::string_view jsonpath = "jsonpath=";
constexpr std::string_view columns = "custom-columns=";

void check_output(std::string_view output) {
    for (const std::string_view known : {"", "wide", "json", "yaml", "name"})
        if (output == known)
            return;
    if (!output.starts_with(jsonpath) && !output.starts_with(columns))
        fail({"unable to match a printer suitable for the output format \"", output,
              "\", allowed formats are: custom-columns=SPEC,json,jsonpath=TEMPLATE,name,wide,yaml"});
}

void print_found(const Common& common, const GetOptions& options, const Found& found) {
    const std::string_view output = options.output;
    if (found.objects.empty() && !found.errors.empty())
        return;
    if (output == "json" || output == "yaml" || output.starts_with(jsonpath)) {
        std::vector<std::string> texts;
        for (const ListedObject& object : found.objects)
            texts.push_back(object.json);
        const std::string json = as_one_json(texts, found.single);
        if (output.starts_with(jsonpath))
            print({expand_jsonpath(output.substr(jsonpath.size()), read_json(json).value_or(JsonValue{}))});
        else
            print_json(json, output);
    } else if (output.starts_with(columns)) {
        print({custom_columns(output.substr(columns.size()), found.objects, !options.no_headers)});
    } else if (output == "name") {
        for (const ListedObject& object : found.objects)
            print({asks_for_events(options) ? spec::event_resource : spec::resource_of(object.kind), "/",
                   object.metadata().name, "\n"});
    } else if (found.objects.empty()) {
        say_none_found(common, options);
    } else {
        const RowOptions row{.wide = output == "wide",
                             .with_namespace = options.all_namespaces,
                             .with_kind = found.several_kinds,
                             .show_labels = options.show_labels};
        const auto layout = asks_for_events(options) ? event_table : tables;
        print({layout(found.objects, row, !options.no_headers, now_ms())});
    }
}

int report(const std::vector<std::string>& errors) {
    for (const std::string& error : errors)
        complain({error});
    return errors.empty() ? 0 : 1;
}

} // namespace

int run_get(const Common& common, const GetOptions& options) {
    check_output(options.output);
    const bool events = asks_for_events(options);
    const std::vector<Asked> asked = events ? std::vector<Asked>{} : asked_of(options);
    Client client(common.socket);
    Found found = events ? find_events(client, common, std::span(options.args).subspan(1), options.all_namespaces)
                         : find_objects(client, common, asked, options.selector, options.all_namespaces);
    print_found(common, options, found);
    if (options.ignore_not_found)
        found.errors.clear();
    return report(found.errors);
}

int run_describe(const Common& common, const GetOptions& options) {
    const std::vector<Asked> asked = asked_of(options);
    Client client(common.socket);
    const Found found = find_objects(client, common, asked, options.selector, options.all_namespaces);
    if (found.objects.empty() && found.errors.empty())
        say_none_found(common, options);
    const std::int64_t now = now_ms();
    std::string_view separator = "";
    for (const ListedObject& object : found.objects) {
        const auto pods =
            is_workload(object.kind) ? owned_pods(client, object.metadata()) : std::vector<ListedObject>{};
        const auto events =
            object.kind == spec::Kind::Pod ? events_of(client, object.metadata()) : std::vector<ListedEvent>{};
        print({separator, describe(object, pods, events, now)});
        separator = "\n\n";
    }
    return report(found.errors);
}

} // namespace ctl
