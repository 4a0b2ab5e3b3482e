// SPDX-License-Identifier: Apache-2.0
// Probes and hooks over a connection: opened from inside the pod's network, and seen through as it gets ready.
#include "initd/handlers.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace initd {

namespace {

// The address of a host that needs no looking up; its size, or 0.
socklen_t read_address(const std::string& host, std::uint16_t port, sockaddr_storage& address) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
    if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        return sizeof *v6;
    }
    return 0;
}

} // namespace

std::optional<Outcome> Handlers::connect(Handler& handler) {
    handler.address = {};
    handler.address_size = read_address(handler.target.host, handler.target.port, handler.address);
    if (handler.target.tls || handler.address_size == 0)
        return begin_get(handler);
    auto socket = performer_.open_socket(handler.run.unit.slot(), handler.address.ss_family);
    if (!socket)
        return say(handler, {ns::to_text(socket.error())}, Outcome::Unknown);
    handler.connected = false;
    handler.stream = std::move(*socket);
    handler.in.clear();
    if (handler.way == Way::Http) {
        ++handler.requests;
        handler.out = http_request(handler.target, handler.headers);
    }
    if (::connect(handler.stream.get(), reinterpret_cast<const sockaddr*>(&handler.address), handler.address_size) !=
            0 &&
        errno != EINPROGRESS)
        return say_network(handler, "connect", errno);
    if (auto added = poller_.add(handler.stream.get(), Source::Handler, handler.id, EPOLLOUT); !added)
        return say(handler, {ns::to_text(added.error())}, Outcome::Unknown);
    return std::nullopt;
}

std::optional<Outcome> Handlers::go_on(Handler& handler, std::uint32_t ready) {
    if (handler.way == Way::Command || handler.way == Way::Get) {
        take_output(handler);
        return std::nullopt; // its exit decides
    }
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(handler.stream.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
        return say_network(handler, handler.connected ? "read" : "connect", error);
    if (handler.way == Way::Tcp)
        return Outcome::Success;
    handler.connected = true;
    while (!handler.out.empty()) {
        const ssize_t n =
            send(handler.stream.get(), handler.out.data(), handler.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            return say_network(handler, "write", errno);
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
            return errno == EAGAIN ? std::nullopt : std::optional(say_network(handler, "read", errno));
        const std::string_view bytes(buffer, static_cast<std::size_t>(n));
        std::optional<Outcome> outcome;
        if (handler.way == Way::Grpc) {
            outcome = handler.grpc->take(bytes);
            if (outcome == Outcome::Failure || (!outcome && n == 0))
                return say(handler, {handler.grpc->failure()});
            handler.out += handler.grpc->to_send();
            handler.grpc->to_send().clear();
        } else {
            handler.in += bytes;
            const int before = handler.stream.get();
            outcome = take_http(handler, n == 0);
            if (!outcome && handler.stream.get() != before)
                return std::nullopt; // a new connection, to where it was redirected
        }
        if (outcome)
            return outcome;
        if (n == 0)
            return Outcome::Failure;
    }
}

std::optional<Outcome> Handlers::take_http(Handler& handler, bool over) {
    HttpVerdict verdict = judge_http(handler.in, over, handler.target, handler.requests, asker_of(handler));
    switch (verdict.kind) {
    case HttpVerdict::Kind::More: return std::nullopt;
    case HttpVerdict::Kind::Success: return say(handler, {}, Outcome::Success);
    case HttpVerdict::Kind::Warning: return say(handler, {verdict.words}, Outcome::Success);
    case HttpVerdict::Kind::Failure:
        return verdict.words.starts_with("HTTP probe") ? say(handler, {verdict.words})
                                                       : say_get(handler, verdict.words);
    case HttpVerdict::Kind::Redirect: break;
    }
    handler.target = std::move(verdict.next);
    poller_.remove(handler.stream.get());
    return connect(handler);
}

} // namespace initd
