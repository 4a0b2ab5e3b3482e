// SPDX-License-Identifier: Apache-2.0
#include "spec/status.hpp"

#include "tests/catch.hpp"

#include <cstdint>
#include <limits>
#include <string>

TEST_CASE("times are written in UTC to the second, and read back") {
    struct {
        std::int64_t epoch_ms;
        const char* text;
    } const table[] = {
        {1'000, "1970-01-01T00:00:01Z"},
        {-1'000, "1969-12-31T23:59:59Z"},
        {951'782'400'000, "2000-02-29T00:00:00Z"},
        {1'709'251'199'000, "2024-02-29T23:59:59Z"},
        {4'107'542'400'000, "2100-03-01T00:00:00Z"},
        {253'402'300'799'000, "9999-12-31T23:59:59Z"},
    };
    for (const auto& row : table) {
        INFO(row.text);
        CHECK(spec::rfc3339(row.epoch_ms) == row.text);
        CHECK(spec::parse_rfc3339(row.text) == row.epoch_ms);
    }
    CHECK(spec::rfc3339(1'709'251'199'999) == "2024-02-29T23:59:59Z");
}

TEST_CASE("a time that is unset or has no year of four digits is written as nothing") {
    CHECK(spec::rfc3339(0).empty());
    CHECK(spec::rfc3339(253'402'300'800'000).empty());
    CHECK(spec::rfc3339(std::numeric_limits<std::int64_t>::max()).empty());
    CHECK(spec::rfc3339(std::numeric_limits<std::int64_t>::min()).empty());
}

TEST_CASE("what is no time in UTC is not read as one") {
    for (const char* text :
         {"", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
          "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00+01:00",
          "2024-01-01 00:00:00Z", "2024-01-01T00:00:00.5Z", "+024-01-01T00:00:00Z", "2024-01-01T00:00:00ZZ"}) {
        INFO(text);
        CHECK_FALSE(spec::parse_rfc3339(text));
    }
}
