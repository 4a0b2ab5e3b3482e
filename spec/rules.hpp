// SPDX-License-Identifier: Apache-2.0
// What the API server does to a Pod between reading and storing it: defaults, then validation (internal to spec).
// The rules are those of pkg/apis/core/validation for the fields that exist here; messages are in its spirit.
#pragma once

#include "spec/pod.hpp"
#include "spec/problem.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace spec {

// Fills in defaults, and takes out what says no more than the default does, so that two manifests that mean the same
// have the same canonical text.
void apply_defaults(Pod& pod);

// Appends every broken rule, except for what lies within a value that `problems` already complains about.
void validate(const Pod& pod, Problems& problems);

// Where in the Pod a rule looks: a chain on the stack, written out only for a problem.
struct Path {
    static constexpr std::size_t no_index = -1;

    const Path* up = nullptr;
    std::string_view name;
    std::size_t index = no_index; // of an array called `name`

    Path child(std::string_view key) const { return {this, key}; }
    Path child(std::string_view key, std::size_t i) const { return {this, key, i}; }
    std::string pointer() const;
};

class Rules {
  public:
    Rules(const Pod& pod, Problems& problems)
        : pod_(pod)
        , problems_(problems)
        , known_(problems.size()) {}

    void metadata(const Path& path) const;
    void spec(const Path& path) const;

  private:
    void error(const Path& path, std::string message) const;
    void check_id(const Path& path, const std::optional<std::int64_t>& id) const;
    void volume(const Volume& volume, const Path& path) const;
    void host_ports(const Path& path) const;
    void container(const Container& container, const Path& path) const;
    void port(const ContainerPort& port, const Path& path) const;
    void mounts(const Container& container, const Path& path) const;
    void security_context(const SecurityContext& context, const Path& path) const;

    const Pod& pod_;
    Problems& problems_;
    std::size_t known_; // problems that were there before
};

} // namespace spec
