// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 as probes and hooks speak it (kubelet: pkg/probe/http): one GET, and what its answer means. Pure: whoever
// has the connection moves the bytes, podinit itself or podinit-get (initd/get).
#pragma once

#include "spec/pod.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace initd {

enum class Asker : std::uint8_t { Probe, Hook }; // said in the User-Agent header

struct HttpTarget {
    bool tls = false;
    std::uint16_t port = 0;
    std::string host; // an address or a name
    std::string path;
    std::string host_header; // instead of HOST:PORT; empty: that
};

// HOST:PORT, with brackets around an address that has colons.
std::string join_host_port(std::string_view host, std::uint16_t port);
// "https://HOST:PORT/PATH", as messages show it.
std::string url_of(const HttpTarget& target);

// The header lines of every request but for Host: those of the manifest and the defaults. A User-Agent or Accept
// header that is empty takes the default one out. A Host header goes to HttpTarget::host_header.
std::string http_headers(const spec::HttpGetAction& get, Asker asker);
std::string host_header(const spec::HttpGetAction& get);

// The whole request. What may not stand in a request's line is escaped in the path, and a fragment is cut off.
std::string http_request(const HttpTarget& target, std::string_view headers);

// No server is asked more often than this for one probe: redirects are followed no further.
inline constexpr int max_http_requests = 10;
inline constexpr std::size_t max_http_body = 10240;
inline constexpr std::size_t max_http_answer = 32768; // a longer head is no answer

struct HttpVerdict {
    enum class Kind : std::uint8_t {
        More, // to be read
        Success,
        Warning, // a success that is worth an event
        Failure,
        Redirect, // ask `next`
    };
    Kind kind = Kind::More;
    std::string words; // of a Warning or Failure, as the kubelet's events have them
    HttpTarget next;
};

// What an answer means as far as it has come; `over`: nothing follows any more. `requests`: how many have been made,
// with this one.
HttpVerdict judge_http(std::string_view answer, bool over, const HttpTarget& asked, int requests, Asker asker);

} // namespace initd
