// SPDX-License-Identifier: Apache-2.0
#include "spec/json.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

#include <utility>

using namespace spec;

namespace {

std::string compact(std::string_view text) {
    const auto document = json::parse(text, 1 << 20);
    if (!document)
        return tests::describe(document.error());
    std::string out;
    json::write(out, document->root());
    return out;
}

std::string refusal(std::string_view text) {
    const auto document = json::parse(text, 1 << 20);
    return document ? "accepted" : to_text("", document.error().at(0));
}

} // namespace

TEST_CASE("JSON is kept as it was written, without the blanks") {
    const std::pair<std::string_view, std::string_view> documents[] = {
        {" {\"b\" : 1 , \"a\" : [ true , null, false ] } \n", R"({"b":1,"a":[true,null,false]})"},
        {R"([-9223372036854775808,9223372036854775807,18446744073709551615,0,-1])",
         "[-9223372036854775808,9223372036854775807,18446744073709551615,0,-1]"},
        {"[1.50,1e3,0.1,-2E-2]", "[1.50,1e3,0.1,-2E-2]"},
        {R"(["\u0041\n\t\"\\\/\u00e9\ud83d\ude00","plain é"])", "[\"A\\n\\t\\\"\\\\/é😀\",\"plain é\"]"},
        {R"(["\u001b[2J"])", R"(["\u001b[2J"])"},
        {"{\"\":{}}", "{\"\":{}}"},
        {"\"\"", "\"\""},
        {"7", "7"},
    };
    for (const auto& [text, wanted] : documents)
        CHECK(compact(text) == wanted);
}

TEST_CASE("a long string with escapes comes through whole") {
    std::string text = "[\"";
    std::string wanted = "[\"";
    for (int i = 0; i < 20'000; ++i) {
        text += "\\u0061bc";
        wanted += "abc";
    }
    CHECK(compact(text + "\",\"\\u0041\"]") == wanted + "\",\"A\"]");
}

TEST_CASE("text that is no JSON is refused with its line and column") {
    const std::pair<std::string_view, std::string_view> documents[] = {
        {"", "the document is empty"},
        {" \n\t ", "the document is empty"},
        {"{\"a\":", ":1:6: not JSON: the text ends too early"},
        {"{\"a\":\"b", ":1:8: not JSON: the text ends too early"},
        {"{\n  \"a\": é}", ":2:8: the text is not UTF-8"},
        {"{\n  \"a\": x}", ":2:8: not JSON: syntax error"},
        {"[\"é\", x]", ":1:7: not JSON: syntax error"},
        {"[1,]", ":1:4: not JSON: syntax error"},
        {"{} // no", ":1:4: text after the end of the document"},
        {"{}\n{}", ":2:1: a second document: a file holds one"},
        {"[\"\x01\"]", ":1:3: not JSON: syntax error"},
        {"[\"\xff\"]", ":1:3: the text is not UTF-8"},
        {"[\"\xc0\xaf\"]", ":1:3: the text is not UTF-8"},
        {"[\"\xed\xa0\x80\"]", ":1:3: the text is not UTF-8"},
        {"apiVersion: v1", ":1:1: not JSON: syntax error"},
        {"[NaN]", ":1:2: not JSON: syntax error"},
        {"[01]", ":1:3: not JSON: syntax error"},
    };
    for (const auto& [text, wanted] : documents) {
        INFO(text);
        CHECK(refusal(text) == wanted);
    }
    CHECK(refusal(R"(["\ud800"])") != "accepted");
    CHECK(refusal(R"(["\ud83dx"])") != "accepted");
}

TEST_CASE("JSON that would change its meaning on the way is refused with its pointer") {
    const std::pair<std::string_view, std::string_view> documents[] = {
        {R"({"a":1,"b":2,"a":3})", "/a: duplicate key"},
        {R"({"x":[0,{"a/b":1,"\u0061/b":2}]})", "/x/1/a~1b: duplicate key"},
        {R"({"x":[0,{"y":{"z":1,"z":2}}],"x":1})", "/x/1/y/z: duplicate key"},
        {R"(["a","b\u0000c"])", "/1: the character U+0000 is not allowed in a string"},
        {R"({"a":{"\u0000":1}})", "/a/?: the character U+0000 is not allowed in a string"},
        {R"({"n":[1e400]})", "/n/0: the number is too large"},
        {R"({"n":18446744073709551616})", "/n: the integer does not fit in 64 bits"},
        {R"({"n":-9223372036854775809})", "/n: the integer does not fit in 64 bits"},
    };
    for (const auto& [text, wanted] : documents)
        CHECK(refusal(text) == wanted);
}

TEST_CASE("equal keys in different objects are no duplicates") {
    CHECK(compact(R"({"a":{"a":{"a":1}},"b":{"a":1}})") == R"({"a":{"a":{"a":1}},"b":{"a":1}})");
}

TEST_CASE("one duplicate among many keys is found") {
    std::string text = "{";
    for (int i = 0; i < 50'000; ++i)
        text += "\"key" + std::to_string(i * 7919 % 50'000) + "\":0,";
    CHECK(refusal(text + "\"last\":0}") == "accepted");
    CHECK(refusal(text + "\"key25000\":0}") == "/key25000: duplicate key");
}

TEST_CASE("a document may be nested 64 deep") {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(refusal(nested(64)) == "accepted");
    CHECK(refusal(nested(65)) == ":1:65: nested more than 64 deep");
    CHECK(refusal(std::string(1'000'000, '[')) == ":1:65: nested more than 64 deep");
}

TEST_CASE("a document that is too long is not looked at") {
    CHECK(to_text("", json::parse(std::string(3 << 20, ' '), 2 << 20).error().at(0)) ==
          "longer than 2 MiB (3145728 bytes)");
}

TEST_CASE("a document may have a million values") {
    std::string text = "[0";
    while (text.size() < 2 * (json::max_values - 2))
        text += ",0";
    CHECK(json::parse(text + "]", 1 << 30));
    const auto refused = json::parse(text + ",0,0]", 1 << 30);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().at(0).message == "more than 1048576 values in a document");
}

TEST_CASE("a member is found by its key, and only in an object") {
    const auto document = json::parse(R"({"a":[1,{"b":2}],"b":3})", 100);
    REQUIRE(document);
    REQUIRE(json::find(document->root(), "b"));
    CHECK(json::find(document->root(), "b")->integer == 3);
    CHECK_FALSE(json::find(document->root(), "c"));
    CHECK_FALSE(json::find(*json::find(document->root(), "a"), "b"));
}
