// SPDX-License-Identifier: Apache-2.0
#include "initd/children.hpp"

#include "tests/catch.hpp"
#include "tests/daemon/never_destroyed.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace initd;

namespace {

ns::Plan plan(std::vector<std::string> argv) {
    ns::Plan plan;
    plan.programs = {argv.front()};
    plan.argv = std::move(argv);
    plan.open_files = 0;
    return plan;
}

struct Family {
    StateFile state;
    Children children{std::move(*ns::Launcher::open(&state.control().reports)), state};
    std::vector<ChildExit> exits;
    std::vector<LaunchReport> reports;

    pid_t launch(std::uint64_t id, std::vector<std::string> argv) {
        const auto pid = children.launch(plan(std::move(argv)), {ChildId::Kind::Job, id}, {});
        REQUIRE(pid);
        return *pid;
    }
    // Sleeps until it has ended, and leaves it to be reaped.
    static void wait_for(pid_t pid) {
        siginfo_t info{};
        REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
    }
};

} // namespace

TEST_CASE("why a child could not be started is heard before its end, however late one looks") {
    Family family;
    Family::wait_for(family.launch(7, {"/no/such/program"}));
    CHECK_FALSE(family.children.reap(family.exits, 8));
    REQUIRE(family.exits.size() == 1);
    CHECK(family.exits[0].who.id == 7);
    while (family.children.take_reports(family.reports)) {
    }
    REQUIRE_FALSE(family.reports.empty());
    CHECK(family.reports.back().who.id == 7);
    CHECK(family.reports.back().error.step == ns::Step::Exec);
    CHECK(family.reports.back().error.err == ENOENT);
}

TEST_CASE("an end is told with its code or its signal") {
    Family family;
    struct {
        std::vector<std::string> argv;
        int code;
    } const table[] = {
        {{"/bin/sh", "-c", "exit 0"}, 0},
        {{"/bin/sh", "-c", "exit 255"}, 255},
        {{"/bin/sh", "-c", "kill -TERM $$"}, 128 + SIGTERM},
    };
    for (const auto& row : table) {
        family.exits.clear();
        Family::wait_for(family.launch(1, row.argv));
        family.children.reap(family.exits, 8);
        REQUIRE(family.exits.size() == 1);
        CHECK(family.exits[0].code == row.code);
    }
}

TEST_CASE("no more are reaped than asked for") {
    Family family;
    std::vector<pid_t> pids;
    for (std::uint64_t id = 0; id < 3; ++id)
        pids.push_back(family.launch(id, {"/bin/sh", "-c", "exit 3"}));
    for (pid_t pid : pids)
        Family::wait_for(pid);
    CHECK(family.children.reap(family.exits, 2));
    CHECK(family.exits.size() == 2);
    CHECK_FALSE(family.children.reap(family.exits, 2));
    CHECK(family.exits.size() == 3);
}

namespace {

// A podinit that ends without a word, as an exec does it, and the one after it: the first is never destroyed.
struct Successor {
    StateFile& before = never_destroyed(new StateFile(std::move(*StateFile::create())));
    Children& first = never_destroyed(new Children{std::move(*ns::Launcher::open(&before.control().reports)), before});
    std::optional<StateFile> state;
    std::optional<Children> children;
    std::vector<ChildExit> exits;
    std::vector<LaunchReport> reports;

    pid_t launch(std::uint64_t id, std::vector<std::string> argv) {
        const auto pid = first.launch(plan(std::move(argv)), {ChildId::Kind::Container, id}, {});
        REQUIRE(pid);
        return *pid;
    }
    void take_over() {
        state.emplace(std::move(*StateFile::adopt(ns::Fd(::dup(before.fd())))));
        children.emplace(std::move(*ns::Launcher::open(&state->control().reports)), *state);
        children->restore();
    }
    const ChildRecord* find(std::uint64_t id) { return children->find({ChildId::Kind::Container, id}); }
};

} // namespace

TEST_CASE("a child that lives is known to the podinit after, and so is its end") {
    Successor podinit;
    const pid_t pid = podinit.launch(5, {"/bin/sh", "-c", "sleep 1000 & wait"});
    podinit.take_over();
    REQUIRE(podinit.find(5));
    CHECK(podinit.find(5)->pid == pid);
    CHECK_FALSE(podinit.find(5)->ended);
    podinit.children->signal(pid, SIGKILL);
    Family::wait_for(pid);
    podinit.children->reap(podinit.exits, 8);
    REQUIRE(podinit.exits.size() == 1);
    CHECK(podinit.exits[0].who.id == 5);
    CHECK(podinit.exits[0].code == 128 + SIGKILL);
    podinit.children->forget_told();
    CHECK(podinit.state->ids(RecordKind::Child).empty());
}

TEST_CASE("an end is told again until what follows from it is kept") {
    Successor podinit;
    const pid_t pid = podinit.launch(5, {"/bin/sh", "-c", "exit 9"});
    Family::wait_for(pid);
    SECTION("nobody has looked yet") {
        podinit.take_over();
    }
    SECTION("it has been reaped, and told") {
        podinit.first.reap(podinit.exits, 8);
        podinit.exits.clear();
        podinit.take_over();
        CHECK(podinit.find(5)->ended);
    }
    podinit.children->reap(podinit.exits, 8);
    REQUIRE(podinit.exits.size() == 1);
    CHECK(podinit.exits[0].code == 9);
    CHECK(podinit.exits[0].pid == pid);
    CHECK(::waitpid(pid, nullptr, WNOHANG) == -1); // reaped
    podinit.exits.clear();
    podinit.children->reap(podinit.exits, 8);
    CHECK(podinit.exits.empty());
}

TEST_CASE("a report is told again until the next batch is asked for") {
    Successor podinit;
    Family::wait_for(podinit.launch(5, {"/no/such/program"}));
    REQUIRE(podinit.first.take_reports(podinit.reports));
    const std::size_t told = podinit.reports.size();
    podinit.reports.clear();
    podinit.take_over();
    CHECK(podinit.children->take_reports(podinit.reports));
    CHECK(podinit.reports.size() == told);
    CHECK_FALSE(podinit.children->take_reports(podinit.reports));
    podinit.children->reap(podinit.exits, 8);
    CHECK(podinit.exits.size() == 1);
}

TEST_CASE("a child that was being born is known by what the kernel has noted") {
    Successor podinit;
    const pid_t pid = podinit.launch(5, {"/bin/sh", "-c", "sleep 1000 & wait"});
    const std::uint32_t serial = podinit.before.ids(RecordKind::Child).at(0);
    podinit.before.drop(RecordKind::Child, serial); // as if it had ended right after clone3(2)
    CHECK(podinit.before.control().birth.pid == pid);
    podinit.before.control().birth.serial = serial;
    podinit.take_over();
    REQUIRE(podinit.find(5));
    CHECK(podinit.find(5)->pid == pid);
    podinit.children->signal(pid, SIGKILL);
    Family::wait_for(pid);
    podinit.children->reap(podinit.exits, 8);
    CHECK(podinit.exits.size() == 1);
}

TEST_CASE("a process that is no child any more has ended, nobody knows how") {
    Successor podinit;
    const pid_t pid = podinit.launch(5, {"/bin/sh", "-c", "exit 0"});
    REQUIRE(::waitpid(pid, nullptr, 0) == pid);
    podinit.take_over();
    REQUIRE(podinit.find(5));
    CHECK(podinit.find(5)->ended);
    podinit.children->reap(podinit.exits, 8);
    REQUIRE(podinit.exits.size() == 1);
    CHECK(podinit.exits[0].code == 137);
    CHECK_FALSE(podinit.children->adopt({ChildId::Kind::Container, 6}, pid));
}

TEST_CASE("a process that the last resort has reaped has ended as it was noted there") {
    Successor podinit;
    const pid_t pid = podinit.launch(5, {"/bin/sh", "-c", "exit 0"});
    REQUIRE(::waitpid(pid, nullptr, 0) == pid);
    podinit.before.control().ended[1] = {pid, 7};
    podinit.before.control().ended_count = 2;
    podinit.take_over();
    podinit.children->reap(podinit.exits, 8);
    REQUIRE(podinit.exits.size() == 1);
    CHECK(podinit.exits[0].code == 7);
}
