// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/control_rig.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace initd {

ssize_t Client::send(std::string_view bytes, const std::vector<int>& fds) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(64 * sizeof(int))] = {};
    if (!fds.empty()) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
    }
    return ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool Client::receive() {
    char bytes[64 << 10];
    for (;;) {
        const ssize_t got = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        in_.append(bytes, static_cast<std::size_t>(got));
    }
}

std::optional<std::string> Client::take() {
    const std::size_t end = in_.find('\0');
    if (end == std::string::npos)
        return std::nullopt;
    std::string message = in_.substr(0, end);
    in_.erase(0, end + 1);
    return message;
}

ControlRig::ControlRig(ControlPolicy policy)
    : path(temp.path() + "/control.sock")
    , poller(std::move(*Poller::open()))
    , control(std::move(*Control::open(poller, nowhere, path, policy))) {
    ::chmod(temp.path().c_str(), 0755);
}

// The kernel notes the effective ids of whoever connects.
Client ControlRig::connect(const Credentials& who) {
    ns::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    const bool change = who.uid != ::geteuid();
    if (change &&
        (::setgroups(who.groups.size(), who.groups.data()) != 0 || ::setegid(who.gid) != 0 || ::seteuid(who.uid) != 0))
        std::abort();
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        socket.reset();
    if (change && (::seteuid(0) != 0 || ::setegid(0) != 0 || ::setgroups(0, nullptr) != 0))
        std::abort();
    return Client(std::move(socket));
}

void ControlRig::turn() {
    for (const Ready& ready : poller.wait(1)) {
        if (ready.source == Source::Client)
            control.on_client(ready, calls);
        if (ready.source == Source::Listener)
            control.on_listener();
    }
    for (ClientId client : control.take_drained())
        drained.push_back(client);
}

std::string ControlRig::read(Client& client) {
    std::optional<std::string> message;
    bool open = true;
    until([&] {
        open = client.receive();
        message = client.take();
        return message || !open;
    });
    return message ? *message : open ? "nothing" : "closed";
}

bool ControlRig::is_closed(Client& client) {
    return until([&] { return !client.receive(); });
}

std::size_t ControlRig::open_fds() const {
    return names_in("/proc/self/fd").size();
}

} // namespace initd
