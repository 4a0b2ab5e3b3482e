// SPDX-License-Identifier: Apache-2.0
// get and describe: what podinit says of its pods, in the shapes that kubectl gives it.
#include "tools/podctl/commands.hpp"

#include "spec/text.hpp"
#include "tools/podctl/describe.hpp"
#include "tools/podctl/duration.hpp"
#include "tools/podctl/json_value.hpp"
#include "tools/podctl/names.hpp"
#include "tools/podctl/output.hpp"
#include "tools/podctl/pods.hpp"
#include "tools/podctl/print_pods.hpp"
#include "tools/podctl/selector.hpp"
#include "tools/podctl/table.hpp"
#include "tools/podctl/yaml_write.hpp"

namespace ctl {

namespace {

struct Found {
    std::vector<ListedPod> pods;
    std::vector<std::string> errors; // names that are not there
    bool single = false;             // one pod was asked for by its name
};

Found find_pods(const Common& common, const GetOptions& options, const std::vector<std::string>& names) {
    const auto selector = parse_selector(options.selector);
    if (!selector)
        fail({"unable to parse requirement: ", selector.error()});
    if (!selector->empty() && !names.empty())
        fail({"name cannot be provided when a selector is specified"});
    if (options.all_namespaces && !names.empty())
        fail({"a resource cannot be retrieved by name across all namespaces"});
    Found found;
    Client client(common.socket);
    const std::string namespace_ = options.all_namespaces ? "" : common.namespace_or_default();
    if (names.empty()) {
        for (ListedPod& pod : value_or_fail(list_pods(client, namespace_, "")))
            if (matches(*selector, pod.view.pod.metadata.labels))
                found.pods.push_back(std::move(pod));
        return found;
    }
    found.single = names.size() == 1;
    for (const std::string& name : names) {
        auto pods = list_pods(client, namespace_, name);
        if (!pods && !is_not_found(pods.error()))
            fail(pods.error());
        if (!pods || pods->empty())
            found.errors.push_back(to_text(spec::not_found("pods", name)));
        else
            found.pods.push_back(std::move(pods->front()));
    }
    return found;
}

// One object by its name, otherwise a List, with sorted keys as kubectl's.
std::string as_json(const Found& found) {
    if (found.single && found.pods.size() == 1) {
        const auto value = read_json(found.pods.front().json);
        return value ? write_json(*value) : "";
    }
    JsonValue list;
    list.kind = JsonValue::Kind::Object;
    list.members["apiVersion"] = json_string("v1");
    list.members["kind"] = json_string("List");
    JsonValue& metadata = list.members["metadata"];
    metadata.kind = JsonValue::Kind::Object;
    metadata.members["resourceVersion"] = json_string("");
    JsonValue& items = list.members["items"];
    items.kind = JsonValue::Kind::Array;
    for (const ListedPod& pod : found.pods)
        if (auto value = read_json(pod.json))
            items.items.push_back(*std::move(value));
    return write_json(list);
}

void print_table(const Common& common, const GetOptions& options, const Found& found) {
    if (found.pods.empty()) {
        if (!found.errors.empty())
            return;
        if (options.all_namespaces)
            complain({"No resources found"});
        else
            complain({"No resources found in ", common.namespace_or_default(), " namespace."});
        return;
    }
    const RowOptions row{options.output == "wide", options.all_namespaces, options.show_labels};
    std::vector<std::vector<std::string>> rows;
    if (!options.no_headers)
        rows.push_back(pod_header(row));
    const std::int64_t now = now_ms();
    for (const ListedPod& pod : found.pods)
        rows.push_back(pod_row(pod.view, row, now));
    print({table(rows)});
}

void print_found(const Common& common, const GetOptions& options, const Found& found) {
    const bool nothing = found.pods.empty() && !found.errors.empty();
    if (options.output == "json") {
        if (!nothing)
            print({spec::pretty_json(as_json(found))});
    } else if (options.output == "yaml") {
        if (!nothing)
            print({yaml_of_json(as_json(found))});
    } else if (options.output == "name") {
        for (const ListedPod& pod : found.pods)
            print({"pod/", pod.view.pod.metadata.name, "\n"});
    } else {
        print_table(common, options, found);
    }
}

int report(const std::vector<std::string>& errors) {
    for (const std::string& error : errors)
        complain({error});
    return errors.empty() ? 0 : 1;
}

std::vector<std::string> names_of(const GetOptions& options) {
    if (options.args.empty())
        fail({"Required resource not specified; podinit has pods, as in 'podctl get pods'"});
    return pod_names(options.args);
}

} // namespace

int run_get(const Common& common, const GetOptions& options) {
    const std::string& output = options.output;
    if (!output.empty() && output != "wide" && output != "json" && output != "yaml" && output != "name")
        fail({"unable to match a printer suitable for the output format \"", output,
              "\", allowed formats are: json,name,wide,yaml"});
    const Found found = find_pods(common, options, names_of(options));
    print_found(common, options, found);
    return report(found.errors);
}

int run_describe(const Common& common, const GetOptions& options) {
    const Found found = find_pods(common, options, names_of(options));
    if (found.pods.empty() && found.errors.empty())
        print_table(common, options, found);
    const std::int64_t now = now_ms();
    std::string_view separator = "";
    for (const ListedPod& pod : found.pods) {
        print({separator, describe_pod(pod.view, now)});
        separator = "\n\n";
    }
    return report(found.errors);
}

} // namespace ctl
