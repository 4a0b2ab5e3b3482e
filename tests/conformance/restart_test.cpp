// SPDX-License-Identifier: Apache-2.0
// What becomes of a container that has ended.
#include "tests/conformance/row.hpp"

using namespace conformance;

ROW("restart-failing-always", "restart") {
    row.has({}, {works("bad", "", 3), lives("good")});
    CHECK(row.hears("bad+", 3));
    CHECK(row.view().status.phase == "Running");
    CHECK(restarts_of(row.view(), "bad") >= 2);
    CHECK(restarts_of(row.view(), "good") == 0);
}
