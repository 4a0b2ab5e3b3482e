// SPDX-License-Identifier: Apache-2.0
// Tables of rules: what is wrong, and what is just not wrong.
#pragma once

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tests {

struct Rule {
    std::string json;
    std::string pointer;
    std::string_view message; // a part of it
};

// Each is refused for this reason alone.
inline void check_each(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
        INFO(rule.json);
        spec::Problems problems = problems_of(rule.json);
        INFO(describe(problems));
        std::erase_if(problems, [](const spec::Problem& p) { return p.severity != spec::Severity::Error; });
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].pointer == rule.pointer);
        CHECK(problems[0].message.find(rule.message) != std::string::npos);
    }
}

inline void accept_each(const std::vector<std::string>& pods) {
    for (const std::string& json : pods) {
        INFO(json);
        INFO(describe(problems_of(json)));
        CHECK(spec::read_manifest(json));
    }
}

inline std::string repeated(std::string_view part, std::size_t times, std::string_view between) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i)
        out.append(i == 0 ? "" : between).append(part);
    return out;
}

} // namespace tests
