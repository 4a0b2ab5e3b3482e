// SPDX-License-Identifier: Apache-2.0
// Init containers run one after the other, and before all else.
#include "tests/conformance/row.hpp"

using namespace conformance;

ROW("init-serial", "init") {
    row.has({works("one"), works("two")}, {works("c"), works("d")}, policy("Never"));
    CHECK(row.until_phase("Succeeded"));
    CHECK(row.in_order({"one+", "one-", "two+", "two-", "c+", "c-"}));
    CHECK(row.in_order({"two-", "d+", "d-"}));
}
