// SPDX-License-Identifier: Apache-2.0
#include "initd/sockets.hpp"

#include "ns/fd.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace initd {

namespace {

std::unexpected<ns::Error> failure(int err = errno) noexcept {
    return std::unexpected(ns::Error{err, ns::Step::Bind});
}

// A file's name is the same text in every directory, and through the descriptor no link leads elsewhere.
bool set_address(sockaddr_un& address, int directory, const std::string& name) {
    const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return false;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return true;
}

const sockaddr* as_address(const auto& address) noexcept {
    return reinterpret_cast<const sockaddr*>(&address);
}

// Only the kernel knows whether somebody still has the socket: it lets nobody connect to one that nobody has.
bool remove_stale(int directory, const std::string& name, const sockaddr_un& address) noexcept {
    struct stat what {};
    if (fstatat(directory, name.c_str(), &what, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(what.st_mode))
        return false;
    const ns::Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return probe && connect(probe.get(), as_address(address), sizeof address) != 0 && errno == ECONNREFUSED &&
           unlinkat(directory, name.c_str(), 0) == 0;
}

void set_option(int socket, int level, int option, int value) noexcept {
    setsockopt(socket, level, option, &value, sizeof value);
}

} // namespace

std::expected<void, ns::Error> bind_unix(int socket, int directory, const std::string& name) noexcept try {
    sockaddr_un address{};
    if (!set_address(address, directory, name))
        return failure(ENAMETOOLONG);
    fchmod(socket, 0666); // of the socket, before its file is made: the file's mode is that (net/unix/af_unix.c)
    const mode_t mask = umask(0);
    int bound = bind(socket, as_address(address), sizeof address);
    int err = errno;
    if (bound != 0 && err == EADDRINUSE && remove_stale(directory, name, address)) {
        bound = bind(socket, as_address(address), sizeof address);
        err = errno;
    }
    umask(mask);
    if (bound != 0)
        return failure(err);
    return {};
} catch (...) {
    return failure(ENOMEM);
}

std::expected<void, ns::Error> bind_inet(int socket, const spec::ListenSocket& to) noexcept {
    int family = 0;
    socklen_t size = sizeof family;
    getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(to.port);
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = six.sin6_port;
    const bool is_six = family == AF_INET6;
    if (!to.address.empty())
        inet_pton(family, to.address.c_str(), is_six ? static_cast<void*>(&six.sin6_addr) : &four.sin_addr);
    if (is_six)
        set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, !to.address.empty());
    if (to.kind == spec::ListenSocket::Kind::Tcp) // connections of a server before are no reason to wait
        set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(socket, is_six ? as_address(six) : as_address(four), is_six ? sizeof six : sizeof four) != 0)
        return failure();
    return {};
}

} // namespace initd
