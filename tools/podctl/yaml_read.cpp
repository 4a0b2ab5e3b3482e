// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/yaml_read.hpp"

#include "tools/podctl/yaml_scalar.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <yaml.h>

namespace ctl {

namespace {

std::string text_of(const yaml_char_t* text) {
    return text ? reinterpret_cast<const char*>(text) : "";
}

YamlMark mark_of(const yaml_mark_t& mark) {
    return {static_cast<unsigned>(mark.line + 1), static_cast<unsigned>(mark.column + 1)};
}

spec::Problem problem_at(YamlMark mark, std::string message) {
    return {.pointer = "", .message = std::move(message), .line = mark.line, .column = mark.column};
}

class Parser {
  public:
    Parser(std::string_view text, YamlMark begin)
        : text_(text) {
        ready_ = yaml_parser_initialize(&parser_) == 1;
        if (!ready_)
            return;
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
        parser_.mark.line = begin.line - 1;
        parser_.mark.column = begin.column - 1;
    }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;
    ~Parser() {
        yaml_event_delete(&event_);
        if (ready_)
            yaml_parser_delete(&parser_);
    }

    // The next event, valid until the next call; nullptr: problem() says why.
    const yaml_event_t* next() {
        yaml_event_delete(&event_);
        return ready_ && yaml_parser_parse(&parser_, &event_) == 1 ? &event_ : nullptr;
    }

    spec::Problem problem() const {
        if (!ready_ || parser_.error == YAML_MEMORY_ERROR)
            return problem_at({}, "out of memory");
        YamlMark mark = mark_of(parser_.problem_mark);
        if (parser_.error == YAML_READER_ERROR) { // of bytes, not of characters: it has an offset only
            const std::string_view before = text_.substr(0, parser_.problem_offset);
            mark.line = static_cast<unsigned>(std::count(before.begin(), before.end(), '\n') + 1);
            mark.column = static_cast<unsigned>(before.size() - (before.rfind('\n') + 1) + 1);
        }
        std::string message = parser_.problem ? parser_.problem : "not YAML";
        if (parser_.context)
            message += std::string(" ") + parser_.context;
        return problem_at(mark, std::move(message));
    }

    // Where in the text there is a \' that libyaml does not take.
    std::optional<std::size_t> escaped_quote() const {
        if (parser_.error != YAML_SCANNER_ERROR ||
            parser_.problem != std::string_view("found unknown escape character"))
            return std::nullopt;
        std::size_t offset = text_.starts_with("\xEF\xBB\xBF") ? 3 : 0; // the mark counts characters, but not this one
        for (std::size_t count = parser_.problem_mark.index; count != 0 && offset < text_.size(); --count)
            while (++offset < text_.size() && (text_[offset] & 0xC0) == 0x80) {
            }
        return text_.substr(offset, 2) == "\\'" ? std::optional(offset) : std::nullopt;
    }

  private:
    std::string_view text_;
    yaml_parser_t parser_{};
    yaml_event_t event_{};
    bool ready_ = false;
};

// Builds the nodes of one document from its events.
class Builder {
  public:
    std::expected<void, spec::Problem> take(const yaml_event_t& event) {
        YamlNode node;
        node.mark = mark_of(event.start_mark);
        switch (event.type) {
        case YAML_SCALAR_EVENT:
            node.plain = event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
            node.tag = text_of(event.data.scalar.tag);
            node.value.assign(reinterpret_cast<const char*>(event.data.scalar.value), event.data.scalar.length);
            return add(std::move(node), text_of(event.data.scalar.anchor));
        case YAML_SEQUENCE_START_EVENT:
            node.kind = YamlNode::Kind::Sequence;
            return add(std::move(node), text_of(event.data.sequence_start.anchor));
        case YAML_MAPPING_START_EVENT:
            node.kind = YamlNode::Kind::Mapping;
            return add(std::move(node), text_of(event.data.mapping_start.anchor));
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT: open_.pop_back(); return {};
        case YAML_ALIAS_EVENT: return add_alias(text_of(event.data.alias.anchor), node.mark);
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
        case YAML_STREAM_END_EVENT:
        case YAML_DOCUMENT_START_EVENT:
        case YAML_DOCUMENT_END_EVENT: return {};
        }
        return {};
    }

    bool empty() const { // "---" and nothing behind it, only comments, or null
        return nodes_.empty() || (nodes_.size() == 1 && nodes_[0].plain && nodes_[0].tag.empty() &&
                                  resolve_plain(nodes_[0].value).kind == ScalarKind::Null);
    }
    YamlDocument finish() { return YamlDocument(std::move(nodes_)); }

  private:
    std::expected<void, spec::Problem> add(YamlNode node, std::string anchor) {
        if (nodes_.size() >= max_yaml_nodes)
            return std::unexpected(
                problem_at(node.mark, "more than " + std::to_string(max_yaml_nodes) + " values in one document"));
        const auto index = static_cast<std::uint32_t>(nodes_.size());
        if (!open_.empty())
            nodes_[open_.back()].children.push_back(index);
        if (!anchor.empty())
            anchors_[std::move(anchor)] = index;
        if (node.kind != YamlNode::Kind::Scalar) {
            if (open_.size() >= max_yaml_depth)
                return std::unexpected(problem_at(node.mark, "nested too deeply"));
            open_.push_back(index);
        }
        nodes_.push_back(std::move(node));
        return {};
    }

    std::expected<void, spec::Problem> add_alias(const std::string& name, YamlMark mark) {
        const auto found = anchors_.find(name);
        if (found == anchors_.end())
            return std::unexpected(problem_at(mark, "unknown anchor \"" + name + "\""));
        if (std::find(open_.begin(), open_.end(), found->second) != open_.end())
            return std::unexpected(problem_at(mark, "anchor \"" + name + "\" contains itself"));
        nodes_[open_.back()].children.push_back(found->second);
        return {};
    }

    std::vector<YamlNode> nodes_;
    std::vector<std::uint32_t> open_; // the collections that we are in
    std::map<std::string, std::uint32_t> anchors_;
};

struct Failed {
    spec::Problem problem;
    std::optional<std::size_t> escaped_quote; // what Parser says of it
};

std::expected<std::vector<YamlDocument>, Failed> read_once(std::string_view text, YamlMark begin) {
    std::vector<YamlDocument> documents;
    Parser parser(text, begin);
    Builder builder;
    while (const yaml_event_t* event = parser.next()) {
        if (event->type == YAML_STREAM_END_EVENT)
            return documents;
        if (event->type == YAML_DOCUMENT_START_EVENT)
            builder = Builder();
        if (auto taken = builder.take(*event); !taken)
            return std::unexpected(Failed{std::move(taken.error()), std::nullopt});
        if (event->type == YAML_DOCUMENT_END_EVENT && !builder.empty())
            documents.push_back(builder.finish());
    }
    return std::unexpected(Failed{parser.problem(), parser.escaped_quote()});
}

// Writes each \' from `at` to the end of its double quotes as libyaml takes it.
void rewrite_quotes(std::string& text, std::size_t at) {
    std::string out = text.substr(0, at);
    for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            out += text[at];
            continue;
        }
        ++at;
        out += text[at] == '\'' ? "\\x27" : std::string{'\\', text[at]};
    }
    text = out.append(text, at);
}

} // namespace

std::expected<std::vector<YamlDocument>, spec::Problem> read_yaml(std::string_view text, YamlMark begin) {
    std::string own;
    if (!text.empty() && !text.ends_with('\n')) // kubectl ends every line, which a literal block shows
        text = own.append(text) += '\n';
    for (std::size_t reread = 0;;) {
        auto documents = read_once(text, begin);
        if (documents)
            return *std::move(documents);
        if (!documents.error().escaped_quote || reread > max_yaml_reread)
            return std::unexpected(std::move(documents.error().problem));
        reread += text.size();
        if (own.empty())
            own = text;
        rewrite_quotes(own, *documents.error().escaped_quote);
        text = own;
    }
}

} // namespace ctl
