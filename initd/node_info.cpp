// SPDX-License-Identifier: Apache-2.0
#include "initd/node_info.hpp"

#include "initd/files.hpp"
#include "ns/fd.hpp"

#include <array>
#include <bit>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace initd {

namespace {

struct Probe {
    const char* name;
    const char* path;    // there when the kernel has the feature
    const char* without; // what does not work then
};

constexpr std::array probes{
    Probe{"pid namespaces", "/proc/self/ns/pid", "pods without hostPID fail"},
    Probe{"network namespaces", "/proc/self/ns/net", "pods without hostNetwork fail"},
    Probe{"ipc namespaces", "/proc/self/ns/ipc", "pods without hostIPC fail"},
    Probe{"uts namespaces", "/proc/self/ns/uts", "pods without hostNetwork fail"},
    Probe{"cgroup2", "/sys/fs/cgroup/cgroup.controllers", "no resource limits"},
    Probe{"devpts", "/dev/pts/ptmx", "no terminals"},
    Probe{"seccomp", "/proc/sys/kernel/seccomp", "no system call filters"},
};

// Is it a line of /proc/filesystems?
bool has_filesystem(std::string_view list, std::string_view name) {
    for (std::size_t at = list.find(name); at != list.npos; at = list.find(name, at + 1))
        if (at > 0 && list[at - 1] == '\t' && (at + name.size() == list.size() || list[at + name.size()] == '\n'))
            return true;
    return false;
}

std::vector<spec::Feature> features() {
    std::vector<spec::Feature> list;
    for (const Probe& probe : probes) {
        bool present = access(probe.path, F_OK) == 0;
        std::string controllers =
            present && std::string_view(probe.name) == "cgroup2" ? read_kernel_file(probe.path) : "";
        list.push_back({probe.name, present, present ? std::move(controllers) : std::string(probe.without)});
    }
    bool overlay = has_filesystem(read_kernel_file("/proc/filesystems"), "overlay");
    list.push_back({"overlay", overlay, overlay ? "" : "images cannot be written to: load the module overlay"});
    return list;
}

// As inet_ntop(3), which brings sprintf(3) along.
std::string dotted(in_addr address) {
    std::string text;
    for (std::uint8_t byte : std::bit_cast<std::array<std::uint8_t, 4>>(address)) // in network order
        text.append(text.empty() ? "" : ".").append(std::to_string(byte));
    return text;
}

} // namespace

// SIOCGIFCONF instead of getifaddrs(3), which brings 30 kB of netlink along in a static program.
std::vector<std::string> node_addresses() {
    std::vector<std::string> addresses;
    ns::Fd socket_fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    std::array<ifreq, 32> interfaces{};
    ifconf request{};
    request.ifc_len = sizeof interfaces;
    request.ifc_req = interfaces.data();
    if (!socket_fd || ioctl(socket_fd.get(), SIOCGIFCONF, &request) != 0)
        return addresses;
    std::size_t count = static_cast<std::size_t>(request.ifc_len) / sizeof(ifreq);
    for (std::size_t i = 0; i < count; ++i) {
        ifreq flags = interfaces[i];
        if (ioctl(socket_fd.get(), SIOCGIFFLAGS, &flags) != 0 || !(flags.ifr_flags & IFF_UP) ||
            (flags.ifr_flags & IFF_LOOPBACK))
            continue;
        addresses.push_back(dotted(reinterpret_cast<const sockaddr_in*>(&interfaces[i].ifr_addr)->sin_addr));
    }
    return addresses;
}

spec::NodeInfo node_info(const NodeView& view) {
    spec::NodeInfo info;
    utsname name{};
    uname(&name);
    info.hostname = name.nodename;
    info.kernel = name.release;
    info.architecture = name.machine;
    info.machine_id = read_kernel_file("/etc/machine-id");
    info.boot_id = read_kernel_file("/proc/sys/kernel/random/boot_id");
    info.version = PODINIT_VERSION;
    struct sysinfo system {};
    if (sysinfo(&system) == 0) {
        info.uptime_seconds = system.uptime;
        info.memory_bytes = static_cast<std::int64_t>(system.totalram) * system.mem_unit;
    }
    info.cpus = get_nprocs();
    info.pid1 = view.standing == Standing::Machine;
    info.pods = static_cast<std::int32_t>(view.pods.count());
    info.addresses = node_addresses();
    for (std::size_t i = 0; i < view.manifests.directories().size(); ++i)
        if (view.manifests.is_in_force(i))
            info.manifest_dirs.push_back(view.manifests.directories()[i]);
    info.image_dirs = view.image_dirs;
    info.features = features();
    info.rejected = view.manifests.rejected();
    return info;
}

} // namespace initd
