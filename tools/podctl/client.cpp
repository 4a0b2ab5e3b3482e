// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/client.hpp"

#include "tools/podctl/output.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace ctl {

namespace {

constexpr std::string_view our_errors = "io.podinit.";

std::string advice(int error) {
    switch (error) {
    case EACCES:
    case EPERM: return "This takes root, or for looking only the readersGroup of podinit's configuration.";
    default:
        return "Is podinit running? One that is not PID 1 is reached by --socket RUN_DIR/control.sock "
               "(or PODINIT_SOCKET).";
    }
}

[[noreturn]] void connection_failed(const std::string& path, int error) {
    throw Failure{"The connection to podinit at " + path + " failed: " + std::strerror(error) + "\n" + advice(error)};
}

[[noreturn]] void connection_lost(const std::string& path, int error) {
    throw ConnectionLost{{"The connection to podinit at " + path +
                          " was lost: " + (error != 0 ? std::strerror(error) : "podinit closed it")}};
}

} // namespace

Client::Client(const std::string& socket_path)
    : path_(socket_path) {
    if (!connect())
        connection_failed(path_, errno);
}

bool Client::connect() {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path_.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    path_.copy(address.sun_path, path_.size());
    socket_ = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return socket_ && ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

void Client::reconnect(const ConnectionLost& lost) {
    constexpr int tries = 100, pause_ms = 50;
    received_.clear();
    for (int i = 0; !connect(); ++i) {
        if (i == tries)
            throw lost;
        poll(nullptr, 0, pause_ms);
    }
}

void Client::send(const spec::Request& request, std::span<const int> fds) {
    const std::string message = spec::write_request(request);
    alignas(cmsghdr) std::array<char, CMSG_SPACE(4 * sizeof(int))> control{};
    for (std::size_t sent = 0; sent < message.size() + 1;) {
        // With its final NUL, which std::string keeps behind its text.
        iovec part{const_cast<char*>(message.data()) + sent, message.size() + 1 - sent};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        if (sent == 0 && !fds.empty()) { // descriptors go with the first byte
            header.msg_control = control.data();
            header.msg_controllen = CMSG_SPACE(fds.size_bytes());
            cmsghdr* rights = CMSG_FIRSTHDR(&header);
            rights->cmsg_level = SOL_SOCKET;
            rights->cmsg_type = SCM_RIGHTS;
            rights->cmsg_len = CMSG_LEN(fds.size_bytes());
            std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
        }
        const ssize_t n = sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET) && sent > 0)
            return; // podinit has had enough of it; what it has to say is there to be received
        if (n < 0)
            connection_lost(path_, errno);
        sent += static_cast<std::size_t>(n);
    }
}

std::expected<spec::Answer, spec::ControlError> Client::receive(const spec::Call& call) {
    std::size_t seen = 0;
    for (;;) {
        if (const std::size_t end = received_.find('\0', seen); end != received_.npos) {
            const std::string message = received_.substr(0, end);
            received_.erase(0, end + 1);
            return spec::read_answer(message, call);
        }
        seen = received_.size();
        std::array<char, 16384> buffer;
        const ssize_t n = recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            connection_lost(path_, n < 0 ? errno : 0);
        received_.append(buffer.data(), static_cast<std::size_t>(n));
    }
}

std::string to_text(const spec::ControlError& error) {
    std::string_view name = error.name;
    if (name.starts_with(our_errors))
        name.remove_prefix(our_errors.size());
    else
        name.remove_prefix(std::min(name.size(), name.rfind('.') + 1));
    if (name == "PermissionDenied")
        name = "Forbidden";
    std::string text = "Error from server (" + std::string(name) + "): " + error.message;
    if (!error.pointer.empty())
        text += " (" + error.pointer + ")";
    return text;
}

bool is_not_found(const spec::ControlError& error) {
    return error.name == "io.podinit.NotFound";
}

void fail(const spec::ControlError& error) {
    throw Failure{to_text(error)};
}

} // namespace ctl
