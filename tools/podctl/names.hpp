// SPDX-License-Identifier: Apache-2.0
// The words after a verb: resource types and names, as kubectl takes them.
#pragma once

#include "spec/object.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

struct Asked {
    spec::Kind kind = spec::Kind::Pod;
    std::string name; // empty: every one
    friend bool operator==(const Asked&, const Asked&) = default;
};

// "TYPE[,TYPE]...", "TYPE[,TYPE]... NAME...", "TYPE/NAME..."; "all" is every type that runs. Throws Failure.
std::vector<Asked> parse_resources(std::span<const std::string> args);

// "NAME" of a pod, or "TYPE/NAME" of one type. Throws Failure.
Asked parse_target(const std::string& arg);

bool is_workload(spec::Kind kind); // stands for pods of its own

// "pods", "deployments.apps": what the API calls them together.
std::string plural(spec::Kind kind);

} // namespace ctl
