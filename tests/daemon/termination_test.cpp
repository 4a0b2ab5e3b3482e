// SPDX-License-Identifier: Apache-2.0
#include "initd/plain_text.hpp"
#include "initd/termination.hpp"
#include "tests/catch.hpp"
#include "tests/daemon/log_rig.hpp"

#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace initd;

namespace {

void write_file(const std::string& path, const std::string& text, int flags = O_CREAT | O_TRUNC) {
    const ns::Fd file(::open(path.c_str(), O_WRONLY | flags, 0644));
    REQUIRE(file);
    write_text(file.get(), text);
}

std::string line(const std::string& text, char tag = 'F') {
    return "2026-01-01T00:00:00.5Z stdout " + std::string(1, tag) + " " + text + "\n";
}

std::string tail_of(const std::string& log) {
    TempDir dir;
    write_file(dir.path() + "/0.log", log);
    return log_tail(dir.path() + "/0.log").value_or("not in memory");
}

std::string taken(MessageFiles& files, RunId run) {
    std::string text = files.read(run);
    files.remove(run);
    return text;
}

} // namespace

TEST_CASE("bytes become text as Go writes them into JSON") {
    struct Row {
        std::string_view bytes, text;
    };
    using namespace std::string_view_literals;
    for (const Row& row : {
             Row{"", ""},
             {"plain\n", "plain\n"},
             {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xb3 \xf4\x8f\xbf\xbf",
              "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xb3 \xf4\x8f\xbf\xbf"},
             {"a\0b"sv, "a\xef\xbf\xbd"
                        "b"},
             {"\x80", "\xef\xbf\xbd"},
             {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 // too long for what it says
             {"\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, // the same
             {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, // half of a surrogate pair
             {"\xf0\x8f\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
             {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, // past U+10FFFF
             {"\xff", "\xef\xbf\xbd"},
             {"cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd"},
             {"\xe2(\xac", "\xef\xbf\xbd(\xef\xbf\xbd"},
         })
        CHECK(plain_text(row.bytes) == row.text);
}

TEST_CASE("the last lines of a log stand in for a message") {
    CHECK(log_tail("/nonexistent/0.log") == "");
    CHECK(tail_of("") == "");
    CHECK(tail_of(line("one") + line("two")) == "one\ntwo\n");
    CHECK(tail_of(line("no newline at the end", 'P')) == "no newline at the end");
    CHECK(tail_of(line("long ", 'P') + line("line")) == "long line\n");
    CHECK(tail_of(line("one") + "2026-01-01T00:00:00Z std") == "one\n"); // half written
    CHECK(tail_of(line("")) == "\n");
    CHECK(tail_of("garbage\n") == "\n");
}

TEST_CASE("of a long log the last 80 lines and the last 2,048 bytes are taken") {
    std::string many, wanted;
    for (int i = 0; i < 5000; ++i) {
        many += line(std::to_string(i));
        if (i >= 4920)
            wanted += std::to_string(i) + "\n";
    }
    CHECK(tail_of(many) == wanted);

    const std::string longest(16 << 10, 'x');
    CHECK(tail_of(line(longest, 'P') + line("end")) == std::string(2048 - 4, 'x') + "end\n");
    std::string rows;
    for (int i = 0; i < 79; ++i)
        rows += line("");
    CHECK(tail_of(line("a") + line(longest, 'P') + rows).size() == 2048);
}

TEST_CASE("a link, a FIFO or a directory is no log") {
    TempDir dir;
    const std::string log = dir.path() + "/0.log";
    write_file(dir.path() + "/secret", line("secret"));
    REQUIRE(::symlink("secret", log.c_str()) == 0);
    CHECK(log_tail(log) == "");
    ::unlink(log.c_str());
    REQUIRE(::mkfifo(log.c_str(), 0666) == 0);
    CHECK(log_tail(log) == "");
    CHECK(log_tail(dir.path()) == "");
}

TEST_CASE("a run's message is the end of what it wrote, and its file goes with it") {
    TempDir dir;
    MessageFiles files;
    const RunId run{Unit(3, 1), 7};
    CHECK(files.make(run).empty()); // not open yet
    CHECK(taken(files, run).empty());
    files.open(dir.path(), false);

    const std::string path = files.make(run);
    struct stat st {};
    REQUIRE(::stat(path.c_str(), &st) == 0);
    CHECK((st.st_mode & 07777) == 0666);
    CHECK(taken(files, run).empty());
    CHECK_FALSE(exists(path));
    CHECK(taken(files, run).empty());

    REQUIRE(files.make(run) == path);
    write_file(path, std::string(5000, 'a') + "end", 0);
    CHECK(taken(files, run) == std::string(max_message - 3, 'a') + "end");

    write_file(path, "of a former podinit");
    REQUIRE(files.make(run) == path);
    CHECK(taken(files, run).empty());
    CHECK(names_in(dir.path() + "/messages").empty());
}

TEST_CASE("what is put in the place of a message's file is not read") {
    TempDir dir;
    MessageFiles files;
    files.open(dir.path(), false);
    const RunId run{Unit(0, 1), 1};
    const std::string path = files.make(run);
    write_file(dir.path() + "/secret", "secret");
    const auto put = [&](auto make) {
        ::unlink(path.c_str());
        REQUIRE(make() == 0);
        CHECK(taken(files, run).empty());
        CHECK(names_in(dir.path() + "/messages").empty());
    };
    put([&] { return ::symlink("../secret", path.c_str()); });
    put([&] { return ::mkfifo(path.c_str(), 0666); });
    ::mkdir(path.c_str(), 0755);
    CHECK(taken(files, run).empty());
}
