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

bool make_address(const std::string& path, sockaddr_un& address) noexcept {
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return false;
    std::memcpy(address.sun_path, path.data(), path.size());
    return true;
}

} // namespace

std::expected<ns::Fd, ns::Error> listen_at(const std::string& path, const ControlPolicy& policy) noexcept {
    const auto fail = [](int err) { return std::unexpected(ns::Error{err, ns::Step::Open}); };
    sockaddr_un address{};
    if (!make_address(path, address))
        return fail(ENAMETOOLONG);
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
    socket = ns::keep(std::move(socket));
    return socket ? std::expected<ns::Fd, ns::Error>(std::move(socket)) : fail(errno);
}

// Its file must be there still, and the policy may have changed.
ns::Fd adopt_listener(ns::Fd socket, const std::string& path, const ControlPolicy& policy) noexcept {
    int listens = 0;
    socklen_t size = sizeof listens;
    sockaddr_un own{}, wanted{};
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0)
        return {};
    size = sizeof own;
    struct stat status {};
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0 || !make_address(path, wanted) ||
        std::memcmp(&own, &wanted, sizeof own) != 0 || ::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode))
        return {};
    const bool readers = policy.readers != static_cast<gid_t>(-1);
    const bool open = ::chmod(path.c_str(), 0600) == 0 &&
                      (!readers || (::chown(path.c_str(), static_cast<uid_t>(-1), policy.readers) == 0 &&
                                    ::chmod(path.c_str(), 0660) == 0));
    return open ? std::move(socket) : ns::Fd();
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
