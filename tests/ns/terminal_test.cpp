// SPDX-License-Identifier: Apache-2.0
#include "ns/container_fs.hpp"
#include "tests/ns/harness.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace ns;
using namespace ns::test;

namespace {

Fd receive_descriptor(int socket) {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    char byte = 1;
    iovec data{&byte, 1};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    REQUIRE(recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) == 1);
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    REQUIRE(header);
    REQUIRE(header->cmsg_type == SCM_RIGHTS);
    int fd;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return Fd(fd);
}

std::string read_terminal(int master) {
    std::string text;
    char buffer[512];
    for (pollfd one{master, POLLIN, 0}; poll(&one, 1, 10000) > 0;) {
        const ssize_t got = read(master, buffer, sizeof buffer);
        if (got <= 0)
            break; // EIO: every slave is closed
        text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
}

} // namespace

TEST_CASE("a terminal is made where the program runs and its master comes over the socket") {
    if (!is_root())
        return;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    for (const bool in_container : {false, true}) {
        Machine machine;
        int pair[2];
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        const Fd ours(pair[0]), theirs(pair[1]);
        Plan one = in_container ? image_plan(image, {}) : plan({});
        one.argv = {"payload", "ids", "tty", "fds", "mode", "/dev/pts/0"};
        if (in_container)
            one.setup = container_mounts({.mount_proc = false});
        one.uid = 1000;
        one.terminal_socket = theirs.get();
        const auto pid = machine.launcher.launch(std::move(one), 1);
        REQUIRE(pid);
        const Report report = machine.reports(1).begin()->second;
        CHECK(report.step == Step::Exec);
        const Fd master = receive_descriptor(ours.get());
        const std::string text = read_terminal(master.get());
        const Outcome outcome{text, wait_for(*pid), report};
        CHECK(outcome.code == 0);
        CHECK(outcome.line("tty") == outcome.line("session"));
        CHECK(outcome.line("fds") == "0 1 2 \r");
        if (in_container)
            CHECK(outcome.line("mode") == std::to_string(S_IFCHR | 0620) + "\r");
    }
}

TEST_CASE("a client that does not take its terminal is an error of that launch") {
    if (!is_root())
        return;
    Machine machine;
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    const Fd ours(pair[0]), theirs(pair[1]);
    char block[4096]{};
    while (write(theirs.get(), block, sizeof block) > 0 || write(theirs.get(), block, 1) > 0) {
    }
    Plan one = plan({"exit", "0"});
    one.terminal_socket = theirs.get();
    const Outcome outcome = machine.run(std::move(one));
    CHECK(outcome.report.step == Step::Terminal);
    CHECK(outcome.report.err == EAGAIN);
}

TEST_CASE("standard input that is a terminal becomes the controlling one when asked") {
    if (!is_root())
        return;
    Machine machine;
    const Fd master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(master);
    REQUIRE(grantpt(master.get()) == 0);
    REQUIRE(unlockpt(master.get()) == 0);
    const Fd slave(open(ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(slave);
    for (const bool controlling : {true, false}) {
        Plan one = plan({"ids", "tty"});
        one.stdin_fd = slave.get();
        one.controlling_terminal = controlling;
        const Outcome outcome = machine.run(std::move(one));
        CHECK(outcome.line("tty") == (controlling ? outcome.line("session") : std::to_string(-ENOTTY)));
    }
}
