// SPDX-License-Identifier: Apache-2.0
#include "initd/children.hpp"

#include "tests/catch.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string>
#include <sys/wait.h>
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
