// SPDX-License-Identifier: Apache-2.0
// JSON text as a flat list of values (internal to spec).
//
// Boost.JSON's basic_parser reads the bytes; what it says is kept in one vector in document order instead of a
// boost::json::value, because that container hides duplicate keys and rounds numbers, and because a document without
// escapes then needs a single allocation. Strings without escapes point into the text, which must outlive the Document.
#pragma once

#include "spec/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spec {
class Sink;
}

namespace spec::json {

inline constexpr std::size_t max_depth = 64;
inline constexpr std::size_t max_values = 1u << 20; // 24 MB of nodes: what the largest text may cost PID 1

enum class Kind : std::uint8_t { Null, Bool, Int, Number, String, Array, Object };

struct Node {
    Kind kind = Kind::Null;
    std::uint32_t size = 0; // bytes of a String or of a Number's literal, elements of an Array, members of an Object
    std::uint32_t span = 1; // nodes of this value, itself included; 0 while it is still being read
    union {
        const char* text = nullptr; // String; Number: a literal that is no std::int64_t, as written
        std::int64_t integer;
        bool boolean;
    };

    std::string_view string() const noexcept { return {text, size}; }
    // The first element; in an Object the first key, which is a String with its value right after it.
    const Node* first() const noexcept { return this + 1; }
    const Node* next() const noexcept { return this + span; }
};

struct Document {
    std::vector<Node> nodes;         // root first; never empty
    std::unique_ptr<char[]> decoded; // the strings that had escapes

    const Node& root() const noexcept { return nodes.front(); }
};

// One strict JSON document of at most `max_bytes`. Refuses also what JSON allows but no manifest may hold: a duplicate
// key, U+0000, an integer that needs more than 64 bits, a number past a double's range.
std::expected<Document, Problems> parse(std::string_view text, std::size_t max_bytes) noexcept;

// The member called `key`, or nullptr; also when `object` is no object.
const Node* find(const Node& object, std::string_view key) noexcept;

// The JSON pointer of a node of the tree under `root`. Costs time in the size of the tree: for errors only.
std::string pointer_to(const Node& root, const Node& node);
void append_pointer(std::string& out, std::string_view token);

// Appends compact JSON text.
void write(Sink& out, const Node& node);
void write(std::string& out, const Node& node);

// For the catch of a function that may not throw. An empty list when there is no memory even for this.
Problems out_of_memory() noexcept;

// "a string", "an object", ...
std::string_view describe(Kind kind) noexcept;

} // namespace spec::json
