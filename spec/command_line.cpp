// SPDX-License-Identifier: Apache-2.0
// The kernel's own reading of its command line (lib/cmdline.c, next_arg): spaces separate, and double quotes around a
// value or a whole parameter keep its spaces.
#include "spec/config.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec {

namespace {

constexpr std::string_view prefix = "podinit.";

struct Parameter {
    std::string_view key;
    std::optional<std::string_view> value; // none: no '=' at all
};

constexpr bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view unquoted(std::string_view text) noexcept {
    if (!text.starts_with('"'))
        return text;
    text.remove_prefix(1);
    if (text.ends_with('"'))
        text.remove_suffix(1);
    return text;
}

// Takes one parameter off the front of `rest`, which does not start with a space.
Parameter next_parameter(std::string_view& rest) noexcept {
    std::size_t end = 0;
    for (bool quoted = false; end < rest.size() && (quoted || !is_space(rest[end])); ++end)
        quoted ^= rest[end] == '"';
    const std::string_view text = unquoted(rest.substr(0, end));
    rest.remove_prefix(end);
    const std::size_t equals = text.find('=');
    if (equals == text.npos)
        return {text, std::nullopt};
    return {text.substr(0, equals), unquoted(text.substr(equals + 1))};
}

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (comma > 0)
            parts.emplace_back(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return parts;
}

// The kernel's words for a bool (lib/kstrtox.c), and English.
std::optional<bool> to_bool(std::string_view word) noexcept {
    for (const std::string_view yes : {"1", "y", "yes", "on", "true"})
        if (word == yes)
            return true;
    for (const std::string_view no : {"0", "n", "no", "off", "false"})
        if (word == no)
            return false;
    return std::nullopt;
}

void warn(CommandLine& line, std::string_view key, std::string message) {
    line.problems.push_back({std::string{prefix} + std::string{key}, std::move(message), Severity::Warning});
}

void apply(CommandLine& line, std::string_view key, std::optional<std::string_view> value) {
    Config& config = line.config;
    if (key == "rescue" || key == "emergency") {
        const auto wanted = to_bool(value.value_or("1"));
        bool& asked = key == "rescue" ? line.rescue : line.emergency;
        asked = wanted.value_or(asked);
        if (!wanted)
            warn(line, key, "must be 0 or 1");
    } else if (key != "hostname" && key != "modules" && key != "manifests" && key != "images") {
        warn(line, key, "unknown parameter; there are rescue, emergency, hostname, modules, manifests and images");
    } else if (!value || value->empty()) {
        warn(line, key, "needs a value");
    } else if (key == "hostname") {
        if (valid_hostname(*value))
            config.hostname = *value;
        else
            warn(line, key, "not a host name");
    } else if (key == "modules") {
        for (std::string& module : split(*value))
            config.modules.push_back(std::move(module));
    } else {
        (key == "images" ? config.image_dirs : config.manifest_dirs) = split(*value);
    }
}

} // namespace

CommandLine read_command_line(std::string_view cmdline, Config base) noexcept {
    CommandLine line{.config = std::move(base)};
    try {
        while (!cmdline.empty()) {
            if (is_space(cmdline.front())) {
                cmdline.remove_prefix(1);
                continue;
            }
            const Parameter parameter = next_parameter(cmdline);
            if (parameter.key.starts_with(prefix))
                apply(line, parameter.key.substr(prefix.size()), parameter.value);
        }
    } catch (...) {
        // Out of memory: what was read so far holds, and the machine boots.
    }
    return line;
}

} // namespace spec
