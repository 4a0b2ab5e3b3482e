// SPDX-License-Identifier: Apache-2.0
#include "ns/capabilities.hpp"
#include "tests/ns/harness.hpp"

#include <linux/capability.h>
#include <unistd.h>

using namespace ns;
using namespace ns::test;

namespace {

constexpr std::uint64_t bit(unsigned capability) {
    return 1ull << capability;
}
constexpr std::uint64_t usual = 0xa80425fb; // containerd's fourteen, as /proc/PID/status of a container shows them

std::uint64_t hex(const std::string& text) {
    return std::stoull(text, nullptr, 16);
}

} // namespace

TEST_CASE("capability names become sets as containerd makes them") {
    const struct {
        std::vector<std::string> add, drop;
        std::uint64_t set;
    } rows[] = {
        {{}, {}, usual},
        {{"NET_ADMIN"}, {}, usual | bit(CAP_NET_ADMIN)},
        {{"CAP_NET_ADMIN", "SYS_TIME"}, {"KILL"}, (usual | bit(CAP_NET_ADMIN) | bit(CAP_SYS_TIME)) & ~bit(CAP_KILL)},
        {{}, {"ALL"}, 0},
        {{"NET_BIND_SERVICE"}, {"ALL"}, bit(CAP_NET_BIND_SERVICE)},
        {{"ALL"}, {}, ~0ull},
        {{"ALL"}, {"SYS_ADMIN"}, ~bit(CAP_SYS_ADMIN)},
        {{"NET_ADMIN"}, {"NET_ADMIN"}, usual & ~bit(CAP_NET_ADMIN)},
    };
    for (const auto& row : rows) {
        const auto sets = capability_sets({.add = row.add, .drop = row.drop});
        REQUIRE(sets);
        CHECK(*sets == CapabilitySets{.bounding = row.set, .permitted = row.set});
        const auto user = capability_sets({.add = row.add, .drop = row.drop, .root = false});
        REQUIRE(user);
        CHECK(*user == CapabilitySets{.bounding = row.set, .permitted = 0});
    }
}

TEST_CASE("a capability that the kernel does not know is named") {
    for (const char* name : {"FLY", "CAP_", "", "CAP_CAP_KILL"}) {
        const std::vector<std::string> names = {name};
        const auto added = capability_sets({.add = names});
        REQUIRE_FALSE(added);
        CHECK(added.error().name == name);
        CHECK_FALSE(capability_sets({.drop = names}));
    }
}

TEST_CASE("root in a container has its capabilities and no more") {
    if (!is_root())
        return;
    Machine machine;
    Plan one = plan({"cat", "/proc/self/status"});
    one.limit_capabilities = true;
    one.capabilities = *capability_sets({});
    one.groups = {5, 6, 7};
    const Outcome outcome = machine.run(std::move(one));
    CHECK(hex(outcome.line("CapBnd")) == usual);
    CHECK(hex(outcome.line("CapPrm")) == usual);
    CHECK(hex(outcome.line("CapEff")) == usual);
    CHECK(hex(outcome.line("CapInh")) == 0);
    CHECK(hex(outcome.line("CapAmb")) == 0);
    CHECK(outcome.line("Uid") == "0\t0\t0\t0");
    CHECK(outcome.line("Groups") == "5 6 7 ");
    CHECK(outcome.line("NoNewPrivs") == "0");
}

TEST_CASE("a user has ids, groups and a bounding set, and no capability") {
    if (!is_root())
        return;
    Machine machine;
    Plan one = plan({"cat", "/proc/self/status"});
    one.limit_capabilities = true;
    one.capabilities = *capability_sets({.root = false});
    one.uid = 1234;
    one.gid = 2345;
    one.no_new_privileges = true;
    const Outcome outcome = machine.run(std::move(one));
    CHECK(outcome.line("Uid") == "1234\t1234\t1234\t1234");
    CHECK(outcome.line("Gid") == "2345\t2345\t2345\t2345");
    CHECK(outcome.line("Groups") == "");
    CHECK(hex(outcome.line("CapBnd")) == usual);
    CHECK(hex(outcome.line("CapPrm")) == 0);
    CHECK(hex(outcome.line("CapEff")) == 0);
    CHECK(outcome.line("NoNewPrivs") == "1");
}

TEST_CASE("a user can be given capabilities that last through exec") {
    if (!is_root())
        return;
    Machine machine;
    Plan one = plan({"cat", "/proc/self/status"});
    one.limit_capabilities = true;
    const std::uint64_t bind = bit(CAP_NET_BIND_SERVICE);
    one.capabilities = {.bounding = bind, .permitted = bind, .inheritable = bind, .ambient = bind};
    one.uid = one.gid = 1234;
    const Outcome outcome = machine.run(std::move(one));
    CHECK(hex(outcome.line("CapBnd")) == bind);
    CHECK(hex(outcome.line("CapEff")) == bind);
    CHECK(hex(outcome.line("CapAmb")) == bind);
}

TEST_CASE("a privileged container has all that we have") {
    if (!is_root())
        return;
    Machine machine;
    Plan one = plan({"cat", "/proc/self/status"});
    one.limit_capabilities = true;
    one.capabilities = *capability_sets({.privileged = true});
    const Outcome outcome = machine.run(std::move(one));
    const Outcome ours{read_file("/proc/self/status"), 0, {}};
    CHECK(outcome.line("CapEff") == ours.line("CapEff"));
    CHECK(outcome.line("CapBnd") == ours.line("CapBnd"));
}

TEST_CASE("a working directory that only root may enter is no obstacle to a user, as with other runtimes") {
    if (!is_root())
        return;
    Machine machine;
    Plan one = plan({"cwd"});
    one.working_dir = "/root";
    one.uid = 1234;
    CHECK(machine.run(std::move(one)).output == "/root\n");
}
