// SPDX-License-Identifier: Apache-2.0
#include "spec/field_view.hpp"

#include "spec/kinds.hpp"
#include "spec/pod_fields.hpp"
#include "spec/unhonoured.hpp"

#include <algorithm>

namespace spec {

using fields::Presence;
using fields::Row;
using fields::Type;

namespace {

// Without the optionals around it.
const Type* bare(const Type* type) {
    while (type && type->kind == Type::Kind::Optional)
        type = type->element;
    return type;
}

std::string name_of(const Type& type) {
    switch (type.kind) {
    case Type::Kind::String:
    case Type::Kind::Enum: return "string";
    case Type::Kind::Bool: return "boolean";
    case Type::Kind::Int: return "integer";
    case Type::Kind::Struct: return std::string(type.name);
    case Type::Kind::List: return "[]" + name_of(*bare(type.element));
    case Type::Kind::Optional: return name_of(*bare(&type));
    case Type::Kind::StringMap: return "map[string]" + (type.element ? name_of(*type.element) : "string");
    case Type::Kind::Raw: return "Object";
    case Type::Kind::Text: return type.numbers ? "Quantity" : "string";
    case Type::Kind::IntOrString: return "IntOrString";
    }
    return {};
}

Fate fate_of(const Row& row) {
    switch (row.presence) {
    case Presence::Required:
    case Presence::Optional: return Fate::Honoured;
    case Presence::Server: return row.why.empty() ? Fate::Server : Fate::Ignored;
    case Presence::Ignored: return Fate::Ignored;
    case Presence::Unsupported:
    case Presence::Refused: return Fate::Refused;
    }
    return Fate::Honoured;
}

const Type* element_of(const Row& row) {
    const Type* type = bare(row.type);
    while (type && type->kind == Type::Kind::List)
        type = bare(type->element);
    return type;
}

// The row that a pointer leads to; "*" is any index.
const Row* resolve(const Type* type, std::string_view pointer) {
    const Row* row = nullptr;
    while (!pointer.empty()) {
        const std::string_view step = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(std::min(pointer.size(), step.size() + 1));
        if (step == "*")
            continue;
        const auto rows = std::span(type->rows, type->row_count);
        row = &*std::ranges::find(rows, step, &Row::name); // the table of features is ours, and a test resolves all
        type = element_of(*row);
    }
    return row;
}

const Unhonoured* find_unhonoured(const Row& row) {
    static const std::vector<std::pair<const Row*, Unhonoured>> features = [] {
        std::vector<std::pair<const Row*, Unhonoured>> resolved;
        const Row* containers = resolve(&pod_spec_type, "containers");
        for (const Unhonoured& feature : unhonoured_fields())
            resolved.emplace_back(
                resolve(feature.of_container ? element_of(*containers) : &pod_spec_type, feature.field), feature);
        return resolved;
    }();
    const auto found = std::ranges::find(features, &row, &std::pair<const Row*, Unhonoured>::first);
    return found == features.end() ? nullptr : &found->second;
}

} // namespace

std::string FieldView::type_name() const {
    if (row->type)
        return name_of(*row->type);
    return doc && !doc->type.empty() ? std::string(doc->type) : "Object";
}

const Type* FieldView::structure() const {
    const Type* type = element_of(*row);
    return type && type->kind == Type::Kind::Struct ? type : nullptr;
}

std::span<const std::string_view> FieldView::values() const {
    const Type* type = element_of(*row);
    return type && type->kind == Type::Kind::Enum ? std::span(type->names, type->name_count)
                                                  : std::span<const std::string_view>();
}

std::vector<FieldView> fields_of(const Type& structure, const FieldView* above) {
    std::vector<FieldView> fields;
    const bool is_kind =
        std::ranges::any_of(kept_kinds, [&](const KeptKind& kind) { return kind.name == structure.name; });
    for (const Row& row : std::span(structure.rows, structure.row_count)) {
        FieldView field{
            .row = &row, .doc = find_field_doc(structure.name, row.name), .fate = fate_of(row), .why = row.why};
        field.required = row.presence == Presence::Required;
        if (is_kind && (row.name == "apiVersion" || row.name == "kind")) { // judged before the table is looked at
            field.required = true;
            field.fate = Fate::Honoured;
        }
        if (const Unhonoured* feature = find_unhonoured(row)) {
            field.fate = feature->blocks ? Fate::Blocks : Fate::NotYet;
            field.why = feature->instead;
        }
        if (field.fate == Fate::Honoured && above && above->fate != Fate::Honoured) {
            field.fate = above->fate;
            field.why = above->why;
        }
        fields.push_back(field);
    }
    std::ranges::sort(fields, {}, [](const FieldView& field) { return field.row->name; });
    return fields;
}

std::string what_becomes(const FieldView& field) {
    std::string text;
    bool defaulted = false;
    switch (field.fate) {
    case Fate::Honoured:
        text = "honoured";
        defaulted = true;
        break;
    case Fate::NotYet:
        text = "read and checked, but not acted on by this version";
        defaulted = true;
        break;
    case Fate::Blocks: text = "read and checked, but this version starts no container that it is for"; break;
    case Fate::Ignored: text = "ignored"; break;
    case Fate::Server: text = "set by the server; in a manifest it is passed over"; break;
    case Fate::Refused: text = "refused"; break;
    }
    if (!field.why.empty())
        text.append(": ").append(field.why);
    if (defaulted && field.doc && !field.doc->fallback.empty())
        text.append("; default: ").append(field.doc->fallback);
    if (field.fate == Fate::Refused && !field.row->unless.empty())
        text.append(" (").append(field.row->unless).append(" asks for nothing and is accepted)");
    return text;
}

} // namespace spec
