// SPDX-License-Identifier: Apache-2.0
// One fault during one scenario, and what came of both.
#pragma once

#include "tests/fault/injector.hpp"
#include "tests/fault/scenarios.hpp"
#include "tests/fault/stage.hpp"

#include <string>

namespace fault {

struct Attempt {
    bool happened = false; // the fault
    std::string wrong{};   // with the scenario, after it, or with the services
};

// With `spoilt` the scenario need not succeed the first time, but when it is run again.
Attempt try_it(Stage& stage, const Scenario& scenario, const Injection& injection, bool spoilt);

} // namespace fault
