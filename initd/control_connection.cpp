// SPDX-License-Identifier: Apache-2.0
#include "initd/control_connection.hpp"

#include "initd/received_fds.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace initd {
namespace {

constexpr std::size_t smallest_read = 4u << 10;
constexpr std::size_t largest_read = 256u << 10;

} // namespace

bool ControlConnection::receive() {
    const std::size_t old = in_.size();
    in_.resize(old + std::clamp(old, smallest_read, largest_read));
    iovec part{in_.data() + old, in_.size() - old};
    alignas(cmsghdr) char control[received_fds_space];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const int err = errno;
    in_.resize(old + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0)
        return err == EAGAIN || err == EINTR;
    at_end_ = got == 0;
    take_fds(message, in_.size());
    if (!has_message())
        nul_ = in_.find('\0', old);
    if (in_.empty())
        in_ = std::string();
    return true;
}

// One read ends with the bytes that descriptors came with (unix(7)), so those belong to the last message it touched.
void ControlConnection::take_fds(msghdr& message, std::size_t end) {
    ReceivedFds received = received_fds(message);
    // Two messages' worth at most, however often a client adds some to half a message.
    for (std::size_t i = 0; i < std::min(received.count, max_fds) && fds_.size() < 2 * max_fds; ++i)
        fds_.push_back({end, std::move(received.fds[i])});
}

bool ControlConnection::overlong() const noexcept {
    const std::size_t limit = peer_.access == Access::All ? spec::max_message_bytes : spec::max_reader_message_bytes;
    return std::min(nul_, in_.size()) > limit;
}

ControlConnection::Message ControlConnection::take_message() {
    Message message;
    const std::size_t size = nul_ + 1;
    std::size_t ours = 0;
    for (; ours < fds_.size() && fds_[ours].end <= size; ++ours)
        if (ours < max_fds)
            message.fds.push_back(std::move(fds_[ours].fd));
    fds_.erase(fds_.begin(), fds_.begin() + static_cast<std::ptrdiff_t>(ours));
    for (Arrived& arrived : fds_)
        arrived.end -= size;
    if (size == in_.size()) {
        message.text = std::exchange(in_, std::string());
        message.text.pop_back();
    } else {
        message.text.assign(in_, 0, nul_);
        in_.erase(0, size);
    }
    if (fds_.empty())
        fds_ = std::vector<Arrived>();
    nul_ = in_.find('\0');
    return message;
}

void ControlConnection::queue(std::string_view message) {
    out_.append(message).push_back('\0');
}

bool ControlConnection::flush() noexcept {
    while (queued() > 0) {
        const ssize_t sent = ::send(socket_.get(), out_.data() + sent_, queued(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN;
        sent_ += static_cast<std::size_t>(sent);
        if (sent_ >= out_.size() / 2) {
            out_.erase(0, sent_);
            sent_ = 0;
        }
    }
    out_ = std::string();
    return true;
}

} // namespace initd
