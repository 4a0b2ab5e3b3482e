// SPDX-License-Identifier: Apache-2.0
#include "initd/env_file.hpp"

#include "initd/files.hpp"

#include <algorithm>

namespace initd {

namespace {

constexpr std::size_t longest_file = 1 << 20;
constexpr std::string_view blanks = " \t";

std::string_view without_blanks(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text;
}

bool is_over(std::string_view line) { // nothing that means anything
    return line.empty() || line.starts_with('#') || line == "\r";
}

} // namespace

std::vector<EnvFile> read_env_files(const spec::Pod& pod, std::size_t container, const NodeFacts& node) {
    std::vector<EnvFile> files;
    for (const spec::EnvVar& var : spec::container_at(pod, container).env) {
        if (!var.value_from || !var.value_from->file_key_ref)
            continue;
        const spec::FileKeySelector& ref = *var.value_from->file_key_ref;
        const auto volume = std::ranges::find(pod.spec.volumes, ref.volume_name, &spec::Volume::name);
        if (volume != pod.spec.volumes.end() && !find_env_file(files, ref))
            files.push_back({ref.volume_name, ref.path,
                             read_file_in_root(empty_dir_path(node, pod, *volume), ref.path.c_str(), longest_file)});
    }
    return files;
}

std::optional<std::string> env_file_value(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::string_view line = without_blanks(text.substr(0, text.find('\n')));
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
        if (is_over(line))
            continue;
        const std::size_t equals = line.find('=');
        const std::string_view name = line.substr(0, equals);
        if (equals == line.npos || name.empty() || blanks.find(name.back()) != blanks.npos)
            return std::nullopt;
        if (equals + 1 < line.size() && blanks.find(line[equals + 1]) != blanks.npos) { // a shell sets it to nothing
            if (name == key)
                return "";
            continue;
        }
        if (equals + 1 == line.size() || line[equals + 1] != '\'')
            return std::nullopt;
        // The value may go on in the lines that follow.
        const char* const begin = line.data() + equals + 2;
        std::string_view rest(begin, static_cast<std::size_t>(text.data() + text.size() - begin));
        const std::string_view value = rest.substr(0, rest.find('\''));
        if (value.size() == rest.size())
            return std::nullopt;
        rest.remove_prefix(value.size() + 1);
        if (!is_over(without_blanks(rest.substr(0, rest.find('\n')))))
            return std::nullopt;
        if (name == key)
            return std::string(value);
        rest.remove_prefix(std::min(rest.find('\n'), rest.size()));
        text = rest;
    }
    return "";
}

} // namespace initd
