// SPDX-License-Identifier: Apache-2.0
// What has been told: counted, bounded, and forgotten by those who say the most.
#include "initd/event_log.hpp"
#include "tests/catch.hpp"
#include "tests/nowhere.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace initd;
using namespace std::chrono_literals;

namespace {

struct Log : EventLog {
    Log()
        : EventLog(nowhere) {}
    void say(Millis now, const std::string& pod, const std::string& message, std::string_view part = "") {
        const std::string name = "default/" + pod;
        add(now, {name, pod, part}, Severity::Normal, "Reason", {message});
    }
    std::vector<const EventRecord*> shown(Millis now) const {
        std::vector<const EventRecord*> list;
        const EventRecord* record = next(&EventRecord::id, 0, now);
        for (; record; record = next(&EventRecord::id, record->id, now))
            list.push_back(record);
        return list;
    }
    std::size_t count_of(const std::string& pod, Millis now) const {
        const auto list = shown(now);
        return static_cast<std::size_t>(std::ranges::count(list, pod, &EventRecord::uid));
    }
};

} // namespace

TEST_CASE("what is told again is counted, by pod, part, type, reason and message") {
    Log log;
    log.say(1s, "a", "x", "p");
    log.say(5s, "a", "x", "p");
    log.say(6s, "a", "x", "q");
    log.say(7s, "b", "x", "p");
    log.say(8s, "a", "px"); // the same text, divided elsewhere
    log.add(9s, {"default/a", "a", "p"}, Severity::Warning, "Reason", {"x"});
    log.add(9s, {"default/a", "a", "p"}, Severity::Normal, "Other", {"x"});
    const auto list = log.shown(10s);
    REQUIRE(list.size() == 6);
    CHECK(list[0]->count == 2);
    CHECK(list[0]->first == 1s);
    CHECK(list[0]->last == 5s);
    CHECK(list[0]->part == "p");
    CHECK(list[0]->message == "x");
    CHECK(list[0]->pod == "default/a");
    for (std::size_t i = 1; i < list.size(); ++i)
        CHECK(list[i]->count == 1);
}

TEST_CASE("who follows the changes sees what is told again once more, and misses nothing that is still there") {
    Log log;
    log.say(1s, "a", "x");
    log.say(2s, "a", "y");
    std::uint64_t seen = 0;
    const auto next = [&]() -> std::string {
        const EventRecord* record = log.next(&EventRecord::change, seen, 10s);
        if (!record)
            return "";
        seen = record->change;
        return std::string(record->message) + std::to_string(record->count);
    };
    CHECK(next() == "x1");
    CHECK(next() == "y1");
    CHECK(next() == "");
    log.say(3s, "a", "x");
    log.say(4s, "a", "x");
    CHECK(next() == "x3"); // two at once
    CHECK(next() == "");
    CHECK(log.last_change() == seen);
}

TEST_CASE("what did not happen after all is taken back, once for each time it was told") {
    Log log;
    log.say(1s, "a", "x", "p");
    log.say(2s, "a", "x", "p");
    log.say(3s, "a", "y", "p");
    log.say(4s, "b", "y", "p");
    const EventLog::About about{"default/a", "a", "p"};
    log.take_back(about, "Other");
    REQUIRE(log.shown(5s).size() == 3);
    log.take_back(about, "Reason"); // the last of them: y
    REQUIRE(log.shown(5s).size() == 2);
    CHECK(log.shown(5s)[0]->count == 2);
    log.take_back(about, "Reason");
    CHECK(log.shown(5s)[0]->count == 1);
    log.take_back(about, "Reason");
    log.take_back(about, "Reason");
    REQUIRE(log.shown(5s).size() == 1);
    CHECK(log.shown(5s)[0]->uid == "b");
}

TEST_CASE("after an hour an event is not shown any more, and begins anew when it comes again") {
    Log log;
    log.say(0s, "a", "x");
    CHECK(log.shown(Millis{3'599'999}).size() == 1);
    CHECK(log.shown(1h).empty());
    log.say(2h, "a", "x");
    REQUIRE(log.shown(2h).size() == 1);
    CHECK(log.shown(2h)[0]->count == 1);
    CHECK(log.shown(2h)[0]->first == 2h);
}

TEST_CASE("a noisy pod pushes out its own oldest, not what others have said") {
    Log log;
    for (int i = 0; i < 20; ++i)
        log.say(1s, "quiet", "quiet " + std::to_string(i));
    for (int i = 0; i < 5000; ++i)
        log.say(2s + Millis{i}, "noisy", "noise " + std::to_string(i));
    CHECK(log.count() <= EventLog::max_records);
    CHECK(log.count_of("quiet", 10s) == 20);
    const auto list = log.shown(10s);
    CHECK(list.back()->message == "noise 4999");
    CHECK(log.count_of("noisy", 10s) == log.count() - 20);
    CHECK(log.count() == EventLog::max_records);
    // One that is told again and again is not the oldest.
    Log counted;
    for (int i = 0; i < 5000; ++i) {
        counted.say(Millis{i}, "noisy", "the same");
        counted.say(Millis{i}, "noisy", "noise " + std::to_string(i));
    }
    CHECK(counted.shown(10s)[0]->count == 5000);
}

TEST_CASE("what is old goes before anybody's news") {
    Log log;
    for (std::size_t i = 0; i < EventLog::max_records; ++i)
        log.say(0s, i % 2 ? "a" : "b", std::to_string(i));
    for (int i = 0; i < 10; ++i)
        log.say(1h, "c", std::to_string(i));
    CHECK(log.count_of("c", 1h) == 10);
}

TEST_CASE("a message is cut at the API server's limit, and is text whatever a program has said") {
    Log log;
    log.say(0s, "a", std::string(5000, 'x'), "part");
    CHECK(log.shown(0s)[0]->message == std::string(EventLog::max_message, 'x'));
    log.say(0s, "b", std::string(EventLog::max_message - 1, 'x') + "\xc3\xa4");
    CHECK(log.shown(0s)[1]->message.size() == EventLog::max_message - 1); // no half of a character
    log.say(0s, "c", "a\xff");
    CHECK(log.shown(0s)[2]->message == "a\xef\xbf\xbd");
}

TEST_CASE("no history makes the log grow past its bounds, and nobody who says little loses what was said last") {
    const unsigned seed = GENERATE(1u, 2u, 3u);
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return random() % n; };
    Log log;
    std::map<std::string, std::string> last;
    Millis now = 0s;
    for (int step = 0; step < 20'000; ++step) {
        now += Millis{below(100)};
        const bool noisy = below(4) != 0;
        const std::string pod = noisy ? "noisy" + std::to_string(below(3)) : "pod" + std::to_string(below(40));
        std::string message = std::to_string(below(noisy ? 100'000 : 3));
        if (below(10) == 0)
            message.append(below(2000), '.');
        log.say(now, pod, message, below(2) ? "spec.containers{c}" : "");
        last[pod] = message.substr(0, EventLog::max_message);
        REQUIRE(log.count() <= EventLog::max_records);
        REQUIRE(log.bytes() <= EventLog::max_bytes);
    }
    std::size_t bytes = 0;
    for (const EventRecord* record : log.shown(now))
        bytes += sizeof *record + record->part.size() + record->reason.size() + record->message.size();
    CHECK(bytes <= log.bytes());
    for (const auto& [pod, message] : last) {
        const auto list = log.shown(now);
        CHECK(std::ranges::any_of(
            list, [&](const EventRecord* record) { return record->uid == pod && record->message == message; }));
    }
}
