// SPDX-License-Identifier: Apache-2.0
#include "spec/text.hpp"

#include "spec/json.hpp"
#include "spec/sink.hpp"

#include <limits>

namespace spec {

namespace {

using json::Kind;
using json::Node;

void visit(const Node& node, JsonVisitor& visitor) {
    switch (node.kind) {
    case Kind::Null:
    case Kind::Bool:
    case Kind::Int:
    case Kind::Number: {
        std::string literal;
        json::write(literal, node);
        return visitor.scalar(literal);
    }
    case Kind::String: return visitor.string(node.string());
    case Kind::Array: {
        visitor.begin_array();
        const Node* element = node.first();
        for (std::uint32_t i = 0; i < node.size; ++i, element = element->next())
            visit(*element, visitor);
        return visitor.end_array();
    }
    case Kind::Object: {
        visitor.begin_object();
        const Node* key = node.first();
        for (std::uint32_t i = 0; i < node.size; ++i, key = key[1].next()) {
            visitor.key(key->string());
            visit(key[1], visitor);
        }
        return visitor.end_object();
    }
    }
}

void new_line(Sink& out, std::size_t depth) {
    out.put('\n');
    out.fill(depth * 4, ' ');
}

void pretty(Sink& out, const Node& node, std::size_t depth) {
    const bool object = node.kind == Kind::Object;
    if ((!object && node.kind != Kind::Array) || node.size == 0)
        return json::write(out, node);
    out.put(object ? '{' : '[');
    const Node* child = node.first();
    for (std::uint32_t i = 0; i < node.size; ++i) {
        if (i != 0)
            out.put(',');
        new_line(out, depth + 1);
        if (object) {
            append_json_string(out, child->string());
            out.append(": ");
            ++child;
        }
        pretty(out, *child, depth + 1);
        child = child->next();
    }
    new_line(out, depth);
    out.put(object ? '}' : ']');
}

constexpr std::size_t any_size = std::numeric_limits<std::uint32_t>::max();

} // namespace

bool visit_json(std::string_view text, JsonVisitor& visitor) {
    const auto document = json::parse(text, any_size);
    if (document)
        visit(document->root(), visitor);
    return document.has_value();
}

std::string pretty_json(std::string_view text) {
    std::string out;
    if (const auto document = json::parse(text, any_size)) {
        out.reserve(text.size() * 2);
        Sink sink(out);
        pretty(sink, document->root(), 0);
    } else {
        out = text;
    }
    return out += '\n';
}

} // namespace spec
