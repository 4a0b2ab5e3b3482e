// SPDX-License-Identifier: Apache-2.0
// Catch2 as Debian has it: version 2 in 12, version 3 after it.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>

// A matcher that both versions have, under a name that neither has.
inline auto has_text(const std::string& text) {
#if CATCH_VERSION_MAJOR >= 3
    return Catch::Matchers::ContainsSubstring(text);
#else
    return Catch::Matchers::Contains(text);
#endif
}
