// SPDX-License-Identifier: Apache-2.0
// PODINIT_MUTANT=NUMBER:0|1 has a guard lie. Without it, the program is the core's test as it is.
#include "tests/core/mutants.hpp"

#include <cstdlib>

namespace {

const bool chosen = [] {
    if (const char* mutant = std::getenv("PODINIT_MUTANT")) {
        char* end = nullptr;
        mutants::active = static_cast<int>(std::strtol(mutant, &end, 10));
        mutants::says = end[0] == ':' && end[1] == '1';
    }
    return true;
}();

} // namespace
