// SPDX-License-Identifier: Apache-2.0
#include "spec/prerequisites.hpp"

#include "spec/names.hpp"

#include <algorithm>
#include <utility>

namespace spec {

namespace {

// The resource of a kind that has pods, as others write it in front of a name; "" for another word.
std::string_view resource_in(std::string_view kind) {
    for (const std::string_view resource : {"pod", "deployment.apps", "statefulset.apps", "daemonset.apps"})
        if (kind == resource || kind == resource.substr(0, resource.find('.')))
            return resource;
    return {};
}

void add_list(std::vector<Prerequisite>& out, const ObjectMeta& metadata, std::string_view key, bool required) {
    const std::string* list = find(metadata.annotations, key);
    if (!list)
        return;
    for (std::string_view rest = *list; rest.data();) {
        std::optional<std::string> target = target_of(next_item(rest), metadata.namespace_);
        if (target && std::ranges::find(out, *target, &Prerequisite::target) == out.end())
            out.push_back({std::move(*target), required});
    }
}

} // namespace

std::string_view next_item(std::string_view& rest) noexcept {
    constexpr std::string_view blank = " \t\r\n";
    const std::size_t comma = rest.find(',');
    std::string_view item = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    item.remove_prefix(std::min(item.find_first_not_of(blank), item.size()));
    return item.substr(0, item.find_last_not_of(blank) + 1);
}

std::optional<std::string> target_of(std::string_view item, std::string_view own_namespace) {
    const std::size_t last = item.rfind('/');
    const std::string_view name = item.substr(last + 1); // npos + 1 is 0
    std::string_view before = item.substr(0, last == std::string_view::npos ? 0 : last);
    std::string_view resource = "pod";
    const std::size_t first = before.find('/');
    if (const std::string_view kind = resource_in(before.substr(first + 1)); !kind.empty()) {
        resource = kind;
        before = before.substr(0, first == std::string_view::npos ? 0 : first);
    }
    const bool own = before.empty() && first != 0;
    if (!is_dns_subdomain(name) || (own ? last == 0 : !is_dns_label(before)))
        return std::nullopt;
    std::string target(resource);
    return target.append(" ").append(own ? own_namespace : before).append("/").append(name);
}

bool has_prerequisites(const ObjectMeta& metadata) noexcept {
    return find(metadata.annotations, after_key) || find(metadata.annotations, requires_key);
}

// What is required comes first, and is not repeated because it is named again.
std::vector<Prerequisite> prerequisites_of(const ObjectMeta& metadata) {
    std::vector<Prerequisite> out;
    add_list(out, metadata, requires_key, true);
    add_list(out, metadata, after_key, false);
    return out;
}

} // namespace spec
