// SPDX-License-Identifier: Apache-2.0
#include "spec/text.hpp"

#include "tests/catch.hpp"

using namespace spec;

namespace {

struct Log final : JsonVisitor {
    std::string out;
    void begin_object() override { out += "{ "; }
    void end_object() override { out += "} "; }
    void begin_array() override { out += "[ "; }
    void end_array() override { out += "] "; }
    void key(std::string_view name) override { out.append(name).append(": "); }
    void string(std::string_view value) override { out.append("'").append(value).append("' "); }
    void scalar(std::string_view literal) override { out.append(literal).append(" "); }
};

} // namespace

TEST_CASE("a visitor is told everything in order") {
    Log log;
    CHECK(visit_json(R"({"a":[1,-2.50,true,null],"b":{"c":"\u0041","d":{}},"e":[]})", log));
    CHECK(log.out == "{ a: [ 1 -2.50 true null ] b: { c: 'A' d: { } } e: [ ] } ");
    Log nothing;
    CHECK_FALSE(visit_json("{\"a\":", nothing));
    CHECK(nothing.out.empty());
}

TEST_CASE("JSON is shown as kubectl shows it") {
    CHECK(pretty_json(R"({"a":[1,{"b":"x"}],"c":{},"d":[],"e":{"f":null}})") == R"({
    "a": [
        1,
        {
            "b": "x"
        }
    ],
    "c": {},
    "d": [],
    "e": {
        "f": null
    }
}
)");
    CHECK(pretty_json("7") == "7\n");
}

TEST_CASE("a JSON string has escapes where it must") {
    std::string out;
    append_json_string(out, "a\"\\\n\r\t\x01\x7fé/");
    CHECK(out == R"("a\"\\\n\r\t\u0001\u007fé/")");
    out.clear();
    append_json_string(out, "");
    CHECK(out == "\"\"");
}
