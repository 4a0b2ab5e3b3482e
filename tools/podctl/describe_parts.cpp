// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/describe_parts.hpp"

#include "tools/podctl/json_value.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace ctl::describing {

namespace {

constexpr std::size_t max_annotation = 140; // as kubectl has it

std::string toleration_text(const JsonValue& toleration) {
    const std::string key = text_at(toleration, {"key"});
    const std::string value = text_at(toleration, {"value"});
    const std::string effect = text_at(toleration, {"effect"});
    std::string text = key;
    if (!value.empty())
        text += '=' + value;
    if (!effect.empty())
        text += ':' + effect;
    if (text_at(toleration, {"operator"}) == "Exists" && value.empty())
        text += text.empty() ? "op=Exists" : " op=Exists";
    if (const std::string seconds = text_at(toleration, {"tolerationSeconds"}); !seconds.empty())
        text += " for " + seconds + "s";
    return text;
}

} // namespace

void Writer::line(std::size_t level, std::initializer_list<std::string_view> parts) {
    text.append(2 * level, ' ');
    for (const std::string_view part : parts)
        text += part;
    text += '\n';
}

std::string_view or_none(std::string_view text) {
    return text.empty() ? "<none>" : text;
}

std::string_view true_or_false(const std::optional<bool>& value) {
    return value.value_or(false) ? "true" : "false";
}

std::string time_text(std::string_view rfc3339) {
    const auto ms = spec::parse_rfc3339(rfc3339);
    if (!ms)
        return "Mon, 01 Jan 0001 00:00:00 +0000";
    const auto seconds = static_cast<std::time_t>(*ms / 1000);
    std::tm local{};
    localtime_r(&seconds, &local);
    std::array<char, 64> buffer;
    return {buffer.data(), std::strftime(buffer.data(), buffer.size(), "%a, %d %b %Y %H:%M:%S %z", &local)};
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    for (;;) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == text.npos)
            return lines;
        text.remove_prefix(end + 1);
    }
}

void labels(Writer& out, std::string_view title, spec::StringMap map) {
    std::sort(map.begin(), map.end());
    if (map.empty())
        out.line(0, {title, ":\t<none>"});
    std::string_view colon = ":";
    for (const auto& [key, value] : map) {
        out.line(0, {title, colon, "\t", key, "=", value});
        title = colon = "";
    }
}

void annotations(Writer& out, std::string_view title, spec::StringMap map) {
    std::sort(map.begin(), map.end());
    if (map.empty())
        out.line(0, {title, ":\t<none>"});
    std::string_view colon = ":";
    for (const auto& [key, whole] : map) {
        std::string_view value = whole;
        if (value.ends_with('\n'))
            value.remove_suffix(1);
        if (value.size() + key.size() + 2 <= max_annotation && value.find('\n') == value.npos) {
            out.line(0, {title, colon, "\t", key, ": ", value});
        } else {
            out.line(0, {title, colon, "\t", key, ":"});
            for (const std::string_view part : lines_of(value)) {
                const bool cut = part.size() > max_annotation - 2;
                out.line(0, {"\t  ", part.substr(0, max_annotation - 2), cut ? "..." : ""});
            }
        }
        title = colon = "";
    }
}

void placement(Writer& out, const spec::PodSpec& spec, Where where) {
    const std::string_view indent = where == Where::Template ? "  " : "";
    const std::string in(indent);
    labels(out, in + "Node-Selectors", spec.node_selector);
    const std::string* json = spec::find(spec.ignored, "tolerations");
    const auto list = json ? read_json(*json) : std::nullopt;
    std::string title = in + "Tolerations:";
    if (!list || list->items.empty())
        return out.line(0, {title, "\t<none>"});
    std::vector<const JsonValue*> sorted;
    for (const JsonValue& toleration : list->items)
        sorted.push_back(&toleration);
    std::stable_sort(sorted.begin(), sorted.end(), [](const JsonValue* a, const JsonValue* b) {
        return text_at(*a, {"key"}) < text_at(*b, {"key"});
    });
    for (const JsonValue* toleration : sorted) {
        out.line(0, {title, "\t", toleration_text(*toleration)});
        title = in;
    }
}

} // namespace ctl::describing
