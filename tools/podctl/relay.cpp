// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/relay.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <string_view>

namespace ctl {

namespace {

// Writes everything; our own descriptors may be slow, and even non-blocking.
bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = write(fd, bytes.data(), bytes.size());
        if (n >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno == EAGAIN) {
            pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

void set_nonblocking(int fd) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

} // namespace

Upstream::Upstream(int from, Fd to)
    : from_(from)
    , to_(std::move(to)) {
    set_nonblocking(to_.get());
}

void Upstream::on_input() {
    std::array<char, 16384> buffer;
    const ssize_t n = read(from_, buffer.data(), buffer.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0)
        return to_.reset();
    pending_.assign(buffer.data(), static_cast<std::size_t>(n));
    on_output();
}

void Upstream::on_output() {
    const ssize_t n = write(to_.get(), pending_.data(), pending_.size());
    if (n >= 0) {
        pending_.erase(0, static_cast<std::size_t>(n));
    } else if (errno != EINTR && errno != EAGAIN) {
        pending_.clear();
        to_.reset();
    }
}

Downstream::Downstream(Fd from, int to)
    : from_(std::move(from))
    , to_(to) {
    set_nonblocking(from_.get());
}

bool Downstream::on_input() {
    std::array<char, 65536> buffer;
    const ssize_t n = read(from_.get(), buffer.data(), buffer.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return errno == EINTR;
    // A pseudo-terminal's master says EIO when the other side is closed.
    if (n <= 0 || !write_all(to_, {buffer.data(), static_cast<std::size_t>(n)}))
        from_.reset();
    return static_cast<bool>(from_);
}

} // namespace ctl
