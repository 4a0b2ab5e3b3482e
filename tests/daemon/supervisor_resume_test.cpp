// SPDX-License-Identifier: Apache-2.0
// Pods across a fault of podinit's own: a real one, its next instruction is nowhere.
#if defined(__x86_64__)
#include "initd/state/state_file.hpp"
#include "tests/catch.hpp"
#include "tests/daemon/faulted.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

using namespace initd;

namespace {

std::set<pid_t> children_of(pid_t pid) {
    const std::string of = std::to_string(pid);
    std::ifstream list("/proc/" + of + "/task/" + of + "/children");
    return {std::istream_iterator<pid_t>(list), std::istream_iterator<pid_t>()};
}

// Takes all records of a kind out of a podinit's state.
void lose_records(pid_t pid, RecordKind kind) {
    const std::string fds = "/proc/" + std::to_string(pid) + "/fd/";
    for (const std::string& name : names_in(fds)) {
        char to[64]{};
        if (::readlink((fds + name).c_str(), to, sizeof to - 1) < 0 ||
            std::string(to).find("memfd") == std::string::npos)
            continue;
        auto state = StateFile::adopt(ns::Fd(::open((fds + name).c_str(), O_RDWR | O_CLOEXEC)));
        REQUIRE(state);
        const auto ids = state->ids(kind);
        REQUIRE_FALSE(ids.empty());
        for (const std::uint32_t id : ids)
            state->drop(kind, id);
        return;
    }
    FAIL("no state file");
}

std::string with_annotations(std::string pod, const std::string& annotations) {
    const std::string metadata = R"("metadata": {)";
    return pod.insert(pod.find(metadata) + metadata.size(), R"("annotations": {)" + annotations + "}, ");
}

} // namespace

TEST_CASE("pods of every kind live through faults of podinit, and can be stopped after them") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    ::mkdir(podinit.dir("v").c_str(), 0777);
    const std::string volume = R"("volumes": [{"name": "v", "hostPath": {"path": ")" + podinit.dir("v") + R"("}}])";
    const std::string mounted = R"(, "volumeMounts": [{"name": "v", "mountPath": "/run/v"}])";
    const std::vector<std::pair<std::string, std::string>> pods{
        {"private", pod_json("private", script(until_term))},
        {"machine", pod_json("machine", script(until_term), on_host)},
        {"pids", pod_json("pids", script(until_term), R"("hostPID": true)")},
        {"shared", pod_json("shared", script(until_term), R"("shareProcessNamespace": true)")},
        {"terminal", pod_json("terminal", script(until_term) + R"(, "tty": true)")},
        {"input", pod_json("input", script("cat; exit 7") + R"(, "stdin": true)")},
        {"listener", with_annotations(pod_json("listener", script(until_term) + mounted, volume),
                                      R"("podinit/listen": "unix:/run/v/socket")")},
        {"line", with_annotations(pod_json("line", script("echo >&3; exec 3>&-; " + until_term)),
                                  R"("podinit/notification-fd": "c=3")")},
        {"probed",
         pod_json("probed", script(until_term) +
                                R"(, "readinessProbe": {"exec": {"command": ["/bin/true"]}, "periodSeconds": 1})")},
    };
    for (const auto& [name, pod] : pods)
        REQUIRE(podinit.apply_one(pod) == "created");
    for (const auto& [name, pod] : pods) {
        INFO(name);
        REQUIRE(eventually([&] { return podinit.status(name).ready; }));
    }
    REQUIRE(eventually([&] { return podinit.list().size() == pods.size(); }));
    // What only lives for a moment apart: probes.
    const auto lasting = [&] {
        std::set<pid_t> found = children_of(podinit.pid());
        for (int i = 0; i < 3; ++i) {
            ::usleep(100'000);
            std::set<pid_t> again, both = children_of(podinit.pid());
            std::ranges::set_intersection(found, both, std::inserter(again, again.end()));
            found = std::move(again);
        }
        return found;
    };
    const std::set<pid_t> before = lasting();
    CHECK(before.size() >= pods.size());
    const std::size_t fds = podinit.open_fds(), mounts = podinit.mounts();

    for (int i = 0; i < 5; ++i)
        crash_and_resume(podinit);
    const std::set<pid_t> after = lasting();
    CHECK(std::ranges::includes(after, before));
    for (const auto& [name, pod] : pods) {
        INFO(name << "\n" << podinit.said());
        const auto status = podinit.status(name);
        CHECK(status.restart_count == 0);
        CHECK(eventually([&] { return podinit.status(name).ready; }));
    }
    CHECK(podinit.mounts() == mounts);
    CHECK(eventually([&] { return podinit.open_fds() <= fds + 2; }));
    {
        const ns::Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        podinit.dir("v/socket").copy(address.sun_path, sizeof address.sun_path - 1);
        CHECK(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    CHECK(podinit.exec("private", {"/bin/sh", "-c", "echo here"}) == "here\n|0");
    for (const auto& [name, pod] : pods) {
        INFO(name);
        CHECK(podinit.remove(name, name == "input" ? std::optional<std::int64_t>(1) : std::nullopt) == "gone");
    }
    CHECK(eventually([&] { return podinit.processes() <= 1; })); // the log writer
    CHECK(podinit.mounts() < mounts);
    podinit.signal(SIGTERM);
    CHECK(podinit.ended() == 0);
}

TEST_CASE("what ends while podinit is being replaced is told, and is started again") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string text = "trap 'exit 9' TERM; echo >&3; while :; do sleep 0.05; done"; // ready once it is trapped
    REQUIRE(podinit.apply_one(with_annotations(pod_json("ends", script(text), on_host),
                                               R"("podinit/notification-fd": "3")")) == "created");
    for (unsigned i = 1; i <= 3; ++i) {
        REQUIRE(eventually([&] { return podinit.status("ends").ready; }));
        const std::set<pid_t> children = children_of(podinit.pid());
        crash_and_resume(podinit, [&] {
            for (const pid_t child : children) // among them the log writer
                ::kill(child, SIGTERM);
        });
        REQUIRE(eventually([&] {
            const auto now = podinit.status("ends");
            return now.restart_count == static_cast<std::int32_t>(i) && now.last_state.terminated;
        }));
        CHECK(podinit.status("ends").last_state.terminated->exit_code == 9);
    }
}

TEST_CASE("what a lost record would have told is asked of the kernel") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::vector<std::string> names{"private", "machine", "pids"};
    REQUIRE(podinit.apply_one(pod_json("private", script(until_term))) == "created");
    REQUIRE(podinit.apply_one(pod_json("machine", script(until_term), on_host)) == "created");
    REQUIRE(podinit.apply_one(pod_json("pids", script(until_term), R"("hostPID": true)")) == "created");
    for (const std::string& name : names)
        REQUIRE(podinit.running(name));
    for (const RecordKind kind : {RecordKind::Sandbox, RecordKind::Run, RecordKind::Child}) {
        crash_and_resume(podinit, [&] { lose_records(podinit.pid(), kind); });
        for (const std::string& name : names) {
            INFO(static_cast<int>(kind) << " " << name << "\n" << podinit.said());
            CHECK(podinit.running(name));
            CHECK(podinit.status(name).restart_count == 0);
        }
        CHECK(podinit.exec("private", {"/bin/sh", "-c", "echo here"}) == "here\n|0");
    }
    for (const std::string& name : names)
        CHECK(podinit.remove(name) == "gone");
    CHECK(eventually([&] { return podinit.processes() <= 1; })); // the log writer
}
#endif
