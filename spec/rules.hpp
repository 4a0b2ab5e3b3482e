// SPDX-License-Identifier: Apache-2.0
// What the API server does to a Pod between reading and storing it: defaults, then validation (internal to spec).
// The rules are those of pkg/apis/core/validation for create; messages are in its spirit. Where podinit refuses more
// than the API server, a comment at the rule says why.
#pragma once

#include "spec/pod.hpp"
#include "spec/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec {

// Where in a document a rule looks: a chain on the stack, written out only for a problem. A link must outlive the links
// below it, so that the child of a temporary is no child.
struct Path {
    static constexpr std::size_t no_index = -1;

    const Path* up = nullptr;
    std::string_view name{};
    std::size_t index = no_index; // of an array called `name`
    std::string_view member{};    // of the value at `name`; none when it points nowhere

    Path child(std::string_view key) const& { return {this, key}; }
    Path child(std::string_view key, std::size_t i) const& { return {this, key, i}; }
    Path child(std::string_view key, std::string_view its_member) const& { return {this, key, no_index, its_member}; }
    Path child(std::string_view key, std::size_t i, std::string_view its_member) const& {
        return {this, key, i, its_member};
    }
    template <class... Keys>
    Path child(Keys...) const&& = delete;

    std::string pointer() const;
};

// Fills in defaults, and takes out what says no more than the default does, so that two manifests that mean the same
// have the same canonical text.
void apply_defaults(Pod& pod);

// Takes the profiles that annotations of old ask for into the fields. Part of the defaults.
void default_app_armor(Pod& pod);

// The priority of one of the two classes that every cluster has; nullopt for another name.
std::optional<std::int32_t> system_priority(std::string_view class_name);

// A template has labels and annotations, and no name or namespace of its own.
enum class Of : std::uint8_t { Pod, Template };

// These append every broken rule, except for what lies within a value that `problems` already complains about.
// Defaults are filled in before.
void validate(const Pod& pod, Problems& problems, Of of = Of::Pod, const Path& root = {});
void validate_metadata(const ObjectMeta& metadata, Problems& problems, const Path& path); // of an object of any kind

} // namespace spec
