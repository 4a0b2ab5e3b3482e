// SPDX-License-Identifier: Apache-2.0
// Any bytes as YAML: no crash, bounded work, JSON that spec reads, and a place in the text for what is in it.
#include "spec/text.hpp"
#include "tools/podctl/json_stream.hpp"
#include "tools/podctl/json_value.hpp"
#include "tools/podctl/yaml_read.hpp"
#include "tools/podctl/yaml_write.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

// A place in the text, or none.
void require_mark(const ctl::YamlMark& mark, std::size_t lines) {
    require((mark.line == 0) == (mark.column == 0) && mark.line <= lines + 1);
}

// What is written as YAML is read as the same again, as far as YAML can write it.
void try_again(const std::string& json) {
    const std::string yaml = ctl::yaml_of_json(json);
    const auto again = ctl::read_yaml(yaml);
    if (yaml.empty() || !again || again->size() != 1)
        return;
    const auto text = again->front().to_json();
    require(text && ctl::read_json(*text).has_value());
}

void try_document(const ctl::YamlDocument& document, std::size_t lines) {
    const auto json = document.to_json();
    for (const char* pointer : {"", "/a", "/a/0", "/spec/containers/0/name", "/~0/~1", "/0/a/b/1"})
        require_mark(document.locate(pointer), lines);
    if (!json)
        return require(!json.error().message.empty() && json.error().line <= lines + 1);
    require(json->size() <= 7 * ctl::max_yaml_output);
    // What YAML can say and a manifest may not: U+0000 in a string, a number of more than 64 bits.
    if (ctl::read_json(*json))
        try_again(*json);
    else
        require(json->find("\\u0000") != json->npos || json->find_first_of("0123456789") != json->npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    // A line ends in any of five ways in YAML.
    const auto lines = static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || (c & 0x80) != 0 || c == '\0'; }));
    for (const ctl::JsonText& object : ctl::split_json(text))
        require(object.text.starts_with('{') && object.text.ends_with('}') && object.begin.line <= lines + 1);
    const auto documents = ctl::read_yaml(text);
    if (!documents)
        require(!documents.error().message.empty());
    else
        for (const ctl::YamlDocument& document : *documents)
            try_document(document, lines);
    return 0;
}
