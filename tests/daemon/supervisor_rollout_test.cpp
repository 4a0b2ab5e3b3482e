// SPDX-License-Identifier: Apache-2.0
// Clients that wait for what they have applied, and trials that are confirmed or taken back.
#include "tests/daemon/supervisor_rig.hpp"

#include "initd/files.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <csignal>
#include <unistd.h>

using namespace initd;

namespace {

// Functions: what other files define may not be there yet when this one's constants are made.
std::string good() {
    return script(until_term);
}
const std::string bad = script("exit 3");
std::string slow() {
    return script(until_term) + R"(,"readinessProbe":{"exec":{"command":["/bin/sh","-c","false"]}})";
}

std::string text_of(const std::string& path) {
    auto text = read_file(path, 1 << 20);
    return text ? *text : "(none)";
}

std::string pod(const std::string& name, const std::string& container) {
    return pod_json(name, container, on_host);
}

// A call that waits, on a connection of its own.
struct Trial {
    Trial(Supervisor& podinit, std::vector<std::string> manifests, std::int64_t seconds, bool rollback = true)
        : connection(podinit.dir("run/control.sock")) {
        spec::Apply apply;
        for (std::string& text : manifests)
            apply.manifests.push_back({std::move(text)});
        apply.wait_seconds = seconds;
        apply.rollback = rollback;
        call = std::move(apply);
        connection.send({.call = call, .more = true});
    }
    // "created created", or the error.
    std::string begun() {
        auto answer = connection.receive(call);
        if (!answer)
            return answer.error().message;
        CHECK(answer->continues);
        const auto& applied = std::get<spec::Applied>(answer->reply);
        CHECK(applied.rollout == spec::Rollout::Progressing);
        std::string text;
        for (const auto& item : applied.items)
            text += std::string(text.empty() ? "" : " ") +
                    std::string(item.outcome == spec::Outcome::Created ? "created" : "configured");
        return text;
    }
    spec::Applied ended() {
        for (;;) {
            auto answer = connection.receive(call);
            if (answer) {
                CHECK_FALSE(answer->continues);
                return std::get<spec::Applied>(answer->reply);
            }
            if (answer.error().name != "timeout")
                return {};
        }
    }

    Connection connection;
    spec::Call call;
};

std::string unconfirmed(Supervisor& podinit) {
    auto answer = podinit.call(spec::Node{});
    if (!answer)
        return answer.error().message;
    const auto& list = std::get<spec::NodeInfo>(answer->reply).unconfirmed;
    return list.empty() ? "" : list.front();
}

} // namespace

TEST_CASE("who waits for what it applied is told when all of it is ready, or by when it was not") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    Trial ready(podinit, {pod("a", good()), pod("b", script("exit 0"))}, 60, false);
    CHECK(ready.begun() == "created created");
    CHECK(ready.ended().rollout == spec::Rollout::Complete);

    Trial never_ready(podinit, {pod("a", good()), pod("c", slow())}, 1, false);
    never_ready.begun();
    const spec::Applied ended = never_ready.ended();
    CHECK(ended.rollout == spec::Rollout::Incomplete);
    REQUIRE(ended.unready.size() == 1);
    CHECK(ended.unready[0].resource == "pod");
    CHECK(ended.unready[0].namespace_ == "default");
    CHECK(ended.unready[0].name == "c");
    CHECK(ended.unready[0].why == "is not ready");
    CHECK(podinit.get("c")); // it stays
}

TEST_CASE("a trial that becomes ready stays, and nothing else may touch it meanwhile") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod("web", good())) == "created");
    Trial trial(podinit, {pod("web", script(until_term + " # 2"))}, 600);
    CHECK(trial.begun() == "configured");
    CHECK(unconfirmed(podinit).find("pod default/web: rolled back in") != std::string::npos);
    CHECK(podinit.apply_one(pod("web", bad)).find("on trial") != std::string::npos);
    CHECK(podinit.remove("web").find("on trial") != std::string::npos);
    CHECK(podinit.apply_one(pod("other", good())) == "created");
    Trial another(podinit, {pod("third", good())}, 600);
    CHECK(another.begun().find("another change is on trial") != std::string::npos);

    CHECK(trial.ended().rollout == spec::Rollout::Complete);
    CHECK(unconfirmed(podinit) == "");
    CHECK(text_of(podinit.manifest_file("web")).find("# 2") != std::string::npos);
    CHECK(access((podinit.dir("manifests") + "/.podinit-trial").c_str(), F_OK) != 0);
    CHECK(podinit.apply_one(pod("web", good())) == "configured");
}

TEST_CASE("a trial that does not become ready is taken back, also what it created") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod("web", good())) == "created");
    REQUIRE(podinit.running("web"));
    const std::string before = text_of(podinit.manifest_file("web"));
    Trial trial(podinit, {pod("web", bad), pod("new", good())}, 2);
    CHECK(trial.begun() == "configured created");
    const spec::Applied ended = trial.ended();
    CHECK(ended.rollout == spec::Rollout::RolledBack);
    REQUIRE(ended.unready.size() == 1);
    CHECK(ended.unready[0].name == "web");
    CHECK(ended.unready[0].why.find("code 3") != std::string::npos);
    CHECK(text_of(podinit.manifest_file("web")) == before);
    CHECK(text_of(podinit.manifest_file("new")) == "(none)");
    CHECK(podinit.running("web"));
    CHECK(eventually([&] { return !podinit.get("new"); }));
    const auto events = podinit.objects("event");
    CHECK(std::ranges::any_of(events, [](const std::string& event) {
        return event.find("\"reason\":\"RolledBack\"") != event.npos && event.find("\"kind\":\"Node\"") != event.npos;
    }));
}

TEST_CASE("a trial whose client has gone is taken back when its time is over, unless somebody confirms it") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const auto leave = [&](std::int64_t seconds) {
        Trial trial(podinit, {pod("web", good())}, seconds);
        REQUIRE(trial.begun() == "created");
    };
    leave(8); // more than a trial needs to be confirmed
    CHECK(podinit.running("web"));
    CHECK(unconfirmed(podinit).find("has gone") != std::string::npos);
    CHECK(eventually([&] { return !podinit.get("web"); }, std::chrono::seconds{60}));
    CHECK(text_of(podinit.manifest_file("web")) == "(none)");

    leave(600);
    auto confirmed = podinit.call(spec::Confirm{});
    REQUIRE(confirmed);
    CHECK(std::get<spec::Confirmed>(confirmed->reply).confirmed.size() == 1);
    CHECK(eventually([&] { return unconfirmed(podinit).empty(); }));
    CHECK(podinit.running("web"));
    confirmed = podinit.call(spec::Confirm{});
    REQUIRE(confirmed);
    CHECK(std::get<spec::Confirmed>(confirmed->reply).confirmed.empty());
}

TEST_CASE("a start that finds a trial takes it back before anything runs, and says so") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod("web", good())) == "created");
    const std::string before = text_of(podinit.manifest_file("web"));
    Trial trial(podinit, {pod("web", script(until_term + " # 2")), pod("new", good())}, 600);
    REQUIRE(trial.begun() == "configured created");
    podinit.signal(SIGTERM);
    REQUIRE(podinit.ended() == 0);
    podinit.start();
    CHECK(podinit.running("web"));
    CHECK(text_of(podinit.manifest_file("web")) == before);
    CHECK_FALSE(podinit.get("new"));
    CHECK(podinit.said().find("not confirmed before the machine went down, as they were before: "
                              "default_new.json, default_web.json") != std::string::npos);
}

TEST_CASE("a trial that is open when podinit is replaced has its deadline still, and can be confirmed") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const auto begin = [&](std::int64_t seconds) {
        Trial trial(podinit, {pod("web", good())}, seconds);
        REQUIRE(trial.begun() == "created");
        REQUIRE(podinit.call(spec::Reexec{}));
    };
    begin(4);
    CHECK(eventually([&] { return text_of(podinit.manifest_file("web")) == "(none)"; }, std::chrono::seconds{60}));
    CHECK(eventually([&] { return !podinit.get("web"); }));
    begin(600);
    CHECK(unconfirmed(podinit).find("has gone") != std::string::npos);
    REQUIRE(podinit.call(spec::Confirm{}));
    CHECK(eventually([&] { return unconfirmed(podinit).empty(); }));
    CHECK(podinit.running("web"));
}
