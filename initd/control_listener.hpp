// SPDX-License-Identifier: Apache-2.0
// The socket that clients connect to, and who they are.
#pragma once

#include "initd/control.hpp"

#include <expected>
#include <string>

namespace initd {

// A listening socket at `path`, made anew; nobody that the policy does not name can connect to it.
std::expected<ns::Fd, ns::Error> listen_at(const std::string& path, const ControlPolicy& policy) noexcept;

// A descriptor that is said to be such a socket, as a podinit before us has left it; none when it is something else.
ns::Fd adopt_listener(ns::Fd socket, const std::string& path, const ControlPolicy& policy) noexcept;

// What the peer of a connected socket may do: by its user, else by its primary and supplementary groups, as they were
// when it connected.
Peer judge(int socket, const ControlPolicy& policy);

} // namespace initd
