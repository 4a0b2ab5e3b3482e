// SPDX-License-Identifier: Apache-2.0
// YamlDocument: the tree as JSON, and the positions of its values.
#include "tools/podctl/yaml_read.hpp"

#include "spec/text.hpp"
#include "tools/podctl/json_value.hpp"
#include "tools/podctl/yaml_scalar.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace ctl {

namespace {

constexpr std::string_view standard_tags = "tag:yaml.org,2002:";

// A problem on its way up; at the border it becomes an unexpected.
struct Refused {
    spec::Problem problem;
};
[[noreturn]] void refuse(const YamlNode& node, std::string message) {
    throw Refused{{.pointer = "", .message = std::move(message), .line = node.mark.line, .column = node.mark.column}};
}

std::string decode_base64(const YamlNode& node) {
    static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    std::size_t count = 0; // of characters
    std::size_t padding = 0;
    for (const char c : node.value) {
        if (c == '\n' || c == '\r')
            continue;
        const char* found = c != '\0' ? std::strchr(alphabet, c) : nullptr;
        padding += c == '=';
        if (c != '=' && (!found || padding != 0))
            refuse(node, "!!binary value is not base64");
        bits = bits << 6 | (found ? static_cast<unsigned>(found - alphabet) : 0);
        if (++count % 4 == 0)
            for (const int shift : {16, 8, 0})
                out += static_cast<char>(bits >> shift & 0xff);
    }
    if (count % 4 != 0 || padding > 2)
        refuse(node, "!!binary value is not base64");
    out.resize(out.size() - padding);
    std::string json;
    spec::append_json_string(json, out);
    if (!read_json(json))
        refuse(node, "!!binary value is not UTF-8, and JSON holds nothing else");
    return out;
}

// What a scalar is: `json` of a string is its value.
Scalar value_of(const YamlNode& node) {
    std::string_view tag = node.tag;
    const bool standard = tag.starts_with(standard_tags);
    if (standard)
        tag.remove_prefix(standard_tags.size());
    if (standard && tag == "binary")
        return {.json = decode_base64(node)};
    const bool typed = standard && (tag == "int" || tag == "float" || tag == "bool" || tag == "null");
    if ((!tag.empty() && !typed) || (!node.plain && !typed))
        return {.json = node.value};
    Scalar scalar = resolve_plain(node.value);
    const bool fits = !typed || (tag == "int" && scalar.kind == ScalarKind::Int) ||
                      (tag == "float" && (scalar.kind == ScalarKind::Float || scalar.kind == ScalarKind::Int)) ||
                      (tag == "bool" && scalar.kind == ScalarKind::Bool) ||
                      (tag == "null" && scalar.kind == ScalarKind::Null);
    if (!fits)
        refuse(node, "\"" + node.value + "\" is no !!" + std::string(tag));
    if (scalar.kind == ScalarKind::String)
        scalar.json = node.value;
    return scalar;
}

std::string key_of(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::Scalar)
        refuse(node, "a key must be a scalar");
    Scalar value = value_of(node);
    switch (value.kind) {
    case ScalarKind::Null: refuse(node, "a key must not be null");
    case ScalarKind::Float: return float_key(value.number);
    case ScalarKind::Bool:
    case ScalarKind::Int:
    case ScalarKind::String: break;
    }
    return std::move(value.json);
}

bool is_merge(const YamlNode& key) {
    return key.kind == YamlNode::Kind::Scalar && key.value == "<<" &&
           ((key.plain && key.tag.empty()) || key.tag == "tag:yaml.org,2002:merge");
}

struct Member {
    std::string key;
    std::uint32_t key_node;
    std::uint32_t value_node;
    std::uint32_t own_key; // the key node that the mapping itself has for it; 0: it was merged
};

// Members in the order in which their keys come first.
class Members {
  public:
    void add_own(std::string key, const std::vector<YamlNode>& nodes, std::uint32_t key_node,
                 std::uint32_t value_node) {
        Member& member = place(std::move(key));
        if (member.own_key != 0)
            refuse(nodes[key_node], "duplicate key \"" + member.key + "\", first in line " +
                                        std::to_string(nodes[member.own_key].mark.line));
        member.key_node = member.own_key = key_node;
        member.value_node = value_node;
    }
    void merge(Member merged) {
        Member& member = place(std::move(merged.key));
        member.key_node = merged.key_node;
        member.value_node = merged.value_node;
    }
    std::vector<Member> take() { return std::move(list_); }

  private:
    Member& place(std::string key) {
        const auto [at, is_new] = index_.try_emplace(key, list_.size());
        if (is_new)
            list_.push_back({std::move(key), 0, 0, 0});
        return list_[at->second];
    }

    std::vector<Member> list_;
    std::unordered_map<std::string, std::size_t> index_;
};

// A walk over the tree with every alias written out, bounded in depth, nodes and bytes.
class Walk {
  public:
    explicit Walk(const std::vector<YamlNode>& nodes)
        : nodes_(nodes) {}

    // The members of a mapping, merges done.
    std::vector<Member> members(const YamlNode& mapping, std::size_t depth) {
        enter(mapping, depth);
        Members members;
        for (std::size_t i = 0; i + 1 < mapping.children.size(); i += 2) {
            const std::uint32_t key = mapping.children[i];
            const std::uint32_t value = mapping.children[i + 1];
            enter(nodes_[key], depth);
            if (is_merge(nodes_[key]))
                merge_into(members, value, depth + 1);
            else
                members.add_own(key_of(nodes_[key]), nodes_, key, value);
        }
        return members.take();
    }

    void write(std::uint32_t index, std::size_t depth) {
        const YamlNode& node = nodes_[index];
        switch (node.kind) {
        case YamlNode::Kind::Scalar: enter(node, depth); return write_scalar(node);
        case YamlNode::Kind::Sequence: {
            enter(node, depth);
            char separator = '[';
            for (const std::uint32_t child : node.children) {
                out += std::exchange(separator, ',');
                write(child, depth + 1);
            }
            out += separator == '[' ? "[]" : "]";
            return;
        }
        case YamlNode::Kind::Mapping: {
            char separator = '{';
            for (const Member& member : members(node, depth)) {
                out += std::exchange(separator, ',');
                spec::append_json_string(out, member.key);
                out += ':';
                write(member.value_node, depth + 1);
            }
            out += separator == '{' ? "{}" : "}";
            return;
        }
        }
    }

    std::string out;

  private:
    void enter(const YamlNode& node, std::size_t depth) {
        if (depth + (node.kind == YamlNode::Kind::Scalar ? 0 : 1) > max_yaml_depth)
            refuse(node, "nested too deeply");
        read_bytes_ += node.value.size();
        if (++visited_ > max_yaml_nodes || std::max(read_bytes_, out.size()) > max_yaml_output)
            refuse(node, "too large once its aliases are written out");
    }

    void write_scalar(const YamlNode& node) {
        const Scalar value = value_of(node);
        if (value.kind == ScalarKind::String)
            return spec::append_json_string(out, value.json);
        if (value.json.empty())
            refuse(node, "JSON has no number \"" + node.value + "\"");
        out += value.json;
    }

    void merge_into(Members& members, std::uint32_t value, std::size_t depth) {
        std::vector<std::uint32_t> mappings{value};
        if (nodes_[value].kind == YamlNode::Kind::Sequence)
            mappings.assign(nodes_[value].children.rbegin(), nodes_[value].children.rend());
        for (const std::uint32_t index : mappings) {
            if (nodes_[index].kind != YamlNode::Kind::Mapping)
                refuse(nodes_[index], "\"<<\" needs a mapping or a sequence of mappings");
            for (Member& member : this->members(nodes_[index], depth))
                members.merge(std::move(member));
        }
    }

    const std::vector<YamlNode>& nodes_;
    std::size_t visited_ = 0;
    std::size_t read_bytes_ = 0;
};

// The next part of a JSON pointer, unescaped (RFC 6901).
std::string take_token(std::string_view& pointer) {
    pointer.remove_prefix(1); // the slash
    const std::string_view raw = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(raw.size());
    std::string token;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == '~' && i + 1 < raw.size())
            token += raw[++i] == '1' ? '/' : '~';
        else
            token += raw[i];
    }
    return token;
}

} // namespace

std::expected<std::string, spec::Problem> YamlDocument::to_json() const {
    Walk walk(nodes_);
    try {
        walk.write(0, 0);
    } catch (Refused& refused) {
        return std::unexpected(std::move(refused.problem));
    }
    return std::move(walk.out);
}

YamlMark YamlDocument::locate(std::string_view pointer) const {
    YamlMark mark = nodes_[0].mark;
    try {
        walk_to(pointer, mark);
    } catch (const Refused&) { // then to_json() refuses it too, and says so
    }
    return mark;
}

void YamlDocument::walk_to(std::string_view pointer, YamlMark& mark) const {
    Walk walk(nodes_);
    std::uint32_t index = 0;
    for (std::size_t depth = 0; pointer.starts_with('/'); ++depth) {
        const std::string token = take_token(pointer);
        const YamlNode& node = nodes_[index];
        if (node.kind == YamlNode::Kind::Mapping) {
            const auto members = walk.members(node, depth);
            const auto found =
                std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == token; });
            if (found == members.end())
                return;
            mark = nodes_[found->key_node].mark;
            index = found->value_node;
        } else if (node.kind == YamlNode::Kind::Sequence) {
            const auto item = static_cast<std::size_t>(std::strtoul(token.c_str(), nullptr, 10));
            if (item >= node.children.size())
                return;
            index = node.children[item];
            mark = nodes_[index].mark;
        } else {
            return;
        }
    }
}

} // namespace ctl
