// SPDX-License-Identifier: Apache-2.0
// What mutate.py puts around every guard of the core: it says what it always says, but for one, which has an opinion of
// its own.
#pragma once

namespace mutants {

inline int active = -1;     // the number of the one that lies; -1: none
inline bool says = false;   // what it says
inline long long asked = 0; // how often

inline bool guard(int number, bool truth) noexcept {
    if (number != active)
        return truth;
    ++asked;
    return says;
}

} // namespace mutants

#define MUTANT(number, ...) mutants::guard(number, static_cast<bool>(__VA_ARGS__))
