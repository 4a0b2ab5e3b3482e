// SPDX-License-Identifier: Apache-2.0
// What probes say over a connection, and what they make of the answer.
#include "initd/get/lookup.hpp"
#include "initd/probe_grpc.hpp"
#include "initd/probe_http.hpp"
#include "tests/catch.hpp"

#include <arpa/inet.h>

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
    HttpTarget target{.port = 80, .host = "10.0.2.15", .path = "/healthz?full=1#part"};
    CHECK(http_request(target, http_headers(get, Asker::Probe)) ==
          "GET /healthz?full=1 HTTP/1.1\r\nHost: 10.0.2.15:80\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\n"
          "Connection: close\r\n\r\n");
    get.http_headers = {
        {"host", "shop"}, {"user-agent", ""}, {"accept", "text/html"}, {"x-eMPTY", ""}, {"X-Two", "a\r\nb"}};
    target = {.port = 80, .host = "::1", .path = "x y\n", .host_header = host_header(get)};
    CHECK(http_request(target, http_headers(get, Asker::Hook)) ==
          "GET /x%20y%0A HTTP/1.1\r\nHost: shop\r\nAccept: text/html\r\nX-Empty: \r\nX-Two: a  b\r\n"
          "Connection: close\r\n\r\n");
    get.http_headers.clear();
    target.host_header = host_header(get);
    CHECK(http_request(target, http_headers(get, Asker::Hook)) ==
          "GET /x%20y%0A HTTP/1.1\r\nHost: [::1]:80\r\nUser-Agent: kube-lifecycle/1.36\r\nAccept: */*\r\n"
          "Connection: close\r\n\r\n");
}

TEST_CASE("an HTTP answer is judged as it comes, and nothing else passes for one") {
    using Kind = HttpVerdict::Kind;
    const std::string failed = "HTTP probe failed with statuscode: ", malformed = "malformed HTTP response";
    const std::string warned = "Probe terminated redirects, Response body: ";
    const struct {
        std::string bytes;
        Kind so_far;
        Kind at_its_end;
        std::string words = "";
    } cases[] = {
        {"", Kind::More, Kind::Failure, "EOF"},
        {"HTT", Kind::More, Kind::Failure, "EOF"},
        {"HTTP/1.1 200 OK\r\nA: b\r\n", Kind::More, Kind::Failure, "EOF"},
        {"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", Kind::More, Kind::Success},
        {"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbod", Kind::More, Kind::Success},
        {"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody", Kind::Success, Kind::Success},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", Kind::More, Kind::Success},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", Kind::Success, Kind::Success},
        {"HTTP/1.1 200 OK\r\n\r\n" + std::string(max_http_body, 'a'), Kind::Success, Kind::Success},
        {"HTTP/1.1 204\r\n\r\n", Kind::Success, Kind::Success},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204\r\n\r\n", Kind::Success, Kind::Success},
        {"HTTP/1.1 100 Continue\r\n\r\n", Kind::More, Kind::Failure, "EOF"},
        {"HTTP/1.0 404\n\n", Kind::More, Kind::Failure, failed + "404"},
        {"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n", Kind::Failure, Kind::Failure, failed + "500"},
        {"HTTP/1.1 304 Same\r\n\r\n", Kind::Warning, Kind::Warning, warned},
        {"HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nno", Kind::Warning, Kind::Warning, warned + "no"},
        {"HTTP/1.1 302 Found\r\nLocation: http://other/\r\n\r\nno", Kind::More, Kind::Warning, warned + "no"},
        {"HTTP/1.1 302 Found\r\nlocation:  /x \r\n\r\n", Kind::Redirect, Kind::Redirect},
        {"SSH-2.0-OpenSSH", Kind::Failure, Kind::Failure, malformed},
        {"HTTP/2 200 OK\r\n\r\n", Kind::Failure, Kind::Failure, malformed},
        {"HTTP/1.1 2x0 OK\r\n\r\n", Kind::Failure, Kind::Failure, malformed},
        {"HTTP/1.1 2000\r\n\r\n", Kind::Failure, Kind::Failure, malformed},
        {"HTTP/1.1 " + std::string(max_http_answer, 'a'), Kind::Failure, Kind::Failure, malformed},
    };
    const HttpTarget asked{.port = 80, .host = "h", .path = "/"};
    for (const auto& c : cases) {
        INFO(c.bytes.substr(0, 60));
        CHECK(judge_http(c.bytes, false, asked, 1, Asker::Probe).kind == c.so_far);
        const HttpVerdict verdict = judge_http(c.bytes, true, asked, 1, Asker::Probe);
        CHECK(verdict.kind == c.at_its_end);
        CHECK(verdict.words == c.words);
    }
}

TEST_CASE("a hook is content with any answer") {
    const HttpTarget asked{.port = 80, .host = "h", .path = "/"};
    for (const char* answer : {"HTTP/1.1 500 no\r\n\r\n", "HTTP/1.1 302 to\r\nLocation: http://other/\r\n\r\n"})
        CHECK(judge_http(answer, true, asked, 1, Asker::Hook).kind == HttpVerdict::Kind::Success);
    CHECK(judge_http("hello", true, asked, 1, Asker::Hook).kind == HttpVerdict::Kind::Failure);
}

TEST_CASE("a redirect is followed on the same host only, ten requests in all") {
    const struct {
        const char* location;
        const char* from;
        const char* to; // nullptr: elsewhere
    } cases[] = {
        {"/b", "/a", "http://h:80/b own"},
        {"b", "/x/a?q/r", "http://h:80/x/b own"},
        {"?q=1", "/a", "http://h:80/a?q=1 own"},
        {"//h:80/b", "/a", "http://h:80/b own"},
        {"http://h:80/b", "/a", "http://h:80/b "},
        {"http://h", "/a", "http://h:80/ "},
        {"http://H:81?q", "/a", "http://H:81/?q "},
        {"HTTPS://me:secret@h/b", "/a", "https://h:443/b "},
        {"https://h:8443/b", "/a", "https://h:8443/b "},
        {"http://other:80/b", "/a", nullptr},
        {"//[h]:80/b", "/a", "http://h:80/b own"},
        {"//[::1]:80/b", "/a", nullptr},
        {"http://h:0/b", "/a", nullptr},
        {"http://h:65536/b", "/a", nullptr},
        {"ftp://h/b", "/a", nullptr},
    };
    for (const auto& c : cases) {
        const HttpTarget asked{.port = 80, .host = "h", .path = c.from, .host_header = "own"};
        const std::string answer = std::string("HTTP/1.1 307 to\r\nLocation: ") + c.location + "\r\n\r\n";
        INFO(c.location);
        const HttpVerdict verdict = judge_http(answer, true, asked, 9, Asker::Probe);
        REQUIRE((verdict.kind == HttpVerdict::Kind::Redirect) == (c.to != nullptr));
        if (!c.to)
            continue;
        CHECK(url_of(verdict.next) + " " + verdict.next.host_header == c.to);
        const HttpVerdict enough = judge_http(answer, true, asked, 10, Asker::Probe);
        CHECK(enough.kind == HttpVerdict::Kind::Failure);
        CHECK(enough.words == "stopped after 10 redirects");
    }
}

TEST_CASE("a name is looked up in the hosts file first") {
    const std::string file = "# machine\n127.0.0.1\tlocalhost\n10.0.0.1 web web.local # 10.0.0.2 no\n"
                             "fe80::1%eth0 web\n  ::2 WEB\r\nbad web\n10.0.0.3";
    const auto text = [&](std::string_view name) {
        std::string out;
        for (const in6_addr& address : look_up_in(file, name)) {
            char buffer[INET6_ADDRSTRLEN];
            out += std::string(inet_ntop(AF_INET6, &address, buffer, sizeof buffer)) + " ";
        }
        return out;
    };
    CHECK(text("web") == "::ffff:10.0.0.1 ::2 ");
    CHECK(text("web.local") == "::ffff:10.0.0.1 ");
    CHECK(text("no") == "");
    CHECK(text("10.0.0.3") == "");
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
