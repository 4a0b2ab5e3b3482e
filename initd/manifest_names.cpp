// SPDX-License-Identifier: Apache-2.0
#include "initd/manifest_names.hpp"

#include "initd/name_hash.hpp"

#include <climits>

namespace initd {

bool is_manifest_name(std::string_view name) noexcept {
    return !name.starts_with('.') && name.ends_with(".json");
}

namespace {

// A pod's file has none: that is what most are. The capital letters sort before every pod's namespace that begins with
// a letter, so that ConfigMaps are mostly there when the pods that refer to them start.
std::string_view file_prefix(spec::Kind kind) noexcept {
    switch (kind) {
    case spec::Kind::Pod:
    case spec::Kind::Ignored: return "";
    case spec::Kind::ConfigMap: return "ConfigMap_";
    case spec::Kind::Secret: return "Secret_";
    case spec::Kind::DaemonSet: return "DaemonSet_";
    case spec::Kind::Deployment: return "Deployment_";
    case spec::Kind::StatefulSet: return "StatefulSet_";
    }
    return "";
}

} // namespace

// No part can hold an underscore, a tilde or a slash: all are DNS names. A long one is cut, and told apart by a hash.
std::string manifest_file_name(spec::Kind kind, std::string_view namespace_, std::string_view name) {
    constexpr std::string_view ending = ".json";
    constexpr std::size_t hash_digits = 8;
    std::string file(file_prefix(kind));
    file.append(namespace_).append("_").append(name);
    if (file.size() + ending.size() > NAME_MAX) {
        std::uint32_t hash = name_hash(file);
        file.resize(NAME_MAX - ending.size() - 1 - hash_digits);
        file += '~';
        for (std::size_t digit = hash_digits; digit-- > 0;)
            file += "0123456789abcdef"[hash >> 4 * digit & 15];
    }
    return file.append(ending);
}

} // namespace initd
