// SPDX-License-Identifier: Apache-2.0
// Probes and hooks over TLS, or to a host by its name: another program asks (initd/get), since PID 1 gets neither TLS
// nor a resolver.
#include "initd/handlers.hpp"

#include "initd/log.hpp"

#include <array>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace initd {

namespace {

constexpr const char* installed = "/usr/libexec/podinit/podinit-get";
constexpr uid_t nobody = 65534;

// Beside the file that runs, or where it is installed.
std::vector<std::string> programs() {
    std::array<char, 4096> path;
    const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
    const std::string_view self(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return {std::string(self.substr(0, self.rfind('/') + 1)).append("podinit-get"), installed};
}

} // namespace

std::optional<Outcome> Handlers::begin_get(Handler& handler) {
    const std::uint32_t slot = handler.run.unit.slot();
    auto socket = performer_.open_socket(slot, AF_INET6); // which IPv4 addresses can be reached with too
    if (!socket)
        socket = performer_.open_socket(slot, AF_INET);
    if (!socket)
        return say(handler, {ns::to_text(socket.error())}, Outcome::Unknown);
    const HttpTarget& to = handler.target;
    ns::Plan plan;
    plan.programs = programs();
    const std::string_view scheme = handler.way == Way::Tcp ? "tcp" : to.tls ? "https" : "http";
    const std::string port = std::to_string(to.port), requests = std::to_string(handler.requests);
    for (const std::string_view word :
         {std::string_view("podinit-get"), std::string_view(handler.hook ? "hook" : "probe"), scheme,
          std::string_view(to.host), std::string_view(port), std::string_view(to.path),
          std::string_view(to.host_header), std::string_view(requests)})
        plan.argv.emplace_back(word);
    plan.env.push_back(std::move(handler.headers.insert(0, "HTTP_HEADERS=")));
    plan.uid = plan.gid = nobody;
    plan.limit_capabilities = true;
    plan.capabilities = {.bounding = 0, .permitted = 0, .inheritable = 0, .ambient = 0};
    plan.no_new_privileges = true;
    plan.open_files = 0;
    plan.stdin_fd = socket->get();
    std::vector<ns::Fd> held;
    held.push_back(std::move(*socket));
    handler.in.clear();
    handler.out.clear();
    handler.way = Way::Get;
    if (const auto error = launch(handler, std::move(plan), std::move(held), true))
        return no_get(handler, *error);
    return std::nullopt;
}

// Nobody has been asked, which is worth a line, but not one a second.
Outcome Handlers::no_get(Handler& handler, const ns::Error& error) noexcept try {
    handler.in = std::string("cannot run ").append(installed).append(": ").append(ns::to_text(error));
    if (!std::exchange(no_get_told_, true))
        log(Level::Warning, {pods_.at(handler.run.unit.slot()).name, ": https, or a host's name: ", handler.in});
    return Outcome::Unknown;
} catch (...) { // out of memory
    return Outcome::Unknown;
}

// See initd/get/main.cpp; anything else is a program that did not do its work.
Outcome Handlers::got(std::int32_t code) noexcept {
    constexpr std::int32_t failure = 1, warning = 2;
    return code == warning ? Outcome::Success : code == failure ? Outcome::Failure : Outcome::Unknown;
}

} // namespace initd
