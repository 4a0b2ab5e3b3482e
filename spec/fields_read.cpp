// SPDX-License-Identifier: Apache-2.0
#include "spec/fields.hpp"

#include "spec/names.hpp"

#include <cstring>

namespace spec::fields {

using json::Node;

namespace {

using Kind = Type::Kind;

const Row* find_row(const Row* row, const Row* end, std::string_view name) {
    for (; row != end; ++row)
        if (row->name.size() == name.size() && row->name.front() == name.front() &&
            std::memcmp(row->name.data(), name.data(), name.size()) == 0)
            return row;
    return nullptr;
}

// Fields are mostly written in the table's order, so the search begins after the last one that was found.
const Row* find_row(const Type& type, const Row* after, std::string_view name) {
    if (name.empty())
        return nullptr;
    const Row* row = find_row(after, type.rows + type.row_count, name);
    return row ? row : find_row(type.rows, after, name);
}

// Does a value that we do not honour ask for anything at all?
bool asks_for_nothing(const Node& value, std::string_view unless) {
    switch (value.kind) {
    case json::Kind::Null: return true;
    case json::Kind::Bool: return unless == (value.boolean ? "true" : "false");
    case json::Kind::Int: return !unless.empty() && unless == std::to_string(value.integer);
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

} // namespace

bool is_full(Problems& problems, Severity severity) {
    if (problems.size() < max_problems)
        return false;
    if (problems.size() == max_problems)
        problems.push_back({.message = "too many problems: the rest is left out", .severity = severity});
    else if (severity == Severity::Error)
        problems.back().severity = Severity::Error; // a document with an error must not pass
    return true;
}

void add_problem(Problems& problems, Problem problem) {
    if (!is_full(problems, problem.severity))
        problems.push_back(std::move(problem));
}

void Reader::error(const Node& node, std::string message) {
    if (!is_full(problems, Severity::Error))
        problems.push_back({json::pointer_to(root, node), std::move(message)});
}

void Reader::warning(const Node& node, std::string message) {
    if (!is_full(problems, Severity::Warning))
        problems.push_back({json::pointer_to(root, node), std::move(message), Severity::Warning});
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
    if (is_full(problems, Severity::Error))
        return;
    std::string pointer = json::pointer_to(root, object);
    json::append_pointer(pointer, name);
    add_problem(problems, {std::move(pointer), "required value"});
}

void Reader::read(const Node& node, const Type& type, void* member) {
    switch (type.kind) {
    case Kind::String:
        if (expect(node, json::Kind::String) && member)
            *static_cast<std::string*>(member) = node.string();
        return;
    case Kind::Bool:
        if (expect(node, json::Kind::Bool) && member)
            *static_cast<bool*>(member) = node.boolean;
        return;
    case Kind::Int: return read_int(node, type, member);
    case Kind::Enum: return read_enum(node, type, member);
    case Kind::Struct: return read_struct(node, type, member);
    case Kind::List: return read_list(node, type, member);
    case Kind::Optional: return read(node, *type.element, member ? type.add(member) : nullptr);
    case Kind::StringMap: return read_map(node, type, static_cast<StringMap*>(member));
    case Kind::Raw:
        if (member)
            json::write(static_cast<RawJson*>(member)->text, node);
        return;
    case Kind::Text: return read_text(node, type, member);
    case Kind::IntOrString: return read_int_or_string(node, static_cast<IntOrString*>(member));
    }
}

void Reader::read_struct(const Node& node, const Type& type, void* object) {
    if (!expect(node, json::Kind::Object))
        return;
    std::size_t required_seen = 0;
    const Row* after = type.rows;
    const Node* key = node.first();
    for (std::uint32_t i = 0; i < node.size; ++i, key = key[1].next()) {
        const Row* row = find_row(type, after, key->string());
        if (!row) {
            if (mode == Mode::Strict)
                unknown_field(*key, type);
            continue;
        }
        after = row + 1;
        if (key[1].kind == json::Kind::Null)
            continue; // as in Go: null is a field that was not given
        required_seen += row->presence == Presence::Required;
        read_row(*key, *row, object);
    }
    if (required_seen == type.required_count)
        return;
    for (const Row *row = type.rows, *end = row + type.row_count; row != end; ++row) {
        const Node* value = row->presence == Presence::Required ? json::find(node, row->name) : &node;
        if (!value || value->kind == json::Kind::Null)
            missing(node, row->name);
    }
}

void Reader::read_row(const Node& key, const Row& row, void* object) {
    const Node& value = *key.next();
    switch (row.presence) {
    case Presence::Required:
    case Presence::Optional: return read(value, *row.type, object && row.member ? row.member(object) : nullptr);
    case Presence::Server:
        if (mode == Mode::Output && row.member)
            read(value, *row.type, row.member(object));
        else if (mode == Mode::Strict && !row.why.empty() && !asks_for_nothing(value, {}))
            warning(key, because("ignored", row.why));
        return;
    case Presence::Ignored: return keep(key, row, object);
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

void Reader::keep(const Node& key, const Row& row, void* object) {
    const Node& value = *key.next();
    if (mode == Mode::Strict) {
        read(value, *row.type, nullptr);
        const bool nothing = asks_for_nothing(value, row.unless);
        if (!nothing)
            warning(key, because("ignored", row.why));
        else if (!row.always)
            return;
    }
    if (mode != Mode::Lax) {
        auto& [name, text] = static_cast<StringMap*>(row.member(object))->emplace_back();
        name = row.name;
        json::write(text, value);
    }
}

void Reader::read_int(const Node& node, const Type& type, void* member) {
    if (node.kind == json::Kind::Number)
        return error(node, "expected an integer, not " + std::string(node.string()));
    if (!expect(node, json::Kind::Int))
        return;
    if (type.bytes == 4 && node.integer != static_cast<std::int32_t>(node.integer))
        return error(node, std::to_string(node.integer) + " does not fit in 32 bits");
    if (!member)
        return;
    if (type.bytes == 8)
        *static_cast<std::int64_t*>(member) = node.integer;
    else
        *static_cast<std::int32_t*>(member) = static_cast<std::int32_t>(node.integer);
}

void Reader::read_int_or_string(const Node& node, IntOrString* member) {
    if (node.kind == json::Kind::String) {
        if (member)
            member->name = node.string();
        return;
    }
    if (node.kind != json::Kind::Int && node.kind != json::Kind::Number)
        return error(node, "expected a number or a string, not " + std::string(describe(node.kind)));
    read_int(node, type_of<std::int32_t>, member ? &member->number : nullptr);
}

void Reader::read_enum(const Node& node, const Type& type, void* member) {
    if (!expect(node, json::Kind::String))
        return;
    for (std::size_t i = 0; i < type.name_count; ++i) {
        if (type.names[i] == node.string()) {
            if (member)
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
    if (list)
        type.reserve(list, node.size);
    const Node* element = node.first();
    for (std::uint32_t i = 0; i < node.size; ++i, element = element->next())
        read(*element, *type.element, list ? type.add(list) : nullptr);
}

void Reader::read_map(const Node& node, const Type& type, StringMap* map) {
    if (!expect(node, json::Kind::Object))
        return;
    if (map)
        map->reserve(node.size);
    const Type& of_values = type.element ? *type.element : type_of<std::string>;
    const Node* key = node.first();
    for (std::uint32_t i = 0; i < node.size; ++i, key = key[1].next()) {
        std::string* value = nullptr;
        if (map) {
            map->emplace_back(key->string(), std::string());
            value = &map->back().second;
        }
        if (key[1].kind != json::Kind::Null) // as in Go: null is an empty string
            read(key[1], of_values, value);
    }
}

void Reader::unknown_field(const Node& key, const Type& type) {
    if (is_full(problems, Severity::Error))
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

} // namespace spec::fields
