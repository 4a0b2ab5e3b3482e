// SPDX-License-Identifier: Apache-2.0
// Events as kubectl lays them out.
#include "spec/event.hpp"
#include "spec/status.hpp"
#include "tests/catch.hpp"
#include "tests/ctl/fake_podinit.hpp"
#include "tools/podctl/describe.hpp"
#include "tools/podctl/duration.hpp"
#include "tools/podctl/events.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

using tests::FakePodinit;
using tests::Peer;
using tests::podctl;

namespace {

constexpr std::int64_t now = 1'767'323'045'000; // 2026-01-02T03:04:05Z

// First told `first_ago` seconds ago and last `last_ago`, of a moment that is now unless a test says which.
spec::Event event(const std::string& name, int count, std::int64_t first_ago, std::int64_t last_ago,
                  std::int64_t at = ctl::now_ms()) {
    spec::Event made;
    made.metadata = {.creation_timestamp = {}, .name = name, .namespace_ = "default"};
    made.first_timestamp = spec::rfc3339(at - first_ago * 1000);
    made.last_timestamp = spec::rfc3339(at - last_ago * 1000);
    made.count = count;
    made.reason = "Started";
    made.message = "Container started";
    made.involved_object.name = "web";
    made.involved_object.namespace_ = "default";
    made.involved_object.uid = "u";
    made.involved_object.field_path = "spec.containers{app}";
    made.source.host = "box";
    return made;
}

spec::Event warning(const std::string& name, std::int64_t first_ago, std::int64_t last_ago) {
    spec::Event made = event(name, 14, first_ago, last_ago);
    made.type = "Warning";
    made.reason = "Unhealthy";
    made.message = "Readiness probe failed: one\ntwo \x1b[31m\n";
    return made;
}

std::string to_json(const spec::Event& event) {
    const std::string number = event.metadata.name.substr(event.metadata.name.find('.') + 1);
    const spec::InvolvedObject& about = event.involved_object;
    return spec::event_object({.pod = about.name,
                               .namespace_ = about.namespace_,
                               .uid = about.uid,
                               .field_path = about.field_path,
                               .number = number,
                               .type = event.type,
                               .reason = event.reason,
                               .message = event.message,
                               .first_timestamp = event.first_timestamp,
                               .last_timestamp = event.last_timestamp,
                               .host = event.source.host,
                               .count = static_cast<std::uint32_t>(event.count)});
}

void answer(const std::vector<spec::Event>& events, Peer& peer) {
    for (std::size_t i = 0; i < events.size(); ++i)
        peer.reply(spec::Listed{spec::RawJson{to_json(events[i])}}, i + 1 < events.size());
    if (events.empty())
        peer.reply(spec::Listed{});
}

// Far enough from the next second, minute and hour for a slow machine.
const std::vector<spec::Event> two{warning("web.2", 7230 + 1800, 3600 * 3 + 1800),
                                   event("web.1", 1, 3600 * 5 + 1800, 3600 * 5 + 1800)};

} // namespace

TEST_CASE("events come in the order of their last times, counted, by kubectl's columns") {
    FakePodinit podinit([](const spec::Request&, Peer& peer) { answer(two, peer); });
    CHECK(podctl(podinit.socket(), {"events"}).out ==
          "LAST SEEN               TYPE      REASON      OBJECT    MESSAGE\n"
          "5h30m                   Normal    Started     Pod/web   Container started\n"
          "3h30m (x14 over 150m)   Warning   Unhealthy   Pod/web   Readiness probe failed: one\n"
          "two ^[[31m\n");
    CHECK(podctl(podinit.socket(), {"events", "--types=normal", "--no-headers", "-A"}).out ==
          "default   5h30m   Normal   Started   Pod/web   Container started\n");
    const auto calls = podinit.calls();
    REQUIRE(calls.size() == 2);
    const auto& list = std::get<spec::List>(calls[0].call);
    CHECK(list.resource == "event");
    CHECK(list.namespace_ == "default");
    CHECK_FALSE(list.watch);
    CHECK(std::get<spec::List>(calls[1].call).namespace_.empty());
}

TEST_CASE("events are asked for by their pod") {
    FakePodinit podinit([](const spec::Request&, Peer& peer) { answer({}, peer); });
    const auto none = podctl(podinit.socket(), {"events", "--for", "pod/web", "-n", "site"});
    CHECK(none.err == "No events found in site namespace.\n");
    CHECK(none.code == 0);
    CHECK(podctl(podinit.socket(), {"events", "-A"}).err == "No events found.\n");
    REQUIRE(podinit.calls().size() == 2);
    CHECK(std::get<spec::List>(podinit.calls()[0].call).name == "web");
    CHECK(podctl(podinit.socket(), {"events", "--for", "web"}).err == "error: --for must be in resource/name form\n");
    CHECK(podctl(podinit.socket(), {"events", "--for", "deploy/web"}).code == 1);
    CHECK(podctl(podinit.socket(), {"events", "--types=Odd"}).err == "error: valid --types are Normal or Warning\n");
    CHECK(podinit.calls().size() == 2);
}

TEST_CASE("events are there as JSON and YAML") {
    FakePodinit podinit([](const spec::Request&, Peer& peer) { answer(two, peer); });
    const std::string json = podctl(podinit.socket(), {"events", "-o", "json"}).out;
    CHECK(json.find("\"kind\": \"List\"") != json.npos);
    CHECK(json.find("\"reason\": \"Started\"") < json.find("\"reason\": \"Unhealthy\""));
    CHECK(podctl(podinit.socket(), {"get", "events", "-o", "jsonpath={.items[*].metadata.name}"}).out == "web.1 web.2");
    CHECK(podctl(podinit.socket(), {"get", "ev", "-o", "name"}).out == "event/web.1\nevent/web.2\n");
    CHECK(podctl(podinit.socket(), {"events", "-o", "wide"}).code == 1);
}

TEST_CASE("get events sorts by name, and shows a message's first line") {
    FakePodinit podinit([](const spec::Request&, Peer& peer) { answer(two, peer); });
    CHECK(podctl(podinit.socket(), {"get", "events"}).out ==
          "LAST SEEN   TYPE      REASON      OBJECT    MESSAGE\n"
          "5h30m       Normal    Started     pod/web   Container started\n"
          "3h30m       Warning   Unhealthy   pod/web   Readiness probe failed: one...\n");
    CHECK(
        podctl(podinit.socket(), {"get", "event", "web.1", "-o", "wide", "--no-headers"}).out ==
        "5h30m   Normal   Started   pod/web   spec.containers{app}   podinit, box   Container started   5h30m   1     "
        "web.1\n");
    const auto missing = podctl(podinit.socket(), {"get", "events", "web.3"});
    CHECK(missing.err == "Error from server (NotFound): events \"web.3\" not found\n");
    CHECK(missing.code == 1);
}

TEST_CASE("events -w goes on until podinit hangs up") {
    FakePodinit podinit([](const spec::Request& request, Peer& peer) {
        CHECK(std::get<spec::List>(request.call).watch);
        for (const spec::Event& each : two)
            peer.reply(spec::Listed{spec::RawJson{to_json(each)}}, true);
        peer.hang_up();
    });
    const auto outcome = podctl(podinit.socket(), {"events", "-w", "--types", "Normal"});
    CHECK(outcome.out == "LAST SEEN   TYPE     REASON    OBJECT    MESSAGE\n"
                         "5h30m       Normal   Started   Pod/web   Container started\n");
    CHECK(outcome.code == 1);
}

TEST_CASE("events -w goes on with a podinit that comes back, and tells nothing twice") {
    std::atomic<int> calls = 0; // each connection has a thread
    FakePodinit podinit([&](const spec::Request&, Peer& peer) {
        std::vector<spec::Event> told = two;
        if (++calls > 1) // told of once more, and with other counts
            for (const spec::Event& each : two) {
                told.push_back(each);
                ++told.back().count;
            }
        for (const spec::Event& each : told)
            peer.reply(spec::Listed{spec::RawJson{to_json(each)}}, true);
        if (calls == 2)
            peer.error(spec::refused("that is enough"));
        peer.hang_up();
    });
    const auto outcome = podctl(podinit.socket(), {"events", "-w", "--types", "Normal", "--no-headers"});
    CHECK(std::ranges::count(outcome.out, '\n') == 2);
    CHECK(outcome.err == "Error from server (Refused): that is enough\n");
}

TEST_CASE("a pod's description ends with its events") {
    const auto view = spec::read_pod_object(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default","uid":"u"},)"
        R"("spec":{"containers":[{"name":"app","image":"host"}]},"status":{"phase":"Running"}})");
    REQUIRE(view);
    std::vector<ctl::ListedEvent> events{{event("web.1", 1, 200, 200, now), ""}, {event("web.2", 5, 180, 3, now), ""}};
    events[1].event.involved_object.field_path.clear();
    const std::string text = ctl::describe_pod(*view, {}, events, now);
    CHECK(text.substr(text.find("Events:")) ==
          "Events:\n"
          "  Type    Reason   Age              From     Message\n"
          "  ----    ------   ----             ----     -------\n"
          "  Normal  Started  3m20s            podinit  spec.containers{app}: Container started\n"
          "  Normal  Started  3s (x5 over 3m)  podinit  Container started\n");
}

TEST_CASE("describe asks for the events of that pod, and shows none of one that had its name before") {
    FakePodinit podinit([](const spec::Request& request, Peer& peer) {
        const auto& list = std::get<spec::List>(request.call);
        if (list.resource != "event")
            return peer.reply(spec::Listed{spec::RawJson{
                R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default","uid":"u"},)"
                R"("spec":{"containers":[{"name":"app","image":"host"}]},"status":{"phase":"Running"}})"}});
        CHECK(list.name == "web");
        std::vector<spec::Event> events = two;
        events[0].involved_object.uid = "other";
        answer(events, peer);
    });
    const std::string text = podctl(podinit.socket(), {"describe", "pod", "web"}).out;
    CHECK(text.find("Started") != text.npos);
    CHECK(text.find("Unhealthy") == text.npos);
}
