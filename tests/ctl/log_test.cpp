// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"
#include "tools/podctl/cri_log.hpp"
#include "tools/podctl/log_files.hpp"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>

namespace {

// A file with a text, gone at the end.
class TemporaryFile {
  public:
    explicit TemporaryFile(const std::string& text) {
        fd_ = mkstemp(name_);
        REQUIRE(fd_ >= 0);
        REQUIRE(write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    ~TemporaryFile() {
        close(fd_);
        unlink(name_);
    }
    int fd() const { return fd_; }

  private:
    char name_[32] = "/tmp/podctl-log-XXXXXX";
    int fd_ = -1;
};

std::string line(int number, const char* tag = "F") {
    return "2026-01-02T03:04:05.000000001Z stdout " + std::string(tag) + " line " + std::to_string(number) + "\n";
}

std::string decode(std::string_view bytes, bool timestamps) {
    std::string whole, in_pieces;
    ctl::CriDecoder(timestamps).feed(bytes, whole);
    ctl::CriDecoder decoder(timestamps);
    for (const char byte : bytes)
        decoder.feed({&byte, 1}, in_pieces);
    CHECK(whole == in_pieces);
    return whole;
}

std::string tail(int fd, std::int64_t lines) {
    const std::int64_t offset = ctl::tail_offset(fd, lines);
    std::string text(1 << 20, '\0');
    const ssize_t n = pread(fd, text.data(), text.size(), offset);
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return decode(text, false);
}

} // namespace

TEST_CASE("a CRI line is a time, a stream, a tag and a text") {
    const auto parsed = ctl::parse_cri_line("2026-01-02T03:04:05.5Z stderr P:x a b ");
    REQUIRE(parsed);
    CHECK(parsed->time == "2026-01-02T03:04:05.5Z");
    CHECK(parsed->stream == "stderr");
    CHECK(parsed->partial);
    CHECK(parsed->text == "a b ");
    CHECK(ctl::parse_cri_line("2026-01-02T03:04:05.5Z stdout F ")->text.empty());
    for (const char* bad : {"", "x", "2026 stdin F x", "2026 stdout", "2026 stdout "}) {
        CAPTURE(bad);
        CHECK_FALSE(ctl::parse_cri_line(bad));
    }
}

TEST_CASE("a log shows what the container wrote, wherever its bytes are cut") {
    const std::string log = "T1 stdout F one\nT2 stderr P tw\nT3 stderr F o\nT4 stdout F \ntorn\n";
    CHECK(decode(log, false) == "one\ntwo\n\ntorn\n");
    CHECK(decode(log, true) == "T1 one\nT2 two\nT4 \ntorn\n");
    CHECK(decode("T1 stdout F cut of", false).empty());
}

TEST_CASE("a log's tail begins a number of lines before its end") {
    const TemporaryFile file(line(1) + line(2) + line(3, "P") + line(4) + line(5));
    CHECK(tail(file.fd(), 0).empty());
    CHECK(tail(file.fd(), 1) == "line 5\n");
    CHECK(tail(file.fd(), 2) == "line 3line 4\nline 5\n");
    CHECK(tail(file.fd(), 3) == "line 2\nline 3line 4\nline 5\n");
    CHECK(tail(file.fd(), 4).starts_with("line 1\n"));
    CHECK(tail(file.fd(), 100).starts_with("line 1\n"));
    std::int64_t lines = 7;
    CHECK(ctl::tail_offset(file.fd(), lines) == 0);
    CHECK(lines == 3);
    lines = 3;
    ctl::tail_offset(file.fd(), lines);
    CHECK(lines == 0);
}

TEST_CASE("a tail crosses the blocks in which a file is read") {
    std::string text;
    for (int i = 0; i < 5000; ++i)
        text += line(i);
    const TemporaryFile file(text);
    for (const int count : {1, 999, 1365, 1366, 4999}) {
        CAPTURE(count);
        const std::string shown = tail(file.fd(), count);
        CHECK(std::count(shown.begin(), shown.end(), '\n') == count);
        CHECK(shown.starts_with("line " + std::to_string(5000 - count) + "\n"));
    }
}

TEST_CASE("rotated files come before the live one, and an open file is found after its rotation") {
    char directory[] = "/tmp/podctl-logs-XXXXXX";
    REQUIRE(mkdtemp(directory) != nullptr);
    const std::string path = std::string(directory) + "/0.log";
    const auto touch = [](const std::string& name) { return ctl::Fd(open(name.c_str(), O_CREAT | O_RDWR, 0600)); };
    CHECK(ctl::log_files(path).empty());
    const ctl::Fd first = touch(path);
    CHECK(ctl::log_files(path) == std::vector<std::string>{path});
    CHECK(ctl::file_after(path, first.get()).empty());
    touch(std::string(directory) + "/10.log");
    const std::string rotated = path + ".20260102-030405";
    REQUIRE(rename(path.c_str(), rotated.c_str()) == 0);
    touch(path);
    CHECK(ctl::log_files(path) == std::vector<std::string>{rotated, path});
    CHECK(ctl::file_after(path, first.get()) == path);
    REQUIRE(unlink(rotated.c_str()) == 0);
    CHECK(ctl::file_after(path, first.get()) == path);
    unlink(path.c_str());
    unlink((std::string(directory) + "/10.log").c_str());
    rmdir(directory);
}
