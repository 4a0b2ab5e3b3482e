// SPDX-License-Identifier: Apache-2.0
#include "spec/text.hpp"
#include "tests/catch.hpp"
#include "tools/podctl/json_stream.hpp"
#include "tools/podctl/json_value.hpp"
#include "tools/podctl/manifests.hpp"
#include "tools/podctl/yaml_read.hpp"
#include "tools/podctl/yaml_scalar.hpp"
#include "tools/podctl/yaml_write.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace {

// The JSON of every document, or "LINE:COLUMN: MESSAGE".
std::string convert(std::string_view yaml) {
    const auto documents = ctl::read_yaml(yaml);
    std::string out;
    const auto refused = [](const spec::Problem& p) {
        return std::to_string(p.line) + ':' + std::to_string(p.column) + ": " + p.message;
    };
    if (!documents)
        return refused(documents.error());
    for (const auto& document : *documents) {
        const auto json = document.to_json();
        if (!json)
            return refused(json.error());
        out += (out.empty() ? "" : "\n") + *json;
    }
    return out;
}

struct Row {
    const char* yaml;
    const char* json;
};

} // namespace

// What kubectl/yaml_test.py compares with kubectl, and says what is in the file.
TEST_CASE("YAML reads as kubectl reads it, case by case") {
    std::ifstream file(SOURCE_ROOT "/tests/ctl/kubectl/cases.jsonl");
    std::string path = "/tmp/podctl-case-XXXXXX";
    const int fd = mkstemp(path.data());
    REQUIRE(fd >= 0);
    close(fd);
    std::size_t cases = 0;
    for (std::string line; std::getline(file, line); ++cases) {
        const auto row = ctl::read_json(line);
        INFO(line);
        REQUIRE(row);
        const std::string yaml = ctl::text_at(*row, {"yaml"});
        const std::string begin = yaml.starts_with("v:") ? "apiVersion: v1\nkind: K\n" : "";
        std::ofstream(path, std::ios::binary) << begin << yaml;
        const ctl::Inputs inputs = ctl::read_inputs({&path, 1});
        CAPTURE(yaml);
        if (const std::string error = ctl::text_at(*row, {"error"}); !error.empty()) {
            CHECK(inputs.errors() == std::vector{path + ':' + error});
            continue;
        }
        CHECK(inputs.errors().empty());
        ctl::JsonValue objects;
        objects.kind = ctl::JsonValue::Kind::Array;
        for (const ctl::InputObject& object : inputs.objects) {
            auto& value = objects.items.emplace_back(ctl::read_json(object.json).value());
            value.members.erase("apiVersion");
            value.members.erase("kind");
        }
        CHECK(ctl::write_json(objects) == ctl::write_json(*row->find("json")));
    }
    unlink(path.c_str());
    CHECK(cases > 500);
}

TEST_CASE("a plain YAML scalar means what it means to kubectl") {
    const Row rows[] = {
        {"yes", "true"},
        {"No", "false"},
        {"on", "true"},
        {"OFF", "false"},
        {"y", "true"},
        {"n", "false"},
        {"true", "true"},
        {"tRue", R"("tRue")"},
        {"0644", "420"},
        {"0o644", "420"},
        {"0x1F", "31"},
        {"-0x1f", "-31"},
        {"0b11", "3"},
        {"-0b11", "-3"},
        {"1_000", "1000"},
        {"+12", "12"},
        {"08", "8"},
        {"0_8", "8"},
        {"_1", R"("_1")"},
        {"0x", R"("0x")"},
        {"1e3", "1000"},
        {"1.50", "1.5"},
        {".5", "0.5"},
        {"1.", "1"},
        {"-.5", "-0.5"},
        {".", R"(".")"},
        {"1e", R"("1e")"},
        {"6.02e23", "6.02e+23"},
        {"1e-7", "1e-7"},
        {"1e20", "100000000000000000000"},
        {"123456789.125", "123456789.125"},
        {"-0.0", "0"},
        {"0", "0"},
        {"-0", "0"},
        {"1e400", R"("1e400")"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"18446744073709551615", "18446744073709551615"},
        {"2001-01-01", R"("2001-01-01")"},
        {"2001-01-01T00:00:00Z", R"("2001-01-01T00:00:00Z")"},
        {"12:30:45", R"("12:30:45")"},
        {"\"yes\"", R"("yes")"},
        {"'1'", R"("1")"},
        {"!!str 12", R"("12")"},
        {"! 12", R"("12")"},
        {"!!int '7'", "7"},
        {"!!float 1", "1"},
        {"!!bool 'no'", "false"},
        {"!!null ''", "null"},
        {"!!binary aGVsbG8=", R"("hello")"},
        {"!!timestamp 2001-01-01", R"("2001-01-01")"},
        {"!ours x", R"("x")"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.yaml);
        CHECK(convert(row.yaml) == row.json);
    }
}

TEST_CASE("YAML collections become JSON in the order in which they are written") {
    const Row rows[] = {
        {"b: 1\na: [x, {c: }]", R"({"b":1,"a":["x",{"c":null}]})"},
        {"{}", "{}"},
        {"[]", "[]"},
        {"1: a\ntrue: b\n1.5: c\n0x10: d\nno: e", R"({"1":"a","true":"b","1.5":"c","16":"d","false":"e"})"},
        {"a: |\n  x\n   y\nb: >\n  x\n  y\nc: |-\n  x", R"({"a":"x\n y\n","b":"x y\n","c":"x"})"},
        {"a: &x {k: [1]}\nb: *x", R"({"a":{"k":[1]},"b":{"k":[1]}})"},
        {"a: &x 1\nb: &x 2\nc: *x", R"({"a":1,"b":2,"c":2})"},
        {"d: &d {k: 1, l: 1}\ne: {<<: *d, k: 2}", R"({"d":{"k":1,"l":1},"e":{"k":2,"l":1}})"},
        {"d: &d {k: 1, l: 1}\ne: {k: 2, <<: *d}", R"({"d":{"k":1,"l":1},"e":{"k":1,"l":1}})"},
        {"e:\n  <<: [{k: 1}, {k: 2, l: 3}]", R"({"e":{"k":1,"l":3}})"},
        {"\"<<\": 1", R"({"<<":1})"},
        {"a: \"\\u00e9\\n\\\"\"", "{\"a\":\"\u00e9\\n\\\"\"}"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.yaml);
        CHECK(convert(row.yaml) == row.json);
    }
}

TEST_CASE("a YAML stream holds several documents, and the empty ones do not count") {
    CHECK(convert("") == "");
    CHECK(convert("# only a comment\n") == "");
    CHECK(convert("---\n---\na: 1\n---\n# nothing\n---\nb: 2\n...\n") == "{\"a\":1}\n{\"b\":2}");
    CHECK(convert("a: &x 1\n---\nb: *x\n") == "3:4: unknown anchor \"x\"");
}

TEST_CASE("the page's manifest reads in spite of its layout") {
    CHECK(convert("apiVersion: v1\nkind: Pod\nmetadata: \n    name: pod-use-hostnetwork\nspec:\n    containers:\n"
                  "    - name: myapp\n      image: ikubernetes/myapp:v1\n    hostNetwork: true\n") ==
          R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"pod-use-hostnetwork"},"spec":{"containers":)"
          R"([{"name":"myapp","image":"ikubernetes/myapp:v1"}],"hostNetwork":true}})");
}

TEST_CASE("bad YAML is refused with its place") {
    const Row rows[] = {
        {"a: 1\nb: 2\na: 3\n", "3:1: duplicate key \"a\", first in line 1"},
        {"yes: 1\ntrue: 2\n", "2:1: duplicate key \"true\", first in line 1"},
        {"a:\n  - b\n c: d\n", "3:2: did not find expected key while parsing a block mapping"},
        {"a:\tb\n\tc: d", "2:1: found a tab character that violates indentation while scanning a plain scalar"},
        {"a: [1", "2:1: did not find expected ',' or ']' while parsing a flow sequence"},
        {"a: *nope", "1:4: unknown anchor \"nope\""},
        {"a: &x [*x]", "1:8: anchor \"x\" contains itself"},
        {"~: 1", "1:1: a key must not be null"},
        {"[1]: 1", "1:1: a key must be a scalar"},
        {"a: .inf", "1:4: JSON has no number \".inf\""},
        {"a: !!int x", "1:4: \"x\" is no !!int"},
        {"a: !!binary '*'", "1:4: !!binary value is not base64"},
        {"a: {<<: 1}", "1:9: \"<<\" needs a mapping or a sequence of mappings"},
        {"a: b\x01", "1:5: control characters are not allowed"},
        {"a: 1\nb: \xff", "2:4: invalid leading UTF-8 octet"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.yaml);
        CHECK(convert(row.yaml) == row.json);
    }
}

TEST_CASE("YAML nests 64 deep and no deeper, by itself or by aliases") {
    const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(convert(nested(64)) == nested(64));
    CHECK(convert(nested(65)) == "1:65: nested too deeply");
    CHECK(convert("a: &a " + nested(62) + "\nb: [*a]").starts_with("{"));
    CHECK(convert("a: &a " + nested(62) + "\nb: [[*a]]").ends_with("nested too deeply"));
    CHECK(convert(std::string(1'000'000, '[')) == "1:65: nested too deeply");
}

TEST_CASE("aliases that blow up and huge mappings neither crash nor take long") {
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 12; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int k = 0; k < 10; ++k)
            bomb += (k == 0 ? "" : ",") + before;
        bomb += "]\n";
    }
    std::string wide = "m: &m\n";
    for (int i = 0; i < 50'000; ++i)
        wide += "  k" + std::to_string(i) + ": 1\n";
    std::string merged = wide + "n:\n  <<: *m\n";
    const std::string long_text = "a: &a " + std::string(1 << 20, 'x') + "\nb: [" + [] {
        std::string aliases;
        for (int i = 0; i < 1000; ++i)
            aliases += "*a,";
        return aliases;
    }() + "]";
    const auto begin = std::chrono::steady_clock::now();
    CHECK(convert(bomb).ends_with("too large once its aliases are written out"));
    CHECK(convert(merged).starts_with("{\"m\":{\"k0\":1"));
    CHECK(convert(long_text).ends_with("too large once its aliases are written out"));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)); // sanitizers are slow, not that slow
}

TEST_CASE("text that is merged again and again is bounded too") {
    std::string yaml = "m: &m {? " + std::string(1 << 20, 'k') + " : 1}\nn:\n";
    for (int i = 0; i < 10'000; ++i)
        yaml += "  <<: *m\n";
    const auto begin = std::chrono::steady_clock::now();
    CHECK(convert(yaml).ends_with("too large once its aliases are written out"));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("a file of a hundred thousand documents reads, and one document of half a million values does not") {
    std::string stream;
    for (int i = 0; i < 100'000; ++i)
        stream += "---\na: {b: [c]}\n";
    const auto documents = ctl::read_yaml(stream);
    REQUIRE(documents);
    CHECK(documents->size() == 100'000);
    std::string list;
    for (int i = 0; i < 500'000; ++i)
        list += "- a\n";
    CHECK(convert(list) == "500000:3: more than 500000 values in one document");
}

TEST_CASE("a file of JSON may hold several objects, each with its place") {
    using Places = std::vector<std::pair<unsigned, unsigned>>;
    const auto places = [](std::string_view text) {
        Places out;
        for (const ctl::JsonText& object : ctl::split_json(text))
            out.emplace_back(object.begin.line, object.begin.column);
        return out;
    };
    CHECK(places(R"({"a": "}{\"", "b": {}})") == Places{{1, 1}});
    CHECK(places("\n {\"\xC3\xA9\": 1} {}\n\r\n{}{}\n") == Places{{2, 2}, {2, 11}, {4, 1}, {4, 3}});
    for (const char* text : {"", " \n", "[]", "{} x", "{", "{\"a}", "{}, {}", "a: {}", "}"}) {
        CAPTURE(text);
        CHECK(places(text).empty());
    }
    const auto second = ctl::read_yaml("{a: 1,\n b: 2}", {3, 5});
    REQUIRE(second);
    CHECK(second->front().locate("/a").line == 3);
    CHECK(second->front().locate("/a").column == 6);
    CHECK(second->front().locate("/b").line == 4);
    CHECK(second->front().locate("/b").column == 2);
}

TEST_CASE("an escaped single quote in double quotes is taken, and many of them neither crash nor take long") {
    CHECK(convert("\xEF\xBB\xBF\"\xC3\xA9\\' \\\\ \\\" \\'\"") == "\"\xC3\xA9' \\\\ \\\" '\"");
    std::string many;
    for (int i = 0; i < 50'000; ++i)
        many += "- \"\\'\"\n";
    const auto begin = std::chrono::steady_clock::now();
    CHECK(convert(many).ends_with("found unknown escape character while parsing a quoted scalar"));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

TEST_CASE("a JSON pointer leads back to a line of the YAML") {
    const auto documents = ctl::read_yaml("kind: Pod\n"                    // 1
                                          "base: &b {x: 1}\n"              // 2
                                          "spec:\n"                        // 3
                                          "  containers:\n"                // 4
                                          "  - name: a\n"                  // 5
                                          "    image: b\n"                 // 6
                                          "  - {name: c, a/b~c: [1, 2]}\n" // 7
                                          "  merged: {<<: *b}\n");         // 8
    REQUIRE(documents);
    const auto at = [&](std::string_view pointer) {
        const ctl::YamlMark mark = documents->front().locate(pointer);
        return std::to_string(mark.line) + ':' + std::to_string(mark.column);
    };
    CHECK(at("") == "1:1");
    CHECK(at("/kind") == "1:1");
    CHECK(at("/spec/containers/0/image") == "6:5");
    CHECK(at("/spec/containers/1") == "7:5");
    CHECK(at("/spec/containers/1/a~1b~0c/1") == "7:26");
    CHECK(at("/spec/merged/x") == "2:11");
    CHECK(at("/spec/containers/0/missing") == "5:5");
    CHECK(at("/spec/containers/9") == "4:3");
    CHECK(at("/nope/at/all") == "1:1");
}

TEST_CASE("JSON is written as the YAML that kubectl prints") {
    CHECK(ctl::yaml_of_json(R"({"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"name":"a","args":[]}],"x":{}},)"
                            R"("m":"a\nb\n","n":[[1,2],[{"a":null}]]})") == "apiVersion: v1\n"
                                                                            "kind: Pod\n"
                                                                            "m: |\n"
                                                                            "  a\n"
                                                                            "  b\n"
                                                                            "\"n\":\n"
                                                                            "- - 1\n"
                                                                            "  - 2\n"
                                                                            "- - a: null\n"
                                                                            "spec:\n"
                                                                            "  containers:\n"
                                                                            "  - args: []\n"
                                                                            "    name: a\n"
                                                                            "  x: {}\n");
}

TEST_CASE("a string that would read as something else is written in quotes") {
    for (const char* text : {"",  "yes", "1",  "null", "~",    "0644", "1e3", "1_0",      "12:30", "2001-01-01", "y",
                             "n", "on",  "+1", ".5",   "0o17", ".nan", "08",  "2001-1-1", "1:20",  "true"}) {
        CAPTURE(text);
        CHECK(ctl::yaml_of_json('"' + std::string(text) + '"') == '"' + std::string(text) + "\"\n");
    }
    for (const char* text : {"a", "x:y", "a,b", "0x1g", "1e", "0x", "_1", "tRue", "NaN", "--", "=", "."}) {
        CAPTURE(text);
        CHECK(ctl::yaml_of_json('"' + std::string(text) + '"') == std::string(text) + "\n");
    }
    for (const char* text : {"b: c", "- x", "#x", " lead", "trail ", "@a", "%a", "!x", "*x", "{", "a:", "? x", "---"}) {
        CAPTURE(text);
        CHECK(ctl::yaml_of_json('"' + std::string(text) + '"') == '\'' + std::string(text) + "'\n");
    }
}

TEST_CASE("what is written as YAML reads as the same JSON again") {
    for (
        const char* json :
        {R"({"a":"\t tab","b":"\r\n","c":" \n","d":"\u0007","e":"ü😀","f":"x\n  y\n\n","g":"  x\ny","h":"\n"})",
         R"([null,true,false,0,-1,9223372036854775807,1.5,"1.5",{"":""},[],{},"a #b","it's","\"","\\","long long long )"
         R"(long long long long long long long long long long long long long long long long long line"])"}) {
        const std::string yaml = ctl::yaml_of_json(json);
        CAPTURE(yaml);
        CHECK(spec::pretty_json(convert(yaml)) == spec::pretty_json(json));
    }
}
