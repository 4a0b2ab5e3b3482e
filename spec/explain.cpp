// SPDX-License-Identifier: Apache-2.0
// The layout of `kubectl explain`.
#include "spec/explain.hpp"

#include "spec/field_view.hpp"
#include "spec/kinds.hpp"
#include "spec/names.hpp"

#include <algorithm>

namespace spec {

namespace {

constexpr std::size_t columns = 76; // kubectl's, without the indentation

// Whole words, broken into lines.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent) {
    std::size_t column = 0;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (column != 0 && column + 1 + word.size() > columns) {
            out += '\n';
            column = 0;
        }
        if (column == 0)
            out.append(indent, ' ');
        else
            out += ' ';
        column += (column != 0) + word.size();
        out += word;
    }
    out += '\n';
}

std::string_view mark_of(Fate fate) {
    switch (fate) {
    case Fate::Honoured:
    case Fate::Server: return "";
    case Fate::NotYet:
    case Fate::Blocks: return " -not acted on-";
    case Fate::Ignored: return " -ignored-";
    case Fate::Refused: return " -refused-";
    }
    return "";
}

void append_line(std::string& out, const FieldView& field, const FieldView* above, std::size_t indent) {
    out.append(indent, ' ').append(field.row->name).append("\t<").append(field.type_name()).append(">");
    out.append(field.required ? " -required-" : "");
    out.append(above && above->fate == field.fate ? "" : mark_of(field.fate)).append("\n");
    const auto values = field.values();
    if (values.empty())
        return;
    constexpr std::size_t shown = 4; // kubectl shows no more either
    out.append(indent, ' ').append("enum: ");
    for (std::size_t i = 0; i < std::min(shown, values.size()); ++i)
        out.append(i == 0 ? "" : ", ").append(values[i].empty() ? "\"\"" : values[i]);
    out.append(values.size() > shown ? ", ....\n" : "\n");
}

void append_fields(std::string& out, const fields::Type& type, const FieldView* above, bool recursive,
                   std::size_t indent) {
    for (const FieldView& field : fields_of(type, above)) {
        append_line(out, field, above, indent);
        if (!recursive) {
            append_wrapped(out, field.doc ? field.doc->text : "", indent + 2);
            out += '\n';
        } else if (const fields::Type* below = field.structure()) {
            append_fields(out, *below, &field, true, indent + 2);
        }
    }
}

const KeptKind* find_kind(std::string_view resource) {
    const auto found = std::ranges::find(kept_kinds, kind_of(resource), &KeptKind::kind);
    return found == kept_kinds.end() ? nullptr : &*found;
}

std::string_view group_of(const KeptKind& kind) {
    const std::size_t slash = kind.api_version.find('/');
    return slash == std::string_view::npos ? "" : kind.api_version.substr(0, slash);
}

std::string_view take_step(std::string_view& path) {
    const std::string_view step = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), step.size() + 1));
    return step;
}

std::string no_such_field(std::string_view step, const std::vector<FieldView>& fields) {
    std::string message = "field \"" + std::string(step) + "\" does not exist";
    const FieldView* best = nullptr;
    std::size_t best_distance = 3; // more than two letters off is another word
    for (const FieldView& field : fields) {
        const std::size_t distance = edit_distance(field.row->name, step, best_distance);
        if (distance < best_distance) {
            best = &field;
            best_distance = distance;
        }
    }
    if (best)
        message.append("; did you mean \"").append(best->row->name).append("\"?");
    return message;
}

// The resource may have its group behind a dot, as in deployments.apps.spec.
const KeptKind* take_kind(std::string_view& path) {
    const KeptKind* kind = find_kind(take_step(path));
    if (kind && !group_of(*kind).empty() && path.substr(0, path.find('.')) == group_of(*kind))
        take_step(path);
    return kind;
}

std::string show(const KeptKind& kind, const FieldView* field, const fields::Type* type, bool recursive) {
    std::string out;
    if (const std::string_view group = group_of(kind); !group.empty())
        out.append("GROUP:      ").append(group).append("\n");
    out.append("KIND:       ").append(kind.name).append("\nVERSION:    v1\n\n");
    if (field) {
        out.append("FIELD: ").append(field->row->name).append(" <").append(field->type_name()).append(">");
        out.append(field->required ? " -required-\n" : "\n");
        if (!field->values().empty())
            out += "ENUM:\n";
        for (const std::string_view value : field->values())
            out.append("    ").append(value.empty() ? "\"\"" : value).append("\n");
        out += '\n';
    }
    out += "DESCRIPTION:\n";
    if (field && field->doc)
        append_wrapped(out, field->doc->text, 4);
    if (const TypeDoc* doc = type ? find_type_doc(type->name) : nullptr)
        append_wrapped(out, doc->text, 4);
    out += '\n';
    if (field) {
        out += "PODINIT:\n";
        append_wrapped(out, what_becomes(*field), 4);
        out += '\n';
    }
    if (type) {
        out += "FIELDS:\n";
        append_fields(out, *type, field, recursive, 2);
        if (recursive)
            out += '\n';
    }
    return out;
}

} // namespace

std::expected<std::string, std::string> explain(std::string_view path, bool recursive) {
    const std::string_view resource = path.substr(0, path.find('.'));
    const KeptKind* kind = take_kind(path);
    if (!kind)
        return std::unexpected("the server doesn't have a resource type \"" + std::string(resource) + "\"");
    const fields::Type* type = type_of(kind->kind);
    FieldView field;
    while (!path.empty()) {
        const std::string_view step = take_step(path);
        const auto fields = type ? fields_of(*type, field.row ? &field : nullptr) : std::vector<FieldView>();
        const auto found = std::ranges::find(fields, step, [](const FieldView& each) { return each.row->name; });
        if (found == fields.end())
            return std::unexpected(no_such_field(step, fields));
        field = *found;
        type = field.structure();
    }
    return show(*kind, field.row ? &field : nullptr, type, recursive);
}

} // namespace spec
