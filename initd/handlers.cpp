// SPDX-License-Identifier: Apache-2.0
#include "initd/handlers.hpp"

#include "initd/pod_facts.hpp"
#include "initd/probe_http.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstring>
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

void Handlers::perform(const Action& action, Events& events) noexcept {
    try {
        if (action.kind == Action::Kind::GiveUpProbe) {
            for (std::size_t i = handlers_.size(); i-- > 0;)
                if (handlers_[i].serial == action.serial)
                    drop(i);
            return;
        }
        Handler& handler = handlers_.emplace_back();
        handler.id = next_id_++;
        handler.run = action.run;
        handler.serial = action.serial;
        handler.hook = action.kind == Action::Kind::RunHook;
        if (const auto outcome = begin(handler, action))
            finish(handlers_.size() - 1, *outcome, events);
    } catch (...) { // out of memory: it could not be asked
        Event event{};
        event.kind = action.kind == Action::Kind::RunHook ? Event::Kind::HookDone : Event::Kind::ProbeDone;
        event.run = action.run;
        event.serial = action.serial;
        event.outcome = Outcome::Unknown;
        std::erase_if(handlers_, [&](const Handler& handler) { return handler.serial == action.serial; });
        events.push_back(event);
    }
}

std::optional<Outcome> Handlers::begin(Handler& handler, const Action& action) {
    const spec::Pod& pod = pods_.pod(action.run.unit.slot());
    const spec::Container& container = spec::container_at(pod, action.run.unit.index() - 1);
    if (handler.hook) {
        const auto& lifecycle = container.lifecycle;
        const auto& hook = action.hook == Hook::PostStart ? lifecycle->post_start : lifecycle->pre_stop;
        if (hook->exec)
            return begin_command(handler, hook->exec->command);
        if (!hook->http_get)
            return Outcome::Failure; // tcpSocket: never implemented, in the kubelet either
        handler.get = *hook->http_get;
        return begin_connection(handler, Way::Http, handler.get.port, handler.get.host);
    }
    const spec::Probe& probe = *probe_of(container, action.probe);
    if (probe.exec)
        return begin_command(handler, probe.exec->command);
    if (probe.tcp_socket)
        return begin_connection(handler, Way::Tcp, probe.tcp_socket->port, probe.tcp_socket->host);
    if (probe.grpc) {
        const auto outcome = begin_connection(handler, Way::Grpc, {probe.grpc->port, {}}, "");
        handler.grpc.emplace(handler.authority, probe.grpc->service.value_or(""));
        handler.out = std::move(handler.grpc->to_send());
        return outcome;
    }
    handler.get = *probe.http_get;
    return begin_connection(handler, Way::Http, handler.get.port, handler.get.host);
}

std::optional<Outcome> Handlers::begin_command(Handler& handler, const std::vector<std::string>& command) {
    const Unit unit = handler.run.unit;
    auto planned = performer_.plan_exec(unit.slot(), unit.index() - 1, command, "");
    const Outcome not_run = handler.hook ? Outcome::Failure : Outcome::Unknown;
    if (!planned)
        return not_run;
    auto pid =
        children_.launch(std::move(planned->plan), {ChildId::Kind::Handler, handler.id}, std::move(planned->held));
    if (!pid)
        return not_run;
    handler.pid = *pid;
    return std::nullopt;
}

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
    handler.socket = std::move(*socket);
    handler.in.clear();
    if (handler.way == Way::Http)
        handler.out =
            http_request(handler.get, handler.authority, handler.path, handler.hook ? Asker::Hook : Asker::Probe);
    if (::connect(handler.socket.get(), reinterpret_cast<const sockaddr*>(&handler.address), handler.address_size) !=
            0 &&
        errno != EINPROGRESS)
        return Outcome::Failure;
    if (!poller_.add(handler.socket.get(), Source::Handler, handler.id, EPOLLOUT))
        return Outcome::Unknown;
    return std::nullopt;
}

void Handlers::on_ready(const Ready& ready, Events& events) noexcept {
    const std::size_t at = find(ready.id);
    if (at == handlers_.size())
        return;
    std::optional<Outcome> outcome;
    try {
        outcome = go_on(handlers_[at], ready.events);
    } catch (...) { // out of memory
        outcome = Outcome::Unknown;
    }
    if (outcome)
        finish(at, *outcome, events);
}

std::optional<Outcome> Handlers::go_on(Handler& handler, std::uint32_t ready) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(handler.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
        return Outcome::Failure;
    if (handler.way == Way::Tcp)
        return Outcome::Success;
    while (!handler.out.empty()) {
        const ssize_t n =
            send(handler.socket.get(), handler.out.data(), handler.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
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
        poller_.modify(handler.socket.get(), Source::Handler, handler.id, handler.out.empty() ? EPOLLIN : EPOLLOUT);
    return outcome;
}

std::optional<Outcome> Handlers::read(Handler& handler) {
    char buffer[4096];
    for (;;) {
        const ssize_t n = recv(handler.socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
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
    poller_.remove(handler.socket.get());
    return connect(handler);
}

void Handlers::on_launched(const LaunchReport& report, Events& events) noexcept {
    const std::size_t at = find(static_cast<std::uint32_t>(report.who.id));
    if (at != handlers_.size() && report.error.err != 0) // no such program in the container
        finish(at, handlers_[at].hook || report.error.step == ns::Step::Exec ? Outcome::Failure : Outcome::Unknown,
               events);
}

void Handlers::on_exited(const ChildExit& exit, Events& events) noexcept {
    const std::size_t at = find(static_cast<std::uint32_t>(exit.who.id));
    if (at == handlers_.size())
        return;
    handlers_[at].pid = -1;
    finish(at, exit.code == 0 ? Outcome::Success : Outcome::Failure, events);
}

void Handlers::end(RunId run, bool hooks_only) noexcept {
    for (std::size_t i = handlers_.size(); i-- > 0;)
        if (handlers_[i].run == run && (handlers_[i].hook || !hooks_only))
            drop(i);
}

void Handlers::finish(std::size_t at, Outcome outcome, Events& events) noexcept {
    const Handler& handler = handlers_[at];
    Event event{};
    event.kind = handler.hook ? Event::Kind::HookDone : Event::Kind::ProbeDone;
    event.run = handler.run;
    event.serial = handler.serial;
    event.outcome = outcome;
    drop(at);
    events.push_back(event);
}

void Handlers::drop(std::size_t at) noexcept {
    Handler& handler = handlers_[at];
    children_.signal(handler.pid, SIGKILL);
    if (handler.socket)
        poller_.remove(handler.socket.get());
    if (at + 1 != handlers_.size())
        handler = std::move(handlers_.back());
    handlers_.pop_back();
}

std::size_t Handlers::find(std::uint32_t id) const noexcept {
    return static_cast<std::size_t>(std::ranges::find(handlers_, id, &Handler::id) - handlers_.begin());
}

} // namespace initd
