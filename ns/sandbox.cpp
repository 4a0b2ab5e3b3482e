// SPDX-License-Identifier: Apache-2.0
#include "ns/sandbox.hpp"

#include "ns/launcher.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ns {
namespace {

std::unexpected<Error> failed(Step step) noexcept {
    return std::unexpected(Error{errno, step});
}

Fd open_own(const char* path) noexcept {
    return keep(Fd(open(path, O_RDONLY | O_CLOEXEC)));
}

constexpr const char* net_path = "/proc/self/ns/net";
constexpr const char* ipc_path = "/proc/self/ns/ipc";
constexpr const char* uts_path = "/proc/self/ns/uts";

// Leaves a new namespace pinned by a descriptor and the caller in it.
std::expected<Fd, Error> enter_new(int kind, const char* path, Step step) noexcept {
    if (unshare(kind) < 0)
        return failed(step);
    Fd fd = open_own(path);
    if (!fd)
        return failed(step);
    return fd;
}

std::expected<void, Error> set_hostname(std::string_view name) noexcept {
    if (!name.empty() && sethostname(name.data(), name.size()) < 0)
        return failed(Step::Hostname);
    return {};
}

// What Kubernetes' container runtimes set in a pod's network (containerd's enable_unprivileged_ports and _icmp): a user
// other than root may listen on port 80 there, and ping. A kernel without IPv4 has neither file, and needs neither.
void open_to_users() noexcept {
    const auto set = [](const char* path, std::string_view value) {
        if (const Fd file(open(path, O_WRONLY | O_CLOEXEC)); file)
            (void)!write(file.get(), value.data(), value.size());
    };
    set("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    set("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
}

std::expected<Sandbox, Error> enter_new_sandbox(const SandboxRequest& request) noexcept {
    Sandbox sandbox;
    if (request.net) {
        auto net = enter_new(CLONE_NEWNET, net_path, Step::MakeNetwork);
        if (!net)
            return std::unexpected(net.error());
        sandbox.net = std::move(*net);
        if (auto up = loopback_up(); !up)
            return std::unexpected(up.error());
        open_to_users();
    }
    if (request.ipc) {
        auto ipc = enter_new(CLONE_NEWIPC, ipc_path, Step::MakeIpc);
        if (!ipc)
            return std::unexpected(ipc.error());
        sandbox.ipc = std::move(*ipc);
    }
    if (request.uts) {
        auto uts = enter_new(CLONE_NEWUTS, uts_path, Step::MakeUts);
        if (!uts)
            return std::unexpected(uts.error());
        sandbox.uts = std::move(*uts);
        if (auto named = set_hostname(request.hostname); !named)
            return std::unexpected(named.error());
    }
    return sandbox;
}

} // namespace

bool is_namespace(int fd, int kind) noexcept {
    return fd >= 0 && ioctl(fd, NS_GET_NSTYPE) == kind;
}

std::expected<SandboxFactory, Error> SandboxFactory::open(Home* home) noexcept {
    Home none;
    Home& noted = home ? *home : none;
    SandboxFactory factory;
    const auto settle = [](std::int32_t& number, int kind, const char* path) {
        const bool known = is_namespace(number, kind);
        Fd fd = known ? Fd(number) : open_own(path);
        if (known)
            setns(number, kind); // every later return is another try
        number = fd.get();
        return fd;
    };
    factory.home_net_ = settle(noted.net, CLONE_NEWNET, net_path);
    factory.home_ipc_ = settle(noted.ipc, CLONE_NEWIPC, ipc_path);
    factory.home_uts_ = settle(noted.uts, CLONE_NEWUTS, uts_path);
    if (noted.umask < 0)
        noted.umask = static_cast<std::int32_t>(::umask(022));
    ::umask(static_cast<mode_t>(noted.umask));
    return factory;
}

// All three always: setns(2) into the namespace one is in is harmless, and a return that failed before (ENOMEM) is made
// good by the next one.
std::expected<void, Error> SandboxFactory::go_home() noexcept {
    const std::pair<const Fd&, int> homes[] = {
        {home_net_, CLONE_NEWNET}, {home_ipc_, CLONE_NEWIPC}, {home_uts_, CLONE_NEWUTS}};
    std::expected<void, Error> result;
    for (const auto& [home, kind] : homes)
        if (home && setns(home.get(), kind) < 0)
            result = failed(Step::ReturnHome);
    return result;
}

std::expected<Sandbox, Error> SandboxFactory::make(const SandboxRequest& request) noexcept {
    // Without its descriptor there is no way back from a namespace, so it is not left.
    if (request.net && !home_net_)
        return std::unexpected(Error{ENOSYS, Step::MakeNetwork});
    if (request.ipc && !home_ipc_)
        return std::unexpected(Error{ENOSYS, Step::MakeIpc});
    if (request.uts && !home_uts_)
        return std::unexpected(Error{ENOSYS, Step::MakeUts});
    if (request.net && request.ipc && request.uts) {
        wanted_ = true;
        if (spare_.net)
            return take_spare(request.hostname);
    }
    auto sandbox = enter_new_sandbox(request);
    if (auto home = go_home(); !home)
        return std::unexpected(home.error());
    return sandbox;
}

std::expected<Sandbox, Error> SandboxFactory::take_spare(std::string_view hostname) noexcept {
    Sandbox sandbox = std::exchange(spare_, {});
    if (hostname.empty())
        return sandbox;
    if (setns(sandbox.uts.get(), CLONE_NEWUTS) < 0)
        return failed(Step::Hostname);
    auto named = set_hostname(hostname);
    if (setns(home_uts_.get(), CLONE_NEWUTS) < 0)
        return failed(Step::ReturnHome);
    if (!named)
        return std::unexpected(named.error());
    return sandbox;
}

std::expected<Fd, Error> SandboxFactory::open_socket(const Sandbox& sandbox, int family, int type) noexcept {
    if (sandbox.net && (!home_net_ || setns(sandbox.net.get(), CLONE_NEWNET) < 0))
        return failed(Step::JoinNamespaces);
    Fd socket = raise(Fd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
    const int err = errno;
    if (sandbox.net && setns(home_net_.get(), CLONE_NEWNET) < 0)
        return failed(Step::ReturnHome);
    if (!socket)
        return std::unexpected(Error{err, Step::Open});
    return socket;
}

void SandboxFactory::prepare_spare() noexcept {
    if (!wanted_ || spare_.net)
        return;
    if (auto sandbox = enter_new_sandbox({}))
        spare_ = std::move(*sandbox);
    else
        wanted_ = false; // until somebody asks again, and is told the error
    (void)go_home();
}

std::expected<void, Error> loopback_up() noexcept {
    // Any socket takes interface ioctls; this family costs least and is always there.
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (!socket || ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0)
        return failed(Step::LoopbackUp);
    return {};
}

} // namespace ns
