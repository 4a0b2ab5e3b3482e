// SPDX-License-Identifier: Apache-2.0
#include "ns/child.hpp"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/socket.h>

namespace ns {
namespace {

void send_descriptor(const Child& child, int socket, int descriptor) noexcept {
    alignas(cmsghdr) unsigned char control[CMSG_SPACE(sizeof descriptor)]{};
    char byte = 0;
    iovec data{&byte, 1};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    *reinterpret_cast<int*>(CMSG_DATA(header)) = descriptor;
    // A client that does not read must not hold the child.
    must(child, Step::Terminal, raw::call(SYS_sendmsg, socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT));
}

// Everything that is passed, and everything of ours that stands where it has to go, is moved above all of those places.
// The order of placing is then of no account.
void make_way(Child& child) noexcept {
    Plan& plan = *child.plan;
    int above = 3;
    for (const PassedFd& passed : plan.passed)
        if (passed.number >= above)
            above = passed.number + 1;
    const auto move = [&](int& fd) {
        fd = static_cast<int>(must(child, Step::StandardStreams, raw::call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, above)));
    };
    for (int* fd : {&child.report_fd, &child.null_fd, &plan.terminal_socket})
        if (*fd >= 0 && *fd < above)
            move(*fd);
    for (PassedFd& passed : plan.passed)
        move(passed.fd);
}

} // namespace

void take_streams(Child& child) noexcept {
    const Plan& plan = *child.plan;
    // What PID 1 keeps at high_fd and above is not even copied.
    must(child, Step::StandardStreams, raw::call(SYS_close_range, child.first_closable, ~0u, CLOSE_RANGE_UNSHARE));

    if (!plan.passed.empty())
        make_way(child);
    // What stands where a stream has to go is moved out of the way first.
    const auto move_away = [&](int fd, int command) {
        return static_cast<int>(must(child, Step::StandardStreams, raw::call(SYS_fcntl, fd, command, 3)));
    };
    if (plan.terminal_socket >= 0 && plan.terminal_socket < 3)
        child.terminal_fd = move_away(plan.terminal_socket, F_DUPFD_CLOEXEC);
    else if (child.terminal_fd = plan.terminal_socket; child.terminal_fd >= 0)
        must(child, Step::StandardStreams, raw::call(SYS_fcntl, child.terminal_fd, F_SETFD, FD_CLOEXEC));
    int streams[] = {plan.stdin_fd, plan.stdout_fd, plan.stderr_fd};
    for (int to = 0; to < 3; ++to) {
        if (streams[to] < 0 || child.terminal_fd >= 0)
            streams[to] = child.null_fd;
        else if (streams[to] < 3 && streams[to] != to)
            streams[to] = move_away(streams[to], F_DUPFD);
    }
    for (int to = 0; to < 3; ++to)
        must(child, Step::StandardStreams,
             streams[to] == to ? raw::call(SYS_fcntl, to, F_SETFD, 0) : raw::call(SYS_dup3, streams[to], to, 0));
    // Nothing else reaches the program, whoever opened it and how.
    must(child, Step::StandardStreams, raw::call(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC));
    for (const PassedFd& passed : plan.passed)
        must(child, Step::StandardStreams, raw::call(SYS_dup3, passed.fd, passed.number, 0));
}

void open_terminal(Child& child) noexcept {
    const Plan& plan = *child.plan;
    if (plan.terminal_socket >= 0) {
        const int master = static_cast<int>(
            must(child, Step::Terminal, raw::call(SYS_openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)));
        const int locked = 0;
        must(child, Step::Terminal, raw::call(SYS_ioctl, master, TIOCSPTLCK, &locked));
        const long slave =
            must(child, Step::Terminal, raw::call(SYS_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
        if (plan.uid != 0) // the group is the devpts mount's
            must(child, Step::Terminal, raw::call(SYS_fchown, slave, plan.uid, -1));
        for (int to = 0; to < 3; ++to)
            must(child, Step::Terminal, raw::call(SYS_dup3, slave, to, 0));
        send_descriptor(child, child.terminal_fd, master);
    }
    if (plan.terminal_socket >= 0 || plan.controlling_terminal)
        must(child, Step::Session, raw::call(SYS_ioctl, 0, TIOCSCTTY, 1)); // 1: steal it from another session
}

} // namespace ns
