// SPDX-License-Identifier: Apache-2.0
// Probes over connections: from whom which answer is a success.
#include "tests/conformance/web.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace conformance;

namespace {

// A server that is well for as long as the file is there.
std::string serves_while_well(const Row& row, const std::string& liveness) {
    std::ofstream(row.dir("health")) << "";
    return serves("c", "--health " + row.dir("health"),
                  fields({liveness, probe_by("startup", served + "true", R"("timeoutSeconds": 30)"),
                          probe_by("readiness", "say tick")}));
}

void falls_ill(const Row& row) {
    std::remove(row.dir("health").c_str());
}

bool restarted(Row& row) {
    return row.until([](const View& view) { return restarts_of(view, "c") >= 1; });
}

// Three more seconds have passed, in each of which it was asked.
void goes_on(Row& row) {
    CHECK(row.until_ready());
    CHECK(row.hears("tick", row.count("tick") + 3));
    CHECK(restarts_of(row.view(), "c") == 0);
}

const std::string grpc = R"("grpc": {"port": 8080})";

int free_port() {
    const ns::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return ntohs(address.sin_port);
}

} // namespace

ROW("probe-live-http", "probe") {
    row.has({}, {serves_while_well(row, probe("liveness", http_get("/health"), failures(1)))});
    CHECK(row.until_ready());
    CHECK(row.hears("/health 127.0.0.1:8080 kube-probe/1.36"));
    CHECK(restarts_of(row.view(), "c") == 0);
    falls_ill(row);
    CHECK(restarted(row));
}

ROW("probe-live-http-ok", "probe") {
    row.has({}, {serves_while_well(row, probe("liveness", http_get("/health"), failures(1)))});
    goes_on(row);
    CHECK(row.count("/health 127.0.0.1:8080 kube-probe/1.36") >= 2);
}

ROW("probe-live-tcp-ok", "probe") {
    row.has({}, {serves_while_well(row, probe("liveness", R"("tcpSocket": {"port": 8080})", failures(1)))});
    falls_ill(row); // what HTTP would fail by
    goes_on(row);
}

ROW("probe-live-grpc-ok", "probe") {
    row.has({}, {serves_while_well(row, probe("liveness", grpc, failures(1)))});
    goes_on(row);
    CHECK(row.count("grpc") >= 2);
    falls_ill(row); // NOT_SERVING
    CHECK(restarted(row));
}

ROW("probe-live-grpc-fail", "probe") {
    row.has({}, {serves_while_well(row, probe("liveness", R"("grpc": {"port": 2333})", failures(1)))});
    CHECK(restarted(row));
}

ROW("probe-http-local-redirect", "probe") {
    row.has({}, {serves_while_well(row, probe("liveness", http_get("/to//health"), failures(1)))});
    CHECK(row.until_ready());
    CHECK(row.hears("/health 127.0.0.1:8080 kube-probe/1.36"));
    CHECK(restarts_of(row.view(), "c") == 0);
    falls_ill(row);
    CHECK(restarted(row));
}

ROW("probe-http-nonlocal-redirect", "probe") {
    row.has({}, {serves_while_well(row, probe("liveness", http_get("/to/http://0.0.0.0/"), failures(1)))});
    goes_on(row);
    CHECK(row.count("/to/http://0.0.0.0/ 127.0.0.1:8080 kube-probe/1.36") >= 2);
    CHECK(eventually([&] {
        return std::ranges::any_of(row.objects("event", "p"), [](const std::string& event) {
            return event.find("Liveness probe warning: Probe terminated redirects, Response body: ") != event.npos &&
                   event.find("\"ProbeWarning\"") != event.npos;
        });
    }));
    CHECK(std::ranges::any_of(row.objects("event", "p"), [](const std::string& event) {
        return event.find("\"ProbeWarning\"") != event.npos &&
               event.find("Liveness probe warning: Probe terminated redirects, Response body: ok") != event.npos;
    }));
}

ROW("probe-stress", "probe") {
    constexpr int pods = 60;
    const std::string port = std::to_string(free_port());
    const std::string on_host = R"("hostNetwork": true, "hostPID": true, "hostIPC": true)";
    const std::string here = R"("host": "127.0.0.1", "port": )" + port + "}";
    REQUIRE(row.apply_one(pod_text("server", {},
                                   {runs("s", "exec python3 -B " WEB_PY " 127.0.0.1 " + port + " --log $S",
                                         probe("readiness", R"("tcpSocket": {)" + here))},
                                   on_host)) == "created");
    CHECK(row.until_ready("server"));
    std::vector<std::string> manifests;
    const std::string liveness = probe("liveness", R"("httpGet": {"path": "/stress", )" + here);
    for (int i = 0; i < pods; ++i)
        manifests.push_back(pod_text("p" + std::to_string(i), {}, {runs("c", "forever", liveness)}, on_host));
    REQUIRE(row.apply(manifests));
    CHECK(row.hears("/stress 127.0.0.1:" + port + " kube-probe/1.36", 5 * pods));
    for (const View& view : row.list())
        CHECK(view.status.container_statuses.at(0).restart_count == 0);
}
