// SPDX-License-Identifier: Apache-2.0
// podctl explain, as a program; what it says is tested in tests/spec.
#include "spec/explain.hpp"
#include "tests/catch.hpp"
#include "tests/ctl/fake_podinit.hpp"

using tests::podctl;

TEST_CASE("explain prints what spec says of a field, a table of all, or a schema") {
    CHECK(podctl("", {"explain", "pod.spec.hostPID"}).out == spec::explain("pod.spec.hostPID", false));
    CHECK(podctl("", {"explain", "--recursive", "sts.spec"}).out == spec::explain("sts.spec", true));
    CHECK(podctl("", {"explain", "--output=markdown"}).out == spec::field_table());
    CHECK(podctl("", {"explain", "-o", "json-schema"}).out == spec::json_schema());
}

TEST_CASE("explain fails as kubectl does") {
    struct Case {
        std::vector<std::string> args;
        std::string_view message;
    };
    const Case cases[] = {
        {{"explain"},
         "error: You must specify the type of resource to explain, as in 'podctl explain pod.spec', and only one\n"},
        {{"explain", "pod", "cm"},
         "error: You must specify the type of resource to explain, as in 'podctl explain pod.spec', and only one\n"},
        {{"explain", "pod.spec.hostNetwrk"},
         "error: field \"hostNetwrk\" does not exist; did you mean \"hostNetwork\"?\n"},
        {{"explain", "service"}, "error: the server doesn't have a resource type \"service\"\n"},
        {{"explain", "pod", "-o", "yaml"},
         "error: unknown output \"yaml\"; allowed are: plaintext,markdown,json-schema\n"},
        {{"explain", "pod", "-o", "markdown"}, "error: --output=markdown is of all resources, so none can be named\n"},
    };
    for (const Case& each : cases) {
        const auto outcome = podctl("", each.args);
        CHECK(outcome.err == each.message);
        CHECK(outcome.out.empty());
        CHECK(outcome.code == 1);
    }
}
