// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"

#include "initd/logs.hpp"
#include "tests/daemon/log_rig.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace initd;

namespace {

const LogTarget web{"default_web_1234", "nginx", 0};

LogTarget attempt(std::uint32_t number) {
    LogTarget target = web;
    target.attempt = number;
    return target;
}

std::string joined(const std::vector<WrittenLine>& lines) {
    std::string text;
    for (const WrittenLine& line : lines) {
        text += line.text;
        if (line.tag == "F")
            text += '\n';
    }
    return text;
}

// A container that writes numbered lines in blocks that end anywhere, as stdio does.
pid_t count_lines(ns::Fd write_end, int lines) {
    const pid_t pid = ::fork();
    if (pid != 0)
        return pid;
    FILE* out = ::fdopen(write_end.get(), "w");
    for (int i = 0; i < lines; ++i)
        std::fprintf(out, "line %d %.*s\n", i, i % 200, std::string(200, 'x').c_str());
    std::fclose(out);
    ::_exit(0);
}

} // namespace

TEST_CASE("both streams of a run come to one file, each line with its time and its stream") {
    LogRig rig;
    ns::Fd out = *rig.logs.open_stream(web, Stream::Stdout);
    ns::Fd err = *rig.logs.open_stream(web, Stream::Stderr);
    write_text(out.get(), "hello\n\nworld\r\n");
    out.reset();
    REQUIRE(rig.until([&] { return lines_in(rig.file(web)).size() == 3; }));
    write_text(err.get(), "oh\n");
    err.reset();
    REQUIRE(rig.finished());

    const auto lines = lines_in(rig.file(web));
    REQUIRE(lines.size() == 4);
    CHECK(joined(lines) == "hello\n\nworld\noh\n");
    CHECK(lines[0].stream == "stdout");
    CHECK(lines[3].stream == "stderr");
    for (const WrittenLine& line : lines) {
        CHECK(line.tag == "F");
        CHECK(line.time.size() >= 20);
        CHECK(line.time.starts_with("20"));
        CHECK(line.time.back() == 'Z');
    }
    struct stat info {};
    REQUIRE(::stat(rig.file(web).c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0640);
    REQUIRE(::stat((rig.dir + "/default_web_1234/nginx").c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0755);
}

TEST_CASE("a container that says nothing starts no writer and leaves no file") {
    LogRig rig;
    ns::Fd out = *rig.logs.open_stream(web, Stream::Stdout);
    ns::Fd err = *rig.logs.open_stream(web, Stream::Stderr);
    CHECK(rig.logs.unfinished() == 2);
    out.reset();
    err.reset();
    REQUIRE(rig.finished());
    CHECK(rig.writers_started == 0);
    CHECK_FALSE(exists(rig.dir));
}

TEST_CASE("10,000 lines arrive in order") {
    LogRig rig;
    const pid_t container = count_lines(*rig.logs.open_stream(web, Stream::Stdout), 10'000);
    REQUIRE(rig.finished());
    ::waitpid(container, nullptr, 0);
    const auto lines = lines_in(rig.file(web));
    REQUIRE(lines.size() == 10'000);
    for (int i = 0; i < 10'000; ++i)
        REQUIRE(lines[static_cast<std::size_t>(i)].text ==
                "line " + std::to_string(i) + " " + std::string(static_cast<std::size_t>(i % 200), 'x'));
}

TEST_CASE("a writer that is killed in the middle loses nothing, and cuts no line") {
    LogRig rig;
    const pid_t container = count_lines(*rig.logs.open_stream(web, Stream::Stdout), 50'000);
    for (off_t size = 0; rig.logs.unfinished() > 0; rig.kill_writer()) {
        const auto grown = [&] {
            struct stat info {};
            const bool more = ::stat(rig.file(web).c_str(), &info) == 0 && info.st_size > size;
            size = more ? info.st_size : size;
            return rig.logs.unfinished() == 0 || (more && rig.writer_runs());
        };
        REQUIRE(rig.until(grown));
    }
    REQUIRE(rig.finished());
    ::waitpid(container, nullptr, 0);
    CHECK(rig.writers_started > 3);

    int next = 0;
    for (const WrittenLine& line : lines_in(rig.file(web))) {
        const int number = std::atoi(line.text.c_str() + 5);
        REQUIRE(line.text ==
                "line " + std::to_string(number) + " " + std::string(static_cast<std::size_t>(number % 200), 'x'));
        REQUIRE(number <= next); // what was written when the writer died may come twice
        next = number + 1;
    }
    CHECK(next == 50'000);
}

TEST_CASE("half a line waits for its other half") {
    LogRig rig;
    ns::Fd out = *rig.logs.open_stream(web, Stream::Stdout);
    write_text(out.get(), "first\nhalf a ");
    REQUIRE(rig.until([&] { return lines_in(rig.file(web)).size() == 1; }));
    rig.kill_writer();
    write_text(out.get(), "line\n");
    REQUIRE(rig.until([&] { return lines_in(rig.file(web)).size() == 2; }));
    CHECK(joined(lines_in(rig.file(web))) == "first\nhalf a line\n");
}

TEST_CASE("output that ends without a newline is a partial line") {
    LogRig rig;
    write_text(rig.logs.open_stream(web, Stream::Stdout)->get(), "$ ");
    REQUIRE(rig.finished());
    const auto lines = lines_in(rig.file(web));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].tag == "P");
    CHECK(lines[0].text == "$ ");
}

TEST_CASE("a container that fills its pipe with half a line does not wait") {
    LogRig rig;
    ns::Fd out = *rig.logs.open_stream(web, Stream::Stdout);
    REQUIRE(::fcntl(out.get(), F_SETFL, O_DIRECT | O_NONBLOCK) == 0); // a slot of the pipe for each byte
    int written = 0;
    REQUIRE(rig.until([&] {
        while (written < 300 && ::write(out.get(), "x", 1) == 1)
            ++written;
        return written == 300;
    }));
    out.reset();
    REQUIRE(rig.finished());
    CHECK(joined(lines_in(rig.file(web))) == std::string(300, 'x'));
}

TEST_CASE("a container that makes its pipe larger or smaller is read to the end") {
    const int size = GENERATE(4096, 1 << 20);
    LogRig rig;
    ns::Fd out = *rig.logs.open_stream(web, Stream::Stdout);
    REQUIRE(::fcntl(out.get(), F_SETPIPE_SZ, size) == size);
    std::string text;
    for (int i = 0; i < 30'000; ++i)
        text += std::to_string(i) + (i % 3 ? " " : "\n");
    const pid_t container = ::fork();
    if (container == 0) {
        write_text(out.get(), text);
        ::_exit(0);
    }
    out.reset();
    REQUIRE(rig.finished());
    ::waitpid(container, nullptr, 0);
    CHECK(joined(lines_in(rig.file(web))) == text);
}

TEST_CASE("a container that takes bytes out of its own pipe stops nobody else's log") {
    LogRig rig;
    ns::Fd out = *rig.logs.open_stream(web, Stream::Stdout);
    const ns::Fd thief(::open(("/proc/self/fd/" + std::to_string(out.get())).c_str(), O_RDONLY | O_NONBLOCK));
    REQUIRE(thief);
    for (int i = 0; i < 2'000; ++i) {
        write_text(out.get(), "mine\n");
        char stolen[64];
        (void)!::read(thief.get(), stolen, sizeof stolen);
        if (i % 100 == 0)
            (void)rig.until([&] { return true; });
    }
    const LogTarget other{"default_other_5678", "app", 0};
    write_text(rig.logs.open_stream(other, Stream::Stdout)->get(), "hello\n");
    CHECK(rig.until([&] { return lines_in(rig.file(other)).size() == 1; }));
}

TEST_CASE("a terminal's output is logged until nobody has it open") {
    LogRig rig;
    ns::Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(master);
    REQUIRE(::grantpt(master.get()) == 0);
    REQUIRE(::unlockpt(master.get()) == 0);
    ns::Fd terminal(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY));
    REQUIRE(terminal);
    rig.logs.adopt_stream(web, Stream::Stdout, std::move(master));
    write_text(terminal.get(), "login: root\n# ");
    REQUIRE(rig.until([&] { return lines_in(rig.file(web)).size() == 1; }));
    terminal.reset();
    REQUIRE(rig.finished());
    CHECK(joined(lines_in(rig.file(web))) == "login: root\n# ");
}

TEST_CASE("a full log file is rotated, and no more than the given number is kept") {
    LogRig rig({.max_bytes = 4096, .max_files = 3});
    ns::Fd out = *rig.logs.open_stream(web, Stream::Stdout);
    for (int i = 0; i < 1'000; ++i)
        write_text(out.get(), "line " + std::to_string(1000 + i) + "\n");
    out.reset();
    REQUIRE(rig.finished());

    const std::string dir = rig.dir + "/default_web_1234/nginx/";
    auto names = names_in(dir);
    REQUIRE(names.size() == 3);
    CHECK(names[0] == "0.log");
    CHECK(names[1].size() == std::string("0.log.20060102-150405").size());
    std::rotate(names.begin(), names.begin() + 1, names.end()); // the live one is the newest
    int expected = -1;
    for (const std::string& name : names) {
        CHECK(read_text(dir + name).size() <= 4096);
        for (const WrittenLine& line : lines_in(dir + name)) {
            const int number = std::atoi(line.text.c_str() + 5);
            if (expected >= 0)
                REQUIRE(number == expected);
            expected = number + 1;
        }
    }
    CHECK(expected == 2000);
}

TEST_CASE("the files of this run and of the one before are kept") {
    LogRig rig;
    for (std::uint32_t run = 0; run < 4; ++run) {
        write_text(rig.logs.open_stream(attempt(run), Stream::Stdout)->get(), std::to_string(run) + "\n");
        REQUIRE(rig.finished());
    }
    CHECK(names_in(rig.dir + "/default_web_1234/nginx") == std::vector<std::string>{"2.log", "3.log"});
}

TEST_CASE("output goes on where an earlier life of the machine stopped, but never in the middle of a line") {
    LogRig rig;
    REQUIRE(::system(("mkdir -p " + rig.dir + "/default_web_1234/nginx").c_str()) == 0);
    const ns::Fd file(::open(rig.file(web).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    write_text(file.get(), "2024-01-02T03:04:05Z stdout F whole\n2024-01-02T03:04:05Z stdout F ha");
    write_text(rig.logs.open_stream(web, Stream::Stdout)->get(), "more\n");
    REQUIRE(rig.finished());
    CHECK(joined(lines_in(rig.file(web))) == "whole\nmore\n");
}

TEST_CASE("a full disk loses lines, says how many, and makes no container wait") {
    TempDir mount_point;
    if (::geteuid() != 0 ||
        ::system(("mount -t tmpfs -o size=1m none " + mount_point.path() + " 2>/dev/null").c_str()) != 0) {
        WARN("skipped: mounting a tmpfs needs root");
        return;
    }
    {
        LogRig rig({}, mount_point.path() + "/pods");
        ns::Fd out = *rig.logs.open_stream(web, Stream::Stdout);
        const ns::Fd filler(::open((mount_point.path() + "/filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        write_text(out.get(), "before\n");
        REQUIRE(rig.until([&] { return exists(rig.file(web)); }));
        write_text(filler.get(), std::string(2 << 20, 'x')); // as much as fits

        int written = 0; // far more than pipe and disk hold
        REQUIRE(::fcntl(out.get(), F_SETFL, O_NONBLOCK) == 0);
        REQUIRE(rig.until([&] {
            while (written < 3000 && ::write(out.get(), std::string(99, 'y').append("\n").data(), 100) == 100)
                ++written;
            return written == 3000;
        }));
        REQUIRE(::ftruncate(filler.get(), 0) == 0);
        REQUIRE(::fcntl(out.get(), F_SETFL, 0) == 0);
        write_text(out.get(), "after\n");
        out.reset();
        REQUIRE(rig.finished());

        const auto lines = lines_in(rig.file(web));
        REQUIRE(lines.size() >= 3);
        CHECK(lines.front().text == "before");
        CHECK(lines.back().text == "after");
        int lost = 0, kept = 0;
        for (const WrittenLine& line : lines) {
            if (line.text == std::string(99, 'y'))
                ++kept;
            else if (line.text.starts_with("podinit: "))
                lost += std::atoi(line.text.c_str() + 9);
        }
        CHECK(lost > 0);
        CHECK(lost + kept == 3000);
    }
    CHECK(::system(("umount " + mount_point.path()).c_str()) == 0);
}

TEST_CASE("nothing is written through a link below the log directory") {
    LogRig rig;
    const std::string elsewhere = rig.temp.path() + "/elsewhere";
    const std::string pod = rig.dir + "/default_web_1234";
    REQUIRE(::system(("mkdir -p " + elsewhere + " " + pod + " && ln -s " + elsewhere + " " + pod + "/nginx").c_str()) ==
            0);
    write_text(rig.logs.open_stream(web, Stream::Stdout)->get(), "x\n");
    REQUIRE(rig.finished());
    CHECK(names_in(elsewhere).empty());
}

TEST_CASE("a removed pod's log files go with it, and nothing else does") {
    LogRig rig;
    const LogTarget other{"default_other_5678", "app", 0};
    write_text(rig.logs.open_stream(web, Stream::Stdout)->get(), "x\n");
    write_text(rig.logs.open_stream(other, Stream::Stdout)->get(), "y\n");
    ns::Fd late = *rig.logs.open_stream(web, Stream::Stderr);
    REQUIRE(rig.until([&] { return rig.logs.unfinished() == 1; }));

    SECTION("by the writer that runs") {}
    SECTION("by the next writer, when the first one dies") {
        rig.kill_writer();
    }
    SECTION("by a writer that has to be started") {
        rig.signal_writer(SIGTERM);
        REQUIRE(rig.until([&] { return !rig.writer_runs(); }));
    }
    write_text(late.get(), "its last words must not bring the directory back\n");
    rig.launch(rig.logs.remove_pod("default_web_1234", rig.now));
    REQUIRE(rig.finished());
    CHECK(names_in(rig.dir) == std::vector<std::string>{"default_other_5678"});
    CHECK(joined(lines_in(rig.file(other))) == "y\n");
}

TEST_CASE("a file that is not a log file keeps its directory") {
    LogRig rig;
    write_text(rig.logs.open_stream(web, Stream::Stdout)->get(), "x\n");
    REQUIRE(rig.finished());
    const std::string dir = rig.dir + "/default_web_1234/nginx";
    REQUIRE(::system(("touch " + dir + "/notes " + dir + "/007.log").c_str()) == 0);
    rig.launch(rig.logs.remove_pod("default_web_1234", rig.now));
    REQUIRE(rig.finished());
    CHECK(names_in(dir) == std::vector<std::string>{"007.log", "notes"});
}

TEST_CASE("a writer that is told to end writes what there is") {
    LogRig rig;
    ns::Fd out = *rig.logs.open_stream(web, Stream::Stdout);
    write_text(out.get(), "one\ntwo");
    REQUIRE(rig.until([&] { return lines_in(rig.file(web)).size() == 1; }));
    rig.signal_writer(SIGTERM);
    REQUIRE(rig.until([&] { return !rig.writer_runs() || rig.writers_started == 2; }));
    CHECK(joined(lines_in(rig.file(web))) == "one\ntwo");
}

TEST_CASE("a writer that cannot be started is tried again later and later") {
    LogRig rig;
    ns::Fd out = *rig.logs.open_stream(web, Stream::Stdout);
    write_text(out.get(), "x\n");
    const auto ready = rig.poller.wait(1000);
    REQUIRE(ready.size() == 1);
    Millis now{50'000};
    REQUIRE(rig.logs.on_stream(ready[0].id, now).has_value());
    for (int wait : {100, 200, 400, 800, 1'600, 3'200, 6'400, 10'000, 10'000}) {
        rig.logs.writer_failed(now);
        CHECK(rig.logs.next_deadline() == now + Millis{wait});
        CHECK_FALSE(rig.logs.tick(now).has_value());
        now = rig.logs.next_deadline();
        REQUIRE(rig.logs.tick(now).has_value());
    }
    rig.logs.writer_started(1'000'000, now); // it lives long enough, then dies: the next comes at once
    CHECK(rig.logs.writer_ended(now + Millis{60'000}).has_value());
}

TEST_CASE("a writer that hangs on its disk makes PID 1 wait for nothing") {
    LogRig rig;
    write_text(rig.logs.open_stream(web, Stream::Stdout)->get(), "x\n");
    REQUIRE(rig.finished());
    rig.signal_writer(SIGSTOP);
    constexpr std::uint32_t runs = 600; // more orders than its socket holds
    for (std::uint32_t run = 1; run <= runs; ++run)
        write_text(rig.logs.open_stream({"default_web_1234", "c" + std::to_string(run), 0}, Stream::Stdout)->get(),
                   "x\n");
    int turns = 0;
    REQUIRE(rig.until([&] { return ++turns > 20; }));
    CHECK(rig.logs.unfinished() == runs);
    rig.signal_writer(SIGCONT);
    REQUIRE(rig.finished());
    CHECK(names_in(rig.dir + "/default_web_1234").size() == runs + 1);
    CHECK(rig.writers_started == 1);
}

TEST_CASE("a quiet stream costs PID 1 less than 100 bytes") {
    LogRig rig;
    std::vector<ns::Fd> write_ends;
    write_ends.reserve(2000);
    const LogTarget pod{"default_a-web-server-17_0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0", "web-server", 0};
    const auto before = heap_in_use();
    if (!before) {
        WARN("skipped: this heap does not tell its size");
        return;
    }
    for (std::uint32_t run = 0; run < 1'000; ++run) {
        LogTarget target = pod;
        target.attempt = run;
        write_ends.push_back(*rig.logs.open_stream(target, Stream::Stdout));
        write_ends.push_back(*rig.logs.open_stream(target, Stream::Stderr));
    }
    CHECK(*heap_in_use() - *before < 2'000 * 100);
    write_ends.clear();
    CHECK(rig.finished());
    CHECK(rig.writers_started == 0);
}
