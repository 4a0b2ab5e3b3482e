// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"

#include "initd/log_dir.hpp"
#include "initd/log_lines.hpp"
#include "tests/daemon/log_rig.hpp"

using namespace initd;

namespace {

struct Piece {
    std::string tag, text;
    friend bool operator==(const Piece&, const Piece&) = default;
};

struct Result {
    std::vector<Piece> pieces;
    Cut cut;
};

Result cut(std::string_view head, std::string_view data) {
    TempDir temp;
    const LogLimits limits;
    const std::string dir = temp.path();
    const LogTarget target{"pod", "container", 0};
    LogFile file(dir, target, limits);
    LineBatch lines(file, Stream::Stdout, {.tv_sec = 1'700'000'000, .tv_nsec = 0});
    Result result;
    result.cut = cut_lines(head, data, lines);
    lines.flush();
    for (const WrittenLine& line : lines_in(log_path(dir, target)))
        result.pieces.push_back({line.tag, line.text});
    return result;
}

std::string x(std::size_t count) {
    return std::string(count, 'x');
}

} // namespace

TEST_CASE("output is cut into lines as containerd cuts it") {
    struct Row {
        std::string head, data;
        std::vector<Piece> pieces;
        std::size_t left;
    };
    const Row rows[] = {
        {"", "", {}, 0},
        {"", "a", {}, 1},
        {"", "a\n", {{"F", "a"}}, 0},
        {"", "\n\n", {{"F", ""}, {"F", ""}}, 0},
        {"", "a\r\nb\r", {{"F", "a"}}, 2},
        {"a", "b\nc", {{"F", "ab"}}, 1},
        {"a\r", "\n", {{"F", "a"}}, 0},
        {"", x(16384) + "\n", {{"F", x(16384)}}, 0},
        {"", x(16384), {}, 16384},
        {"", x(16385), {{"P", x(16384)}}, 1},
        {"", x(16385) + "\n", {{"P", x(16384)}, {"F", "x"}}, 0},
        {"", x(40000) + "\n", {{"P", x(16384)}, {"P", x(16384)}, {"F", x(7232)}}, 0},
        {x(16384), "\n", {{"F", x(16384)}}, 0},
        {x(16384), "y", {{"P", x(16384)}}, 1},
        {x(16000), x(385) + "\n", {{"P", x(16384)}, {"F", "x"}}, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.head.size(), row.data.size(), row.data.substr(0, 10));
        const Result result = cut(row.head, row.data);
        CHECK(result.pieces == row.pieces);
        CHECK(row.data.size() - result.cut.taken == row.left);
        CHECK(result.cut.took_head == !row.pieces.empty());
    }
}

TEST_CASE("a time is written as Go writes it with nanoseconds") {
    struct Row {
        timespec time;
        const char* text;
    };
    const Row rows[] = {
        {{1'700'000'000, 0}, "2023-11-14T22:13:20Z"},
        {{1'700'000'000, 123'456'789}, "2023-11-14T22:13:20.123456789Z"},
        {{1'700'000'000, 500'000'000}, "2023-11-14T22:13:20.5Z"},
        {{1'700'000'000, 1}, "2023-11-14T22:13:20.000000001Z"},
        {{1'700'000'000, 10'000}, "2023-11-14T22:13:20.00001Z"},
        {{9, 0}, "1970-01-01T00:00:09Z"},
    };
    for (const Row& row : rows)
        CHECK(cri_time(row.time) == row.text);
}

TEST_CASE("rotated files have names that sort by age, whatever the clock does") {
    constexpr std::int64_t now = 1'700'000'000;
    CHECK(rotation_stamp(now, "") == "20231114-221320");
    CHECK(rotation_stamp(now, "20231114-221319") == "20231114-221320");
    CHECK(rotation_stamp(now, "20231114-221320") == "20231114-221321");
    CHECK(rotation_stamp(5, "20231231-235959") == "20240101-000000"); // a router that boots in 1970
    CHECK(rotation_stamp(now, "nonsense") == "20231114-221320");
}

TEST_CASE("only names that podinit gives are log files") {
    struct Row {
        const char* name;
        bool log;
    };
    const Row rows[] = {
        {"0.log", true},
        {"12.log", true},
        {"0.log.20231114-221320", true},
        {"", false},
        {"log", false},
        {".log", false},
        {"007.log", false},
        {"0.log.gz", false},
        {"0.log.20231114-221320.gz", false},
        {"-1.log", false},
        {"0.log.20231114 221320", false},
        {"0.logs", false},
        {"0.log.", false},
        {"4294967296.log", false},
        {"4294967295.log", true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(parse_log_name(row.name).has_value() == row.log);
    }
    CHECK(parse_log_name("12.log.20231114-221320")->attempt == 12);
    CHECK(parse_log_name("12.log.20231114-221320")->stamp == "20231114-221320");
}

TEST_CASE("a directory's name is one plain path component") {
    for (const char* name : {"default_web_1234", "a", "..."})
        CHECK(is_plain_name(name));
    for (std::string_view name : {std::string_view(""), std::string_view("."), std::string_view(".."),
                                  std::string_view("a/b"), std::string_view("/"), std::string_view("a\0b", 3)})
        CHECK_FALSE(is_plain_name(name));
    CHECK(is_plain_name(std::string(255, 'a')));
    CHECK_FALSE(is_plain_name(std::string(256, 'a')));
}
