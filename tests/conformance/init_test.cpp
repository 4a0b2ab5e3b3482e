// SPDX-License-Identifier: Apache-2.0
// Init containers run one after the other, and before all else.
#include "tests/conformance/row.hpp"

using namespace conformance;

namespace {

// What all init containers show that have done their work.
void check_done(const View& pod, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        INFO(name);
        CHECK(state_of(pod, name) == "terminated Completed 0");
        CHECK(status_of(pod, name).ready);
        CHECK(restarts_of(pod, name) == 0);
    }
    CHECK(condition_of(pod, "Initialized").starts_with("True"));
}

void check_waiting(const View& pod, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        INFO(name);
        CHECK(state_of(pod, name) == "waiting PodInitializing");
    }
    CHECK(condition_of(pod, "Initialized") == "False ContainersNotInitialized");
}

} // namespace

ROW("init-never-ok", "init") {
    row.has({works("one"), works("two")}, {works("c")}, policy("Never"));
    CHECK(row.until_phase("Succeeded"));
    CHECK(row.words() == "one+ one- two+ two- c+ c-");
    check_done(row.view(), {"one", "two"});
}

ROW("init-always-ok", "init") {
    row.has({works("one"), works("two")}, {lives("c")}, policy("Always"));
    CHECK(row.until_ready());
    CHECK(row.hears("c+"));
    CHECK(row.view().status.phase == "Running");
    CHECK(row.words() == "one+ one- two+ two- c+");
    check_done(row.view(), {"one", "two"});
}

ROW("init-always-fail", "init") {
    row.has({works("one", "", 1), works("two")}, {works("c")}, policy("Always"));
    CHECK(row.until([](const View& pod) {
        CHECK(pod.status.phase == "Pending");
        return restarts_of(pod, "one") >= 3;
    }));
    check_waiting(row.view(), {"two", "c"});
    CHECK(row.words().find_first_of("tc") == std::string::npos);
}

ROW("init-never-fail", "init") {
    row.has({works("one"), works("two", "", 7), works("three")}, {works("c")}, policy("Never"));
    CHECK(row.until_phase("Failed"));
    CHECK(row.words() == "one+ one- two+ two-");
    CHECK(state_of(row.view(), "one") == "terminated Completed 0");
    CHECK(state_of(row.view(), "two") == "terminated Error 7");
    CHECK(restarts_of(row.view(), "two") == 0);
    check_waiting(row.view(), {"three", "c"});
}

ROW("init-serial", "init") {
    row.has({works("one"), works("two"), works("three")}, {works("c"), works("d")}, policy("Never"));
    CHECK(row.until_phase("Succeeded"));
    CHECK(row.in_order({"one+", "one-", "two+", "two-", "three+", "three-", "c+", "c-"}));
    CHECK(row.in_order({"three-", "d+", "d-"}));
}

ROW("init-fail-no-regular", "init") {
    row.has({works("i", "", 1)}, {works("c"), works("d")}, policy("Never"));
    CHECK(row.until_phase("Failed"));
    CHECK(row.words() == "i+ i-");
    CHECK(row.remove("p") == "gone");
    CHECK(row.words() == "i+ i-");
}

ROW("init-before-poststart", "init") {
    row.has({works("one"), works("two")}, {lives("c", lifecycle(exec_of("say hook")))});
    CHECK(row.hears("hook"));
    CHECK(row.in_order({"one-", "two+", "two-", "hook"}));
    CHECK(row.count("hook") == 1);
}

ROW("init-bad-image-failed", "init") {
    row.has({runs("one", "say one+; echo kept"), imageless("two")}, {works("c")}, policy("Never"));
    CHECK(row.until([](const View& pod) { return state_of(pod, "two").starts_with("waiting ErrImage"); }));
    CHECK(row.view().status.phase == "Pending"); // an image may come yet
    const auto path = row.call(spec::Logs{"default", "p", "one", false});
    REQUIRE(path);
    CHECK(eventually([&] {
        const auto lines = initd::lines_in(std::get<spec::LogPath>(path->reply).path);
        return lines.size() == 1 && lines[0].text == "kept";
    }));
}

ROW("init-bad-image-not-start", "init") {
    row.has({imageless("i")}, {works("c")}, policy("Never"));
    CHECK(row.until([](const View& pod) { return state_of(pod, "i").starts_with("waiting ErrImage"); }));
    CHECK_FALSE(status_of(row.view(), "i").started);
    CHECK(status_of(row.view(), "i").container_id.empty());
    CHECK(last_state_of(row.view(), "i").empty());
}

ROW("init-bad-image-no-regular", "init") {
    row.has({imageless("i")}, {works("c"), works("d")}, policy("Never"));
    CHECK(row.until([](const View& pod) { return state_of(pod, "i").starts_with("waiting ErrImage"); }));
    check_waiting(row.view(), {"c", "d"});
    CHECK(row.remove("p") == "gone");
    CHECK(row.words().empty());
}
