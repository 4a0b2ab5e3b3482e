// SPDX-License-Identifier: Apache-2.0
// Sockets bound to addresses and to files.
#pragma once

#include "ns/error.hpp"
#include "spec/services.hpp"

#include <expected>
#include <string>

namespace initd {

// Gives the file of a Unix socket to `socket`: `name` in an open directory, with mode 0666, so that the directory says
// who may enter. What a socket that nobody has open any more left there is removed first; EADDRINUSE for anything else.
std::expected<void, ns::Error> bind_unix(int socket, int directory, const std::string& name) noexcept;

// Of kind Tcp or Udp. An address stands for itself alone; none is every address, of IPv4 too when the socket is an IPv6
// one.
std::expected<void, ns::Error> bind_inet(int socket, const spec::ListenSocket& to) noexcept;

} // namespace initd
