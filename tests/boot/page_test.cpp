// SPDX-License-Identifier: Apache-2.0
// The page that the project started from, word for word, and the isolation that it is about.
#include "tests/boot/shared_machine.hpp"

#include <sstream>

using namespace boot;

namespace {

constexpr const char* answer = "Hello MyApp | Version: v1 | <a href=\"hostname.html\">Pod Name</a>\n";

const std::uint16_t port = free_port();

Machine& machine() {
    return shared_machine([] {
        const std::string page = SOURCE_ROOT "/tools/demo.d/page:/root";
        const std::string ipcmk = BUILD_ROOT "/tools/demo.d/ipcmk:/usr/bin/ipcmk";
        return Options{.appliance = build_appliance("page", "--image ikubernetes/myapp:v1=" + myapp_image() +
                                                                " --file " + page + " --file " + ipcmk),
                       .arguments = {"--forward", std::to_string(port) + ":80"},
                       .append = ""};
    });
}

// Applies /root/NAME.yaml and waits until the pod runs.
void apply(const std::string& name) {
    CHECK(machine().run("podctl apply -f /root/" + name + ".yaml").output == "pod/" + name + " created\n");
    REQUIRE_THAT(machine().run_until("podctl get pods " + name, " Running ").output, contains(" Running "));
}

// Runs a command in a pod's container; its output.
std::string inside(const std::string& name, const std::string& command) {
    const Outcome outcome = machine().run("podctl exec " + name + " -- " + command);
    CHECK(outcome.status == 0);
    return outcome.output;
}

// The names and addresses in what ifconfig prints: the counters differ from one moment to the next.
std::string interfaces(const std::string& text) {
    std::istringstream lines(text);
    std::string line, out;
    while (std::getline(lines, line)) {
        if (line.find("Link encap") != line.npos)
            out += line.substr(0, line.find(' ')) + "\n";
        if (const std::size_t at = line.find("inet"); at != line.npos)
            out += line.substr(at) + "\n";
    }
    return out;
}

} // namespace

TEST_CASE("the page's pod is applied under its name", "[page]") {
    machine().run_until("ifconfig eth0", "10.0.2.15");
    apply("pod-use-hostnetwork");
    CHECK(machine().run("podctl apply -f /root/pod-use-hostnetwork.yaml").output ==
          "pod/pod-use-hostnetwork unchanged\n");
    const std::string listed = machine().run("podctl get pods -o wide").output;
    CHECK_THAT(listed, contains("NAME"));
    CHECK_THAT(listed, contains("pod-use-hostnetwork"));
    CHECK_THAT(listed, contains("10.0.2.15"));
}

TEST_CASE("a shell in the page's pod sees exactly the node's interfaces and addresses", "[page]") {
    // The kernel gives itself this address a moment after the interface is up.
    machine().run_until("ifconfig eth0", "inet6 addr: fe80");
    const std::string node = interfaces(machine().run("ifconfig").output);
    CHECK_THAT(node, contains("inet addr:10.0.2.15"));
    // What is typed before podctl gives the terminal back is lost with the session, so the prompt tells when it has.
    machine().run("PS1='the machine again$ '; stty rows 41 cols 123");
    machine().type("podctl exec -it pod-use-hostnetwork -- sh\n");
    machine().expect("# ");
    machine().type("stty -echo; PS1=; PS2=; echo si''lent\n");
    machine().expect("silent\r\n");
    const std::string seen = interfaces(machine().run("ifconfig").output);
    CHECK(machine().run("wget -qO- http://10.0.2.15/").output == answer);
    CHECK_THAT(machine().run("tty").output, contains("/dev/pts/"));
    CHECK(machine().run("stty size").output == "41 123\n");
    machine().type("exit 7\n");
    machine().expect("the machine again$ ");
    machine().type("echo status=$?; PS1=\n");
    machine().expect("status=7\r\n");
    // An IPv6 address may come to the node while we look.
    const std::string after = interfaces(machine().run("ifconfig").output);
    CHECK((seen == node || seen == after));
}

TEST_CASE("the node's address answers a request from outside the machine", "[page]") {
    const std::string got = http_get(port, "/");
    CHECK_THAT(got, contains("200 OK"));
    CHECK(got.substr(got.find("\r\n\r\n") + 4) == answer);
}

TEST_CASE("hostname.html tells the name that the pod has", "[page]") {
    const std::string got = http_get(port, "/hostname.html");
    CHECK(got.substr(got.find("\r\n\r\n") + 4) == machine().run("podctl exec pod-use-hostnetwork -- hostname").output);
}

TEST_CASE("delete ends the pod, and the port with it", "[page]") {
    const Outcome deleted = machine().run("podctl delete pod pod-use-hostnetwork", Seconds(45));
    CHECK(deleted.status == 0);
    CHECK_THAT(deleted.output, contains("pod \"pod-use-hostnetwork\" deleted"));
    CHECK_THAT(http_get(port, "/"), !contains("Hello MyApp"));
}

TEST_CASE("the same pod without hostNetwork has lo and nothing else", "[page]") {
    apply("pod-private");
    CHECK(interfaces(inside("pod-private", "ifconfig -a")) ==
          "lo\ninet addr:127.0.0.1  Mask:255.0.0.0\ninet6 addr: ::1/128 Scope:Host\n");
    CHECK(inside("pod-private", "wget -qO- http://127.0.0.1/") == answer);
    CHECK(inside("pod-private", "cat /www/hostname.html") == "pod-private\n");
}

TEST_CASE("and the node's port 80 does not answer", "[page]") {
    CHECK_THAT(http_get(port, "/"), !contains("Hello MyApp"));
    CHECK(machine().run("wget -T 5 -qO- http://10.0.2.15/").status != 0);
}

TEST_CASE("with hostPID a container sees PID 1 as podinit, without it is PID 1 itself", "[page]") {
    apply("pod-use-hostpid");
    CHECK(inside("pod-use-hostpid", "cat /proc/1/comm") == "podinit\n");
    CHECK_THAT(inside("pod-use-hostpid", "ps"), contains("podinit"));
    CHECK(inside("pod-private", "cat /proc/1/comm") == "myapp\n");
    CHECK_THAT(inside("pod-private", "ps"), !contains("podinit"));
}

TEST_CASE("with hostIPC a container sees a queue made on the node, without it does not", "[page]") {
    apply("pod-use-hostipc");
    CHECK_THAT(machine().run("ipcmk -Q").output, contains("Message queue id: 0"));
    const std::string queue = "0          0   644";
    CHECK_THAT(machine().run("cat /proc/sysvipc/msg").output, contains(queue));
    CHECK_THAT(inside("pod-use-hostipc", "cat /proc/sysvipc/msg"), contains(queue));
    CHECK_THAT(inside("pod-private", "cat /proc/sysvipc/msg"), !contains(queue));
}

TEST_CASE("what a container writes into its image stays its own", "[page]") {
    CHECK(machine().run("ls /usr/share/podinit/images/ikubernetes/myapp:v1/rootfs/www").output == "index.html\n");
}

TEST_CASE("private and host pods differ in exactly the namespaces that they ask for", "[page]") {
    const std::string of_node =
        machine().run("cd /proc/1/ns; for n in net ipc uts pid; do readlink $n; done; cd /").output;
    auto of_pod = [](const std::string& name, const std::string& kind) {
        return inside(name, "readlink /proc/self/ns/" + kind);
    };
    for (const char* kind : {"net", "ipc", "uts", "pid"})
        CHECK_THAT(of_node, !contains(of_pod("pod-private", kind)));
    CHECK_THAT(of_node, contains(of_pod("pod-use-hostpid", "pid")));
    CHECK_THAT(of_node, !contains(of_pod("pod-use-hostpid", "net")));
    CHECK_THAT(of_node, contains(of_pod("pod-use-hostipc", "ipc")));
    CHECK_THAT(of_node, !contains(of_pod("pod-use-hostipc", "pid")));
}
