// SPDX-License-Identifier: Apache-2.0
#include "ns/child.hpp"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/socket.h>

namespace ns {
namespace {

// Where the set-up keeps what it still needs; the descriptors above are the child's to use.
constexpr int report_at = 3;
constexpr int terminal_at = 4;

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

} // namespace

void take_streams(Child& child) noexcept {
    const Plan& plan = *child.plan;
    // What PID 1 keeps at high_fd and above is not even copied.
    must(child, Step::StandardStreams, raw::call(SYS_close_range, child.first_closable, ~0u, CLOSE_RANGE_UNSHARE));

    const auto or_null = [&](int fd) { return fd >= 0 && plan.terminal_socket < 0 ? fd : child.null_fd; };
    int wanted[] = {or_null(plan.stdin_fd), or_null(plan.stdout_fd), or_null(plan.stderr_fd), child.report_fd,
                    plan.terminal_socket};
    const int count = plan.terminal_socket >= 0 ? 5 : 4;
    // One that stands where another has to go is moved out of the way first.
    for (int to = 0; to < count; ++to)
        if (wanted[to] < count && wanted[to] != to) {
            const long moved = must(child, Step::StandardStreams, raw::call(SYS_fcntl, wanted[to], F_DUPFD, count));
            if (to == report_at)
                child.report_fd = static_cast<int>(moved); // a failure from here on must still be heard
            wanted[to] = static_cast<int>(moved);
        }
    for (int to = 0; to < count; ++to) {
        const bool stays = to >= report_at; // until the exec
        if (wanted[to] != to)
            must(child, Step::StandardStreams, raw::call(SYS_dup3, wanted[to], to, stays ? O_CLOEXEC : 0));
        else
            must(child, Step::StandardStreams, raw::call(SYS_fcntl, to, F_SETFD, stays ? FD_CLOEXEC : 0));
    }
    child.report_fd = report_at;
    must(child, Step::StandardStreams, raw::call(SYS_close_range, count, ~0u, 0));
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
        send_descriptor(child, terminal_at, master);
    }
    if (plan.terminal_socket >= 0 || plan.controlling_terminal)
        must(child, Step::Session, raw::call(SYS_ioctl, 0, TIOCSCTTY, 1)); // 1: steal it from another session
}

} // namespace ns
