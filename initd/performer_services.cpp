// SPDX-License-Identifier: Apache-2.0
// The performer's half that gives programs what other inits give them: sockets to listen on, which stay open while
// containers restart, and a way to say that they are ready.
#include "initd/performer.hpp"

#include "initd/files.hpp"
#include "initd/sockets.hpp"
#include "ns/launcher.hpp"
#include "spec/services.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace initd {

namespace {

using Kind = spec::ListenSocket::Kind;

PlanFailure not_created(const ns::Error& error) {
    return {"CreateContainerError", ns::to_text(error)};
}

// A program that goes may have shut its socket down; a socket that listens, and one that cannot, stays as it is.
void listen_on(int socket) noexcept {
    listen(socket, SOMAXCONN);
}

} // namespace

std::expected<ns::Fd, ns::Error> Performer::open_inet(std::uint32_t slot, const spec::ListenSocket& to) noexcept {
    const int type = to.kind == Kind::Udp ? SOCK_DGRAM : SOCK_STREAM;
    const bool four = !to.address.empty() && to.address.find(':') == to.address.npos;
    const ns::Sandbox& sandbox = runtimes_[slot].sandbox;
    auto socket = sandboxes_.open_socket(sandbox, four ? AF_INET : AF_INET6, type);
    if (!socket && to.address.empty() && socket.error().err == EAFNOSUPPORT) // a kernel without IPv6
        socket = sandboxes_.open_socket(sandbox, AF_INET, type);
    if (!socket)
        return socket;
    if (auto bound = bind_inet(socket->get(), to); !bound)
        return std::unexpected(bound.error());
    return socket;
}

// In the volume itself, which every container sees that mounts it, and which is there by now.
std::expected<void, ns::Error> Performer::open_unix(const spec::Pod& pod, std::string_view path, Listener& listener) {
    const spec::Volume* volume = spec::volume_of_socket(pod.spec, spec::container_at(pod, listener.container), path);
    if (!volume)
        return std::unexpected(ns::Error{ENOENT, ns::Step::Bind});
    const std::string directory = volume->host_path ? volume->host_path->path : volume_dir(node_, pod, *volume);
    if (volume->host_path && volume->host_path->type != spec::HostPathType::Directory)
        if (auto made = make_directories(directory, 0755); !made)
            return made;
    listener.directory = ns::keep(ns::Fd(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)));
    listener.socket = ns::keep(ns::Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    if (!listener.directory || !listener.socket)
        return std::unexpected(ns::Error{errno, ns::Step::Open});
    std::string file(path.substr(path.rfind('/') + 1));
    if (auto bound = bind_unix(listener.socket.get(), listener.directory.get(), file); !bound)
        return bound;
    listener.file = std::move(file); // ours from now on
    return {};
}

std::expected<void, PlanFailure> Performer::open_listeners(const spec::Pod& pod, std::uint32_t slot) {
    const std::vector<spec::Services> services = spec::read_services(pod);
    for (std::uint32_t i = 0; i < services.size(); ++i)
        for (const spec::ListenSocket& to : services[i].sockets) {
            Listener& listener = runtime(slot).listeners.emplace_back();
            listener.container = i;
            std::expected<void, ns::Error> opened;
            if (to.kind == Kind::Unix)
                opened = open_unix(pod, to.address, listener);
            else if (auto socket = open_inet(slot, to))
                listener.socket = ns::keep(std::move(*socket));
            else
                opened = std::unexpected(socket.error());
            if (!opened)
                return std::unexpected(PlanFailure{"CreatePodSandboxError", "podinit/listen: " + spec::to_text(to) +
                                                                                ": " + ns::to_text(opened.error())});
            listen_on(listener.socket.get());
        }
    return {};
}

void Performer::listen_again(std::uint32_t slot, std::uint32_t container) noexcept {
    for (const Listener& listener : runtimes_[slot].listeners)
        if (listener.container == container)
            listen_on(listener.socket.get());
}

// Nobody else has the sockets any more: what the program had made of one must not make closing it wait.
void Performer::close_listeners(std::uint32_t slot) noexcept {
    constexpr linger at_once{1, 0};
    for (const Listener& listener : runtimes_[slot].listeners) {
        setsockopt(listener.socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        if (!listener.file.empty())
            unlinkat(listener.directory.get(), listener.file.c_str(), 0);
    }
    runtimes_[slot].listeners.clear();
}

std::expected<void, PlanFailure> Performer::give_services(Launchable& launch, const spec::Pod& pod, RunId run) {
    const std::uint32_t container = run.unit.index() - 1;
    const std::vector<spec::Services> all = spec::read_services(pod);
    if (container >= all.size())
        return {};
    const spec::Services& services = all[container];
    if (services.notifies) {
        auto path = notify_.open_socket(run);
        if (!path)
            return std::unexpected(not_created(path.error()));
        place_notify_socket(launch.plan, std::move(*path));
    } else if (services.notification_fd >= 0) {
        auto pipe = notify_.open_pipe(run);
        if (!pipe)
            return std::unexpected(not_created(pipe.error()));
        launch.plan.passed.push_back({pipe->get(), services.notification_fd});
        launch.held.push_back(std::move(*pipe));
    }
    int number = spec::first_listen_fd;
    for (const Listener& listener : runtime(run.unit.slot()).listeners)
        if (listener.container == container) {
            fcntl(listener.socket.get(), F_SETFL, 0); // as the run before did not find it, perhaps: it waits
            launch.plan.passed.push_back({listener.socket.get(), number++});
        }
    return {};
}

} // namespace initd
