// SPDX-License-Identifier: Apache-2.0
// Durations, tables, selectors, names: the small pure parts.
#include "tests/catch.hpp"
#include "tools/podctl/duration.hpp"
#include "tools/podctl/help.hpp"
#include "tools/podctl/names.hpp"
#include "tools/podctl/number.hpp"
#include "tools/podctl/output.hpp"
#include "tools/podctl/selector.hpp"
#include "tools/podctl/table.hpp"

namespace {

template <typename Function>
std::string failure_of(Function function) {
    try {
        function();
    } catch (const ctl::Failure& failure) {
        return failure.message;
    }
    return "none";
}

} // namespace

TEST_CASE("ages lose precision as kubectl's do") {
    constexpr std::int64_t minute = 60, hour = 3600, day = 86400, year = 365 * day;
    const std::pair<std::int64_t, const char*> rows[] = {
        {-3, "<invalid>"},
        {-2, "<invalid>"},
        {-1, "0s"},
        {0, "0s"},
        {1, "1s"},
        {119, "119s"},
        {120, "2m"},
        {121, "2m1s"},
        {330, "5m30s"},
        {599, "9m59s"},
        {600, "10m"},
        {659, "10m"},
        {45 * minute, "45m"},
        {179 * minute, "179m"},
        {3 * hour, "3h"},
        {3 * hour + 61, "3h1m"},
        {8 * hour - 1, "7h59m"},
        {8 * hour, "8h"},
        {48 * hour - 1, "47h"},
        {48 * hour, "2d"},
        {49 * hour, "2d1h"},
        {8 * day - 1, "7d23h"},
        {8 * day, "8d"},
        {2 * year - 1, "729d"},
        {2 * year, "2y"},
        {2 * year + day, "2y1d"},
        {8 * year - 1, "7y364d"},
        {8 * year, "8y"},
        {9 * year + 5 * day, "9y"},
    };
    for (const auto& [seconds, text] : rows) {
        CAPTURE(seconds);
        CHECK(ctl::human_duration(seconds) == text);
    }
    CHECK(ctl::age("", 0) == "<unknown>");
    CHECK(ctl::age("1970-01-01T00:00:10Z", 55'000) == "45s");
}

TEST_CASE("a table's columns are three spaces apart and at least six wide") {
    CHECK(ctl::table({{"NAME", "READY", "AGE"}, {"a", "1/1", "4s"}, {"long-name", "0/1", "17h"}}) ==
          "NAME        READY   AGE\n"
          "a           1/1     4s\n"
          "long-name   0/1     17h\n");
    CHECK(ctl::table({{"A", "B"}, {"x", "y"}}) == "A     B\nx     y\n");
    CHECK(ctl::table({{"\u00e9\u00e9\u00e9\u00e9", "x"}, {"abcd", "y"}}) == "\u00e9\u00e9\u00e9\u00e9   x\nabcd   y\n");
}

TEST_CASE("a column ends where a line does not have it") {
    CHECK(ctl::align("a:\t1\nlonger:\t2\nno cell\nb:\t3\n", ctl::describe_stops) ==
          "a:       1\nlonger:  2\nno cell\nb:  3\n");
    CHECK(ctl::align("a\tb\tc\nd\te\n", ctl::describe_stops) == "a  b  c\nd  e\n");
    CHECK(ctl::align("x:\t\ny:\t1\n", ctl::describe_stops) == "x:  \ny:  1\n");
    CHECK(ctl::align("", ctl::describe_stops).empty());
    CHECK(ctl::align("no newline", ctl::describe_stops) == "no newline\n");
}

TEST_CASE("a selector takes the pods whose labels meet all of its requirements") {
    const spec::StringMap labels = {{"app", "web"}, {"tier", "front"}, {"empty", ""}};
    const std::pair<const char*, bool> rows[] = {
        {"", true},
        {"app", true},
        {"!app", false},
        {"nope", false},
        {"!nope", true},
        {"app=web", true},
        {"app==web", true},
        {"app = web , tier = front", true},
        {"app=web,tier=back", false},
        {"app!=web", false},
        {"app!=api", true},
        {"nope!=x", true},
        {"app in (api, web)", true},
        {"app in (api)", false},
        {"app notin (api)", true},
        {"nope notin (x)", true},
        {"nope in (x)", false},
        {"empty=", true},
        {"empty in ()", true},
        {"app in (web),!nope,tier notin (back,side)", true},
        {"in=x", false},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text);
        const auto selector = ctl::parse_selector(text);
        REQUIRE(selector);
        CHECK(ctl::matches(*selector, labels) == expected);
    }
}

TEST_CASE("a bad selector says what was found and what was expected") {
    const std::pair<const char*, const char*> rows[] = {
        {"app in web", "found 'web', expected '('"},     {"app in (a", "found the end, expected ',' or ')'"},
        {"=x", "found '=', expected a label's name"},    {"a,", "found the end, expected a label's name"},
        {"a=b c=d", "found 'c', expected ','"},          {"a b", "found 'b', expected '=', '!=', 'in' or 'notin'"},
        {"!", "found the end, expected a label's name"},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text);
        const auto selector = ctl::parse_selector(text);
        REQUIRE_FALSE(selector);
        CHECK(selector.error() == expected);
    }
}

TEST_CASE("types and names are given as to kubectl") {
    using spec::Kind;
    using Words = std::vector<std::string>;
    using Many = std::vector<ctl::Asked>;
    const std::pair<Words, Many> rows[] = {
        {{"pods"}, {{Kind::Pod, ""}}},
        {{"pod", "a", "b"}, {{Kind::Pod, "a"}, {Kind::Pod, "b"}}},
        {{"po/a", "pod/b"}, {{Kind::Pod, "a"}, {Kind::Pod, "b"}}},
        {{"deploy,cm"}, {{Kind::Deployment, ""}, {Kind::ConfigMap, ""}}},
        {{"secret,sts", "a"}, {{Kind::Secret, "a"}, {Kind::StatefulSet, "a"}}},
        {{"deployments.apps/a", "ds/b"}, {{Kind::Deployment, "a"}, {Kind::DaemonSet, "b"}}},
        {{"all"}, {{Kind::Pod, ""}, {Kind::DaemonSet, ""}, {Kind::Deployment, ""}, {Kind::StatefulSet, ""}}},
    };
    for (const auto& [words, expected] : rows)
        CHECK(ctl::parse_resources(words) == expected);
    CHECK(ctl::parse_target("a") == ctl::Asked{Kind::Pod, "a"});
    CHECK(ctl::parse_target("pods/a") == ctl::Asked{Kind::Pod, "a"});
    CHECK(ctl::parse_target("deploy/a") == ctl::Asked{Kind::Deployment, "a"});

    const std::string has = "; podinit has pods, configmaps, secrets, daemonsets, deployments and statefulsets";
    const std::pair<Words, std::string> wrong[] = {
        {{"a"}, "error: the server doesn't have a resource type \"a\"" + has},
        {{"svc/a"}, "error: the server doesn't have a resource type \"svc\"" + has},
        {{"po,"}, "error: the server doesn't have a resource type \"\"" + has},
        {{"pod", "pod/a"},
         "error: there is no need to specify a resource type as a separate argument when passing arguments in "
         "resource/name form (e.g. 'podctl get pod/NAME' instead of 'podctl get pod pod/NAME')"},
        {{"pod/a", "b"}, "error: there is no need to mix names with and without a type: b has none"},
        {{"pod/"}, "error: arguments in resource/name form must have a single resource and name"},
        {{"pod/a/b"}, "error: arguments in resource/name form must have a single resource and name"},
        {{"po,cm/a"}, "error: arguments in resource/name form must have a single resource and name"},
    };
    for (const auto& [words, message] : wrong)
        CHECK(failure_of([&words = words] { ctl::parse_resources(words); }) == message);
}

TEST_CASE("a collection is called by its plural, before the group") {
    CHECK(ctl::plural(spec::Kind::Pod) == "pods");
    CHECK(ctl::plural(spec::Kind::ConfigMap) == "configmaps");
    CHECK(ctl::plural(spec::Kind::StatefulSet) == "statefulsets.apps");
}

TEST_CASE("an option's number is a whole number") {
    CHECK(ctl::parse_number("--tail", "-1") == -1);
    CHECK(ctl::parse_number("--tail", "12") == 12);
    for (const char* text : {"", "x", "1x", "1.5", "99999999999999999999"}) {
        CAPTURE(text);
        CHECK(failure_of([&] { ctl::parse_number("--tail", text); }) ==
              "error: invalid argument \"" + std::string(text) + "\" for \"--tail\" flag: not a whole number");
    }
}

TEST_CASE("every verb has help with its usage, and fits a terminal") {
    for (const char* verb : {"", "apply", "create", "replace", "diff", "delete", "get", "describe", "exec", "logs",
                             "restart", "set-condition", "node", "poweroff", "reboot", "halt", "version"}) {
        CAPTURE(verb);
        std::string_view text = ctl::help_text(verb);
        CHECK(text.find("\nUsage:\n  podctl ") != text.npos);
        for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
            CHECK(end <= 120);
            text.remove_prefix(end + 1);
        }
        CHECK(text.empty());
    }
}
