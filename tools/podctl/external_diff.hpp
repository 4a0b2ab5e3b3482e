// SPDX-License-Identifier: Apache-2.0
// A diff program of the user's choice, as kubectl calls it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ctl {

struct Difference {
    std::string name; // of the object's file
    std::string live; // YAML; "": it is not there
    std::string merged;
};

// Runs `command` (words parted by spaces) with two directories that hold the texts in files. Its exit code, 0 or 1.
// Throws Failure when it cannot be run, or says that it failed.
int run_external_diff(std::string_view command, const std::vector<Difference>& differences);

} // namespace ctl
