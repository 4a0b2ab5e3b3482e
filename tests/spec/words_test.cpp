// SPDX-License-Identifier: Apache-2.0
// Names, quantities, expansion, image names: small functions from text.
#include "spec/expand.hpp"
#include "spec/image.hpp"
#include "spec/manifest.hpp"
#include "spec/names.hpp"
#include "spec/quantity.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

#include <limits>
#include <utility>

using namespace spec;

TEST_CASE("names have Kubernetes' syntax") {
    for (const auto name : {"a", "0", "a-b", "a1", "1-a"})
        CHECK(is_dns_label(name));
    for (const auto name : {"", "-a", "a-", "A", "a_b", "a.b", "é"})
        CHECK_FALSE(is_dns_label(name));
    CHECK(is_dns_label(std::string(63, 'a')));
    CHECK_FALSE(is_dns_label(std::string(64, 'a')));

    for (const auto name : {"a", "a.b", "a-b.c-d.e", "1.2"})
        CHECK(is_dns_subdomain(name));
    for (const auto name : {"", ".", "..", "a.", ".a", "a..b", "a.-b", "a/b"})
        CHECK_FALSE(is_dns_subdomain(name));

    for (const auto key : {"a", "A_b.c-D", "example.com/a", "podinit/after"})
        CHECK(is_label_key(key));
    for (const auto key : {"", "/a", "a/", "a/b/c", "Ex.com/a", "-a", "a b"})
        CHECK_FALSE(is_label_key(key));

    for (const auto name : {"A", "a.b-c", "with space", "_"})
        CHECK(is_env_name(name));
    for (const auto name : {"", "a=b", "é", "a\n"})
        CHECK_FALSE(is_env_name(name));
}

TEST_CASE("quantities are read as Kubernetes reads them, rounded up") {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const std::pair<std::string_view, std::int64_t> quantities[] = {
        {"0", 0},
        {"7", 7},
        {"+7", 7},
        {"-7", -7},
        {"1k", 1000},
        {"1Ki", 1024},
        {"64Mi", 64 << 20},
        {"1.5Gi", 1610612736},
        {"1.5", 2},
        {"100m", 1},
        {"1500m", 2},
        {"1n", 1},
        {"0.000000000001", 1},
        {"1e3", 1000},
        {"1E3", 1000},
        {"1E", 1000000000000000000},
        {"12e-1", 2},
        {".5", 1},
        {"5.", 5},
        {"8Ei", most},
        {"7Ei", 7LL << 60},
        {"99999999999999999999999", most},
        {"1e99999999999", most},
        {"0e99", 0},
        {"1e-99", 1},
        {"9223372036854775807", most},
    };
    for (const auto& [text, value] : quantities) {
        INFO(text);
        CHECK(parse_quantity(text) == value);
    }
    for (const auto text : {"", ".", "-", "Mi", "1 Mi", "1mi", "1KI", "1e", "1e+", "1.2.3", "0x10", "1Mi ", "inf"}) {
        INFO(text);
        CHECK_FALSE(parse_quantity(text));
    }
}

TEST_CASE("a cpu is counted in thousandths, rounded up") {
    const std::pair<std::string_view, std::int64_t> quantities[] = {
        {"0", 0},          {"1", 1000},
        {"100m", 100},     {"1.5", 1500},
        {"0.0001", 1},     {"1u", 1},
        {"1n", 1},         {"0.0000000001", 1},
        {"2.0005", 2001},  {"1Ki", 1'024'000},
        {"-100m", -100},   {"1e3", 1'000'000},
        {"1k", 1'000'000}, {"9E", std::numeric_limits<std::int64_t>::max()},
    };
    for (const auto& [text, value] : quantities) {
        INFO(text);
        CHECK(milli_quantity(text) == value);
    }
    CHECK_FALSE(milli_quantity("m"));
}

TEST_CASE("$(VAR) is expanded as the kubelet does it") {
    const StringMap env = {{"A", "new"}, {"B", "$(A)"}, {"", "nothing"}};
    const std::pair<std::string_view, std::string_view> texts[] = {
        {"", ""},
        {"$(A)", "new"},
        {"x$(A)y$(A)z", "xnewynewz"},
        {"$(B)", "$(A)"},
        {"$(C)", "$(C)"},
        {"$$(A)", "$(A)"},
        {"$$$(A)", "$new"},
        {"$$$$", "$$"},
        {"$", "$"},
        {"a$", "a$"},
        {"$A", "$A"},
        {"$(A", "$(A"},
        {"$()", "nothing"},
        {"$(A)$", "new$"},
        {"$($(A))", "$($(A))"},
        {"$x$(A)", "$xnew"},
        {"$($(A", "$($(A"},
    };
    for (const auto& [text, wanted] : texts) {
        INFO(text);
        CHECK(expand(text, [&](std::string_view name) { return find(env, name); }) == wanted);
    }
}

TEST_CASE("an image name is a reference that is safe below a directory") {
    const std::string digest = "@sha256:" + std::string(64, 'a');
    for (const std::string& name :
         {std::string("host"), std::string("ikubernetes/myapp:v1"), std::string("registry.k8s.io/pause:3.9"),
          std::string("localhost:5000/x/y:tag"), "name" + digest, "localhost:5000/x/y:tag" + digest,
          std::string("a/b/c/d"), std::string("busybox:1.36.1-Glibc_x"), std::string("my_app.x-y")}) {
        INFO(name);
        CHECK(valid_image_name(name));
    }
    for (const std::string& name : {std::string(),
                                    std::string("/a"),
                                    std::string("a/"),
                                    std::string("a//b"),
                                    std::string(".."),
                                    std::string("../a"),
                                    std::string("a/../b"),
                                    std::string("a/."),
                                    std::string("a/.b"),
                                    std::string("Foo"),
                                    std::string("a b"),
                                    std::string("a:"),
                                    std::string("a:b/c"),
                                    std::string("a@sha256:12"),
                                    std::string("a:.."),
                                    std::string(256, 'a'),
                                    std::string("x:5000"
                                                "0/y"
                                                "/"),
                                    std::string("a\nb"),
                                    std::string("localhost:port/x"),
                                    "..:1/x" + digest}) {
        INFO(name);
        CHECK_FALSE(valid_image_name(name));
    }
}

TEST_CASE("an image says what it runs") {
    const auto image = read_image_config(R"({"architecture":"arm64","config":{"Entrypoint":["/bin/httpd"],"Cmd":["-f"],
        "Env":["PATH=/bin"],"User":"33:33","WorkingDir":"/www","StopSignal":"SIGQUIT","Labels":{"a":"b"},"ExposedPorts":{}},
        "rootfs":{"type":"layers"}})");
    REQUIRE(image);
    CHECK(image->entrypoint == std::vector<std::string>{"/bin/httpd"});
    CHECK(image->cmd == std::vector<std::string>{"-f"});
    CHECK(image->env == std::vector<std::string>{"PATH=/bin"});
    CHECK(image->user == "33:33");
    CHECK(image->working_dir == "/www");
    CHECK(image->stop_signal == "SIGQUIT");
    CHECK(read_image_config(R"({"Cmd":["sh"],"Entrypoint":null})").value().cmd == std::vector<std::string>{"sh"});
    CHECK(read_image_config(R"({"config":null})").value().cmd.empty());
    CHECK(tests::describe(read_image_config(R"({"config":{"Cmd":"sh"}})").error()) ==
          "/config/Cmd: expected an array, not a string\n");
    CHECK_FALSE(read_image_config("{"));
    CHECK_FALSE(read_image_config(R"({"config":{"Env":["A=b\u0000c"]}})"));
}

TEST_CASE("the distance of two words does not count capitals") {
    CHECK(edit_distance("hostNetwork", "hostnetwork", 3) == 0);
    CHECK(edit_distance("image", "imag", 3) == 1);
    CHECK(edit_distance("labels", "lables", 3) == 2);
    CHECK(edit_distance("image", "volumes", 3) == 3);
    CHECK(edit_distance("image", std::string(100'000, 'x'), 3) == 3);
}

TEST_CASE("text is quoted so that a terminal is safe from it") {
    CHECK(quoted("a\"b\n\x1b[2J\x7f") == R"("a\"b\n\u001b[2J\u007f")");
    CHECK(quoted(std::string(99, 'x') + "éé") == '"' + std::string(99, 'x') + "\"...");
}

TEST_CASE("a problem is one line") {
    CHECK(to_text("web.json", {"/spec", "required value"}) == "web.json: /spec: required value");
    CHECK(to_text("web.json", {"/spec", "ignored", Severity::Warning}) == "web.json: /spec: warning: ignored");
    CHECK(to_text("web.json", {"", "syntax error", Severity::Error, 3, 4}) == "web.json:3:4: syntax error");
    CHECK(to_text("web.json", {"", "the document is empty"}) == "web.json: the document is empty");
    CHECK(to_text("", {"/spec", "required value"}) == "/spec: required value");
}
