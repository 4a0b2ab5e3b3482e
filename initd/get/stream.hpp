// SPDX-License-Identifier: Apache-2.0
// One connection after another over one socket that somebody else has made, in plain or over TLS.
//
// podinit-get may not enter the pod's network, so that podinit gives it a socket from there. A TCP socket can be
// disconnected and connected anew (connect(2), AF_UNSPEC), and one of AF_INET6 goes to IPv4 as well: that is enough for
// several addresses and for redirects. What goes wrong is said as Go says it, in error().
#pragma once

#include "initd/get/lookup.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace initd {

class Stream {
  public:
    // `socket` is borrowed; it is made to block.
    explicit Stream(int socket);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    // To the first address that answers; what was connected before ends.
    bool connect(const Addresses& addresses, std::uint16_t port);
    // The handshake. Certificates are not verified, as the kubelet's probes do not. `name`: what the server is asked to
    // be (SNI); empty: an address.
    bool secure(const std::string& name);

    bool send(std::string_view bytes);
    // At least one byte; 0 at the end, -1 on an error.
    long receive(char* buffer, std::size_t size);

    const std::string& error() const { return error_; }
    // secure() has failed because what came was HTTP.
    bool spoke_http() const;

  private:
    struct Tls;
    bool fail(std::string_view what, int err);

    int socket_;
    int family_;
    std::unique_ptr<Tls> tls_;
    std::string error_;
};

} // namespace initd
