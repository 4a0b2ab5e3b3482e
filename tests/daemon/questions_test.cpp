// SPDX-License-Identifier: Apache-2.0
#include "initd/questions.hpp"
#include "tests/catch.hpp"
#include "tests/nowhere.hpp"

using namespace initd;

namespace {

std::uint32_t add(PodStore& pods, const std::string& name, const std::string& container) {
    auto manifest =
        spec::read_manifest(R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ")" + name +
                            R"("}, "spec": {"containers": [{"name": "c", "image": "host", )" + container + "}]}}");
    REQUIRE(manifest);
    return pods.add(std::move(*manifest));
}

std::string text_of(const Question& question) {
    switch (question.way) {
    case Question::Way::Command: return "run " + question.command.at(0);
    case Question::Way::Tcp: return "tcp " + join_host_port(question.target.host, question.target.port);
    case Question::Way::Http: return url_of(question.target) + " " + question.target.host_header;
    case Question::Way::Grpc: return "grpc " + std::to_string(question.target.port) + " " + question.text;
    case Question::Way::Get:
    case Question::Way::None: return "none";
    }
    return "";
}

} // namespace

TEST_CASE("what a probe asks is kept until its pod is forgotten") {
    PodStore pods{nowhere};
    Questions questions;
    const std::uint32_t one = add(pods, "one", R"("ports": [{"name": "web", "containerPort": 81}],
        "livenessProbe": {"httpGet": {"port": "web", "path": "/x", "scheme": "HTTPS", "host": "h",
            "httpHeaders": [{"name": "host", "value": "me"}]}},
        "readinessProbe": {"grpc": {"port": 5, "service": "s"}},
        "startupProbe": {"exec": {"command": ["/bin/true"]}})");
    const std::uint32_t two = add(pods, "two", R"("livenessProbe": {"tcpSocket": {"port": 7, "host": "::1"}},
        "readinessProbe": {"httpGet": {"port": "none"}})");
    for (int round = 0; round < 2; ++round) {
        CHECK(text_of(questions.of(pods, Unit(two, 1), ProbeKind::Liveness)) == "tcp [::1]:7");
        CHECK(text_of(questions.of(pods, Unit(one, 1), ProbeKind::Readiness)) == "grpc 5 s");
        CHECK(text_of(questions.of(pods, Unit(one, 1), ProbeKind::Liveness)) == "https://h:81/x me");
        CHECK(text_of(questions.of(pods, Unit(one, 1), ProbeKind::Startup)) == "run /bin/true");
        CHECK(questions.kept() == (round == 0 ? 4 : 5));
        const Question& no_port = questions.of(pods, Unit(two, 1), ProbeKind::Readiness);
        CHECK(no_port.target.port == 0);
        CHECK(no_port.text == "none");
    }
    questions.forget(one);
    CHECK(questions.kept() == 2);
    pods.free(one);
    CHECK(add(pods, "new", R"("livenessProbe": {"tcpSocket": {"port": 9}})") == one);
    CHECK(text_of(questions.of(pods, Unit(one, 1), ProbeKind::Liveness)) == "tcp :9");
    CHECK(text_of(questions.of(pods, Unit(two, 1), ProbeKind::Liveness)) == "tcp [::1]:7");
    questions.forget(two);
    CHECK(questions.kept() == 1);
}

TEST_CASE("a hook's tcpSocket asks nobody") {
    spec::LifecycleHandler hook;
    hook.tcp_socket.emplace();
    CHECK(question_of(spec::Container{}, hook).way == Question::Way::None);
}
