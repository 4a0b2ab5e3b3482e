// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/jsonpath.hpp"

#include "tools/podctl/number.hpp"
#include "tools/podctl/output.hpp"

#include <algorithm>
#include <span>

namespace ctl {

namespace {

using Values = std::vector<const JsonValue*>;

[[noreturn]] void wrong(std::string_view where, std::string_view why) {
    fail({"error parsing jsonpath ", where, ": ", why});
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\n");
    return first == text.npos ? "" : text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

// The text in quotes of either kind, with \n, \t and \\ meant as in Go.
std::string unquoted(std::string_view text) {
    const char quote = text.empty() ? '\0' : text.front();
    if (text.size() < 2 || (quote != '"' && quote != '\'') || text.back() != quote)
        wrong(text, "expected text in quotes");
    std::string out;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        char c = text[i];
        if (c == '\\' && i + 2 < text.size()) {
            c = text[++i];
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        out += c;
    }
    return out;
}

// Where the bracket or brace that is open ends, quotes disregarded inside of quotes; npos: nowhere.
std::size_t closing(std::string_view text, char open, char close) {
    std::size_t depth = 0;
    char quote = '\0';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != '\0') {
            i += c == '\\' ? 1 : 0;
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == open) {
            ++depth;
        } else if (c == close && --depth == 0) {
            return i;
        }
    }
    return text.npos;
}

void add_children(const JsonValue& value, Values& out) {
    for (const JsonValue& item : value.items)
        out.push_back(&item);
    for (const auto& [key, member] : value.members)
        out.push_back(&member);
}

bool holds(const JsonValue& item, std::string_view condition) {
    std::size_t op = condition.find("==");
    const bool equal = op != condition.npos;
    if (!equal)
        op = condition.find("!=");
    const std::string_view path = trimmed(condition.substr(0, op));
    if (!path.starts_with('@') || path.find_first_of("<>&|") != path.npos)
        wrong(condition, "a condition is @.PATH, or @.PATH == or != a value");
    const Values found = select_jsonpath(path, item);
    if (op == condition.npos)
        return !found.empty();
    const std::string_view wanted = trimmed(condition.substr(op + 2));
    const bool in_quotes = wanted.starts_with('"') || wanted.starts_with('\'');
    const std::string text = in_quotes ? unquoted(wanted) : std::string(wanted);
    return !found.empty() && (jsonpath_text(*found.front()) == text) == equal;
}

// One step: what stands between brackets.
void step_into(const JsonValue& value, std::string_view step, Values& out) {
    if (step == "*")
        return add_children(value, out);
    if (step.starts_with("?(") && step.ends_with(')')) {
        for (const JsonValue& item : value.items)
            if (holds(item, step.substr(2, step.size() - 3)))
                out.push_back(&item);
        return;
    }
    if (step.starts_with('\'') || step.starts_with('"')) {
        if (const JsonValue* member = value.find(unquoted(step)))
            out.push_back(member);
        return;
    }
    if (step.find_first_not_of("-0123456789") != step.npos || step.empty())
        wrong(step, "expected a number, '*', a name in quotes or a condition between brackets");
    const auto count = static_cast<std::int64_t>(value.items.size());
    std::int64_t index = parse_number("jsonpath", std::string(step));
    index += index < 0 ? count : 0;
    if (index >= 0 && index < count)
        out.push_back(&value.items[static_cast<std::size_t>(index)]);
}

// A name behind a dot, with "\." for a dot of its own; leaves the rest in `path`.
std::string take_name(std::string_view& path) {
    std::string name;
    while (!path.empty() && path.front() != '.' && path.front() != '[') {
        path.remove_prefix(path.front() == '\\' && path.size() > 1 ? 1 : 0);
        name += path.front();
        path.remove_prefix(1);
    }
    return name;
}

// Pieces of a template in turn: text, and what stands in braces.
struct Piece {
    bool is_text = true;
    std::string_view content;
};

std::vector<Piece> split(std::string_view text) {
    std::vector<Piece> pieces;
    while (!text.empty()) {
        const std::size_t open = std::min(text.find('{'), text.size());
        if (open > 0)
            pieces.push_back({true, text.substr(0, open)});
        text.remove_prefix(open);
        if (text.empty())
            break;
        const std::size_t close = closing(text, '{', '}');
        if (close == text.npos)
            wrong(text, "unclosed action");
        pieces.push_back({false, trimmed(text.substr(1, close - 1))});
        text.remove_prefix(close + 1);
    }
    return pieces;
}

bool is_range(const Piece& piece) {
    return !piece.is_text && piece.content.starts_with("range ");
}

// The `end` of the range that is the first of them.
std::size_t end_of_range(std::span<const Piece> pieces) {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        depth += is_range(pieces[i]) ? 1 : 0;
        if (!pieces[i].is_text && pieces[i].content == "end" && --depth == 0)
            return i;
    }
    wrong(pieces.front().content, "a range without an end");
}

void expand(std::span<const Piece> pieces, const JsonValue& current, std::string& out) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const std::string_view content = pieces[i].content;
        if (pieces[i].is_text) {
            out += content;
        } else if (is_range(pieces[i])) {
            const std::size_t length = end_of_range(pieces.subspan(i));
            for (const JsonValue* value : select_jsonpath(trimmed(content.substr(6)), current))
                expand(pieces.subspan(i + 1, length - 1), *value, out);
            i += length;
        } else if (content.starts_with('"') || content.starts_with('\'')) {
            out += unquoted(content);
        } else if (content == "end") {
            wrong(content, "an end without a range");
        } else {
            std::string_view separator = "";
            for (const JsonValue* value : select_jsonpath(content, current)) {
                out.append(separator).append(jsonpath_text(*value));
                separator = " ";
            }
        }
    }
}

} // namespace

std::string expand_jsonpath(std::string_view text, const JsonValue& root) {
    std::string out;
    expand(split(text), root, out);
    return out;
}

Values select_jsonpath(std::string_view path, const JsonValue& from) {
    const std::string_view whole = path;
    Values values = {&from};
    if (path.starts_with('$') || path.starts_with('@'))
        path.remove_prefix(1);
    while (!path.empty()) {
        Values next;
        if (path.starts_with('[')) {
            const std::size_t close = closing(path, '[', ']');
            if (close == path.npos)
                wrong(whole, "unterminated array");
            for (const JsonValue* value : values)
                step_into(*value, trimmed(path.substr(1, close - 1)), next);
            path.remove_prefix(close + 1);
        } else {
            if (path.starts_with(".."))
                wrong(whole, "'..' is not supported");
            path.remove_prefix(path.starts_with('.') ? 1 : 0);
            if (path.starts_with('['))
                continue; // ".['a']"
            const std::string name = take_name(path);
            for (const JsonValue* value : values)
                if (name == "*")
                    add_children(*value, next);
                else if (name.empty())
                    next.push_back(value); // "." alone is where one stands
                else if (const JsonValue* member = value->find(name))
                    next.push_back(member);
        }
        values = std::move(next);
    }
    return values;
}

std::string jsonpath_text(const JsonValue& value) {
    return value.kind == JsonValue::Kind::String ? value.text : write_json(value);
}

} // namespace ctl
