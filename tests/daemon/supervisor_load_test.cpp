// SPDX-License-Identifier: Apache-2.0
// Much of everything, clients that mean ill, and the way down, with podinit itself.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

using namespace initd;
namespace fs = std::filesystem;

TEST_CASE("SIGTERM stops every pod, and podinit ends with 0 and leaves nothing behind") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string mark = podinit.dir("mark");
    const std::string polite =
        "trap 'echo $0 >> " + mark + "; exit 0' TERM; echo up; while :; do sleep 1000 & wait; done";
    REQUIRE(podinit.apply({pod_json("a", script(polite)), pod_json("b", script(polite), on_host),
                           pod_json("shared", script(polite), R"("shareProcessNamespace": true)"),
                           pod_json("deaf", script("trap '' TERM; echo up; while :; do sleep 1; done"),
                                    on_host + R"(, "terminationGracePeriodSeconds": 1)"),
                           pod_json("over", script("exit 0"), on_host + R"(, "restartPolicy": "Never")"),
                           pod_json("looping", script("exit 1"))}));
    for (const char* name : {"a", "b", "shared", "deaf"})
        REQUIRE(eventually([&] { return podinit.logs(name) == "stdout up\n"; }));
    podinit.signal(SIGTERM);
    CHECK(podinit.ended() == 0);
    const std::string ended = read_text(mark);
    CHECK(std::ranges::count(ended, '\n') == 3);
    CHECK(names_in(podinit.dir("run/pods")).empty());
    CHECK_FALSE(exists(podinit.dir("run/control.sock")));
    CHECK(names_in(podinit.dir("manifests")).size() == 6);
    podinit.start(); // on the same directories: what was kept runs again
    CHECK(podinit.running("a"));
    CHECK(podinit.list().size() == 6);
}

TEST_CASE("200 pods started and stopped cost podinit no descriptor, no mount, no process and no memory") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    auto round = [&](int pods) {
        std::vector<std::string> manifests;
        for (int i = 0; i < pods; ++i)
            manifests.push_back(pod_json("p" + std::to_string(i),
                                         script("echo up; " + until_term) + (i % 5 == 0 ? R"(, "tty": true)" : "") +
                                             R"(, "stdin": true)",
                                         i % 4 == 0 ? R"("shareProcessNamespace": true)" : ""));
        REQUIRE(podinit.apply(manifests, true));
        for (int i = 0; i < pods; ++i)
            REQUIRE(eventually([&] { return podinit.status("p" + std::to_string(i)).ready; }));
        for (int i = 0; i < pods; ++i) // all are asked to leave before anybody is waited for
            REQUIRE(podinit.call(spec::Delete{"default", "p" + std::to_string(i), std::nullopt, ""}));
        REQUIRE(eventually([&] { return podinit.list().empty(); }));
    };
    round(20);
    REQUIRE(eventually([&] { return podinit.processes() <= 1; })); // the log writer at most
    const std::size_t fds = podinit.open_fds();
    [[maybe_unused]] const std::size_t memory = podinit.memory();
    for (int i = 0; i < 9; ++i)
        round(20);
    CHECK(eventually([&] { return podinit.processes() <= 1; }));
    CHECK(eventually([&] { return podinit.open_fds() <= fds; }));
    CHECK(podinit.mounts() == 0);
#ifndef __SANITIZE_ADDRESS__ // which keeps what is freed
    CHECK(podinit.memory() <= memory + 512);
#endif
}

TEST_CASE("300 pods at once run, are listed, and go") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    std::vector<std::string> manifests;
    for (int i = 0; i < 300; ++i)
        manifests.push_back(pod_json("p" + std::to_string(i), R"("command": ["/bin/sleep", "1000"])", on_host));
    const auto applied = podinit.apply(manifests, true);
    REQUIRE(applied);
    CHECK(applied->items.size() == 300);
    auto all_run = [&] {
        const auto pods = podinit.list();
        return pods.size() == 300 &&
               std::ranges::all_of(pods, [](const auto& pod) { return pod.status.phase == "Running"; });
    };
    CHECK(eventually(all_run));
    podinit.signal(SIGTERM);
    CHECK(podinit.ended() == 0);
}

TEST_CASE("clients that send garbage, go away or do not read cost nobody anything but themselves") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string socket = podinit.dir("run/control.sock");
    REQUIRE(podinit.apply_one(pod_json("web", script(until_term), on_host)) == "created");
    REQUIRE(podinit.running("web"));
    const std::size_t fds = podinit.open_fds();
    {
        std::vector<std::unique_ptr<Connection>> hostile;
        auto client = [&]() -> Connection& { return *hostile.emplace_back(std::make_unique<Connection>(socket)); };
        client().send_bytes(std::string("garbage\0", 8));
        client().send_bytes(R"({"method":"io.podinit.List")"); // and no more
        client().send_bytes(std::string(100, '['));
        for (int i = 0; i < 20; ++i) { // asks and asks and reads nothing
            Connection& deaf = client();
            for (int calls = 0; calls < 50; ++calls)
                deaf.send({spec::List{}, true, false});
        }
        client().send({spec::Delete{"default", "nobody", std::nullopt, ""}, true, false});
        client().send({spec::Exec{"default", "web", "", {"sleep", "0.2"}, false, ""}, false, false}, {0, 1, 2});
        client().send({spec::Apply{{{pod_json("orphaned", script("exit 0"), on_host)}}, true, false}, false, false});
        CHECK(podinit.phase("web") == "Running");
        CHECK(podinit.exec("web", {"sh", "-c", "echo fine"}) == "fine\n|0");
    }
    CHECK(eventually([&] { return podinit.get("orphaned").has_value(); })); // its client did not wait for it
    CHECK(podinit.remove("orphaned") == "gone");
    CHECK(podinit.status("web").restart_count == 0);
    CHECK(eventually([&] { return podinit.open_fds() <= fds + 4; })); // the log writer's
}

TEST_CASE("one pod changed and deleted by many at once ends as the last word on disk says") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    auto manifest = [](int i) {
        return pod_json("web", script("trap 'exit 0' TERM; while :; do sleep 1000 & wait; done # " + std::to_string(i)),
                        on_host);
    };
    REQUIRE(podinit.apply_one(manifest(0)) == "created");
    for (int round = 0; round < 5; ++round) {
        std::vector<std::unique_ptr<Connection>> clients;
        for (int i = 1; i <= 8; ++i) {
            Connection& client = *clients.emplace_back(std::make_unique<Connection>(podinit.dir("run/control.sock")));
            if (i == 4)
                client.send({spec::Delete{"default", "web", 1, ""}, false, false});
            else
                client.send({spec::Apply{{{manifest(i)}}, false, false}, false, false});
        }
        for (int i = 1; i <= 8; ++i) {
            const auto answer = clients[static_cast<std::size_t>(i - 1)]->receive(i == 4 ? spec::Call(spec::Delete{})
                                                                                         : spec::Call(spec::Apply{}));
            CHECK((answer || (i == 4 && answer.error().name == "io.podinit.NotFound")));
        }
        const std::string kept = read_text(podinit.manifest_file("web"));
        INFO("on disk: " << kept);
        CHECK(eventually([&] {
            const auto pod = podinit.get("web");
            if (kept.empty())
                return !pod;
            return pod && pod->deletion_timestamp.empty() && pod->status.phase == "Running" &&
                   kept.find(pod->pod.spec.containers[0].command.back()) != std::string::npos;
        }));
    }
    CHECK(podinit.list().size() <= 1);
}
