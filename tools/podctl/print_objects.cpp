// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/print_objects.hpp"

#include "spec/text.hpp"
#include "tools/podctl/duration.hpp"
#include "tools/podctl/jsonpath.hpp"
#include "tools/podctl/output.hpp"
#include "tools/podctl/table.hpp"
#include "tools/podctl/yaml_write.hpp"

#include <algorithm>
#include <initializer_list>

namespace ctl {

namespace {

using Cells = std::vector<std::string>;
using Path = std::initializer_list<std::string_view>;

std::size_t size_at(const JsonValue& value, Path path) {
    const JsonValue* map = find_at(value, path);
    return map ? map->members.size() : 0;
}

// "a=1,b=2", or "<none>".
std::string map_text(const JsonValue* map) {
    std::string text;
    if (map)
        for (const auto& [key, value] : map->members)
            text += (text.empty() ? "" : ",") + key + '=' + value.text;
    return text.empty() ? "<none>" : text;
}

// One member of every container of the template.
std::string of_containers(const JsonValue& object, std::string_view member) {
    std::string text;
    if (const JsonValue* containers = find_at(object, {"spec", "template", "spec", "containers"}))
        for (const JsonValue& container : containers->items)
            text += (text.empty() ? "" : ",") + text_at(container, {member});
    return text;
}

Cells own_header(spec::Kind kind) {
    switch (kind) {
    case spec::Kind::ConfigMap: return {"DATA", "AGE"};
    case spec::Kind::Secret: return {"TYPE", "DATA", "AGE"};
    case spec::Kind::DaemonSet:
        return {"DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "NODE SELECTOR", "AGE"};
    case spec::Kind::Deployment: return {"READY", "UP-TO-DATE", "AVAILABLE", "AGE"};
    case spec::Kind::StatefulSet: return {"READY", "AGE"};
    case spec::Kind::Pod:
    case spec::Kind::Ignored: break;
    }
    return {};
}

Cells own_cells(spec::Kind kind, const JsonValue& object) {
    const auto status = [&](std::string_view member) { return number_at(object, {"status", member}); };
    const auto ready = [&] { return status("readyReplicas") + '/' + number_at(object, {"spec", "replicas"}); };
    switch (kind) {
    case spec::Kind::ConfigMap: return {std::to_string(size_at(object, {"data"}) + size_at(object, {"binaryData"}))};
    case spec::Kind::Secret: return {text_at(object, {"type"}), std::to_string(size_at(object, {"data"}))};
    case spec::Kind::DaemonSet:
        return {status("desiredNumberScheduled"),
                status("currentNumberScheduled"),
                status("numberReady"),
                status("updatedNumberScheduled"),
                status("numberAvailable"),
                map_text(find_at(object, {"spec", "template", "spec", "nodeSelector"}))};
    case spec::Kind::Deployment: return {ready(), status("updatedReplicas"), status("availableReplicas")};
    case spec::Kind::StatefulSet: return {ready()};
    case spec::Kind::Pod:
    case spec::Kind::Ignored: break;
    }
    return {};
}

} // namespace

Cells header(spec::Kind kind, RowOptions options) {
    if (kind == spec::Kind::Pod)
        return pod_header(options);
    Cells cells = own_header(kind);
    cells.insert(cells.begin(), "NAME");
    if (options.with_namespace)
        cells.insert(cells.begin(), "NAMESPACE");
    if (options.wide && is_workload(kind))
        cells.insert(cells.end(), {"CONTAINERS", "IMAGES"});
    if (options.wide && is_workload(kind) && kind != spec::Kind::StatefulSet)
        cells.emplace_back("SELECTOR");
    if (options.show_labels)
        cells.emplace_back("LABELS");
    return cells;
}

Cells row(const ListedObject& object, RowOptions options, std::int64_t now_ms) {
    const spec::ObjectMeta& metadata = object.metadata();
    Cells cells;
    if (object.kind == spec::Kind::Pod) {
        cells = pod_row(object.pod, options, now_ms);
    } else {
        cells = own_cells(object.kind, object.value);
        cells.insert(cells.begin(), metadata.name);
        if (options.with_namespace)
            cells.insert(cells.begin(), metadata.namespace_);
        cells.push_back(age(metadata.creation_timestamp, now_ms));
        if (options.wide && is_workload(object.kind))
            cells.insert(cells.end(), {of_containers(object.value, "name"), of_containers(object.value, "image")});
        if (options.wide && is_workload(object.kind) && object.kind != spec::Kind::StatefulSet)
            cells.push_back(map_text(find_at(object.value, {"spec", "selector", "matchLabels"})));
        if (options.show_labels)
            cells.push_back(labels_text(metadata.labels));
    }
    if (options.with_kind)
        cells[options.with_namespace ? 1 : 0].insert(0, std::string(spec::resource_of(object.kind)) + '/');
    return cells;
}

std::string tables(const std::vector<ListedObject>& objects, RowOptions options, bool headers, std::int64_t now_ms) {
    std::string text;
    for (std::size_t i = 0; i < objects.size();) {
        const spec::Kind kind = objects[i].kind;
        std::vector<Cells> rows;
        if (headers)
            rows.push_back(header(kind, options));
        for (; i < objects.size() && objects[i].kind == kind; ++i)
            rows.push_back(row(objects[i], options, now_ms));
        text += (text.empty() ? "" : "\n") + table(rows);
    }
    return text;
}

std::string as_one_json(std::span<const std::string> objects, bool single) {
    if (single && objects.size() == 1) {
        const auto value = read_json(objects.front());
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
    for (const std::string& object : objects)
        if (auto value = read_json(object))
            items.items.push_back(*std::move(value));
    return write_json(list);
}

std::string custom_columns(std::string_view columns, const std::vector<ListedObject>& objects, bool headers) {
    std::vector<Cells> rows(objects.size() + 1);
    std::vector<JsonValue> values;
    for (const ListedObject& object : objects)
        values.push_back(read_json(object.json).value_or(JsonValue{}));
    for (;;) {
        const std::string_view column = columns.substr(0, columns.find(','));
        const std::size_t colon = column.find(':');
        if (colon == column.npos || colon + 1 == column.size())
            fail({"unexpected custom-columns spec: ", column, ", expected <header>:<json-path-expr>"});
        std::string_view path = column.substr(colon + 1);
        if (path.starts_with('{') && path.ends_with('}'))
            path = path.substr(1, path.size() - 2);
        rows[0].emplace_back(column.substr(0, colon));
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::string text;
            for (const JsonValue* value : select_jsonpath(path, values[i]))
                text += (text.empty() ? "" : ",") + jsonpath_text(*value);
            rows[i + 1].push_back(text.empty() ? "<none>" : text);
        }
        if (column.size() == columns.size())
            break;
        columns.remove_prefix(column.size() + 1);
    }
    if (!headers)
        rows.erase(rows.begin());
    return table(rows);
}

void print_json(std::string_view json, std::string_view format) {
    print({format == "json" ? spec::pretty_json(json) : yaml_of_json(json)});
}

} // namespace ctl
