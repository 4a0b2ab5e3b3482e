// SPDX-License-Identifier: Apache-2.0
// Catch2 as Debian has it: version 2 in 12, version 3 after it.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
