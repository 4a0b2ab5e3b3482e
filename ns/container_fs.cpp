// SPDX-License-Identifier: Apache-2.0
#include "ns/container_fs.hpp"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace ns {
namespace {

using Op = Setup::Op;

constexpr std::uint64_t quiet = MS_NOSUID | MS_NODEV | MS_NOEXEC;

Setup directory(const char* target, mode_t mode = 0755) {
    return {.op = Op::Directory, .target = target, .mode = mode};
}

Setup mount(const char* fstype, const char* target, std::uint64_t flags, const char* data = "") {
    return {.op = Op::Mount, .target = target, .fstype = fstype, .data = data, .flags = flags};
}

Setup place(int source, const char* target, std::uint64_t flags = 0) {
    return {.op = Op::Place, .target = target, .flags = flags, .index = static_cast<std::uint32_t>(source)};
}

Setup passing(Setup setup) {
    setup.optional = true;
    return setup;
}

void add_devices(std::vector<Setup>& out) {
    struct Device {
        const char* path;
        unsigned minor_number;
        unsigned major_number = 1; // mem(4)
    };
    for (const Device& device : {Device{"/dev/null", 3}, Device{"/dev/zero", 5}, Device{"/dev/full", 7},
                                 Device{"/dev/random", 8}, Device{"/dev/urandom", 9}, Device{"/dev/tty", 0, 5}})
        out.push_back({.op = Op::Node,
                       .target = device.path,
                       .mode = S_IFCHR | 0666,
                       .device = makedev(device.major_number, device.minor_number)});
    struct Link {
        const char* path;
        const char* says;
    };
    for (const Link& link : {Link{"/dev/fd", "/proc/self/fd"}, Link{"/dev/stdin", "/proc/self/fd/0"},
                             Link{"/dev/stdout", "/proc/self/fd/1"}, Link{"/dev/stderr", "/proc/self/fd/2"},
                             Link{"/dev/ptmx", "pts/ptmx"}})
        out.push_back({.op = Op::Symlink, .target = link.path, .source = link.says});
}

void add_dev(const ContainerFs& fs, std::vector<Setup>& out) {
    if (fs.own_root) {
        out.push_back(directory("/dev"));
        if (fs.dev_source >= 0) {
            out.push_back(place(fs.dev_source, "/dev"));
        } else {
            out.push_back(mount("tmpfs", "/dev", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
            add_devices(out);
            out.push_back(directory("/dev/pts"));
            out.push_back(
                mount("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
            out.push_back(directory("/dev/shm", 01777));
            out.push_back(directory("/dev/mqueue"));
        }
    }
    // The machine's own /dev may lack these directories; then the machine has no such thing either.
    const bool lacking_is_fine = !fs.own_root || fs.dev_source >= 0;
    const auto add = [&](Setup setup) {
        out.push_back(lacking_is_fine ? passing(std::move(setup)) : std::move(setup));
    };
    if (fs.shm_source >= 0)
        add(place(fs.shm_source, "/dev/shm", quiet));
    else if (fs.own_ipc)
        add(mount("tmpfs", "/dev/shm", quiet, "mode=1777,size=65536k"));
    if (fs.own_ipc)
        out.push_back(passing(mount("mqueue", "/dev/mqueue", quiet))); // CONFIG_POSIX_MQUEUE
}

// What shows or changes more than a container's business (containerd's defaults).
void add_restrictions(std::vector<Setup>& out) {
    for (const char* path :
         {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
          "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"})
        out.push_back({.op = Op::Mask, .target = path});
    for (const char* path : {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"})
        out.push_back({.op = Op::ReadOnly, .target = path});
}

// A new sysfs shows the network namespace of the process that mounts it. The machine's own is refused on top of itself
// (EBUSY), and then is the right one already. It is made read-only as a mount: mounted so, it would be for everybody
// who mounts it in that network namespace, privileged containers of the same pod among them.
void add_sys(const ContainerFs& fs, std::vector<Setup>& out) {
    Setup sys = mount("sysfs", "/sys", quiet);
    if (fs.own_root)
        out.push_back(directory("/sys", 0555));
    else
        sys.optional = true;
    out.push_back(std::move(sys));
    out.push_back(passing(mount("cgroup2", "/sys/fs/cgroup", quiet)));
    if (!fs.privileged)
        out.push_back({.op = Op::ReadOnly, .target = "/sys"});
}

} // namespace

std::vector<Setup> container_mounts(const ContainerFs& fs) {
    std::vector<Setup> out;
    out.reserve(48);
    if (fs.mount_proc) {
        if (fs.own_root)
            out.push_back(directory("/proc", 0555));
        out.push_back(mount("proc", "/proc", quiet));
    }
    add_dev(fs, out);
    add_sys(fs, out);
    if (!fs.privileged)
        add_restrictions(out);
    return out;
}

} // namespace ns
