// SPDX-License-Identifier: Apache-2.0
// Label selectors as kubectl's -l takes them: "a=b,c!=d,e in (f,g),h notin (i),j,!k". All requirements must hold.
#pragma once

#include "spec/pod.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

struct Requirement {
    enum class Operator : std::uint8_t { Exists, Missing, In, NotIn }; // NotIn holds for a missing label too
    std::string key;
    Operator op = Operator::Exists;
    std::vector<std::string> values;
};
using Selector = std::vector<Requirement>; // empty: everything

// The error is what is wrong with it, for people.
std::expected<Selector, std::string> parse_selector(std::string_view text);

bool matches(const Selector& selector, const spec::StringMap& labels);

} // namespace ctl
