// SPDX-License-Identifier: Apache-2.0
#include "spec/json.hpp"

#include "spec/sink.hpp"

#include <new>

namespace spec::json {

const Node* find(const Node& object, std::string_view key) noexcept {
    if (object.kind != Kind::Object)
        return nullptr;
    const Node* name = object.first();
    for (std::uint32_t i = 0; i < object.size; ++i, name = name[1].next())
        if (name->string() == key)
            return name + 1;
    return nullptr;
}

void append_pointer(std::string& out, std::string_view token) {
    out += '/';
    for (const char c : token) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else if (static_cast<unsigned char>(c) < 0x20)
            out += '?'; // a pointer is shown on terminals
        else
            out += c;
    }
}

std::string pointer_to(const Node& root, const Node& node) {
    std::string out;
    // A container that is still being read (span 0) reaches to the end of what there is.
    for (const Node* at = &root; at != &node;) {
        const bool object = at->kind == Kind::Object;
        const Node* child = at->first();
        for (std::size_t index = 0;; ++index) {
            const Node* value = child + object;
            if (&node == child || value->span == 0 || &node < value->next()) {
                append_pointer(out, object ? child->string() : std::to_string(index));
                at = &node == child ? &node : value;
                break;
            }
            child = value->next();
        }
    }
    return out;
}

void write(std::string& out, const Node& node) {
    Sink sink(out);
    write(sink, node);
}

void write(Sink& out, const Node& node) {
    switch (node.kind) {
    case Kind::Null: return out.append("null");
    case Kind::Bool: return out.append(node.boolean ? "true" : "false");
    case Kind::Int: return append_int(out, node.integer);
    case Kind::Number: return out.append(node.string());
    case Kind::String: return append_json_string(out, node.string());
    case Kind::Array: {
        out.put('[');
        const Node* element = node.first();
        for (std::uint32_t i = 0; i < node.size; ++i, element = element->next()) {
            if (i != 0)
                out.put(',');
            write(out, *element);
        }
        return out.put(']');
    }
    case Kind::Object: {
        out.put('{');
        const Node* key = node.first();
        for (std::uint32_t i = 0; i < node.size; ++i, key = key[1].next()) {
            if (i != 0)
                out.put(',');
            append_json_string(out, key->string());
            out.put(':');
            write(out, key[1]);
        }
        return out.put('}');
    }
    }
}

Problems out_of_memory() noexcept {
    try {
        return {{.message = "out of memory"}};
    } catch (const std::bad_alloc&) {
        return {};
    }
}

std::string_view describe(Kind kind) noexcept {
    switch (kind) {
    case Kind::Null: return "null";
    case Kind::Bool: return "a boolean";
    case Kind::Int:
    case Kind::Number: return "a number";
    case Kind::String: return "a string";
    case Kind::Array: return "an array";
    case Kind::Object: return "an object";
    }
    return {};
}

} // namespace spec::json
