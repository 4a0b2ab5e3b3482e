// SPDX-License-Identifier: Apache-2.0
// What containers print, and where it is found.
#include "tests/conformance/row.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>

using namespace conformance;

namespace {

std::string log_dir(Row& row) {
    return row.dir("run/log/pods/default_p_") + row.view().pod.metadata.uid;
}

// What podctl prints.
std::string podctl(Row& row, const std::string& words) {
    const std::string command = PODCTL " --socket " + row.dir("run/control.sock") + " " + words + " 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "re"), ::pclose);
    REQUIRE(pipe);
    std::string text;
    char some[4096];
    for (std::size_t got; (got = std::fread(some, 1, sizeof some, pipe.get())) > 0;)
        text.append(some, got);
    return text;
}

} // namespace

ROW("logs-output", "logs") {
    row.has({}, {runs("c", "echo out; echo err >&2; forever")}, grace(0));
    CHECK(eventually([&] {
        const std::string log = row.logs("p");
        return log.find("stdout out\n") != log.npos && log.find("stderr err\n") != log.npos;
    }));
}

ROW("logs-cri-path", "logs") {
    row.has({}, {runs("c", "echo run; exit 1")});
    CHECK(eventually([&] {
        return initd::names_in(log_dir(row) + "/c") == std::vector<std::string>{"0.log", "1.log"};
    }));
    const auto lines = initd::lines_in(log_dir(row) + "/c/1.log");
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].stream == "stdout");
    CHECK(lines[0].tag == "F");
    CHECK(lines[0].text == "run");
    CHECK(lines[0].time.size() >= std::string("2026-01-01T00:00:00Z").size());
}

TEST_CASE("logs-rotation", "[logs]") {
    if (!initd::can_supervise())
        return;
    Row row(R"({"containerLogMaxSize": "16Ki", "containerLogMaxFiles": 3})");
    row.has({},
            {runs("c", "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo $i 0123456789012345678901234567890123456789;"
                       " done; say end; forever")},
            grace(0));
    REQUIRE(row.hears("end"));
    const std::string dir = log_dir(row) + "/c";
    CHECK(eventually([&] {
        const auto lines = initd::lines_in(dir + "/0.log");
        return !lines.empty() && lines.back().text.starts_with("2000 ");
    }));
    const auto files = initd::names_in(dir);
    CHECK(files.size() == 3);
    for (const std::string& file : files)
        CHECK(std::filesystem::file_size(dir + "/" + file) < 20 * 1024);
}

ROW("logs-filter", "logs") {
    row.has({}, {runs("c", "echo one; echo two; echo three; say said; forever")}, grace(0));
    REQUIRE(row.hears("said"));
    REQUIRE(eventually([&] { return row.logs("p").ends_with("three\n"); }));
    const struct {
        const char* options;
        const char* shown;
    } table[] = {
        {"", "one\ntwo\nthree\n"},     {"--tail=2", "two\nthree\n"},        {"--tail=0", ""},
        {"--limit-bytes=5", "one\nt"}, {"--since=1h", "one\ntwo\nthree\n"}, {"--since-time=2100-01-01T00:00:00Z", ""},
    };
    for (const auto& line : table) {
        INFO(line.options);
        CHECK(podctl(row, std::string("logs p ") + line.options) == line.shown);
    }
    const std::string stamped = podctl(row, "logs p --timestamps --tail=1");
    CHECK(stamped.ends_with("Z three\n"));
    CHECK(stamped.starts_with("20"));
}
