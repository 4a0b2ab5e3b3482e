// SPDX-License-Identifier: Apache-2.0
// What a pod's annotations ask for on behalf of programs that were written for other inits.
//
//   podinit/notify: "web, db"                sd_notify(3): NOTIFY_SOCKET is given, and ready is who says so
//   podinit/notification-fd: "web=3"         the same as s6 has it: a line written to that descriptor
//   podinit/watchdog-seconds: "web=10"       WATCHDOG_USEC; of a container that notifies
//   podinit/listen: "web=tcp:80, web=admin@tcp:[::1]:8080, web=udp:53, web=unix:/run/web/web.sock"
//                                            sd_listen_fds(3): sockets from descriptor 3 on, in the order written
//
// Items are separated by commas. Each names its container; the only container of a pod need not be named. A socket may
// have a name for LISTEN_FDNAMES before an "@"; without one it has its container's.
#pragma once

#include "spec/pod.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spec {

struct ListenSocket {
    enum class Kind : std::uint8_t { Tcp, Udp, Unix };
    Kind kind = Kind::Tcp;
    std::string name;
    std::string address; // IPv4 or IPv6, empty: every address of both; of Unix the path that the container sees
    std::uint16_t port = 0;
    friend bool operator==(const ListenSocket&, const ListenSocket&) = default;
};

struct Services { // of one container
    bool notifies = false;
    std::int32_t notification_fd = -1;
    std::int64_t watchdog_seconds = 0;
    std::vector<ListenSocket> sockets;
    bool says_ready() const noexcept { return notifies || notification_fd >= 0; }
};

inline constexpr std::int32_t first_listen_fd = 3;

struct AnnotationProblem {
    std::string_view key;
    std::string message;
};

// One for each container, by its index (container_at()); none at all for a pod that asks for nothing. What is wrong is
// passed over, and added to `problems` when there is such a list.
std::vector<Services> read_services(const Pod& pod, std::vector<AnnotationProblem>* problems = nullptr);

// As the annotation has it, without the names.
std::string to_text(const ListenSocket& socket);

// The volume in which a Unix socket is to be: one that the container mounts at the directory of `path`, as a whole, and
// whose files are in memory or on the machine. nullptr: there is none.
const Volume* volume_of_socket(const PodSpec& spec, const Container& container, std::string_view path) noexcept;

} // namespace spec
