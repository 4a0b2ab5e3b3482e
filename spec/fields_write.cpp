// SPDX-License-Identifier: Apache-2.0
#include "spec/fields.hpp"

#include "spec/sink.hpp"

#include <cstring>

namespace spec::fields {

namespace {

using Kind = Type::Kind;

std::int64_t load_int(const Type& type, const void* member) {
    return type.bytes == 4 ? *static_cast<const std::int32_t*>(member) : *static_cast<const std::int64_t*>(member);
}

std::size_t count_of(const Type& type, const void* container) {
    std::size_t count = 0;
    type.elements(container, count);
    return count;
}

void* member_of(const Row& row, const void* object) {
    return row.member(const_cast<void*>(object)); // only an address is computed
}

// The JSON of a field that is not acted on, or nullptr.
const std::string* kept(const Row& row, const void* object) {
    const auto& map = *static_cast<const StringMap*>(member_of(row, object));
    return map.empty() ? nullptr : find(map, row.name);
}

bool is_written(const Row& row, const void* object) {
    if (!row.member)
        return false;
    if (row.presence == Presence::Ignored)
        return kept(row, object);
    return row.always || is_set(*row.type, member_of(row, object));
}

void write_value(Sink& out, const Type& type, const void* member);

// No name in a table needs an escape.
void write_key(Sink& out, char before, std::string_view name) {
    char* at = out.room(name.size() + 4);
    *at++ = before;
    *at++ = '"';
    at = static_cast<char*>(std::memcpy(at, name.data(), name.size())) + name.size();
    *at++ = '"';
    *at++ = ':';
    out.wrote(at);
}

// Whether there was anything to write. Most rows of most structs are unset.
bool write_row(Sink& out, char before, const Row& row, const void* object) {
    if (!row.member)
        return false;
    if (row.presence == Presence::Ignored) {
        const std::string* json = kept(row, object);
        if (json) {
            write_key(out, before, row.name);
            out.append(*json);
        }
        return json;
    }
    const void* member = member_of(row, object);
    const Type* type = row.type;
    if (type->kind == Kind::Optional && !row.always) {
        std::size_t count = 0;
        member = type->elements(member, count);
        if (count == 0)
            return false;
        type = type->element;
    } else if (!row.always && !is_set(*type, member)) {
        return false;
    }
    write_key(out, before, row.name);
    write_value(out, *type, member);
    return true;
}

void write_struct(Sink& out, const Type& type, const void* object) {
    char before = '{';
    for (const Row *row = type.rows, *end = row + type.row_count; row != end; ++row)
        if (write_row(out, before, *row, object))
            before = ',';
    if (before == '{')
        out.put('{');
    out.put('}');
}

void write_list(Sink& out, const Type& type, const void* list) {
    std::size_t count = 0;
    const void* elements = type.elements(list, count);
    out.put('[');
    for (std::size_t i = 0; i < count; ++i) {
        if (i != 0)
            out.put(',');
        write_value(out, *type.element, static_cast<const char*>(elements) + i * type.stride);
    }
    out.put(']');
}

void write_map(Sink& out, const Type& type, const StringMap& map) {
    char before = '{';
    for (const auto& [key, value] : map) {
        out.put(before);
        before = ',';
        append_json_string(out, key);
        out.put(':');
        if (type.element)
            write_value(out, *type.element, &value);
        else
            append_json_string(out, value);
    }
    if (before == '{')
        out.put('{');
    out.put('}');
}

void write_value(Sink& out, const Type& type, const void* member) {
    switch (type.kind) {
    case Kind::String: return append_json_string(out, *static_cast<const std::string*>(member));
    case Kind::Bool: return out.append(*static_cast<const bool*>(member) ? "true" : "false");
    case Kind::Int: return append_int(out, load_int(type, member));
    case Kind::Enum: return append_json_string(out, type.names[*static_cast<const std::uint8_t*>(member)]);
    case Kind::Struct: return write_struct(out, type, member);
    case Kind::List: return write_list(out, type, member);
    case Kind::Optional: {
        std::size_t count = 0;
        const void* value = type.elements(member, count);
        return count == 0 ? out.append("null") : write_value(out, *type.element, value);
    }
    case Kind::StringMap: return write_map(out, type, *static_cast<const StringMap*>(member));
    case Kind::Raw: {
        const std::string& text = static_cast<const RawJson*>(member)->text;
        return out.append(text.empty() ? "null" : text);
    }
    case Kind::Text: {
        std::string text;
        type.print(text, member);
        return append_json_string(out, text);
    }
    case Kind::IntOrString: {
        const auto& value = *static_cast<const IntOrString*>(member);
        return value.name ? append_json_string(out, *value.name) : append_int(out, value.number);
    }
    }
}

} // namespace

bool is_set(const Type& type, const void* member) {
    switch (type.kind) {
    case Kind::String: return !static_cast<const std::string*>(member)->empty();
    case Kind::Bool: return *static_cast<const bool*>(member);
    case Kind::Int: return load_int(type, member) != 0;
    case Kind::Enum:
    case Kind::IntOrString: return true;
    case Kind::Struct:
        for (const Row *row = type.rows, *end = row + type.row_count; row != end; ++row)
            if (is_written(*row, member))
                return true;
        return false;
    case Kind::List:
    case Kind::Optional: return count_of(type, member) != 0;
    case Kind::StringMap: return !static_cast<const StringMap*>(member)->empty();
    case Kind::Raw: return !static_cast<const RawJson*>(member)->text.empty();
    case Kind::Text: {
        std::string text;
        type.print(text, member);
        return !text.empty();
    }
    }
    return false;
}

void write(std::string& out, const Type& type, const void* member) {
    Sink sink(out);
    write_value(sink, type, member);
}

} // namespace spec::fields
