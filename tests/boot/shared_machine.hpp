// SPDX-License-Identifier: Apache-2.0
// One machine for all test cases of a file: a boot costs seconds, a question milliseconds. The cases run in the order
// in which they are written, and a case leaves the machine as it found it.
#pragma once

#include "tests/boot/machine.hpp"
#include "tests/boot/workshop.hpp"
#include "tests/catch.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

namespace boot {

// Boots with `options` at the first call and logs in at the console. A machine that does not come up is not tried
// again.
template <class MakeOptions>
Machine& shared_machine(MakeOptions make_options) {
    static std::unique_ptr<Machine> machine;
    static bool tried = false;
    if (!tried) {
        tried = true;
        workshop(); // so that it outlives the machine
        auto made = std::make_unique<Machine>(make_options());
        made->login();
        machine = std::move(made);
    }
    if (!machine)
        throw std::runtime_error("the machine of these tests did not come up: see the first of them");
    return *machine;
}

inline auto contains(const std::string& text) {
#if CATCH_VERSION_MAJOR >= 3
    return Catch::Matchers::ContainsSubstring(text);
#else
    return Catch::Matchers::Contains(text);
#endif
}

} // namespace boot
