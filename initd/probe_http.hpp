// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 as probes and hooks speak it (kubelet: pkg/probe/http): a GET, and the head of its answer. Pure.
#pragma once

#include "spec/pod.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace initd {

enum class Asker : std::uint8_t { Probe, Hook }; // said in the User-Agent header

// The whole request. `authority` is HOST:PORT, for the Host header unless `get` has one of its own; `path` replaces
// get.path after a redirect. A User-Agent or Accept header that is empty takes the default one out.
std::string http_request(const spec::HttpGetAction& get, std::string_view authority, std::string_view path,
                         Asker asker);

struct HttpAnswer {
    int status = 0;
    std::string location; // of a redirect
};

inline constexpr std::size_t max_http_head = 16384;

// What the bytes that came so far say. Bad: no HTTP, or a head that is too long.
enum class HttpRead : std::uint8_t { More, Done, Bad };
HttpRead read_http_head(std::string_view bytes, HttpAnswer& answer);

// Where a redirect leads: the path on the server at `authority`, if it is the same server; nullopt: another one, or
// another scheme.
std::optional<std::string> redirect_path(std::string_view location, std::string_view authority, std::string_view from);

} // namespace initd
