// SPDX-License-Identifier: Apache-2.0
#include "initd/control_listener.hpp"

#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <vector>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace initd {
namespace {

constexpr int backlog = 64;

bool in_group(int socket, gid_t primary, gid_t group) {
    if (primary == group)
        return true;
    std::vector<gid_t> groups(32);
    for (;;) {
        socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        const int got = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
        const std::size_t count = size / sizeof(gid_t);
        if (got == 0)
            return std::ranges::count(std::span(groups).first(count), group) > 0;
        if (errno != ERANGE || count <= groups.size())
            return false;
        groups.resize(count);
    }
}

} // namespace

std::expected<ns::Fd, ns::Error> listen_at(const std::string& path, const ControlPolicy& policy) noexcept {
    const auto fail = [](int err) { return std::unexpected(ns::Error{err, ns::Step::Open}); };
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(ENAMETOOLONG);
    std::memcpy(address.sun_path, path.data(), path.size());
    ns::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket)
        return fail(errno);
    const bool readers = policy.readers != static_cast<gid_t>(-1);
    ::unlink(path.c_str());
    const mode_t old = ::umask(readers ? 0117 : 0177); // never open to more, not even for a moment
    const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int err = errno;
    ::umask(old);
    if (bound != 0)
        return fail(err);
    if (readers && ::chown(path.c_str(), static_cast<uid_t>(-1), policy.readers) != 0)
        return fail(errno);
    if (::listen(socket.get(), backlog) != 0)
        return fail(errno);
    return ns::raise(std::move(socket));
}

Peer judge(int socket, const ControlPolicy& policy) {
    ucred cred{};
    socklen_t size = sizeof cred;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &cred, &size) != 0)
        return {};
    Peer peer{.pid = cred.pid, .uid = cred.uid};
    if (cred.uid == 0 || cred.uid == policy.owner)
        peer.access = Access::All;
    else if (policy.readers != static_cast<gid_t>(-1) && in_group(socket, cred.gid, policy.readers))
        peer.access = Access::Look;
    return peer;
}

} // namespace initd
