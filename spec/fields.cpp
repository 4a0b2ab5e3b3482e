// SPDX-License-Identifier: Apache-2.0
#include "spec/fields.hpp"

#include "spec/names.hpp"
#include "spec/sink.hpp"

#include <cstring>

namespace spec::fields {

using json::Node;

namespace {

using Kind = Type::Kind;

const Row* find_row(const Type& type, std::string_view name) {
    for (const Row *row = type.rows, *end = row + type.row_count; row != end; ++row)
        if (row->name.size() == name.size() && std::memcmp(row->name.data(), name.data(), name.size()) == 0)
            return row;
    return nullptr;
}

std::int64_t load_int(const Type& type, const void* member) {
    return type.bytes == 4 ? *static_cast<const std::int32_t*>(member) : *static_cast<const std::int64_t*>(member);
}

// Does a value that we do not honour ask for anything at all?
bool asks_for_nothing(const Node& value, std::string_view unless) {
    switch (value.kind) {
    case json::Kind::Null: return true;
    case json::Kind::Bool: return unless == (value.boolean ? "true" : "false");
    case json::Kind::Int: return value.integer == 0 && unless == "0";
    case json::Kind::Number: return false;
    case json::Kind::String: return value.size == 0 || value.string() == unless;
    case json::Kind::Array: return value.size == 0;
    case json::Kind::Object: {
        if (value.size == 0 || unless.empty())
            return value.size == 0;
        std::string text;
        json::write(text, value);
        return text == unless;
    }
    }
    return false;
}

std::string because(std::string text, std::string_view why) {
    if (!why.empty())
        text.append(": ").append(why);
    return text;
}

std::size_t count_of(const Type& type, const void* container) {
    std::size_t count = 0;
    type.elements(container, count);
    return count;
}

bool is_set(const Type& type, const void* member) {
    switch (type.kind) {
    case Kind::String: return !static_cast<const std::string*>(member)->empty();
    case Kind::Bool: return *static_cast<const bool*>(member);
    case Kind::Int: return load_int(type, member) != 0;
    case Kind::Enum:
    case Kind::Struct: return true;
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

void write_struct(Sink& out, const Type& type, const void* object) {
    char before = '{';
    for (const Row *row = type.rows, *end = row + type.row_count; row != end; ++row) {
        if (!row->member)
            continue;
        const void* member = row->member(const_cast<void*>(object)); // only an address is computed
        if (!row->always && !is_set(*row->type, member))
            continue;
        write_key(out, before, row->name);
        before = ',';
        write_value(out, *row->type, member);
    }
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

void write_map(Sink& out, const StringMap& map) {
    char before = '{';
    for (const auto& [key, value] : map) {
        out.put(before);
        before = ',';
        append_json_string(out, key);
        out.put(':');
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
    case Kind::StringMap: return write_map(out, *static_cast<const StringMap*>(member));
    case Kind::Raw: {
        const std::string& text = static_cast<const RawJson*>(member)->text;
        return out.append(text.empty() ? "null" : text);
    }
    case Kind::Text: {
        std::string text;
        type.print(text, member);
        return append_json_string(out, text);
    }
    }
}

} // namespace

void add_problem(Problems& problems, Problem problem) {
    if (problems.size() < max_problems)
        problems.push_back(std::move(problem));
    else if (problems.size() == max_problems)
        problems.push_back({.pointer = {}, .message = "too many problems: the rest is left out"});
}

void Reader::error(const Node& node, std::string message) {
    if (problems.size() <= max_problems)
        add_problem(problems, {json::pointer_to(root, node), std::move(message)});
}

void Reader::warning(const Node& node, std::string message) {
    if (problems.size() <= max_problems)
        add_problem(problems, {json::pointer_to(root, node), std::move(message), Severity::Warning});
}

bool Reader::expect(const Node& node, json::Kind kind) {
    if (node.kind == kind)
        return true;
    std::string message = "expected ";
    message.append(describe(kind)).append(", not ").append(describe(node.kind));
    const bool scalar =
        node.kind == json::Kind::Int || node.kind == json::Kind::Bool || node.kind == json::Kind::Number;
    if (kind == json::Kind::String && scalar) {
        message += "; write \"";
        json::write(message, node);
        message += '"';
    }
    error(node, std::move(message));
    return false;
}

void Reader::missing(const Node& object, std::string_view name) {
    std::string pointer = json::pointer_to(root, object);
    json::append_pointer(pointer, name);
    add_problem(problems, {std::move(pointer), "required value"});
}

void Reader::read(const Node& node, const Type& type, void* member) {
    switch (type.kind) {
    case Kind::String:
        if (expect(node, json::Kind::String))
            *static_cast<std::string*>(member) = node.string();
        return;
    case Kind::Bool:
        if (expect(node, json::Kind::Bool))
            *static_cast<bool*>(member) = node.boolean;
        return;
    case Kind::Int: return read_int(node, type, member);
    case Kind::Enum: return read_enum(node, type, member);
    case Kind::Struct: return read_struct(node, type, member);
    case Kind::List: return read_list(node, type, member);
    case Kind::Optional: return read(node, *type.element, type.add(member));
    case Kind::StringMap: return read_map(node, *static_cast<StringMap*>(member));
    case Kind::Raw: return json::write(static_cast<RawJson*>(member)->text, node);
    case Kind::Text: return read_text(node, type, member);
    }
}

void Reader::read_struct(const Node& node, const Type& type, void* object) {
    if (!expect(node, json::Kind::Object))
        return;
    std::size_t required_seen = 0;
    const Node* key = node.first();
    for (std::uint32_t i = 0; i < node.size; ++i, key = key[1].next()) {
        const Row* row = find_row(type, key->string());
        if (!row) {
            if (mode == Mode::Strict)
                unknown_field(*key, type);
            continue;
        }
        if (key[1].kind == json::Kind::Null)
            continue; // as in Go: null is a field that was not given
        required_seen += row->presence == Presence::Required;
        read_row(*key, *row, object);
    }
    for (const Row *row = type.rows, *end = row + type.row_count; row != end; ++row) {
        if (row->presence != Presence::Required || required_seen-- != 0)
            continue;
        // One is missing, so look for which.
        for (const Row* each = type.rows; each != end; ++each) {
            const Node* value = each->presence == Presence::Required ? json::find(node, each->name) : &node;
            if (!value || value->kind == json::Kind::Null)
                missing(node, each->name);
        }
        return;
    }
}

void Reader::read_row(const Node& key, const Row& row, void* object) {
    const Node& value = *key.next();
    switch (row.presence) {
    case Presence::Required:
    case Presence::Optional: return read(value, *row.type, row.member(object));
    case Presence::Server:
        if (mode == Mode::Output && row.member)
            read(value, *row.type, row.member(object));
        return;
    case Presence::Ignored:
        if (mode == Mode::Strict && !asks_for_nothing(value, row.unless))
            warning(key, because("ignored", row.why));
        return;
    case Presence::Unsupported:
        if (asks_for_nothing(value, row.unless))
            return;
        [[fallthrough]];
    case Presence::Refused:
        if (mode == Mode::Strict)
            error(key, because(quoted(row.name) + " is not supported by this version of podinit", row.why));
        return;
    }
}

void Reader::read_int(const Node& node, const Type& type, void* member) {
    if (node.kind == json::Kind::Number)
        return error(node, "expected an integer, not " + std::string(node.string()));
    if (!expect(node, json::Kind::Int))
        return;
    if (type.bytes == 8)
        *static_cast<std::int64_t*>(member) = node.integer;
    else if (node.integer == static_cast<std::int32_t>(node.integer))
        *static_cast<std::int32_t*>(member) = static_cast<std::int32_t>(node.integer);
    else
        error(node, std::to_string(node.integer) + " does not fit in 32 bits");
}

void Reader::read_enum(const Node& node, const Type& type, void* member) {
    if (!expect(node, json::Kind::String))
        return;
    for (std::size_t i = 0; i < type.name_count; ++i) {
        if (type.names[i] == node.string()) {
            *static_cast<std::uint8_t*>(member) = static_cast<std::uint8_t>(i);
            return;
        }
    }
    std::string message = "unsupported value " + quoted(node.string()) + "; supported values: ";
    for (std::size_t i = 0; i < type.name_count; ++i)
        message.append(i == 0 ? "" : ", ").append(quoted(type.names[i]));
    error(node, std::move(message));
}

void Reader::read_text(const Node& node, const Type& type, void* member) {
    std::string literal;
    if (type.numbers && (node.kind == json::Kind::Int || node.kind == json::Kind::Number))
        json::write(literal, node);
    else if (expect(node, json::Kind::String))
        literal = node.string();
    else
        return;
    if (const std::string_view wrong = type.parse(literal, member); !wrong.empty())
        error(node, std::string(wrong));
}

void Reader::read_list(const Node& node, const Type& type, void* list) {
    if (!expect(node, json::Kind::Array))
        return;
    type.reserve(list, node.size);
    const Node* element = node.first();
    for (std::uint32_t i = 0; i < node.size; ++i, element = element->next())
        read(*element, *type.element, type.add(list));
}

void Reader::read_map(const Node& node, StringMap& map) {
    if (!expect(node, json::Kind::Object))
        return;
    map.reserve(node.size);
    const Node* key = node.first();
    for (std::uint32_t i = 0; i < node.size; ++i, key = key[1].next()) {
        const Node& value = key[1];
        if (value.kind == json::Kind::Null)
            map.emplace_back(key->string(), ""); // as in Go
        else if (expect(value, json::Kind::String))
            map.emplace_back(key->string(), value.string());
    }
}

void Reader::unknown_field(const Node& key, const Type& type) {
    if (problems.size() > max_problems)
        return;
    const Row* best = nullptr;
    std::size_t best_distance = 3; // more than two letters off is another word
    for (const Row *row = type.rows, *end = row + type.row_count; row != end; ++row) {
        const std::size_t distance = edit_distance(row->name, key.string(), best_distance);
        if (distance < best_distance) {
            best = row;
            best_distance = distance;
        }
    }
    std::string message = "unknown field " + quoted(key.string());
    if (best)
        message.append("; did you mean ").append(quoted(best->name)).append("?");
    error(key, std::move(message));
}

void write(std::string& out, const Type& type, const void* member) {
    Sink sink(out);
    write_value(sink, type, member);
}

} // namespace spec::fields
