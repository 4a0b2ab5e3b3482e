// SPDX-License-Identifier: Apache-2.0
// The namespaces that a pod's containers share, pinned by descriptors instead of a pause process.
#pragma once

#include "ns/error.hpp"
#include "ns/fd.hpp"

#include <cstdint>
#include <expected>
#include <string_view>

namespace ns {

struct Sandbox { // an empty Fd: the machine's own namespace
    Fd net, ipc, uts;
};

struct SandboxRequest {
    bool net = true;
    bool ipc = true;
    bool uts = true;
    std::string_view hostname; // set in the new UTS namespace; at most 64 bytes
};

// What is the caller's own and is left for the length of a call. Who is stopped there and goes on as another program
// finds the way back here.
struct Home {
    std::int32_t net = -1; // descriptors, without close-on-exec
    std::int32_t ipc = -1;
    std::int32_t uts = -1;
    std::int32_t umask = -1;
};

// Makes sandboxes by unshare(2) in the calling process and setns(2) back, all within one call. In a new network
// namespace loopback is up, and every user may listen on low ports and ping, as in a pod of Kubernetes. One sandbox
// with all three namespaces can be made ahead, since the network namespace is most of a pod's start.
class SandboxFactory {
  public:
    // Opens the machine's own namespaces. A kernel without one of them is no error here, only when it is asked for
    // (ENOSYS or EINVAL with the step that names it). With a home that is noted already the caller goes there, and what
    // is not is noted.
    static std::expected<SandboxFactory, Error> open(Home* home = nullptr) noexcept;

    std::expected<Sandbox, Error> make(const SandboxRequest& request) noexcept;

    // A socket of that address family and type (SOCK_STREAM, SOCK_DGRAM) in the sandbox's network (the machine's, if it
    // has none of its own). It does not block.
    std::expected<Fd, Error> open_socket(const Sandbox& sandbox, int family, int type) noexcept;

    // Makes the spare if there is none and one was used before: call when there is nothing else to do.
    void prepare_spare() noexcept;

  private:
    std::expected<Sandbox, Error> take_spare(std::string_view hostname) noexcept;
    std::expected<void, Error> go_home() noexcept;

    Fd home_net_, home_ipc_, home_uts_;
    Sandbox spare_;
    bool wanted_ = false;
};

// Is that an open descriptor of a namespace of that kind (CLONE_NEW*)?
bool is_namespace(int fd, int kind) noexcept;

// Brings the loopback interface of the calling process's network namespace up.
std::expected<void, Error> loopback_up() noexcept;

} // namespace ns
