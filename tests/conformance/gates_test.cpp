// SPDX-License-Identifier: Apache-2.0
// Readiness gates: conditions that others set.
#include "tests/conformance/row.hpp"

using namespace conformance;

ROW("readiness-gates", "conditions") {
    const auto set = [&](const std::string& type, const std::string& status) {
        return row.call(spec::SetCondition{"default", "p", type, status}).has_value();
    };
    row.has(
        {}, {lives("c")},
        R"("readinessGates": [{"conditionType": "k8s.io/test-condition1"}, {"conditionType": "k8s.io/test-condition2"}])");
    CHECK(row.until([](const View& pod) { return condition_of(pod, "ContainersReady") == "True"; }));
    CHECK(condition_of(row.view(), "Ready") == "False ReadinessGatesNotReady");
    CHECK(set("k8s.io/test-condition1", "True"));
    CHECK(condition_of(row.view(), "Ready") == "False ReadinessGatesNotReady");
    CHECK(set("k8s.io/test-condition2", "True"));
    CHECK(condition_of(row.view(), "Ready") == "True");
    CHECK(set("k8s.io/test-condition1", "False"));
    CHECK(condition_of(row.view(), "Ready") == "False ReadinessGatesNotReady");
}
