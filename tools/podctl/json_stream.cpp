// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/json_stream.hpp"

#include <algorithm>

namespace ctl {

namespace {

// How long the object is with which the text begins; 0 when it does not end.
std::size_t object_length(std::string_view text) {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"')
            in_string = !in_string;
        else if (in_string)
            i += c == '\\';
        else if (c == '{')
            ++depth;
        else if (c == '}' && --depth == 0)
            return i + 1;
    }
    return 0;
}

void advance(YamlMark& mark, std::string_view text) {
    mark.line += static_cast<unsigned>(std::count(text.begin(), text.end(), '\n'));
    if (const std::size_t newline = text.rfind('\n'); newline != text.npos) {
        mark.column = 1;
        text.remove_prefix(newline + 1);
    }
    mark.column += static_cast<unsigned>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; })); // characters, not bytes
}

} // namespace

std::vector<JsonText> split_json(std::string_view text) {
    std::vector<JsonText> objects;
    YamlMark mark{1, 1};
    for (;;) {
        const std::size_t first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
        advance(mark, text.substr(0, first));
        text.remove_prefix(first);
        if (text.empty())
            return objects;
        const std::size_t length = text.starts_with('{') ? object_length(text) : 0;
        if (length == 0)
            return {};
        objects.push_back({text.substr(0, length), mark});
        advance(mark, objects.back().text);
        text.remove_prefix(length);
    }
}

} // namespace ctl
