// SPDX-License-Identifier: Apache-2.0
#include "spec/base64.hpp"
#include "spec/object.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace spec;

namespace {

std::string local(std::string_view kind, std::string_view members, std::string_view metadata = R"("name":"o")") {
    std::string json =
        R"({"apiVersion":"v1","kind":")" + std::string(kind) + R"(","metadata":{)" + std::string(metadata) + "}";
    if (!members.empty())
        json.append(",").append(members);
    return json + '}';
}

Object accepted(const std::string& json) {
    auto object = read_object(json);
    INFO(json << '\n' << (object ? "" : tests::describe(object.error())));
    REQUIRE(object);
    return std::move(*object);
}

struct Bad {
    std::string_view kind, members, pointer, message;
    std::string_view metadata = R"("name":"o")";
};

void check_refused(const Bad& row) {
    const auto object = read_object(local(row.kind, row.members, row.metadata));
    INFO(row.members);
    REQUIRE_FALSE(object);
    INFO(tests::describe(object.error()));
    REQUIRE(object.error().size() == 1);
    CHECK(object.error()[0].pointer == row.pointer);
    CHECK(object.error()[0].message.find(row.message) != std::string::npos);
}

} // namespace

TEST_CASE("base64 is read as Go reads it and written canonically") {
    const struct {
        std::string_view text, bytes;
    } good[] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9v\nYg==\r\n", "foob"},
        {"Z\ng=\n=", "f"},
        {"+/+/", "\xfb\xff\xbf"},
        {"AAAA", std::string_view("\0\0\0", 3)},
        {"Zh==", "f"},
    };
    for (const auto& row : good) {
        std::string bytes = "before";
        INFO(row.text);
        CHECK(decode_base64(row.text, bytes));
        CHECK(bytes == row.bytes);
        std::string text, again;
        append_base64(text, bytes);
        CHECK(decode_base64(text, again));
        CHECK(again == bytes);
        CHECK(text.size() == (bytes.size() + 2) / 3 * 4);
    }
    for (const char* bad :
         {"Z", "Zg", "Zg=", "Zg===", "Zm9v=", "=", "====", "Zg==Zg==", "Z=g=", "Zm 9v", "-_-_", "Zm9v*", "\xc3\xbc"}) {
        std::string bytes;
        INFO(bad);
        CHECK_FALSE(decode_base64(bad, bytes));
    }
}

TEST_CASE("a ConfigMap gives bytes by key, sorted, of data and binaryData") {
    const Object object = accepted(local(
        "ConfigMap", R"("data":{"b":"text","a.conf":"line\n","n":null},"binaryData":{"Bin":"AP8="},"immutable":true)"));
    CHECK(object.kind == Kind::ConfigMap);
    CHECK(object.resource == "configmap");
    CHECK(object.data == StringMap{{"Bin", std::string("\0\xff", 2)}, {"a.conf", "line\n"}, {"b", "text"}, {"n", ""}});
    CHECK(
        object.text ==
        R"({"apiVersion":"v1","binaryData":{"Bin":"AP8="},"data":{"a.conf":"line\n","b":"text","n":""},"immutable":true,)"
        R"("kind":"ConfigMap","metadata":{"name":"o","namespace":"default","uid":")" +
            object.metadata.uid + R"("}})");
    CHECK(accepted(object.text).text == object.text);
    CHECK(object.warnings.empty());
    CHECK(accepted(local("ConfigMap", "")).data.empty());
}

TEST_CASE("a Secret shows its data as base64, with stringData merged into it") {
    const Object object = accepted(
        local("Secret", R"("stringData":{"user":"admin","new":"x"},"data":{"user":"Zm9v","pass":"cGFz\ncw=="})"));
    CHECK(object.kind == Kind::Secret);
    CHECK(object.data == StringMap{{"new", "x"}, {"pass", "pass"}, {"user", "admin"}});
    CHECK(object.text ==
          R"({"apiVersion":"v1","data":{"new":"eA==","pass":"cGFzcw==","user":"YWRtaW4="},"kind":"Secret",)"
          R"("metadata":{"name":"o","namespace":"default","uid":")" +
              object.metadata.uid + R"("},"type":"Opaque"})");
    CHECK(accepted(object.text).text == object.text);
}

TEST_CASE("the uid of what is no pod follows from its name, not from its content") {
    const std::string uid = accepted(local("ConfigMap", R"("data":{"a":"b"})")).metadata.uid;
    CHECK(uid.size() == 36);
    CHECK(accepted(local("ConfigMap", R"("data":{"a":"c"})")).metadata.uid == uid);
    CHECK(accepted(local("Secret", "")).metadata.uid != uid);
    CHECK(accepted(local("ConfigMap", "", R"("name":"o","namespace":"other")")).metadata.uid != uid);
    CHECK(accepted(local("ConfigMap", "", R"("name":"o","uid":"given")")).metadata.uid == "given");
}

TEST_CASE("what the API server refuses in a ConfigMap or Secret is refused") {
    const Bad table[] = {
        {"ConfigMap", R"("data":{"a b":""})", "/data/a b", "is not a key"},
        {"ConfigMap", R"("data":{"":"x"})", "/data/", "is not a key"},
        {"ConfigMap", R"("data":{"..":""})", "/data/..", "is not a key"},
        {"ConfigMap", R"("data":{".":""})", "/data/.", "is not a key"},
        {"ConfigMap", R"("data":{"..a":""})", "/data/..a", "is not a key"},
        {"ConfigMap", R"("binaryData":{"a/b":""})", "/binaryData/a~1b", "is not a key"},
        {"ConfigMap", R"("data":{"a":"x"},"binaryData":{"a":"eA=="})", "/binaryData/a", "duplicate of a key in data"},
        {"ConfigMap", R"("binaryData":{"a":"x"})", "/binaryData/a", "is not base64"},
        {"ConfigMap", R"("data":{"a":1})", "/data/a", R"(write "1")"},
        {"ConfigMap", R"("data":["a"])", "/data", "expected an object"},
        {"ConfigMap", R"("immutable":"yes")", "/immutable", "expected a boolean"},
        {"ConfigMap", R"("spec":{})", "/spec", "unknown field"},
        {"ConfigMap", R"("stringData":{})", "/stringData", "unknown field"},
        {"ConfigMap", "", "/metadata/name", "", R"("name":"A")"},
        {"ConfigMap", "", "/metadata/namespace", "", R"("name":"a","namespace":"a.b")"},
        {"ConfigMap", "", "/metadata/name", "required value", R"("labels":{})"},
        {"Secret", R"("data":{"a":"plain text"})", "/data/a", "is not base64"},
        {"Secret", R"("stringData":{"a b":"plain text"})", "/data/a b", "is not a key"},
        {"Secret", R"("binaryData":{})", "/binaryData", "unknown field"},
        {"Secret", R"("type":"kubernetes.io/tls","stringData":{"tls.crt":""})", "/data/tls.key", "required value"},
        {"Secret", R"("type":"kubernetes.io/ssh-auth")", "/data/ssh-privatekey", "required value"},
        {"Secret", R"("type":"kubernetes.io/basic-auth")", "/data/username", "required value"},
        {"Secret", R"("type":"kubernetes.io/dockerconfigjson")", "/data/.dockerconfigjson", "required value"},
        {"Secret", R"("type":"kubernetes.io/dockercfg","stringData":{".dockercfg":"[]"})", "/data/.dockercfg",
         "must be a JSON object"},
        {"Secret", R"("type":"kubernetes.io/service-account-token","data":{"token":""})",
         "/metadata/annotations/kubernetes.io~1service-account.name", "required value"},
    };
    for (const Bad& row : table)
        check_refused(row);
}

TEST_CASE("typed Secrets that have what their type asks for are accepted") {
    for (const char* members : {
             R"("type":"kubernetes.io/tls","stringData":{"tls.crt":"","tls.key":""})",
             R"("type":"kubernetes.io/ssh-auth","stringData":{"ssh-privatekey":"x"})",
             R"("type":"kubernetes.io/basic-auth","stringData":{"password":"x"})",
             R"("type":"kubernetes.io/basic-auth","stringData":{"username":"x"})",
             R"("type":"kubernetes.io/dockerconfigjson","stringData":{".dockerconfigjson":"{\"auths\":{}}"})",
             R"("type":"bootstrap.kubernetes.io/token")",
             R"("type":"example.com/own")",
         })
        CHECK(accepted(local("Secret", members)).warnings.empty());
    const Object token =
        accepted(local("Secret", R"("type":"kubernetes.io/service-account-token")",
                       R"("name":"t","annotations":{"kubernetes.io/service-account.name":"default"})"));
    REQUIRE(token.warnings.size() == 1);
    CHECK(token.warnings[0].pointer == "/type");
}

TEST_CASE("a ConfigMap or Secret holds at most 1 MiB") {
    const std::string most(max_local_data, 'x');
    CHECK(accepted(local("ConfigMap", R"("data":{"a":")" + most + "\"}")).data[0].second.size() == max_local_data);
    const auto more = read_object(local("ConfigMap", R"("binaryData":{"b":"eA=="},"data":{"a":")" + most + "\"}"));
    REQUIRE_FALSE(more);
    CHECK(tests::pointers(more.error()) == std::vector<std::string>{"/data"});
    const std::string key(253, 'k');
    CHECK(accepted(local("Secret", R"("stringData":{")" + key + R"(":"x"})")).data[0].first == key);
    CHECK_FALSE(read_object(local("Secret", R"("stringData":{"k)" + key + R"(":"x"})")));
}
