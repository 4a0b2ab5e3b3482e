// SPDX-License-Identifier: Apache-2.0
// What probes say over a connection, and what they make of the answer.
#include "initd/probe_grpc.hpp"
#include "initd/probe_http.hpp"
#include "tests/catch.hpp"

using namespace initd;

namespace {

std::string frame(unsigned type, unsigned flags, const std::string& payload) {
    const char head[] = {0,
                         static_cast<char>(payload.size() >> 8),
                         static_cast<char>(payload.size()),
                         static_cast<char>(type),
                         static_cast<char>(flags),
                         0,
                         0,
                         0,
                         1};
    return std::string(head, sizeof head) + payload;
}

const std::string serving("\0\0\0\0\2\x08\1", 7);

} // namespace

TEST_CASE("an HTTP probe asks as a kubelet does") {
    spec::HttpGetAction get;
    CHECK(http_request(get, "10.0.2.15:80", "/healthz?full=1", Asker::Probe) ==
          "GET /healthz?full=1 HTTP/1.1\r\nHost: 10.0.2.15:80\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\n"
          "Connection: close\r\n\r\n");
    get.http_headers = {{"host", "shop"}, {"user-agent", ""}, {"Accept", "text/html"}, {"X-Empty", ""}};
    CHECK(http_request(get, "10.0.2.15:80", "x", Asker::Hook) ==
          "GET /x HTTP/1.1\r\nHost: shop\r\nAccept: text/html\r\nX-Empty: \r\nConnection: close\r\n\r\n");
}

TEST_CASE("the head of an HTTP answer is read as it comes, and nothing else passes for one") {
    const struct {
        std::string bytes;
        HttpRead read;
        int status;
        std::string location;
    } cases[] = {
        {"", HttpRead::More, 0, ""},
        {"HTT", HttpRead::More, 0, ""},
        {"HTTP/1.1 200 OK\r\nA: b\r\n", HttpRead::More, 0, ""},
        {"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", HttpRead::Done, 200, ""},
        {"HTTP/1.0 404\n\n", HttpRead::Done, 404, ""},
        {"HTTP/1.1 302 Found\r\nlocation:  /x \r\n\r\n", HttpRead::Done, 302, "/x"},
        {"SSH-2.0-OpenSSH", HttpRead::Bad, 0, ""},
        {"HTTP/2 200 OK\r\n\r\n", HttpRead::Bad, 0, ""},
        {"HTTP/1.1 2x0 OK\r\n\r\n", HttpRead::Bad, 0, ""},
        {"HTTP/1.1 2000\r\n\r\n", HttpRead::Bad, 0, ""},
        {"HTTP/1.1 " + std::string(max_http_head, 'a'), HttpRead::Bad, 0, ""},
    };
    for (const auto& c : cases) {
        HttpAnswer answer;
        INFO(c.bytes.substr(0, 60));
        CHECK(read_http_head(c.bytes, answer) == c.read);
        CHECK(answer.status == c.status);
        CHECK(answer.location == c.location);
    }
}

TEST_CASE("a redirect is followed on the same server only") {
    const struct {
        const char* location;
        const char* from;
        const char* path; // nullptr: elsewhere
    } cases[] = {
        {"/b", "/a", "/b"},
        {"b", "/x/a?q", "/x/b"},
        {"?q=1", "/a", "/a?q=1"},
        {"http://h:80/b#c", "/a", "/b"},
        {"http://h:80", "/a", "/a"},
        {"http://other:80/b", "/a", nullptr},
        {"http://h:81/b", "/a", nullptr},
        {"https://h:80/b", "/a", nullptr},
        {"//h:80/b", "/a", nullptr},
    };
    for (const auto& c : cases) {
        const auto path = redirect_path(c.location, "h:80", c.from);
        INFO(c.location);
        REQUIRE(path.has_value() == (c.path != nullptr));
        if (c.path)
            CHECK(*path == c.path);
    }
}

TEST_CASE("a gRPC check opens one stream and ends it") {
    GrpcCheck check("h:1", "db");
    const std::string out = check.to_send();
    CHECK(out.starts_with("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    CHECK(out.find("/grpc.health.v1.Health/Check") != std::string::npos);
    CHECK(out.ends_with(std::string("\0\0\0\0\4\x0a\2db", 9)));
}

TEST_CASE("a gRPC check is well when the server serves, however the answer is cut") {
    const std::string answer = frame(4, 0, "") + frame(1, 4, "headers") + frame(0, 0, serving);
    for (std::size_t cut = 0; cut <= answer.size(); ++cut) {
        GrpcCheck check("h:1", "");
        check.to_send().clear();
        auto outcome = check.take(answer.substr(0, cut));
        if (!outcome)
            outcome = check.take(answer.substr(cut));
        REQUIRE(outcome);
        CHECK(*outcome == Outcome::Success);
        CHECK(check.to_send() == std::string("\0\0\0\4\1\0\0\0\0", 9)); // its SETTINGS are acknowledged
    }
}

TEST_CASE("anything else that a gRPC server says is a failure") {
    const std::string not_serving("\0\0\0\0\2\x08\2", 7);
    for (const std::string& answer :
         {frame(0, 1, not_serving), frame(1, 5, "trailers only"), frame(3, 0, "1234"), frame(7, 0, "12345678"),
          std::string("\xff\xff\xff\0\0\0\0\0\0", 9), frame(0, 1, "")}) {
        GrpcCheck check("h:1", "");
        CHECK(check.take(answer) == Outcome::Failure);
    }
    GrpcCheck check("h:1", "");
    CHECK_FALSE(check.take(frame(0, 0, serving.substr(0, 3))));
    CHECK(check.take(frame(0, 8, std::string("\2") + serving.substr(3) + "pp")) == Outcome::Success);
}
