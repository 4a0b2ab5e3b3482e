// SPDX-License-Identifier: Apache-2.0
// Descriptors that came with a message (SCM_RIGHTS), from somebody who may mean ill.
#pragma once

#include "ns/fd.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <sys/socket.h>

namespace initd {

// The most that a message can have (the kernel's SCM_MAX_FD). A control buffer has room for all of them: what does not
// fit the kernel closes itself, and then nobody has seen to the lingering.
inline constexpr std::size_t max_received_fds = 253;
inline constexpr std::size_t received_fds_space = CMSG_SPACE(max_received_fds * sizeof(int));

struct ReceivedFds {
    std::array<ns::Fd, max_received_fds> fds;
    std::size_t count = 0;
};

// Whoever closes a socket last waits until what it holds is sent, as long as its SO_LINGER says (socket(7)): PID 1
// would. That is taken from every socket first, so that each may be closed, or dropped, at any time.
inline ReceivedFds received_fds(msghdr& message) noexcept {
    ReceivedFds received;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count && received.count < max_received_fds; ++i) {
            int fd;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            const linger none{};
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
            received.fds[received.count++].reset(fd);
        }
    }
    return received;
}

} // namespace initd
