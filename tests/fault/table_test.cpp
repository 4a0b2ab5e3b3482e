// SPDX-License-Identifier: Apache-2.0
// Goes through faults.tsv: each row is a place, what goes wrong there, and what may come of it. All rows share one
// podinit for as long as it loses nothing: it has to survive them all.
#include "tests/catch.hpp"
#include "tests/fault/attempt.hpp"

#include <cstdlib>
#include <memory>
#include <sstream>

using namespace fault;

namespace {

struct Row {
    std::string text;
    std::string scenario;
    Injection injection{};
    bool spoilt = false; // what the scenario does may fail, and works when it is done again
    std::string says{};  // on podinit's log; "-": nothing that matters
};

Place read_place(const std::string& text) {
    Place place;
    place.kind = text == "moment"           ? Place::Kind::Moment
                 : text.starts_with("sys:") ? Place::Kind::Call
                                            : Place::Kind::Function;
    place.after = text.ends_with('+');
    const std::size_t from = place.kind == Place::Kind::Call ? 4 : 0;
    place.name = text.substr(from, text.size() - from - (place.after ? 1 : 0));
    return place;
}

std::vector<Row> rows() {
    std::vector<Row> all;
    std::istringstream table(initd::read_text(SOURCE_DIR "/faults.tsv"));
    for (std::string line; std::getline(table, line);) {
        if (line.empty() || line[0] == '#')
            continue;
        std::istringstream fields(line);
        Row row{line, {}};
        std::string place, nth, expected;
        for (std::string* field : {&row.scenario, &place, &nth, &row.injection.fault, &expected, &row.says})
            std::getline(fields, *field, '\t');
        row.injection.place = read_place(place);
        row.injection.place.nth = static_cast<unsigned>(std::strtoul(nth.c_str(), nullptr, 10));
        row.injection.repeated = nth.ends_with('+');
        row.spoilt = expected == "spoilt";
        CHECK((row.spoilt || expected == "kept"));
        all.push_back(std::move(row));
    }
    return all;
}

// What of it did not go as it should; "" when all did.
std::string go_through(Stage& stage, const Row& row) {
    stage.news();
    const Attempt attempt = try_it(stage, *find_scenario(row.scenario), row.injection, row.spoilt);
    if (!attempt.wrong.empty())
        return attempt.wrong;
    if (!attempt.happened)
        return "the place was never reached";
    if (const std::string news = stage.news(); row.says != "-" && news.find(row.says) == news.npos)
        return "it said: " + news;
    return "";
}

} // namespace

TEST_CASE("no fault in the table costs a service") {
    if (!initd::can_supervise())
        return;
    const auto table = rows();
    CHECK(table.size() >= 150);
    // A share of the rows for somebody who looks into one thing: those that hold the text.
    const char* only = std::getenv("FAULT_ROWS");
    std::unique_ptr<Stage> stage;
    for (const Row& row : table) {
        if (only && row.text.find(only) == row.text.npos)
            continue;
        INFO(row.text);
        if (!find_scenario(row.scenario)) {
            FAIL_CHECK("no such scenario");
            continue;
        }
        if (const std::string why = why_not(row.injection, symbols()); !why.empty()) {
#ifdef EVERY_SYMBOL
            FAIL_CHECK(why);
#endif
            continue;
        }
        std::string wrong;
        try {
            if (!stage)
                stage = std::make_unique<Stage>();
            wrong = go_through(*stage, row);
        } catch (...) { // a REQUIRE of the rig, which has been reported
            wrong = "the rig gave up";
        }
        if (!wrong.empty()) {
            FAIL_CHECK(wrong << (stage ? "; PID 1 " + std::string(stage->alive() ? "lives" : "is gone") +
                                             "; podinit said: " + stage->news()
                                       : ""));
            stage.reset();
        }
    }
}
