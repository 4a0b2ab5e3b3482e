// SPDX-License-Identifier: Apache-2.0
// What a client asks for: apply, delete, restart, exec, logs, against podinit itself.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

using namespace initd;
namespace fs = std::filesystem;

namespace {

std::string sleeper(const std::string& name, const std::string& word = "a", const std::string& spec = "") {
    return pod_json(name, script(until_term + " # " + word), spec.empty() ? on_host : on_host + ", " + spec);
}

} // namespace

TEST_CASE("a pod that is applied is kept in a file, runs, and is gone with its file when it is deleted") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    CHECK(podinit.apply_one(sleeper("web")) == "created");
    CHECK(exists(podinit.manifest_file("web")));
    CHECK(podinit.running("web"));
    CHECK(podinit.phase("web") == "Running");
    CHECK(podinit.apply_one(sleeper("web")) == "unchanged");
    CHECK(podinit.status("web").restart_count == 0);
    CHECK(podinit.remove("web") == "gone");
    CHECK_FALSE(exists(podinit.manifest_file("web")));
    CHECK_FALSE(podinit.get("web"));
    CHECK(podinit.remove("web").starts_with("io.podinit.NotFound"));
}

TEST_CASE("a pod that is not to be kept is written where a reboot forgets it") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    CHECK(podinit.apply_one(sleeper("web"), true) == "created");
    CHECK(exists(podinit.transient_file("web")));
    CHECK_FALSE(exists(podinit.manifest_file("web")));
    CHECK(podinit.apply_one(sleeper("web"), true) == "unchanged");
    // The same pod, but now to be kept: written, and the other file goes since it would hide it.
    CHECK(podinit.apply_one(sleeper("web")) == "unchanged");
    CHECK(exists(podinit.manifest_file("web")));
    CHECK_FALSE(exists(podinit.transient_file("web")));
    CHECK(podinit.remove("web") == "gone");
    CHECK_FALSE(exists(podinit.manifest_file("web")));
}

TEST_CASE("nothing is changed when one manifest of a call is not valid, twice there, or only tried") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const auto invalid = podinit.apply({sleeper("a"), pod_json("b", R"("imag": "x")"), "[]"});
    REQUIRE_FALSE(invalid);
    CHECK(invalid.error().name == "io.podinit.Invalid");
    CHECK(std::ranges::any_of(invalid.error().problems,
                              [](const auto& p) { return p.index == 1 && p.pointer == "/spec/containers/0/imag"; }));
    CHECK(std::ranges::any_of(invalid.error().problems, [](const auto& p) { return p.index == 2; }));
    const auto twice = podinit.apply({sleeper("a"), sleeper("a", "other")});
    REQUIRE_FALSE(twice);
    CHECK(twice.error().problems.at(0).index == 1);
    CHECK(podinit.apply({sleeper("a"), sleeper("b")}, false, true)->items.size() == 2);
    CHECK(podinit.list().empty());
    CHECK(fs::is_empty(podinit.dir("manifests")));
}

TEST_CASE("when one manifest of a call cannot be written, none is") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(sleeper("b", "old")) == "created");
    fs::create_directory(podinit.manifest_file("c")); // a rename onto it fails
    const auto applied = podinit.apply({sleeper("a"), sleeper("b", "new"), sleeper("c")});
    REQUIRE_FALSE(applied);
    CHECK(applied.error().name == "io.podinit.Failed");
    CHECK(applied.error().message.find("default_c.json") != std::string::npos);
    CHECK_FALSE(exists(podinit.manifest_file("a")));
    CHECK(read_text(podinit.manifest_file("b")).find("# old") != std::string::npos);
    CHECK(podinit.list().size() == 1);
    CHECK(names_in(podinit.dir("manifests")) == std::vector<std::string>{"default_b.json", "default_c.json"});
}

TEST_CASE("a pod that lies in a file of another name is changed in that file") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    std::ofstream(podinit.dir("manifests/a.json")) << sleeper("web", "old");
    REQUIRE(podinit.running("web"));
    CHECK(podinit.apply_one(sleeper("web", "new")) == "configured");
    CHECK(eventually([&] {
        const auto pod = podinit.get("web");
        return pod && pod->pod.spec.containers[0].command.back().ends_with("# new") && pod->deletion_timestamp.empty();
    }));
    CHECK(names_in(podinit.dir("manifests")) == std::vector<std::string>{"a.json"});
    CHECK(podinit.remove("web") == "gone");
    CHECK(fs::is_empty(podinit.dir("manifests")));
}

TEST_CASE("a file that holds another pod is not overwritten") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    std::ofstream(podinit.manifest_file("web")) << sleeper("other");
    REQUIRE(podinit.running("other"));
    const auto applied = podinit.apply({sleeper("web")});
    REQUIRE_FALSE(applied);
    CHECK(applied.error().problems.at(0).message.ends_with("default_web.json already holds pod default/other"));
    CHECK(podinit.list().size() == 1);
}

TEST_CASE("a changed pod starts when the one it replaces has ended") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string mark = podinit.dir("mark");
    const std::string old =
        "trap 'sleep 0.3; echo old ended >> " + mark + "; exit 0' TERM; echo up; while :; do sleep 1000 & wait; done";
    REQUIRE(podinit.apply_one(pod_json("web", script(old), on_host)) == "created");
    REQUIRE(eventually([&] { return podinit.logs("web") == "stdout up\n"; }));
    CHECK(podinit.apply_one(pod_json("web", script("echo new started >> " + mark + "; sleep 1000"), on_host)) ==
          "configured");
    CHECK(eventually([&] { return read_text(mark) == "old ended\nnew started\n"; }));
    CHECK(podinit.list().size() == 1);
}

TEST_CASE("a pod that is deleted slowly can be deleted quickly after all") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("deaf", script("trap '' TERM; echo up; while :; do sleep 1; done"),
                                       on_host + R"(, "terminationGracePeriodSeconds": 9223372036854775807)")) ==
            "created");
    REQUIRE(eventually([&] { return podinit.logs("deaf") == "stdout up\n"; }));
    CHECK(podinit.call(spec::Delete{"default", "deaf", std::nullopt, ""}).has_value());
    CHECK_FALSE(podinit.get("deaf")->deletion_timestamp.empty());
    CHECK(podinit.remove("deaf", 0) == "gone");
}

TEST_CASE("a restart policy decides which ends are followed by a start") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    struct {
        const char* name;
        const char* policy;
        int code;
        const char* phase;
        bool restarts;
    } const table[] = {
        {"never-bad", "Never", 3, "Failed", false},      {"never-good", "Never", 0, "Succeeded", false},
        {"onfail-bad", "OnFailure", 3, "Running", true}, {"onfail-good", "OnFailure", 0, "Succeeded", false},
        {"always-good", "Always", 0, "Running", true},
    };
    std::vector<std::string> manifests;
    for (const auto& row : table)
        manifests.push_back(pod_json(row.name, script("exit " + std::to_string(row.code)),
                                     on_host + R"(, "restartPolicy": ")" + row.policy + "\""));
    REQUIRE(podinit.apply(manifests));
    for (const auto& row : table) {
        INFO(row.name);
        if (row.restarts) {
            // The first restart comes at once, the second a second later, the third two seconds after that.
            CHECK(eventually([&] { return podinit.status(row.name).restart_count >= 2; }));
            CHECK(eventually([&] {
                const auto status = podinit.status(row.name);
                return status.state.waiting && status.state.waiting->reason == "CrashLoopBackOff" &&
                       status.last_state.terminated && status.last_state.terminated->exit_code == row.code;
            }));
            CHECK(podinit.phase(row.name) == row.phase);
        } else {
            CHECK(eventually([&] { return podinit.phase(row.name) == row.phase; }));
            CHECK(podinit.status(row.name).restart_count == 0);
            REQUIRE(podinit.status(row.name).state.terminated);
            CHECK(podinit.status(row.name).state.terminated->exit_code == row.code);
        }
    }
}

TEST_CASE("podctl restart starts a container again at once, whatever its policy") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(sleeper("web", "a", R"("restartPolicy": "Never")")) == "created");
    REQUIRE(podinit.running("web"));
    CHECK(podinit.call(spec::Restart{"default", "web", "c"}).has_value());
    CHECK(eventually([&] { return podinit.status("web").restart_count == 1 && podinit.status("web").ready; }));
    CHECK(podinit.call(spec::Restart{"default", "web", "nobody"}).error().name == "io.podinit.NotFound");
}

TEST_CASE("what cannot be started says why in its status, and starts as soon as it can") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    std::string missing = pod_json("image", script("exit 0"), R"("restartPolicy": "Never")");
    missing.replace(missing.find("\"host\""), 6, "\"no/such:v1\"");
    REQUIRE(podinit.apply(
        {missing, pod_json("command", R"("command": ["no-such-program"])", R"("restartPolicy": "Never")")}));
    CHECK(eventually([&] {
        const auto state = podinit.status("image").state;
        return state.waiting && state.waiting->reason == "ErrImageNeverPull" &&
               state.waiting->message.find("no/such:v1") != std::string::npos;
    }));
    CHECK(podinit.said().find("default/image/c: ErrImageNeverPull: ") != std::string::npos);
    CHECK(podinit.status("image").restart_count == 0);
    CHECK(eventually([&] { return podinit.status("command").state.terminated.has_value(); }));
    const auto command = podinit.status("command").state.terminated.value();
    CHECK(command.reason == "StartError");
    CHECK(command.exit_code == 128);
    CHECK(command.message.find("executable file not found") != std::string::npos);
    CHECK(podinit.phase("command") == "Failed");
    fs::create_directories(podinit.dir("images/no/such:v1/rootfs/bin"));
    fs::copy("/bin/busybox", podinit.dir("images/no/such:v1/rootfs/bin/sh"));
    CHECK(eventually([&] { return podinit.phase("image") == "Succeeded"; }));
}

TEST_CASE("a process is run beside a container's own and its exit code told") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("web", script(until_term) + R"(, "env": [{"name": "A", "value": "b"}])")) ==
            "created");
    REQUIRE(podinit.running("web"));
    CHECK(podinit.exec("web", {"sh", "-c", "echo $A; hostname; exit 7"}) == "b\nweb\n|7");
    CHECK(podinit.exec("web", {"sh", "-c", "kill -9 $$"}) == "|137");
    CHECK(podinit.exec("web", {"no-such-program"}).find("executable file not found") != std::string::npos);
    CHECK(podinit.exec("web", {"true"}, "c") == "|0");
    CHECK(podinit.exec("web", {"true"}, "d") == podinit.call(spec::Restart{"default", "web", "d"}).error().message);
    CHECK(podinit.exec("nobody", {"true"}).find("nobody") != std::string::npos);
    CHECK(podinit.call(spec::Exec{"default", "web", "", {"true"}, false, ""}).error().name == "io.podinit.Refused");
    REQUIRE(podinit.apply_one(pod_json("over", script("exit 0"), R"("restartPolicy": "Never")")) == "created");
    CHECK(eventually([&] { return podinit.phase("over") == "Succeeded"; }));
    CHECK(podinit.exec("over", {"true"}) == "container is not running");
}

TEST_CASE("a terminal of a process in a container goes to the client itself") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("web", script(until_term))) == "created");
    REQUIRE(podinit.running("web"));
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    ns::Fd ours(ends[0]), theirs(ends[1]);
    Connection connection(podinit.dir("run/control.sock"));
    const spec::Exec call{"default", "web",  "", {"sh", "-c", "read x; stty size; echo \"$x $TERM\"; exit 5"},
                          true,      "vt100"};
    REQUIRE(connection.send({call, false, false}, {theirs.get()}));
    theirs.reset();

    char byte;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec iov{&byte, 1};
    msghdr message{};
    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    REQUIRE(::recvmsg(ours.get(), &message, MSG_CMSG_CLOEXEC) == 1);
    REQUIRE(CMSG_FIRSTHDR(&message));
    const ns::Fd master(*reinterpret_cast<const int*>(CMSG_DATA(CMSG_FIRSTHDR(&message))));
    const winsize size{.ws_row = 33, .ws_col = 77, .ws_xpixel = 0, .ws_ypixel = 0};
    CHECK(::ioctl(master.get(), TIOCSWINSZ, &size) == 0);
    write_text(master.get(), "hello\n");
    std::string shown;
    char text[256];
    for (ssize_t got; (got = ::read(master.get(), text, sizeof text)) > 0;)
        shown.append(text, static_cast<std::size_t>(got));
    CHECK(shown.find("33 77") != std::string::npos);
    CHECK(shown.find("hello vt100") != std::string::npos);
    const auto done = connection.receive(call);
    REQUIRE(done);
    CHECK(std::get<spec::ExecDone>(done->reply).exit_code == 5);
}

TEST_CASE("what a container says is in its log, also of the run before") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string mark = podinit.dir("mark");
    REQUIRE(podinit.apply_one(pod_json("web",
                                       script("if [ -e " + mark + " ]; then echo second; exec sleep 1000; fi; > " +
                                              mark + "; echo first; echo oops >&2; exit 1"),
                                       on_host)) == "created");
    CHECK(eventually([&] { return podinit.logs("web") == "stdout second\n"; }));
    CHECK(eventually([&] {
        const std::string before = podinit.logs("web", true);
        return before.find("stdout first\n") != std::string::npos && before.find("stderr oops\n") != std::string::npos;
    }));
    REQUIRE(podinit.apply_one(sleeper("quiet")) == "created");
    CHECK(podinit.logs("quiet", true).starts_with("io.podinit.NotFound"));
}

TEST_CASE("a file that is dropped into the directory is followed without anybody's asking") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    std::ofstream(podinit.dir("manifests/x.json")) << sleeper("web");
    CHECK(podinit.running("web"));
    std::ofstream(podinit.dir("manifests/x.json")) << "{";
    CHECK(eventually([&] {
        const auto node = podinit.call(spec::Node{});
        return node && !std::get<spec::NodeInfo>(node->reply).rejected.empty();
    }));
    CHECK(podinit.phase("web") == "Running");
    fs::remove(podinit.dir("manifests/x.json"));
    CHECK(eventually([&] { return !podinit.get("web"); }));
    std::ofstream(podinit.dir("manifests/y.json")) << sleeper("web");
    CHECK(podinit.running("web"));
}
