// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/stage.hpp"

#include "tests/catch.hpp"

#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace fault {

using namespace initd;

namespace {

constexpr const char* config = R"({"crashLoopBackOff": {"initialRestartPeriod": "1s"}})";
constexpr int patience_ms = 20'000;

std::string service(const std::string& name, const std::string& path, const std::string& fields,
                    const std::string& spec, const std::string& annotations = "") {
    return R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ")" + name + R"(", "annotations": {)" +
           annotations + R"(}}, "spec": {"containers": [{"name": "c", "image": "host", "command": [")" TALKER +
           (annotations.find("notify") == annotations.npos ? "" : R"(", "notify", "READY=1)") + R"(", "count", ")" +
           path + "\"]" + fields + R"(}], "terminationGracePeriodSeconds": 1)" + (spec.empty() ? "" : ", " + spec) +
           "}}";
}

// Of every standing: in the machine's namespaces and in their own, probed, notifying, with sockets, with a terminal.
std::vector<std::string> services(const std::string& dir) {
    const auto path = [&](int i) { return dir + "/w" + std::to_string(i); };
    const std::string probe = R"({"periodSeconds": 1, "exec": {"command": ["/bin/true"]}})";
    return {
        service("w0", path(0), "", on_host),
        service("w1", path(1), "", on_host),
        service("w2", path(2), R"(, "livenessProbe": )" + probe, on_host),
        service("w3", path(3), "", ""),
        service("w4", path(4), R"(, "readinessProbe": )" + probe, ""),
        service("w5", path(5), R"(, "tty": true, "stdin": true)", ""),
        service("w6", path(6), "", R"("shareProcessNamespace": true)"),
        service("w7", path(7), R"(, "volumeMounts": [{"name": "v", "mountPath": "/mnt"}])",
                R"("volumes": [{"name": "v", "emptyDir": {"medium": "Memory"}}])"),
        service("w8", path(8), "", "", R"("podinit/notify": "c")"),
        service("w9", path(9), "", "", R"("podinit/listen": "c=tcp:80")"),
    };
}

std::string start_time(pid_t pid) {
    const std::string stat = read_text("/proc/" + std::to_string(pid) + "/stat");
    std::size_t at = stat.rfind(')');
    for (int field = 2; field < 22 && at != stat.npos; ++field)
        at = stat.find(' ', at + 1);
    return at == stat.npos ? "" : stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

ns::Fd connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ns::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        fd.reset();
    return fd;
}

} // namespace

const Symbols& symbols() {
    static const Symbols ours(PODINIT);
    return ours;
}

Stage::Stage(std::string output)
    : podinit_(config, "", Rank::First, std::move(output)) {
    const auto manifests = services(podinit_.temp.path());
    REQUIRE(podinit_.outcomes(manifests).find("w9 created") != std::string::npos);
    for (std::size_t i = 0; i < manifests.size(); ++i) {
        Witness witness{"w" + std::to_string(i)};
        REQUIRE(podinit_.running(witness.pod));
        REQUIRE(eventually([&] {
            witness.connection = connect_to(podinit_.dir(witness.pod));
            return static_cast<bool>(witness.connection);
        }));
        ucred peer{};
        socklen_t size = sizeof peer;
        ::getsockopt(witness.connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
        witness.pid = peer.pid;
        witness.started = start_time(peer.pid);
        REQUIRE_FALSE(witness.started.empty());
        witnesses_.push_back(std::move(witness));
    }
    REQUIRE(lost().empty());
}

std::string Stage::ask(Witness& witness) {
    char text[32]{};
    pollfd ready{witness.connection.get(), POLLIN, 0};
    if (::send(ready.fd, "?", 1, MSG_NOSIGNAL) != 1 || ::poll(&ready, 1, patience_ms) != 1 ||
        ::recv(ready.fd, text, sizeof text - 1, 0) <= 0)
        return "its connection is gone";
    if (std::strtoul(text, nullptr, 10) != ++witness.asked)
        return "it has forgotten what it was asked";
    if (start_time(witness.pid) != witness.started)
        return "its process is another one";
    return "";
}

std::string Stage::lost() {
    std::string all;
    const auto pods = podinit_.list();
    for (Witness& witness : witnesses_) {
        std::string why = ask(witness);
        const auto view = std::ranges::find(pods, witness.pod, [](const auto& pod) { return pod.pod.metadata.name; });
        if (why.empty() && view == pods.end())
            why = "podinit knows nothing of it";
        else if (why.empty() && view->status.container_statuses.at(0).restart_count != 0)
            why = "podinit says that it was restarted";
        else if (why.empty() && view->status.phase != "Running")
            why = "podinit says that it is " + view->status.phase;
        if (!why.empty())
            all += witness.pod + ": " + why + "\n";
    }
    return all;
}

bool Stage::alive() const {
    return !start_time(podinit_.pid()).empty() &&
           read_text("/proc/" + std::to_string(podinit_.pid()) + "/stat").find(") Z") == std::string::npos;
}

std::string Stage::news() {
    const std::string all = podinit_.said();
    const std::string since = all.substr(std::min(heard_, all.size()));
    heard_ = all.size();
    return since;
}

} // namespace fault
