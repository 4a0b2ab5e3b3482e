// SPDX-License-Identifier: Apache-2.0
// YAML in, JSON text out, as kubectl converts it; and the way back from a JSON pointer to a line of the YAML.
//
// What is refused beside bad syntax: a key that comes twice in a mapping (kubectl silently takes the last one), a key
// that is null or a collection, infinity and NaN, nesting deeper than 64, a document whose aliases blow it up, and what
// is not UTF-8 (where kubectl puts U+FFFD).
// A merge ("<<") is done where it is written: it replaces the keys before it and is replaced by those after it (so
// kubectl; the YAML specification says that explicit keys win). Of the mappings of one merge the first wins.
#pragma once

#include "spec/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

inline constexpr std::size_t max_yaml_depth = 64;
inline constexpr std::size_t max_yaml_nodes = 500'000;    // of one document, with every alias written out
inline constexpr std::size_t max_yaml_output = 16u << 20; // bytes of JSON, and of the scalars read for it
inline constexpr std::size_t max_yaml_reread = 64u << 20; // bytes read again because of \' in double quotes

struct YamlMark { // 1-based; 0: unknown
    unsigned line = 0;
    unsigned column = 0;
};

struct YamlNode {
    enum class Kind : std::uint8_t { Scalar, Sequence, Mapping };
    Kind kind = Kind::Scalar;
    bool plain = false; // a scalar without quotes
    YamlMark mark;
    std::string tag;                     // as given, "!!" written out; empty for none
    std::string value;                   // of a scalar
    std::vector<std::uint32_t> children; // of a mapping: key, value, key, value
};

// The nodes of one document; an alias is the node that it names.
class YamlDocument {
  public:
    explicit YamlDocument(std::vector<YamlNode> nodes)
        : nodes_(std::move(nodes)) {}

    // The document as compact JSON.
    std::expected<std::string, spec::Problem> to_json() const;

    // Where the value of a JSON pointer is written: the key of a mapping's member, the item of a sequence. When there
    // is no such value, where its closest ancestor is.
    YamlMark locate(std::string_view pointer) const;

  private:
    void walk_to(std::string_view pointer, YamlMark& mark) const; // leaves `mark` at the last step that it could take

    std::vector<YamlNode> nodes_; // the root is the first
};

// The documents of a stream, without the empty ones and those that are null. The text stands at `begin` of its file.
std::expected<std::vector<YamlDocument>, spec::Problem> read_yaml(std::string_view text, YamlMark begin = {1, 1});

} // namespace ctl
