// SPDX-License-Identifier: Apache-2.0
// The whole table: every row can be read and written, and every field that Kubernetes has is there with the fate that
// ../shared/kubernetes/podfields.tsv gives it, where that file is.
#include "spec/pod_fields.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace spec;
using fields::Presence;
using fields::Row;
using fields::Type;

namespace {

// ---- a value for every row --------------------------------------------------------------------------------------

std::string sample(const Type& type);

std::string sample_struct(const Type& type) {
    std::string out = "{";
    for (std::size_t i = 0; i < type.row_count; ++i) {
        const Row& row = type.rows[i];
        const bool shape = !row.member && row.presence == Presence::Optional;
        if (!shape && (!row.member || row.presence == Presence::Server))
            continue;
        if (out.size() > 1)
            out += ',';
        const std::string value = sample(*row.type);
        out.append("\"").append(row.name).append("\":").append(value == row.unless ? "false" : value);
    }
    return out + '}';
}

std::string sample(const Type& type) {
    switch (type.kind) {
    case Type::Kind::String: return "\"s\"";
    case Type::Kind::Bool: return "true";
    case Type::Kind::Int: return "7";
    case Type::Kind::Enum: return '"' + std::string(type.names[type.name_count - 1]) + '"';
    case Type::Kind::Struct: return sample_struct(type);
    case Type::Kind::List: return '[' + sample(*type.element) + ',' + sample(*type.element) + ']';
    case Type::Kind::Optional: return sample(*type.element);
    case Type::Kind::StringMap: return R"({"k":)" + (type.element ? sample(*type.element) : "\"s\"") + '}';
    case Type::Kind::Raw: return "{}";
    case Type::Kind::Text: return "\"500m\""; // quantities are the only ones
    case Type::Kind::IntOrString: return "\"web\"";
    }
    return {};
}

// ---- the file ---------------------------------------------------------------------------------------------------

struct Field {
    std::string path;
    std::string go_type;
    std::string fate;  // standalone_agent
    std::string stage; // of the feature
};

std::vector<Field> read_file() {
    std::ifstream file(SOURCE_ROOT "/../shared/kubernetes/podfields.tsv");
    std::vector<Field> out;
    std::string line;
    std::getline(file, line); // the header
    while (std::getline(file, line)) {
        std::vector<std::string> columns;
        std::istringstream cells(line);
        for (std::string cell; std::getline(cells, cell, '\t');)
            columns.push_back(cell);
        if (columns.size() >= 7)
            out.push_back({columns[0], columns[1], columns[5], columns[6]});
    }
    return out;
}

enum class Fate { Honoured, Ignored, Refused, Server };

struct Place {
    bool found = false;
    Fate fate = Fate::Honoured;
    const Type* type = nullptr; // none below a row without one
    std::string_view why;
};

Fate fate_of(const Row& row) {
    switch (row.presence) {
    case Presence::Required:
    case Presence::Optional: return Fate::Honoured;
    case Presence::Server: return row.why.empty() ? Fate::Server : Fate::Ignored;
    case Presence::Ignored: return Fate::Ignored;
    case Presence::Unsupported:
    case Presence::Refused: return Fate::Refused;
    }
    return Fate::Refused;
}

const Type* inner(const Type* type) {
    while (type && type->kind == Type::Kind::Optional)
        type = type->element;
    return type;
}

// What the table says of "spec.containers[].image".
Place look_up(std::string_view path) {
    Place place{.found = true, .type = &pod_type};
    while (!path.empty()) {
        const std::size_t dot = path.find('.');
        std::string_view name = path.substr(0, dot);
        path = dot == path.npos ? "" : path.substr(dot + 1);
        const bool list = name.ends_with("[]");
        name.remove_suffix(list ? 2 : 0);
        const Type* type = inner(place.type);
        if (!type || type->kind != Type::Kind::Struct)
            return {};
        const Row* row = nullptr;
        for (std::size_t i = 0; i < type->row_count; ++i)
            if (type->rows[i].name == name)
                row = &type->rows[i];
        if (!row)
            return {};
        if (const Fate fate = fate_of(*row); fate != Fate::Honoured) {
            place.fate = fate;
            place.why = row->why;
        }
        place.type = inner(row->type);
        if (place.fate == Fate::Refused || place.fate == Fate::Server)
            return place; // everything below it is the same
        if (list) {
            if (!place.type || place.type->kind != Type::Kind::List)
                return {};
            if (!path.empty())
                place.type = inner(place.type->element);
        }
    }
    return place;
}

std::string_view json_type(const Type& type) {
    switch (type.kind) {
    case Type::Kind::String:
    case Type::Kind::Enum: return "string";
    case Type::Kind::Bool: return "bool";
    case Type::Kind::Int: return type.bytes == 4 ? "int32" : "int64";
    case Type::Kind::Struct: return "struct";
    case Type::Kind::List: return "list";
    case Type::Kind::Optional: return json_type(*type.element);
    case Type::Kind::StringMap: return type.element ? "ResourceList" : "map[string]string";
    case Type::Kind::Raw: return "any";
    case Type::Kind::Text: return "Quantity";
    case Type::Kind::IntOrString: return "IntOrString";
    }
    return "";
}

// Of a type of the API, by its name in Go.
std::string json_type(std::string_view go) {
    static const std::set<std::string_view> plain = {
        "bool", "int32", "int64", "Quantity", "ResourceList", "map[string]string", "IntOrString"};
    if (go.starts_with('*'))
        go.remove_prefix(1);
    if (go.starts_with("[]"))
        return "list";
    return std::string(plain.contains(go) ? go : "string or struct");
}

bool same_type(const Type& ours, std::string_view go) {
    const std::string_view type = json_type(ours);
    const std::string wanted = json_type(go);
    return wanted == "string or struct" ? type == "string" || type == "struct" : type == wanted;
}

// The fates that the file's words allow. A choice ("honour or reject") leaves it to us.
bool allowed(Fate fate, const Field& field) {
    const auto says = [&](std::string_view word) { return field.fate.find(word) != std::string::npos; };
    if (field.stage == "1.37-dev")
        return fate == Fate::Refused; // no part of the API that we know
    switch (fate) {
    case Fate::Honoured: return says("honour") || (says("accept") && !says("accept-ignore"));
    case Fate::Ignored: return says("ignore") || says("drop with warning") || says("accept");
    case Fate::Refused: return says("reject");
    case Fate::Server: return says("accept-ignore");
    }
    return false;
}

struct Deviation {
    std::string_view part; // of the path
    Fate fate;
    std::string_view reason;
};

constexpr Deviation deviations[] = {
    {".valueFrom.configMapKeyRef", Fate::Honoured, "ConfigMaps are local objects"},
    {".valueFrom.secretKeyRef", Fate::Honoured, "Secrets are local objects"},
    {".envFrom[]", Fate::Honoured, "both are local objects"},
    {"spec.volumes[].secret", Fate::Honoured, "Secrets are local objects"},
    {"spec.volumes[].configMap", Fate::Honoured, "ConfigMaps are local objects"},
    {".sources[].secret", Fate::Honoured, "Secrets are local objects"},
    {".sources[].configMap", Fate::Honoured, "ConfigMaps are local objects"},
    {".tcpSocket", Fate::Honoured, "a probe of that kind is honoured; a hook of it is refused by a rule"},
    {"spec.serviceAccount", Fate::Ignored, "published files name one, and must apply whole"},
    {"spec.readinessGates", Fate::Honoured, "podctl set-condition sets what a gate waits for"},
    {"spec.nodeSelector", Fate::Honoured, "kept; it may ask for another system, and else a warning is given"},
    {"spec.nodeName", Fate::Honoured, "kept; a warning is given"},
    {"spec.securityContext.appArmorProfile", Fate::Honoured, "as a container's"},
    {".stdinOnce", Fate::Honoured, "exec and attach have it"},
};

bool deviates(const Field& field, Fate fate) {
    for (const Deviation& deviation : deviations)
        if (deviation.fate == fate && field.path.find(deviation.part) != std::string::npos)
            return true;
    return false;
}

} // namespace

TEST_CASE("every field of the table is read, and written as it was read") {
    const std::string text = sample(pod_type);
    const auto document = json::parse(text, 1 << 20);
    REQUIRE(document);
    for (const fields::Mode mode : {fields::Mode::Strict, fields::Mode::Output}) {
        fields::Reader reader{.root = document->root(), .mode = mode};
        Pod pod;
        reader.read(document->root(), pod_type, &pod);
        CHECK_FALSE(has_errors(reader.problems));
        std::string again;
        fields::write(again, pod_type, &pod);
        CHECK(again == text);
    }
}

TEST_CASE("every field that Kubernetes has is in the table, with its type and its fate") {
    const std::vector<Field> all = read_file();
    if (all.empty()) {
        WARN("skipped: ../shared/kubernetes/podfields.tsv is not there");
        return;
    }
    std::size_t checked = 0;
    for (const Field& field : all) {
        if (field.path.starts_with("status"))
            continue; // what a manifest says of it is skipped, and what podinit says is another table
        INFO(field.path << ": " << field.fate << " (" << field.stage << ")");
        const Place place = look_up(field.path);
        CHECK(place.found);
        if (!place.found)
            continue;
        const bool as_asked = field.path == "kind" || field.path == "apiVersion" || // is_pod() judges these two
                              allowed(place.fate, field) || (field.stage != "1.37-dev" && deviates(field, place.fate));
        CHECK(as_asked);
        if (place.type)
            CHECK(same_type(*place.type, field.go_type));
        if (place.fate == Fate::Refused || place.fate == Fate::Ignored)
            CHECK_FALSE(place.why.empty());
        ++checked;
    }
    CHECK(checked > 600);
}
