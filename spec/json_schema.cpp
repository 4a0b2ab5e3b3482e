// SPDX-License-Identifier: Apache-2.0
// A null stands for a field that is not there, wherever one is allowed: Go reads it so, and so do we.
#include "spec/explain.hpp"
#include "spec/field_view.hpp"
#include "spec/kinds.hpp"
#include "spec/text.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace spec {

namespace {

using fields::Row;
using fields::Type;

// The number's forms of apimachinery's resource.Quantity. Nothing that a manifest asks for is less than nothing.
constexpr std::string_view quantity_pattern =
    "^[+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$";

constexpr std::string_view int32_range = R"(,"minimum":-2147483648,"maximum":2147483647)";

void append_string(std::string& out, std::string_view text) {
    append_json_string(out, text);
}

// Members without braces, so that a description can stand beside them. `or_null`: a null will do, too.
class Writer {
  public:
    std::string out;

    void value(const Type& type, bool or_null) {
        switch (type.kind) {
        case Type::Kind::String: return simple("string", or_null);
        case Type::Kind::Bool: return simple("boolean", or_null);
        case Type::Kind::Int:
            simple("integer", or_null);
            if (type.bytes == 4)
                out += int32_range;
            return;
        case Type::Kind::Enum: return one_of({type.names, type.name_count}, or_null);
        case Type::Kind::Struct: return reference(type, or_null);
        case Type::Kind::List:
            simple("array", or_null);
            out += R"(,"items":{)";
            value(*type.element, false);
            out += '}';
            return;
        case Type::Kind::Optional: return value(*type.element, or_null);
        case Type::Kind::StringMap:
            simple("object", or_null);
            out += R"(,"additionalProperties":{)";
            value(type.element ? *type.element : fields::type_of<std::string>, true);
            out += '}';
            return;
        case Type::Kind::Raw: out += R"("$comment":"anything")"; return;
        case Type::Kind::Text:
            if (!type.numbers)
                return simple("string", or_null);
            out.append(R"("type":["string","number")").append(or_null ? R"(,"null"])" : "]").append(R"(,"pattern":)");
            return append_string(out, quantity_pattern);
        case Type::Kind::IntOrString:
            out.append(R"("type":["integer","string")").append(or_null ? R"(,"null"])" : "]").append(int32_range);
            return;
        }
    }

    // The definitions of all structs that were referred to, and of those that they refer to.
    void definitions() {
        char separator = '{';
        for (std::size_t i = 0; i < structures_.size(); ++i) { // grows while it goes
            out += std::exchange(separator, ',');
            append_string(out, structures_[i].second);
            out += ":{";
            structure(*structures_[i].first);
            out += '}';
        }
        out += '}';
    }

    void reference(const Type& structure, bool or_null) {
        const std::string target = R"("$ref":"#/$defs/)" + name_of(structure) + '"';
        out += or_null ? R"("anyOf":[{)" + target + R"(},{"type":"null"}])" : target;
    }

  private:
    // Two tables may describe a type of the same name, one as a value and one as a shape.
    std::string name_of(const Type& structure) {
        const auto known =
            std::ranges::find(structures_, structure.rows, [](const auto& each) { return each.first->rows; });
        if (known != structures_.end())
            return known->second;
        std::string name(structure.name);
        while (std::ranges::find(structures_, name, &Definition::second) != structures_.end())
            name += '_';
        structures_.emplace_back(&structure, name);
        return name;
    }

    void simple(std::string_view type, bool or_null) {
        out += R"("type":)";
        if (or_null)
            out.append(R"([")").append(type).append(R"(","null"])");
        else
            append_string(out, type);
    }

    void one_of(std::span<const std::string_view> values, bool or_null) {
        out += R"("enum":)";
        char separator = '[';
        for (const std::string_view value : values) {
            out += std::exchange(separator, ',');
            append_string(out, value);
        }
        out += or_null ? ",null]" : "]";
    }

    void structure(const Type& type) {
        out += R"("type":"object")";
        if (const TypeDoc* doc = find_type_doc(type.name))
            member("description", doc->text);
        const std::vector<FieldView> fields = fields_of(type, nullptr);
        std::string required;
        out += R"(,"properties":)";
        char separator = '{';
        for (const FieldView& field : fields) {
            out += std::exchange(separator, ',');
            append_string(out, field.row->name);
            out += ":{";
            property(field);
            out += '}';
            if (field.required) {
                required += required.empty() ? "" : ",";
                append_string(required, field.row->name);
            }
        }
        out.append(separator == '{' ? "{}" : "}").append(R"(,"additionalProperties":false)");
        if (!required.empty())
            out.append(R"(,"required":[)").append(required).append("]");
    }

    void property(const FieldView& field) {
        append_string(out, "description");
        out += ':';
        append_string(out, description(field));
        if (field.row->presence == fields::Presence::Refused)
            out += R"(,"type":"null")";
        else if (field.row->presence == fields::Presence::Unsupported)
            nothing(*field.row);
        else if (field.row->type) {
            out += ',';
            value(*field.row->type, !field.required);
        }
    }

    // A struct's own fields are described here, wherever it is used: so what becomes of it as a whole stands there.
    static std::string description(const FieldView& field) {
        std::string text(field.doc ? field.doc->text : "");
        if (field.fate != Fate::Honoured || (field.doc && !field.doc->fallback.empty()))
            text.append(text.empty() ? "" : "\n").append("podinit: ").append(what_becomes(field));
        return text;
    }

    // What asks for nothing is accepted in a field that is refused.
    void nothing(const Row& row) {
        out += R"(,"enum":[null,"",[],{})";
        if (!row.unless.empty()) {
            out += ',';
            const bool literal =
                row.unless.front() == '{' || row.unless == "true" || row.unless == "false" || row.unless == "0";
            literal ? void(out += row.unless) : append_string(out, row.unless);
        }
        out += ']';
    }

    void member(std::string_view name, std::string_view text) {
        out += ',';
        append_string(out, name);
        out += ':';
        append_string(out, text);
    }

    using Definition = std::pair<const Type*, std::string>;
    std::vector<Definition> structures_;
};

} // namespace

std::string json_schema() {
    Writer writer;
    std::string& out = writer.out;
    out = R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":"What podinit keeps: )";
    std::string names;
    for (const KeptKind& kind : kept_kinds) {
        names.append(names.empty() ? "" : ",").append("\"").append(kind.name).append("\"");
        out.append(&kind == kept_kinds.data() ? "" : ", ").append(kind.name);
    }
    for (const std::string_view name : ignored_kinds()) // of them podinit judges nothing but the name
        names.append(",\"").append(name).append("\"");
    out.append(R"(","type":"object","required":["apiVersion","kind"],"properties":{"kind":{"enum":[)");
    out.append(names).append(R"(,"List"]}},"allOf":[)");
    for (const KeptKind& kind : kept_kinds) {
        out.append(R"({"if":{"required":["kind"],"properties":{"kind":{"const":")").append(kind.name);
        out.append(R"("}}},"then":{"properties":{"apiVersion":{"const":")").append(kind.api_version).append(R"("}},)");
        writer.reference(*type_of(kind.kind), false);
        out += "}},";
    }
    out += R"({"if":{"required":["kind"],"properties":{"kind":{"const":"List"}}},"then":{"properties":{"apiVersion":)"
           R"({"const":"v1"},"items":{"type":"array","items":{"$ref":"#"}}},"required":["items"]}}],"$defs":)";
    writer.definitions();
    out += '}';
    return pretty_json(out);
}

} // namespace spec
