// SPDX-License-Identifier: Apache-2.0
// Probes and hooks over connections, with podinit itself and servers that answer (web/web.py).
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <filesystem>
#include <fstream>
#include <string>

using namespace initd;

namespace {

// A container that is a server at `port` of 127.0.0.1.
std::string server(const std::string& name, int port, const std::string& options, const std::string& fields) {
    return R"({"name": ")" + name +
           R"(", "image": "host", "command": ["python3", "-B", ")" WEB_PY R"(", "127.0.0.1", ")" +
           std::to_string(port) + "\"" + options + "], " + fields + "}";
}

std::string pod(const std::string& name, const std::string& containers, const std::string& spec = "") {
    return R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ")" + name + R"("}, "spec": {)" + spec +
           R"("containers": [)" + containers + "]}}";
}

bool told(Supervisor& podinit, const std::string& of, const std::string& reason, const std::string& message) {
    return eventually([&] {
        for (const std::string& event : podinit.objects("event", of))
            if (event.find("\"" + reason + "\"") != event.npos && event.find(message) != event.npos)
                return true;
        return false;
    });
}

std::string readiness(const std::string& how) {
    return R"("readinessProbe": {"periodSeconds": 1, "timeoutSeconds": 10, )" + how + "}";
}

} // namespace

TEST_CASE("probes over HTTPS and to host names are asked from inside the pod's network") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string tls =
        R"(, "--tls", "--log", ")" + podinit.dir("log") + R"(", "--health", ")" + podinit.dir("health") + "\"";
    const std::string https =
        readiness(R"("httpGet": {"port": 8443, "scheme": "HTTPS", "host": "localhost", "path": "/health"})");
    const std::string by_name = readiness(R"("tcpSocket": {"port": 8444, "host": "LocalHost"})");
    const std::string redirected =
        readiness(R"("httpGet": {"port": 8445, "path": "/to/https://127.0.0.1:8443/here", "host": "127.0.0.1"})");
    const std::string unknown = readiness(R"("httpGet": {"port": 8446, "host": "no-such-host.invalid"})");
    REQUIRE(podinit.apply_one(pod("web", server("https", 8443, tls, https) + "," + server("name", 8444, "", by_name) +
                                             "," + server("redirected", 8445, "", redirected) + "," +
                                             server("unknown", 8446, "", unknown))) == "created");
    CHECK(eventually([&] { return podinit.status("web", 1).ready && podinit.status("web", 2).ready; }));
    for (const char* line :
         {" sni localhost\n", " /health localhost:8443 kube-probe/1.36\n", " /here 127.0.0.1:8443 kube-probe/1.36\n"})
        CHECK(eventually([&] { return read_text(podinit.dir("log")).find(line) != std::string::npos; }));
    CHECK_FALSE(podinit.status("web", 0).ready); // 500 so far
    CHECK(told(podinit, "web", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500"));
    CHECK(told(podinit, "web", "Unhealthy", "dial tcp: lookup no-such-host.invalid: "));
    std::ofstream(podinit.dir("health")) << "";
    CHECK(eventually([&] { return podinit.status("web", 0).ready; }));
    CHECK_FALSE(podinit.status("web", 3).ready);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(podinit.status("web", i).restart_count == 0);
}

TEST_CASE("a hook over HTTPS is taken to a server that only speaks HTTP") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string log = R"(, "--log", ")" + podinit.dir("log") + "\"";
    const std::string hook = R"("lifecycle": {"preStop": {"httpGet": {"port": 8443, "scheme": "HTTPS", "path": "/500",)"
                             R"( "httpHeaders": [{"name": "host", "value": "me"}]}}}, )" +
                             readiness(R"("tcpSocket": {"port": 8443})");
    REQUIRE(podinit.apply_one(pod("web", server("c", 8443, log, hook))) == "created");
    REQUIRE(eventually([&] { return podinit.status("web").ready; }));
    CHECK(podinit.remove("web") == "gone");
    const std::string said = read_text(podinit.dir("log"));
    CHECK(said.substr(said.find(' ') + 1) == "/500 me kube-lifecycle/1.36\n");
    CHECK(told(podinit, "web", "LifecycleHTTPFallback",
               "request to HTTPS lifecycle hook 127.0.0.1:8443 got HTTP response, retry with HTTP succeeded"));
}

TEST_CASE("without podinit-get a probe over HTTPS changes nothing and says so, and a hook has failed") {
    if (!can_supervise() || std::filesystem::exists("/usr/libexec/podinit/podinit-get"))
        return;
    const TempDir empty;
    std::filesystem::copy_file(PODINIT, empty.path() + "/podinit");
    Supervisor alone(R"({"crashLoopBackOff": {"initialRestartPeriod": "1s"}})", empty.path() + "/podinit");
    const std::string probe = R"("livenessProbe": {"periodSeconds": 1, "failureThreshold": 1, "httpGet": )"
                              R"({"port": 1, "scheme": "HTTPS"}})";
    REQUIRE(alone.apply_one(pod_json("probed", script(until_term) + ", " + probe, on_host)) == "created");
    REQUIRE(alone.apply_one(pod_json("hooked",
                                     script(until_term) + R"(, "lifecycle": {"postStart": {"httpGet": {"port": 1, )"
                                                          R"("scheme": "HTTPS"}}})",
                                     on_host)) == "created");
    CHECK(eventually([&] { return alone.status("hooked").restart_count >= 1; }));
    CHECK(eventually([&] { return alone.said().find("podinit-get") != std::string::npos; }));
    CHECK(told(alone, "probed", "Unhealthy", "cannot run /usr/libexec/podinit/podinit-get: "));
    CHECK(told(alone, "hooked", "FailedPostStartHook", ""));
    CHECK(alone.status("probed").restart_count == 0);
}
