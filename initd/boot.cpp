// SPDX-License-Identifier: Apache-2.0
#include "initd/boot.hpp"

#include "initd/early_mounts.hpp"
#include "initd/files.hpp"
#include "initd/log.hpp"
#include "ns/root.hpp"
#include "ns/sandbox.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

namespace initd {
namespace {

// The inode number of the first PID namespace is part of the kernel's interface (include/linux/proc_ns.h,
// PROC_PID_INIT_INO); all others are numbered from 0xF0000000 on.
constexpr ino_t first_pid_namespace = 0xEFFFFFFC;

constexpr std::size_t max_command_line = 16 << 10; // the largest COMMAND_LINE_SIZE is 4 KiB, bootconfig adds some

bool write_text(const char* path, std::string_view text) noexcept {
    const ns::Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
    return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// One write for all, which is the usual case, else one for each: a controller may be held by cgroup v1.
void enable_controllers() noexcept try {
    const char* const file = "/sys/fs/cgroup/cgroup.subtree_control";
    const std::string names = read_kernel_file("/sys/fs/cgroup/cgroup.controllers");
    std::string all;
    for (std::size_t at = 0; at < names.size();) {
        const std::size_t end = std::min(names.find(' ', at), names.size());
        all.append(all.empty() ? "+" : " +").append(names, at, end - at);
        at = end + 1;
    }
    if (all.empty() || write_text(file, all))
        return;
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = std::min(all.find(' ', at), all.size());
        if (const std::string one = all.substr(at, end - at); !write_text(file, one))
            log(Level::Warning, {"cgroup controller ", one, ": ", ::strerrordesc_np(errno)});
        at = end + 1;
    }
} catch (...) {
    log(Level::Warning, {"cgroup controllers: out of memory"});
}

// What the kernel opened for us is kept; without /dev/console in the root file system it opened nothing.
void open_standard_streams() noexcept {
    for (int fd = 0; fd <= 2; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0)
            continue;
        ns::Fd console = open_console();
        if (console && console.get() != fd)
            ::dup2(console.get(), fd);
        else if (console)
            ::fcntl(console.release(), F_SETFD, 0); // it is 0, 1 or 2 itself
    }
}

// devtmpfs has the device nodes; these links are user space's part (devices.txt, "Compulsory links").
void link_devices() noexcept {
    constexpr struct {
        const char *target, *name;
    } links[] = {
        {"/proc/self/fd", "/dev/fd"},
        {"fd/0", "/dev/stdin"},
        {"fd/1", "/dev/stdout"},
        {"fd/2", "/dev/stderr"},
    };
    for (const auto& link : links)
        (void)!::symlink(link.target, link.name); // there already, or nothing that could be done
}

std::string configured_hostname(const spec::Config& config) {
    if (!config.hostname.empty())
        return config.hostname;
    const auto file = read_file("/etc/hostname", 4096);
    return file ? file->substr(0, file->find_first_of(" \t\r\n")) : std::string();
}

} // namespace

void early_boot() noexcept {
    ::umask(022);
    // /proc comes first, wherever we are: it tells what the rest depends on.
    mount_early(early_mounts().first(1), false);
    const bool machine = is_machine_init();
    if (machine)
        if (auto left = ns::leave_rootfs(); !left)
            log(Level::Warning, {"leaving rootfs: ", ::strerrordesc_np(left.error().err)});
    mount_early(early_mounts().subspan(1), machine);
    open_standard_streams();
    if (!machine)
        return;
    link_devices();
    ::reboot(RB_DISABLE_CAD);
}

void late_boot() noexcept {
    if (is_machine_init())
        enable_controllers();
}

Standing standing() noexcept {
    if (::getpid() != 1)
        return Standing::Supervisor;
    // A process never changes its PID namespace, and /proc makes us pay for each look.
    constinit static std::optional<Standing> known;
    struct stat st {};
    if (!known && ::stat("/proc/self/ns/pid", &st) == 0)
        known = st.st_ino == first_pid_namespace ? Standing::Machine : Standing::Container;
    return known.value_or(Standing::Container);
}

bool is_machine_init() noexcept {
    return standing() == Standing::Machine;
}

void name_machine(const spec::Config& config) noexcept try {
    const bool machine = is_machine_init();
    const std::string name = machine ? configured_hostname(config) : std::string();
    if (!name.empty() && ::sethostname(name.data(), name.size()) != 0)
        log(Level::Warning, {"host name ", name, ": ", ::strerrordesc_np(errno)});
    if (auto up = ns::loopback_up(); !up && machine)
        log(Level::Warning, {"loopback interface: ", ::strerrordesc_np(up.error().err)});
} catch (...) {
    log(Level::Warning, {"host name: out of memory"});
}

std::string kernel_command_line() noexcept {
    return is_machine_init() ? read_kernel_file("/proc/cmdline", max_command_line) : std::string();
}

ns::Fd open_console() noexcept {
    for (const char* path : {"/dev/console", "/dev/null"})
        if (ns::Fd fd(::open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)); fd)
            return fd;
    return {};
}

} // namespace initd
