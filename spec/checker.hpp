// SPDX-License-Identifier: Apache-2.0
// What many rules share: a complaint at a path, and the checks of one value (internal to spec).
//
// A check that finds nothing wrong makes no string and no list: validation is on the way to the first process.
#pragma once

#include "spec/pod.hpp"
#include "spec/problem.hpp"
#include "spec/rules.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec {

class Checker {
  public:
    explicit Checker(Problems& problems)
        : problems_(problems)
        , known_(problems.size()) {}

    void error(const Path& path, std::string message) const;
    void duplicate(const Path& path, std::string_view value) const;

    // Each complains about an empty text, too.
    bool given(const Path& path, std::string_view text) const;
    void dns_label(const Path& path, std::string_view text) const;
    void dns_subdomain(const Path& path, std::string_view text) const;
    void local_file(const Path& path, std::string_view text) const; // relative, below a directory that is ours

    void qualified_name(const Path& path, std::string_view text) const;
    void labels(const Path& path, const StringMap& map) const;
    void relative_path(const Path& path, std::string_view text) const;

    void at_least(const Path& path, std::int64_t value, std::int64_t least) const;
    void between(const Path& path, std::int64_t value, std::int64_t least, std::int64_t most) const;
    void id(const Path& path, std::optional<std::int64_t> value) const; // of a user or a group
    void mode(const Path& path, std::optional<std::int32_t> value) const;
    void port(const Path& path, std::int32_t value) const;
    void port(const Path& path, const IntOrString& value) const;

    // Exactly one of the members that `names` lists must be given.
    void one_of(const Path& path, std::size_t given, std::string_view names) const;

  private:
    Problems& problems_;
    std::size_t known_; // problems that were there before
};

} // namespace spec
