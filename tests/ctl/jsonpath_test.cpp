// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"
#include "tools/podctl/jsonpath.hpp"
#include "tools/podctl/output.hpp"

namespace {

const auto root = ctl::read_json(R"json({"kind":"List","n":7,"none":null,"data":{"ca.crt":"PEM","a":"1"},"items":[
{"metadata":{"name":"a","labels":{"app.kubernetes.io/name":"x"}},"ready":true,"ports":[{"n":80},{"n":443}]},
{"metadata":{"name":"b"},"ready":false,"ports":[]},
{"metadata":{"name":"c"},"ports":[{"n":53}]}]})json")
                      .value();

} // namespace

TEST_CASE("JSONPath templates pick what kubectl's pick") {
    const std::pair<const char*, const char*> rows[] = {
        {"", ""},
        {"text", "text"},
        {"{.kind}", "List"},
        {"{$.kind}", "List"},
        {"{ .kind }!", "List!"},
        {"{.n}{.none}", "7null"},
        {"{.nothing.at.all}", ""},
        {"{.items[0].metadata.name}", "a"},
        {"{.items[-1].metadata.name}", "c"},
        {"{.items[3].metadata.name}", ""},
        {"{.items[*].metadata.name}", "a b c"},
        {"{.items[*].ports[*].n}", "80 443 53"},
        {"{.data['ca.crt']}", "PEM"},
        {"{.data[\"ca.crt\"]}", "PEM"},
        {R"({.data.ca\.crt})", "PEM"},
        {R"({.items[0].metadata.labels.app\.kubernetes\.io/name})", "x"},
        {"{['kind']}", "List"},
        {"{.data.*}", "1 PEM"},
        {"{.items[1].metadata}", R"({"name":"b"})"},
        {R"({.items[?(@.metadata.name=="b")].ready})", "false"},
        {R"({.items[?(@.metadata.name != 'b')].metadata.name})", "a c"},
        {"{.items[?(@.ready)].metadata.name}", "a b"},
        {"{.items[?(@.ready==true)].metadata.name}", "a"},
        {R"({.items[?(@.ports[0].n==53)].metadata.name})", "c"},
        {R"({range .items[*]}{.metadata.name}{"\t"}{.ready}{"\n"}{end}.)", "a\ttrue\nb\tfalse\nc\t\n."},
        {"{range .items[*]}{.metadata.name}:{range .ports[*]}{.n},{end};{end}", "a:80,443,;b:;c:53,;"},
        {R"({"{.kind}"})", "{.kind}"},
        {"{@}", nullptr},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text);
        CHECK(ctl::expand_jsonpath(text, root) == (expected ? expected : ctl::write_json(root)));
    }
}

TEST_CASE("a JSONPath that is none is told") {
    for (const char* text : {"{.a", "{.items[0}", "{..name}", "{.items[a]}", "{.items[]}", "{.items[0:1]}", "{end}",
                             "{range .items[*]}x", "{.items[?(.a)]}", "{.items[?(@.n>1)]}", "{.items[?(@.n==\"x)]}"}) {
        CAPTURE(text);
        std::string message;
        try {
            ctl::expand_jsonpath(text, root);
        } catch (const ctl::Failure& failure) {
            message = failure.message;
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("error: error parsing jsonpath "));
    }
}
