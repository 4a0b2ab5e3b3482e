// SPDX-License-Identifier: Apache-2.0
// From a host's name to its addresses, as the machine sees it: /etc/hosts, then DNS by /etc/resolv.conf. No NSS, which
// a static program cannot have.
#pragma once

#include <netinet/in.h>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

// IPv4 addresses are mapped (::ffff:a.b.c.d), so that one socket of AF_INET6 can go to all.
using Addresses = std::vector<in6_addr>;

// An address as text is itself. Empty: there is none; why is in `error`, as Go words it.
Addresses look_up(const std::string& host, std::string& error);

// The addresses that a hosts(5) file has for the name.
Addresses look_up_in(std::string_view hosts_file, std::string_view host);

// The address by itself; false when the text is none.
bool read_address(const std::string& text, in6_addr& address);

} // namespace initd
