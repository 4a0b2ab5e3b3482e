// SPDX-License-Identifier: Apache-2.0
// What a plan holds for programs that were written for other inits.
#include "initd/planner_parts.hpp"

#include <algorithm>
#include <utility>

namespace initd {

namespace {

// Every container with a root of its own has a /dev in memory: there the socket needs nothing of the image, and no
// volume for /run or /tmp hides it.
constexpr const char* notify_target = "/dev/podinit-notify";

// What says so in the manifest or the image was meant for another init.
void unset(ns::Plan& plan, std::string_view name) {
    std::erase_if(plan.env, [&](const std::string& variable) {
        return variable.starts_with(name) && variable.substr(name.size(), 1) == "=";
    });
}

void set(ns::Plan& plan, std::string_view name, std::string_view value) {
    unset(plan, name);
    plan.env.emplace_back(name).append("=").append(value);
}

void set_pid(ns::Plan& plan, std::string_view name) {
    unset(plan, name);
    plan.pid_env.emplace_back(name);
}

} // namespace

spec::Services services_of(const ContainerInputs& in) {
    auto services = spec::read_services(in.pod);
    return in.index < services.size() ? std::move(services[in.index]) : spec::Services{};
}

void set_notify_socket(ns::Plan& plan, const spec::Services& services) {
    if (services.notifies)
        set(plan, "NOTIFY_SOCKET", notify_target);
}

void set_services(ns::Plan& plan, const spec::Services& services) {
    set_notify_socket(plan, services);
    if (services.watchdog_seconds > 0) {
        set(plan, "WATCHDOG_USEC", std::to_string(services.watchdog_seconds * 1'000'000));
        set_pid(plan, "WATCHDOG_PID");
    }
    if (services.sockets.empty())
        return;
    std::string names;
    for (const spec::ListenSocket& socket : services.sockets)
        names.append(names.empty() ? "" : ":").append(socket.name);
    set(plan, "LISTEN_FDS", std::to_string(services.sockets.size()));
    set(plan, "LISTEN_FDNAMES", names);
    set_pid(plan, "LISTEN_PID");
}

void place_notify_socket(ns::Plan& plan, std::string path) {
    ns::Setup place;
    place.op = ns::Setup::Op::Place;
    place.target = notify_target;
    place.index = static_cast<std::uint32_t>(plan.sources.size());
    plan.setup.push_back(std::move(place));
    ns::Source source;
    source.path = std::move(path);
    source.kind = ns::Source::Kind::Socket;
    plan.sources.push_back(std::move(source));
}

} // namespace initd
