// SPDX-License-Identifier: Apache-2.0
// exec and logs: what passes podinit by.
#include "tests/catch.hpp"
#include "tests/ctl/fake_podinit.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <thread>

using tests::FakePodinit;
using tests::Peer;
using tests::podctl;

namespace {

constexpr const char* one_container =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default",)"
    R"("uid":"1"},"spec":{"containers":[{"name":"app","image":"a"}]},"status":{}})";
constexpr const char* two_containers =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default","uid":"1"},)"
    R"("spec":{"containers":[{"name":"app","image":"a"},{"name":"side","image":"a"}]},"status":{}})";

// Answers List with the pod and anything else by the function.
tests::Answerer with_pod(const char* pod, tests::Answerer rest) {
    return [=](const spec::Request& request, Peer& peer) {
        if (std::holds_alternative<spec::List>(request.call))
            peer.reply(spec::Listed{spec::RawJson{pod}});
        else
            rest(request, peer);
    };
}

void put(const ctl::Fd& fd, std::string_view text) {
    if (write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error("short write");
}

std::string read_to_end(int fd) {
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t n = 0; (n = read(fd, buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(n));
    return text;
}

// Reads until `text` has come; what has come so far when it does not come within 20 s.
std::string read_until(int fd, std::string_view text) {
    std::string got;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (got.find(text) == got.npos && std::chrono::steady_clock::now() < deadline) {
        pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
        std::array<char, 4096> buffer;
        if (poll(&ready, 1, 100) > 0) {
            const ssize_t n = read(fd, buffer.data(), buffer.size());
            if (n <= 0)
                break;
            got.append(buffer.data(), static_cast<std::size_t>(n));
        }
    }
    return got;
}

struct Terminal {
    ctl::Fd master, slave;
};
Terminal open_terminal() {
    Terminal terminal{ctl::Fd(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)), ctl::Fd()};
    REQUIRE(grantpt(terminal.master.get()) == 0);
    REQUIRE(unlockpt(terminal.master.get()) == 0);
    terminal.slave = ctl::Fd(open(ptsname(terminal.master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(terminal.slave);
    return terminal;
}

void send_fd(int socket, int fd) {
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    *reinterpret_cast<int*>(CMSG_DATA(rights)) = fd;
    sendmsg(socket, &header, MSG_NOSIGNAL);
}

std::string log_line(const std::string& text) {
    return "2026-01-02T03:04:05.5Z stdout F " + text + "\n";
}

void append(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::app) << text;
}

} // namespace

TEST_CASE("exec passes output, errors and the exit code") {
    FakePodinit podinit(with_pod(one_container, [](const spec::Request&, Peer& peer) {
        if (peer.fds.size() != 3)
            return peer.error(spec::failed("wrong number of descriptors"));
        const std::string input = read_to_end(peer.fds[0].get());
        put(peer.fds[1], "out " + std::to_string(input.size()) + "\n");
        put(peer.fds[2], "err\n");
        peer.reply(spec::ExecDone{3});
    }));
    const auto outcome =
        podctl(podinit.socket(), {"exec", "pod/web", "--", "ls", "-l", "--", "-x"}, "not for the command");
    CHECK(outcome.out == "out 0\n");
    CHECK(outcome.err == "err\ncommand terminated with exit code 3\n");
    CHECK(outcome.code == 3);
    const auto exec = std::get<spec::Exec>(podinit.calls().back().call);
    CHECK(exec.command == std::vector<std::string>{"ls", "-l", "--", "-x"});
    CHECK(exec.container == "app");
    CHECK_FALSE(exec.tty);
}

TEST_CASE("exec -i passes more input than a pipe holds, and its end") {
    FakePodinit podinit(with_pod(one_container, [](const spec::Request&, Peer& peer) {
        const std::string input = read_to_end(peer.fds[0].get());
        put(peer.fds[1], std::to_string(input.size()));
        peer.reply(spec::ExecDone{0});
    }));
    CHECK(podctl(podinit.socket(), {"exec", "-i", "web", "--", "wc"}, std::string(1 << 20, 'x')).out == "1048576");
}

TEST_CASE("exec passes much output while much input is not read, and survives that nobody reads it") {
    FakePodinit podinit(with_pod(one_container, [](const spec::Request&, Peer& peer) {
        const std::string block(100'000, 'y');
        for (int i = 0; i < 10; ++i)
            put(peer.fds[1], block);
        peer.fds[0].reset(); // and nothing of the input was read
        put(peer.fds[2], "done");
        peer.reply(spec::ExecDone{0});
    }));
    const auto outcome = podctl(podinit.socket(), {"exec", "-i", "web", "--", "yes"}, std::string(1 << 20, 'x'));
    CHECK(outcome.out.size() == 1'000'000);
    CHECK(outcome.err == "done");
    CHECK(outcome.code == 0);
}

TEST_CASE("exec ends with the process, also when something in the background keeps its pipes") {
    std::vector<ctl::Fd> kept;
    FakePodinit podinit(with_pod(one_container, [&kept](const spec::Request&, Peer& peer) {
        put(peer.fds[1], "all");
        kept = std::move(peer.fds);
        peer.reply(spec::ExecDone{0});
    }));
    const auto outcome = podctl(podinit.socket(), {"exec", "web", "--", "sh"});
    CHECK(outcome.out == "all");
    CHECK(outcome.code == 0);
}

TEST_CASE("exec says which container it takes, and refuses one that is not there") {
    FakePodinit podinit(
        with_pod(two_containers, [](const spec::Request&, Peer& peer) { peer.reply(spec::ExecDone{0}); }));
    CHECK(podctl(podinit.socket(), {"exec", "web", "--", "ls"}).err ==
          "Defaulted container \"app\" out of: app, side\n");
    CHECK(podctl(podinit.socket(), {"exec", "-q", "web", "--", "ls"}).err.empty());
    const auto side = podctl(podinit.socket(), {"exec", "web", "-c", "side", "--", "ls"});
    CHECK(side.err.empty());
    CHECK(std::get<spec::Exec>(podinit.calls().back().call).container == "side");
    const auto nope = podctl(podinit.socket(), {"exec", "web", "-cnope", "--", "ls"});
    CHECK(nope.err == "error: container nope is not valid for pod web; it has: app, side\n");
    CHECK(nope.code == 1);
}

TEST_CASE("exec tells why a command did not start") {
    FakePodinit podinit(with_pod(one_container, [](const spec::Request&, Peer& peer) {
        peer.error(spec::failed("starting nope: No such file or directory"));
    }));
    const auto outcome = podctl(podinit.socket(), {"exec", "web", "--", "nope"});
    CHECK(outcome.err == "Error from server (Failed): starting nope: No such file or directory\n");
    CHECK(outcome.code == 1);
}

TEST_CASE("exec -it without a terminal says so and goes on without one") {
    FakePodinit podinit(
        with_pod(one_container, [](const spec::Request&, Peer& peer) { peer.reply(spec::ExecDone{0}); }));
    const auto outcome = podctl(podinit.socket(), {"exec", "-it", "web", "--", "sh"}, "x");
    CHECK(outcome.err == "Unable to use a TTY - input is not a terminal or the right kind of file\n");
    CHECK_FALSE(std::get<spec::Exec>(podinit.calls().back().call).tty);
}

TEST_CASE("exec -it joins two terminals: bytes, window size, exit code, and ours is put back") {
    FakePodinit podinit(with_pod(one_container, [](const spec::Request& request, Peer& peer) {
        const auto& exec = std::get<spec::Exec>(request.call);
        if (!exec.tty || exec.term != "vt220" || peer.fds.size() != 1)
            return peer.error(spec::failed("no terminal asked for"));
        Terminal remote = open_terminal();
        send_fd(peer.fds[0].get(), remote.master.get());
        remote.master.reset();
        put(remote.slave, "ready\n");
        std::array<char, 64> line{};
        const ssize_t n = read(remote.slave.get(), line.data(), line.size());
        winsize size{};
        ioctl(remote.slave.get(), TIOCGWINSZ, &size);
        put(remote.slave, std::string(line.data(), static_cast<std::size_t>(n - 1)) + " in " +
                              std::to_string(size.ws_col) + "x" + std::to_string(size.ws_row) + "\n");
        remote.slave.reset();
        peer.reply(spec::ExecDone{42});
    }));
    const Terminal local = open_terminal();
    const winsize size{.ws_row = 33, .ws_col = 99, .ws_xpixel = 0, .ws_ypixel = 0};
    ioctl(local.slave.get(), TIOCSWINSZ, &size);
    termios before{}, after{};
    tcgetattr(local.slave.get(), &before);
    const int slave = local.slave.get();
    const pid_t pid = tests::start_podctl(podinit.socket(), {"exec", "-it", "web", "--", "sh"}, slave, slave, slave);
    CHECK(read_until(local.master.get(), "ready\r\n") == "ready\r\n");
    put(local.master, "hello\n");
    const std::string got = read_until(local.master.get(), "code 42");
    CHECK(got.find("hello in 99x33\r\n") != got.npos);
    CHECK(tests::wait_for(pid) == 42);
    tcgetattr(local.slave.get(), &after);
    CHECK(before.c_lflag == after.c_lflag);
    CHECK(before.c_iflag == after.c_iflag);
}

TEST_CASE("a signal that ends exec -it leaves the terminal as it was, and a new window size is passed on") {
    FakePodinit podinit(with_pod(one_container, [](const spec::Request&, Peer& peer) {
        Terminal remote = open_terminal();
        send_fd(peer.fds[0].get(), remote.master.get());
        remote.master.reset();
        put(remote.slave, "ready\n");
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        winsize size{};
        while (size.ws_col != 77 && std::chrono::steady_clock::now() < deadline) {
            ioctl(remote.slave.get(), TIOCGWINSZ, &size);
            poll(nullptr, 0, 5);
        }
        put(remote.slave, "resized to " + std::to_string(size.ws_col) + "\n");
        pollfd hung_up{.fd = remote.slave.get(), .events = 0, .revents = 0};
        poll(&hung_up, 1, 20'000);
    }));
    const Terminal local = open_terminal();
    termios before{}, after{};
    tcgetattr(local.slave.get(), &before);
    const int slave = local.slave.get();
    const pid_t pid = tests::start_podctl(podinit.socket(), {"exec", "-it", "web", "--", "sh"}, slave, slave, slave);
    CHECK(read_until(local.master.get(), "ready\r\n") == "ready\r\n");
    const winsize size{.ws_row = 5, .ws_col = 77, .ws_xpixel = 0, .ws_ypixel = 0};
    ioctl(local.slave.get(), TIOCSWINSZ, &size);
    kill(pid, SIGWINCH); // the kernel sends it to a terminal's foreground group only
    CHECK(read_until(local.master.get(), "77\r\n").find("resized to 77") != std::string::npos);
    kill(pid, SIGTERM);
    read_until(local.master.get(), "code 143");
    CHECK(tests::wait_for(pid) == 128 + SIGTERM);
    tcgetattr(local.slave.get(), &after);
    CHECK(before.c_lflag == after.c_lflag);
}

TEST_CASE("logs prints what the files hold, rotated ones first") {
    std::string path;
    FakePodinit podinit(with_pod(two_containers, [&path](const spec::Request&, Peer& peer) {
        peer.reply(spec::LogPath{path, false});
    }));
    path = podinit.directory() + "/0.log";
    const auto logs = [&](std::vector<std::string> args) {
        args.insert(args.begin(), {"logs", "web", "-c", "side"});
        return podctl(podinit.socket(), args).out;
    };
    CHECK(logs({}).empty()); // nothing written yet
    append(path + ".20260102-030405", log_line("one") + log_line("two"));
    append(path, log_line("three") + log_line("four"));
    CHECK(logs({}) == "one\ntwo\nthree\nfour\n");
    CHECK(logs({"--tail=1"}) == "four\n");
    CHECK(logs({"--tail", "3"}) == "two\nthree\nfour\n");
    CHECK(logs({"--tail=0"}).empty());
    CHECK(logs({"--tail=1", "--timestamps"}) == "2026-01-02T03:04:05.5Z four\n");
    CHECK(logs({"-p"}) == "one\ntwo\nthree\nfour\n");
    CHECK(std::get<spec::Logs>(podinit.calls().back().call).previous);
    CHECK(podctl(podinit.socket(), {"logs", "web", "--tail=1"}).err ==
          "Defaulted container \"app\" out of: app, side\n");
}

TEST_CASE("logs -f follows through a rotation until the run is over") {
    std::string path;
    std::atomic<bool> ended = false;
    FakePodinit podinit(with_pod(one_container, [&](const spec::Request&, Peer& peer) {
        peer.reply(spec::LogPath{path, ended});
    }));
    path = podinit.directory() + "/0.log";
    append(path, log_line("old") + log_line("one"));
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    const ctl::Fd out(ends[0]);
    ctl::Fd in(ends[1]);
    const pid_t pid = tests::start_podctl(podinit.socket(), {"logs", "-f", "web", "--tail=1"}, 0, in.get(), 2);
    in.reset();
    CHECK(read_until(out.get(), "one\n") == "one\n");
    append(path, log_line("two"));
    CHECK(read_until(out.get(), "two\n") == "two\n");
    append(path, log_line("three"));
    REQUIRE(rename(path.c_str(), (path + ".20260102-030405").c_str()) == 0);
    append(path, log_line("four"));
    CHECK(read_until(out.get(), "four\n") == "three\nfour\n");
    append(path, log_line("five"));
    ended = true;
    CHECK(read_until(out.get(), "never") == "five\n");
    CHECK(tests::wait_for(pid) == 0);
}

TEST_CASE("logs -f waits for the first line of a container that has not written any") {
    std::string path;
    FakePodinit podinit(with_pod(one_container, [&](const spec::Request&, Peer& peer) {
        peer.reply(spec::LogPath{path, false});
    }));
    path = podinit.directory() + "/made/later/0.log";
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    const ctl::Fd out(ends[0]);
    ctl::Fd in(ends[1]);
    const pid_t pid = tests::start_podctl(podinit.socket(), {"logs", "-f", "web"}, 0, in.get(), 2);
    in.reset();
    REQUIRE(mkdir((podinit.directory() + "/made").c_str(), 0700) == 0);
    REQUIRE(mkdir((podinit.directory() + "/made/later").c_str(), 0700) == 0);
    append(path, log_line("first"));
    CHECK(read_until(out.get(), "first\n") == "first\n");
    kill(pid, SIGTERM);
    CHECK(tests::wait_for(pid) == 128 + SIGTERM);
}
