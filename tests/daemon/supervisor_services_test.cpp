// SPDX-License-Identifier: Apache-2.0
// Services written for other inits: sd_notify, s6 readiness, watchdogs, sockets that stay open, with podinit itself.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

using namespace initd;
namespace fs = std::filesystem;

namespace {

std::string words(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& word : list)
        text += (text.empty() ? "\"" : ", \"") + word + "\"";
    return text;
}

// A pod of the talker with these verbs and these annotations (without "podinit/"). `more` goes into its container.
std::string talker(const std::string& name, const std::vector<std::string>& verbs,
                   const std::vector<std::pair<std::string, std::string>>& annotations, const std::string& spec = "",
                   const std::string& more = "") {
    std::vector<std::string> command = verbs;
    command.insert(command.begin(), TALKER);
    std::string json =
        pod_json(name, R"("command": [)" + words(command) + "]" + (more.empty() ? "" : ", " + more), spec);
    std::string list;
    for (const auto& [key, value] : annotations)
        list += (list.empty() ? "\"podinit/" : ", \"podinit/") + key + "\": \"" + value + "\"";
    const std::string metadata = R"("metadata": {)";
    return json.insert(json.find(metadata) + metadata.size(), R"("annotations": {)" + list + "}, ");
}

// What a client gets from the port; "refused" or "silence".
std::string ask(std::uint16_t port) {
    const ns::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return "refused";
    pollfd ready{client.get(), POLLIN, 0};
    char text[64];
    const ssize_t got = ::poll(&ready, 1, 20'000) == 1 ? ::recv(client.get(), text, sizeof text, 0) : -1;
    return got > 0 ? std::string(text, static_cast<std::size_t>(got)) : "silence";
}

// A TCP socket with more to send than its peer takes, and half a minute to linger.
ns::Fd lingering() {
    static const ns::Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    if (::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 || address.sin_port == 0) {
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(listener.get(), 8) == 0);
        REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    }
    ns::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const linger half_a_minute{1, 30};
    REQUIRE(::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &half_a_minute, sizeof half_a_minute) == 0);
    const std::string much(1 << 16, 'x');
    while (::send(client.get(), much.data(), much.size(), MSG_DONTWAIT) > 0) {
    }
    return client;
}

bool give(int socket, int fd) {
    char byte = 'x';
    iovec part{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)]{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

std::uint16_t free_port() {
    const ns::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return ntohs(address.sin_port);
}

std::string volume(const std::string& path) {
    return R"("volumes": [{"name": "v", "hostPath": {"path": ")" + path + R"("}}])";
}
const std::string mount = R"("volumeMounts": [{"name": "v", "mountPath": "/run/v"}])";

void touch(const std::string& path) {
    const ns::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

} // namespace

TEST_CASE("a container that notifies is ready when it says so, wherever it runs and whoever it is") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    fs::create_directories(podinit.dir("images/talker/rootfs/bin"));
    fs::copy_file(TALKER, podinit.dir("images/talker/rootfs/bin/talker"));
    ::mkdir(podinit.dir("v").c_str(), 0777);
    const std::string user = R"("securityContext": {"runAsUser": 12345, "runAsGroup": 12345})";
    const std::string image =
        R"("containers": [{"name": "c", "image": "talker", "command": ["/bin/talker", "await", "/run/v/go", "notify", "READY=1", "stay"], )";
    struct Row {
        std::string name, pod;
    };
    const std::vector<std::string> verbs{"await", podinit.dir("v/go"), "notify", "READY=1", "stay"};
    std::vector<Row> rows{
        {"private", talker("private", verbs, {{"notify", "c"}})},
        {"machine", talker("machine", verbs, {{"notify", "c"}}, on_host)},
        {"shared", talker("shared", verbs, {{"notify", "c"}}, R"("shareProcessNamespace": true)")},
        {"read-only",
         talker("read-only", verbs, {{"notify", "c"}}, "", R"("securityContext": {"readOnlyRootFilesystem": true})")},
    };
    // The same in an image, as another user, with nothing writable.
    for (const std::string& context :
         {std::string(R"("runAsUser": 12345)"), std::string(R"("readOnlyRootFilesystem": true)")}) {
        Row row{"image-" + std::to_string(rows.size()), ""};
        row.pod = R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ")" + row.name +
                  R"(", "annotations": {"podinit/notify": "c"}}, "spec": {"terminationGracePeriodSeconds": 1, )" +
                  image + mount + R"(, "securityContext": {)" + context + "}}], " + volume(podinit.dir("v")) + "}}";
        rows.push_back(row);
    }
    for (const Row& row : rows) {
        CAPTURE(row.name, row.pod);
        CHECK(podinit.apply_one(row.pod) == "created");
    }
    for (const Row& row : rows) {
        CAPTURE(row.name, podinit.said());
        CHECK(eventually([&] { return podinit.status(row.name).state.running.has_value(); }));
        CHECK_FALSE(podinit.status(row.name).ready);
        CHECK_FALSE(podinit.status(row.name).started);
    }
    touch(podinit.dir("v/go"));
    for (const Row& row : rows) {
        CAPTURE(row.name, podinit.said(), podinit.logs(row.name));
        CHECK(podinit.running(row.name));
    }
    for (const Row& row : rows)
        CHECK(podinit.remove(row.name) == "gone");
    CHECK(fs::is_empty(podinit.dir("run/notify")));
}

TEST_CASE("a container that reloads or stops is not ready, and what it says is shown") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    ::mkdir(podinit.dir("v").c_str(), 0777);
    REQUIRE(podinit.apply_one(talker("web",
                                     {"notify",
                                      "STATUS=warming up",
                                      "await",
                                      podinit.dir("v/1"),
                                      "notify",
                                      "READY=1\\nSTATUS=serving \\u001b[1m3 clients",
                                      "await",
                                      podinit.dir("v/2"),
                                      "notify",
                                      "RELOADING=1\\nMONOTONIC_USEC=1",
                                      "await",
                                      podinit.dir("v/3"),
                                      "notify",
                                      "READY=1",
                                      "barrier",
                                      "await",
                                      podinit.dir("v/4"),
                                      "notify",
                                      "STOPPING=1",
                                      "stay"},
                                     {{"notify", "c"}})) == "created");
    const auto condition = [&] {
        const auto pod = podinit.get("web");
        for (const auto& each : pod ? pod->status.conditions : std::vector<spec::PodCondition>{})
            if (each.type == "notify.podinit/c")
                return each.status + " " + each.reason + ": " + each.message;
        return std::string();
    };
    CHECK(eventually([&] { return condition() == "False Starting: warming up"; }));
    touch(podinit.dir("v/1"));
    CHECK(podinit.running("web"));
    CHECK(condition() == "True Ready: serving  [1m3 clients");
    touch(podinit.dir("v/2"));
    CHECK(eventually([&] { return !podinit.status("web").ready; }));
    CHECK(podinit.status("web").started);
    CHECK(condition() == "False Reloading: serving  [1m3 clients");
    touch(podinit.dir("v/3"));
    CHECK(podinit.running("web"));
    CHECK(eventually([&] { return podinit.logs("web").find("barrier passed") != std::string::npos; }));
    touch(podinit.dir("v/4"));
    CHECK(eventually([&] { return condition() == "False Stopping: serving  [1m3 clients"; }));
    CHECK_FALSE(podinit.status("web").ready);
}

TEST_CASE("only what comes from the container itself counts") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(talker("web", {"stay"}, {{"notify", "c"}})) == "created");
    REQUIRE(podinit.apply_one(talker("host", {"stay"}, {{"notify", "c"}}, on_host)) == "created");
    REQUIRE(podinit.apply_one(talker("other", {"stay"}, {})) == "created");
    REQUIRE(podinit.running("other"));
    REQUIRE(eventually([&] { return podinit.status("web").state.running && podinit.status("host").state.running; }));
    struct stat run {};
    REQUIRE(::stat(podinit.dir("run/notify").c_str(), &run) == 0);
    CHECK((run.st_mode & 0777) == 0700);
    // Another container, which can do what root can, and so reaches the sockets.
    for (const auto& entry : fs::directory_iterator(podinit.dir("run/notify")))
        CHECK(podinit.exec("other", {"/usr/bin/env", "NOTIFY_SOCKET=" + entry.path().string(), TALKER, "notify",
                                     "READY=1", "barrier"}) == "barrier passed\n|0");
    CHECK_FALSE(podinit.status("web").ready);
    CHECK_FALSE(podinit.status("host").ready);
    // A process beside the container's own, in it.
    for (const char* name : {"web", "host"}) {
        CHECK(podinit.exec(name, {TALKER, "env", "NOTIFY_SOCKET", "notify", "READY=1", "barrier"}) ==
              "NOTIFY_SOCKET=/dev/podinit-notify\nbarrier passed\n|0");
        CHECK(podinit.status(name).ready);
    }
}

TEST_CASE("what a run says is not of the next one") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    ::mkdir(podinit.dir("v").c_str(), 0777);
    auto json = pod_json("run",
                         script("if [ -e /run/v/a ]; then exec " TALKER " stay; fi; touch /run/v/a; exec " TALKER
                                " notify READY=1 barrier await /run/v/b") +
                             ", " + mount,
                         volume(podinit.dir("v")));
    json.insert(json.find(R"("metadata": {)") + 13, R"("annotations": {"podinit/notify": "c"}, )");
    REQUIRE(podinit.apply_one(json) == "created");
    CHECK(podinit.running("run"));
    touch(podinit.dir("v/b"));
    CHECK(eventually([&] {
        const auto status = podinit.status("run");
        return status.restart_count == 1 && status.state.running;
    }));
    CHECK_FALSE(podinit.status("run").ready);
}

TEST_CASE("a newline on s6's notification descriptor is readiness, and nothing before it") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    ::mkdir(podinit.dir("v").c_str(), 0777);
    REQUIRE(podinit.apply_one(
                talker("web", {"write", "5", "almost", "await", podinit.dir("v/1"), "write", "5", "done\\n", "stay"},
                       {{"notification-fd", "5"}})) == "created");
    REQUIRE(podinit.apply_one(talker("silent", {"await", podinit.dir("v/1"), "stay"}, {{"notification-fd", "c=3"}})) ==
            "created");
    for (const char* name : {"web", "silent"})
        REQUIRE(eventually([&] { return podinit.status(name).state.running.has_value(); }));
    CHECK_FALSE(podinit.status("web").ready);
    CHECK(podinit.exec("silent", {"sh", "-c", "ls /proc/1/fd | tr '\\n' ' '"}) == "0 1 2 3 |0");
    touch(podinit.dir("v/1"));
    CHECK(podinit.running("web"));
    CHECK_FALSE(podinit.status("silent").ready);
}

TEST_CASE("a container that is silent for longer than its watchdog is restarted") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(
                talker("web", {"pid", "env", "WATCHDOG_USEC", "env", "WATCHDOG_PID", "notify", "READY=1", "stay"},
                       {{"notify", "c"}, {"watchdog-seconds", "1"}})) == "created");
    CHECK(eventually([&] { return podinit.status("web").restart_count >= 1; }));
    CHECK(podinit.logs("web", true) == "stdout pid=1\nstdout WATCHDOG_USEC=1000000\nstdout WATCHDOG_PID=1\n");
}

TEST_CASE("a flood of messages from one container keeps nobody else waiting, and does not stop it from being stopped") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(talker("flood", {"flood", "STATUS=x\\nWATCHDOG=1\\nREADY=1"}, {{"notify", "c"}})) ==
            "created");
    REQUIRE(podinit.apply_one(talker("big", {"flood", std::string(60'000, 'x')}, {{"notify", "c"}})) == "created");
    CHECK(podinit.running("flood"));
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) {
        REQUIRE(podinit.apply_one(talker("web", {"notify", "READY=1", "stay"}, {{"notify", "c"}}, on_host)) ==
                "created");
        REQUIRE(podinit.running("web"));
        REQUIRE(podinit.remove("web", 1) == "gone");
    }
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{15});
    CHECK_FALSE(podinit.status("big").ready);
    CHECK(podinit.remove("flood", 1) == "gone");
    CHECK(podinit.remove("big", 1) == "gone");
    CHECK(podinit.open_fds() < 40);
}

TEST_CASE("whoever gives PID 1 a socket that lingers has nobody wait for it") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(talker("mute", {"notify", "READY=1", "await", "/nothing"}, {{"notify", "c"}})) ==
            "created");
    REQUIRE(podinit.running("mute"));
    std::string notify;
    for (const auto& entry : fs::recursive_directory_iterator(podinit.dir("run/notify")))
        if (entry.is_socket())
            notify = entry.path();
    REQUIRE_FALSE(notify.empty());
    for (const std::string& path : {notify, podinit.dir("run/control.sock")}) {
        INFO(path);
        const bool stream = path != notify;
        const ns::Fd server(::socket(AF_UNIX, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::connect(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        ns::Fd full = lingering();
        REQUIRE(give(server.get(), full.get()));
        full.reset();
        const auto start = std::chrono::steady_clock::now();
        CHECK(podinit.list("mute").size() == 1);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
    }
}

TEST_CASE("a container finds its sockets in their order, open, and told of in its environment") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(
                talker("web", {"pid", "env", "LISTEN_PID", "env", "LISTEN_FDS", "env", "LISTEN_FDNAMES", "stay"},
                       {{"listen", "tcp:80, admin@tcp:127.0.0.1:81,tcp:[::1]:82, dns@udp:53"}})) == "created");
    REQUIRE(podinit.running("web"));
    CHECK(eventually([&] {
        return podinit.logs("web") ==
               "stdout pid=1\nstdout LISTEN_PID=1\nstdout LISTEN_FDS=4\nstdout LISTEN_FDNAMES=c:admin:c:dns\n";
    }));
    CHECK(podinit.exec("web", {"sh", "-c", "ls /proc/1/fd | tr '\\n' ' '"}) == "0 1 2 3 4 5 6 |0");
    // Ports 80 (0050), 82 and 81 in the pod's own network, listening (0A); 53 bound.
    CHECK(podinit.exec("web", {"sh", "-c",
                               "cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"0A\" { print $2 }' | sort; "
                               "awk 'NR > 1 { print $2 }' /proc/net/udp6"}) ==
          "00000000000000000000000000000000:0050\n00000000000000000000000001000000:0052\n0100007F:0051\n"
          "00000000000000000000000000000000:0035\n|0");
}

TEST_CASE("no connection is refused while a service crashes, waits for its restart and starts") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::uint16_t port = free_port();
    // Each run serves ten connections and crashes; then it waits a second and more for its restart.
    REQUIRE(podinit.apply_one(talker("web", {"serve", "3", "10", "exit", "1"},
                                     {{"listen", "tcp:127.0.0.1:" + std::to_string(port)}}, on_host)) == "created");
    REQUIRE(podinit.running("web"));
    int served = 0, others = 0;
    for (int i = 0; i < 25; ++i)
        (ask(port) == "served\n" ? served : others) += 1;
    CHECK(served == 25);
    CHECK(others == 0);
    CHECK(podinit.status("web").restart_count >= 2);
    CHECK(podinit.remove("web", 1) == "gone");
    CHECK(ask(port) == "refused");
}

TEST_CASE("a port that is taken is said, and the pod starts when it is free") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string port = std::to_string(free_port());
    const auto pod = [&](const std::string& name) {
        return talker(name, {"serve", "3", "1000"}, {{"listen", "tcp:127.0.0.1:" + port}}, on_host);
    };
    REQUIRE(podinit.apply_one(pod("first")) == "created");
    REQUIRE(podinit.running("first"));
    REQUIRE(podinit.apply_one(pod("second")) == "created");
    CHECK(eventually([&] {
        const auto waiting = podinit.status("second").state.waiting;
        return waiting && waiting->message == "podinit/listen: tcp:127.0.0.1:" + port +
                                                  ": binding a socket: Address already in use (EADDRINUSE)";
    }));
    CHECK(podinit.remove("first", 1) == "gone");
    CHECK(podinit.running("second"));
}

TEST_CASE("a Unix socket is in its volume, for whoever mounts it, and goes with its pod") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string path = podinit.dir("v/web.sock");
    const auto pod = [&](const std::string& name) {
        return talker(name, {"serve", "3", "3", "exit", "1"}, {{"listen", "unix:/run/v/web.sock"}},
                      volume(podinit.dir("v")), mount);
    };
    const auto connects = [&] {
        const ns::Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        char text[16]{};
        return ::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
               ::read(client.get(), text, sizeof text) == 7;
    };
    { // one that nobody has any more is in the way
        ::mkdir(podinit.dir("v").c_str(), 0755);
        const ns::Fd stale(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(stale.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    REQUIRE(podinit.apply_one(pod("web")) == "created");
    REQUIRE(podinit.running("web"));
    struct stat file {};
    REQUIRE(::stat(path.c_str(), &file) == 0);
    CHECK((file.st_mode & 0777) == 0666);
    for (int i = 0; i < 3; ++i)
        CHECK(connects());
    REQUIRE(podinit.apply_one(pod("second")) == "created"); // the same file
    CHECK(eventually([&] {
        const auto waiting = podinit.status("second").state.waiting;
        return waiting && waiting->message.ends_with("Address already in use (EADDRINUSE)");
    }));
    CHECK(connects());
    CHECK(podinit.remove("second", 1) == "gone");
    CHECK(connects());
    CHECK(podinit.remove("web", 1) == "gone");
    CHECK_FALSE(fs::exists(path));
}
