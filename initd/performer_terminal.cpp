// SPDX-License-Identifier: Apache-2.0
// The performer's half that comes by the masters of pseudo-terminals: a child opens one in its container and sends it,
// before its program runs, over a socket of its launch.
#include "initd/performer.hpp"

#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace initd {

std::expected<void, PlanFailure> Performer::connect_terminal(Launchable& launch, RunId run, std::uint32_t attempt) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return std::unexpected(PlanFailure{"CreateContainerError", ns::to_text({errno, ns::Step::Terminal})});
    Terminal terminal{next_terminal_++, run, attempt, ns::keep(ns::Fd(ends[0]))};
    launch.held.emplace_back(ends[1]);
    launch.plan.terminal_socket = ends[1];
    if (auto added = poller_.add(terminal.socket.get(), Source::Terminal, terminal.id, EPOLLIN); !added)
        return std::unexpected(PlanFailure{"CreateContainerError", ns::to_text(added.error())});
    launch.kept.terminal = terminal.socket.get();
    launch.kept.attempt = attempt;
    terminals_.push_back(std::move(terminal));
    return {};
}

void Performer::restore_terminal(UnitRuntime& unit) {
    ns::Fd socket = state_.descriptors().claim(unit.kept.terminal, S_IFSOCK);
    if (!socket)
        return;
    if (auto added = poller_.add(socket.get(), Source::Terminal, next_terminal_, EPOLLIN); added)
        terminals_.push_back({next_terminal_++, unit.run, unit.kept.attempt, std::move(socket)});
}

// It is only looked at before the log has it: it would be lost with us otherwise, and the container with it.
void Performer::on_terminal(std::uint32_t id) noexcept try {
    auto terminal = std::find_if(terminals_.begin(), terminals_.end(), [&](const Terminal& t) { return t.id == id; });
    if (terminal == terminals_.end())
        return;
    char byte;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec iov{&byte, 1};
    msghdr message{};
    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t n = recvmsg(terminal->socket.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT | MSG_PEEK);
    if (n < 0 && errno == EAGAIN)
        return;
    if (const cmsghdr* header = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
        header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        ns::Fd master(*reinterpret_cast<const int*>(CMSG_DATA(header)));
        fcntl(master.get(), F_SETFL, O_RDWR | O_NONBLOCK);
        std::uint32_t slot = terminal->run.unit.slot();
        if (core_.pod(slot).phase != PodPhase::Free)
            logs_.adopt_stream(log_target(slot, container_of(terminal->run), terminal->attempt), Stream::Stdout,
                               ns::keep(std::move(master)));
    }
    if (UnitRuntime* u = unit(terminal->run)) {
        u->kept.terminal = -1;
        keep_run(*u);
    }
    poller_.remove(terminal->socket.get());
    terminals_.erase(terminal);
} catch (...) { // out of memory: that container's terminal has nobody at its other end
}

} // namespace initd
