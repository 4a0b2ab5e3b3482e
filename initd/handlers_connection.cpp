// SPDX-License-Identifier: Apache-2.0
// Probes and hooks over a connection: opened from inside the pod's network, and seen through as it gets ready.
#include "initd/handlers.hpp"

#include "initd/pod_facts.hpp"
#include "initd/probe_http.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace initd {

namespace {

constexpr int most_redirects = 10;

// The number of a port, by itself or by its name in the container.
std::uint16_t port_number(const spec::IntOrString& port, const spec::Container& container) {
    if (!port.name)
        return static_cast<std::uint16_t>(port.number);
    for (const spec::ContainerPort& each : container.ports)
        if (each.name == *port.name)
            return static_cast<std::uint16_t>(each.container_port);
    return 0;
}

bool is_ok(int status) {
    return status >= 200 && status < 400;
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

} // namespace

std::optional<Outcome> Handlers::begin_connection(Handler& handler, Way way, const spec::IntOrString& port,
                                                  const std::string& host) {
    const std::uint32_t slot = handler.run.unit.slot();
    const std::uint16_t number = port_number(port, spec::container_at(pods_.pod(slot), handler.run.unit.index() - 1));
    if (number == 0)
        return Outcome::Unknown;
    handler.way = way;
    if (handler.get.scheme == spec::UriScheme::Https)
        return Outcome::Unknown; // spec::warn_unhonoured() has said so
    const std::string address = host.empty() ? performer_.pod_address(slot) : host == "localhost" ? "127.0.0.1" : host;
    auto* v4 = reinterpret_cast<sockaddr_in*>(&handler.address);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&handler.address);
    if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(number);
        handler.address_size = sizeof *v4;
    } else if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(number);
        handler.address_size = sizeof *v6;
    } else {
        return Outcome::Unknown;
    }
    const bool is_v6 = handler.address.ss_family == AF_INET6;
    handler.authority = is_v6 ? "[" + address + "]" : address;
    handler.authority += ":" + std::to_string(number);
    handler.path = handler.get.path;
    return connect(handler);
}

std::optional<Outcome> Handlers::connect(Handler& handler) {
    auto socket = performer_.open_socket(handler.run.unit.slot(), handler.address.ss_family);
    if (!socket)
        return Outcome::Unknown;
    handler.stream = std::move(*socket);
    handler.in.clear();
    if (handler.way == Way::Http)
        handler.out =
            http_request(handler.get, handler.authority, handler.path, handler.hook ? Asker::Hook : Asker::Probe);
    if (::connect(handler.stream.get(), reinterpret_cast<const sockaddr*>(&handler.address), handler.address_size) !=
            0 &&
        errno != EINPROGRESS)
        return Outcome::Failure;
    if (!poller_.add(handler.stream.get(), Source::Handler, handler.id, EPOLLOUT))
        return Outcome::Unknown;
    return std::nullopt;
}

std::optional<Outcome> Handlers::go_on(Handler& handler, std::uint32_t ready) {
    if (handler.way == Way::Command) {
        take_output(handler);
        return std::nullopt; // its exit decides
    }
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(handler.stream.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
        return Outcome::Failure;
    if (handler.way == Way::Tcp)
        return Outcome::Success;
    while (!handler.out.empty()) {
        const ssize_t n =
            send(handler.stream.get(), handler.out.data(), handler.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            return Outcome::Failure;
        handler.out.erase(0, static_cast<std::size_t>(n));
    }
    std::optional<Outcome> outcome;
    if (ready & (EPOLLIN | EPOLLHUP))
        outcome = read(handler);
    if (!outcome)
        poller_.modify(handler.stream.get(), Source::Handler, handler.id, handler.out.empty() ? EPOLLIN : EPOLLOUT);
    return outcome;
}

std::optional<Outcome> Handlers::read(Handler& handler) {
    char buffer[4096];
    for (;;) {
        const ssize_t n = recv(handler.stream.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (n < 0)
            return errno == EAGAIN ? std::nullopt : std::optional(Outcome::Failure);
        const std::string_view bytes(buffer, static_cast<std::size_t>(n));
        std::optional<Outcome> outcome;
        if (handler.way == Way::Grpc) {
            outcome = handler.grpc->take(bytes);
            handler.out += handler.grpc->to_send();
            handler.grpc->to_send().clear();
        } else {
            handler.in += bytes;
            const int redirects = handler.redirects;
            outcome = take_http(handler, n == 0);
            if (!outcome && handler.redirects != redirects)
                return std::nullopt; // a new connection, to where it was redirected
        }
        if (outcome)
            return outcome;
        if (n == 0)
            return Outcome::Failure;
    }
}

std::optional<Outcome> Handlers::take_http(Handler& handler, bool over) {
    HttpAnswer answer;
    switch (read_http_head(handler.in, answer)) {
    case HttpRead::More: return over ? std::optional(Outcome::Failure) : std::nullopt;
    case HttpRead::Bad: return Outcome::Failure;
    case HttpRead::Done: break;
    }
    if (handler.hook) // whatever the answer is: there is one
        return Outcome::Success;
    if (!is_redirect(answer.status) || answer.location.empty())
        return is_ok(answer.status) ? Outcome::Success : Outcome::Failure;
    auto path = redirect_path(answer.location, handler.authority, handler.path);
    if (!path) // to another server: this one has answered
        return Outcome::Success;
    if (++handler.redirects > most_redirects)
        return Outcome::Failure;
    handler.path = std::move(*path);
    poller_.remove(handler.stream.get());
    return connect(handler);
}

} // namespace initd
