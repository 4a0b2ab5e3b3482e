// SPDX-License-Identifier: Apache-2.0
#include "spec/explain.hpp"
#include "spec/field_view.hpp"
#include "spec/kinds.hpp"

#include <map>

namespace spec {

namespace {

// A type that comes again is not written again: `seen` is where it came first.
using Seen = std::map<std::string_view, std::string>;

void append_rows(std::string& out, const fields::Type& type, const FieldView* above, const std::string& path,
                 Seen& seen) {
    for (const FieldView& field : fields_of(type, above)) {
        std::string type_name = field.type_name();
        std::string where = path + std::string(field.row->name);
        if (type_name.starts_with("[]"))
            where += "[]";
        out.append("| `").append(where).append("` | ").append(type_name).append(" | ");
        out.append(field.required ? "required; " : "").append(what_becomes(field));
        const fields::Type* below = field.fate == Fate::Ignored ? nullptr : field.structure();
        if (!below) {
            out += " |\n";
            continue;
        }
        const auto [first, added] = seen.emplace(below->name, where);
        out.append(added ? " |\n" : "; see `" + first->second + "` |\n");
        if (added)
            append_rows(out, *below, &field, where + ".", seen);
    }
}

} // namespace

std::string field_table() {
    std::string out =
        "# The fields of a manifest, and what becomes of each\n\n"
        "Made from the field table by `podctl explain --output=markdown`, which also renews this file. A field "
        "that is ignored\nis told of with a warning, one that is refused with an error; a field that is not here "
        "is an error, too. `podctl explain\nFIELD` says what a field means.\n";
    Seen seen;
    for (const KeptKind& kind : kept_kinds) {
        out.append("\n## ").append(kind.name).append(" (").append(kind.api_version);
        out += ")\n\n| field | type | what becomes of it |\n|---|---|---|\n";
        append_rows(out, *type_of(kind.kind), nullptr, "", seen);
    }
    return out;
}

} // namespace spec
