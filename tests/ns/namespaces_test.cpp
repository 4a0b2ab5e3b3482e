// SPDX-License-Identifier: Apache-2.0
#include "ns/container_fs.hpp"
#include "ns/sandbox.hpp"
#include "tests/ns/harness.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

using namespace ns;
using namespace ns::test;

namespace {

SandboxFactory open_factory() {
    auto factory = SandboxFactory::open();
    REQUIRE(factory);
    return std::move(*factory);
}

void join(Plan& plan, const Sandbox& sandbox) {
    plan.join_net = sandbox.net.get();
    plan.join_ipc = sandbox.ipc.get();
    plan.join_uts = sandbox.uts.get();
}

std::string own_namespaces() {
    std::string names;
    for (const char* path : {"/proc/self/ns/net", "/proc/self/ns/ipc", "/proc/self/ns/uts", "/proc/self/ns/mnt",
                             "/proc/self/ns/pid_for_children"}) {
        char name[64]{};
        REQUIRE(readlink(path, name, sizeof name - 1) > 0);
        names += name;
    }
    return names;
}

} // namespace

TEST_CASE("a sandbox has its own hostname and network, of which loopback is up") {
    if (!is_root())
        return;
    Machine machine;
    SandboxFactory factory = open_factory();
    const std::string home = own_namespaces();
    for (int i = 0; i < 3; ++i) { // made at once, then from the spare, then after a spare was used
        auto sandbox = factory.make({.hostname = "pod-" + std::to_string(i)});
        REQUIRE(sandbox);
        CHECK(own_namespaces() == home);
        Plan one = plan({"cat", "/proc/sys/kernel/hostname", "cat", "/proc/net/dev", "cat", "/proc/net/fib_trie"});
        join(one, *sandbox);
        const Outcome outcome = machine.run(std::move(one));
        CHECK(outcome.output.starts_with("pod-" + std::to_string(i) + "\n"));
        CHECK(outcome.says("lo:"));
        CHECK_FALSE(outcome.says("eth0:"));
        CHECK(outcome.says("127.0.0.1")); // which the kernel gives loopback when it comes up
        if (i == 0)
            factory.prepare_spare();
        CHECK(own_namespaces() == home);
    }
}

TEST_CASE("in a sandbox every user may listen on low ports, on the machine nothing changes") {
    if (!is_root())
        return;
    Machine machine;
    SandboxFactory factory = open_factory();
    const std::string setting = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
    const std::string ours = read_file(setting);
    const auto sandbox = factory.make({});
    REQUIRE(sandbox);
    Plan one = plan({"cat", setting, "cat", "/proc/sys/net/ipv4/ping_group_range"});
    join(one, *sandbox);
    CHECK(machine.run(std::move(one)).output == "0\n0\t2147483647\n");
    CHECK(read_file(setting) == ours);
}

TEST_CASE("a child starts in its cgroup, and a cgroup namespace has that one as its root") {
    if (!is_root())
        return;
    std::string cgroups;
    for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        struct statfs status;
        if (statfs(path, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC)
            cgroups = path;
    }
    if (cgroups.empty()) {
        WARN("skipped: no cgroup v2 hierarchy is mounted");
        return;
    }
    Machine machine;
    const std::string name = "/podinit-ns-test-" + std::to_string(getpid());
    REQUIRE(mkdir((cgroups + name).c_str(), 0755) == 0);
    {
        const Fd cgroup(open((cgroups + name).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        for (const bool own_namespace : {false, true}) {
            Plan one = plan({"cat", "/proc/self/cgroup"});
            one.cgroup = cgroup.get();
            one.create_cgroup = own_namespace;
            const Outcome outcome = machine.run(std::move(one));
            CHECK(outcome.code == 0);
            CHECK(outcome.says("0::" + (own_namespace ? "/" : name) + "\n"));
        }
    }
    CHECK(rmdir((cgroups + name).c_str()) == 0);
}

TEST_CASE("a spare is made only once somebody wanted one, and is used once") {
    if (!is_root())
        return;
    SandboxFactory factory = open_factory();
    const std::size_t none = open_descriptors().size();
    factory.prepare_spare();
    CHECK(open_descriptors().size() == none);
    {
        const auto first = factory.make({});
        REQUIRE(first);
        CHECK(open_descriptors().size() == none + 3);
        factory.prepare_spare();
        factory.prepare_spare();
        CHECK(open_descriptors().size() == none + 6);
        const auto second = factory.make({.hostname = "x"});
        REQUIRE(second);
        CHECK(open_descriptors().size() == none + 6);
    }
    CHECK(open_descriptors().size() == none);
}

TEST_CASE("a sandbox is made of what was asked for") {
    if (!is_root())
        return;
    SandboxFactory factory = open_factory();
    for (unsigned bits = 0; bits < 8; ++bits) {
        const SandboxRequest request{.net = (bits & 1) != 0, .ipc = (bits & 2) != 0, .uts = (bits & 4) != 0};
        const auto sandbox = factory.make(request);
        REQUIRE(sandbox);
        CHECK(static_cast<bool>(sandbox->net) == request.net);
        CHECK(static_cast<bool>(sandbox->ipc) == request.ipc);
        CHECK(static_cast<bool>(sandbox->uts) == request.uts);
    }
}

TEST_CASE("a hostname that the kernel refuses is an error and leaves us at home") {
    if (!is_root())
        return;
    SandboxFactory factory = open_factory();
    const std::string home = own_namespaces();
    const std::size_t before = open_descriptors().size();
    for (int i = 0; i < 2; ++i) { // without and with a spare
        const auto sandbox = factory.make({.hostname = std::string(65, 'x')});
        REQUIRE_FALSE(sandbox);
        CHECK(sandbox.error().step == Step::Hostname);
        CHECK(sandbox.error().err == EINVAL);
        CHECK(own_namespaces() == home);
        CHECK(open_descriptors().size() == before);
        if (i == 0)
            factory.prepare_spare();
    }
}

TEST_CASE("a message queue of the machine is seen with the machine's IPC namespace only") {
    if (!is_root())
        return;
    Machine machine;
    SandboxFactory factory = open_factory();
    const int queue = msgget(0x706f64, IPC_CREAT | 0600);
    REQUIRE(queue >= 0);
    CHECK(machine.run(plan({"queue", std::to_string(0x706f64)})).line("queue") == std::to_string(queue));
    const auto sandbox = factory.make({});
    REQUIRE(sandbox);
    Plan one = plan({"queue", std::to_string(0x706f64)});
    join(one, *sandbox);
    CHECK(machine.run(std::move(one)).line("queue") == std::to_string(-ENOENT));
    msgctl(queue, IPC_RMID, nullptr);
}

TEST_CASE("a child in a PID namespace of its own is its first process") {
    if (!is_root())
        return;
    Machine machine;
    Plan one = plan({"ids"});
    one.create_pid = true;
    const Outcome outcome = machine.run(std::move(one));
    CHECK(outcome.line("pid") == "1");
    CHECK(outcome.line("ppid") == "0");
}

TEST_CASE("children join a holder's PID namespace by pidfd and the next child does not") {
    if (!is_root())
        return;
    Machine machine;
    int hold[2];
    REQUIRE(pipe2(hold, O_CLOEXEC) == 0);
    const Fd release_end(hold[0]);
    Fd keep(hold[1]);
    Plan holder = plan({"input"});
    holder.create_pid = true;
    holder.stdin_fd = release_end.get();
    const pid_t pid = machine.start(std::move(holder));
    const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    const std::string home = own_namespaces();
    for (int i = 2; i < 5; ++i) {
        Plan one = plan({"ids"});
        one.join_pid = pidfd.get();
        CHECK(machine.run(std::move(one)).line("pid") == std::to_string(i));
        CHECK(own_namespaces() == home);
    }
    CHECK(std::stoi(machine.run(plan({"ids"})).line("pid")) > 5);
    keep.reset();
    CHECK(wait_for(pid) == 0);
    Plan late = plan({"ids"});
    late.join_pid = pidfd.get();
    const Outcome outcome = machine.run(std::move(late)); // the namespace has died with its holder
    CHECK((outcome.report.step == Step::JoinPid || outcome.report.step == Step::Clone));
    CHECK(own_namespaces() == home);
    CHECK(machine.run(plan({"exit", "6"})).code == 6);
}

TEST_CASE("exec joins everything that a container has") {
    if (!is_root())
        return;
    Machine machine;
    SandboxFactory factory = open_factory();
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    const auto sandbox = factory.make({.hostname = "inside"});
    REQUIRE(sandbox);
    int hold[2];
    REQUIRE(pipe2(hold, O_CLOEXEC) == 0);
    const Fd release_end(hold[0]);
    Fd keep(hold[1]);
    Plan container = image_plan(image, {"input"});
    container.create_pid = true;
    container.stdin_fd = release_end.get();
    container.setup = container_mounts({});
    join(container, *sandbox);
    const pid_t pid = machine.start(std::move(container));
    const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));

    Plan inside = plan({"ids", "ls", "/", "cat", "/proc/sys/kernel/hostname", "cat", "/proc/self/comm", "cwd", "fds"});
    inside.programs = {"/payload"};
    inside.join_all = inside.join_pid = pidfd.get();
    const Outcome outcome = machine.run(std::move(inside));
    CHECK(outcome.code == 0);
    CHECK(outcome.line("pid") == "2");
    CHECK(outcome.says("inside\n"));
    CHECK(outcome.says("payload\n/\n")); // comm, cwd
    CHECK(outcome.line("fds") == "0 1 2 ");
    keep.reset();
    CHECK(wait_for(pid) == 0);
}
