// SPDX-License-Identifier: Apache-2.0
#include "initd/unmount.hpp"

#include "initd/files.hpp"
#include "initd/log.hpp"
#include "initd/name_hash.hpp"
#include "ns/fd.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <unistd.h>

namespace initd {
namespace {

std::string_view take(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return taken;
}

// The kernel writes space, tab, newline and backslash in these tables as "\040" (fs/seq_file.c, mangle_path).
std::string unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char value = 0;
        if (text[i] == '\\' && text.size() - i > 3 &&
            std::from_chars(&text[i + 1], &text[i + 1] + 3, value, 8).ptr == &text[i + 1] + 3) {
            plain += static_cast<char>(value);
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

bool at_or_below(std::string_view path, std::string_view top) {
    return path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/');
}

bool stays(std::string_view path) {
    return path == "/" || path == "/run" || at_or_below(path, "/proc") || at_or_below(path, "/sys") ||
           at_or_below(path, "/dev");
}

// A table of /proc, which a read(2) returns in pieces of about a page.
std::string read_table(const char* path) {
    const ns::Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
    std::string table;
    char piece[4096];
    for (ssize_t got; fd && (got = ::read(fd.get(), piece, sizeof piece)) > 0;)
        table.append(piece, static_cast<std::size_t>(got));
    return table;
}

std::vector<Mounted> still_mounted() {
    return to_unmount(read_table("/proc/self/mountinfo"));
}

// Says what is being done while it may hang. False: it has hung before.
class Doing {
  public:
    Doing(const DiskState& state, std::string_view what) noexcept
        : state_(state)
        , what_(name_hash(what) | 1) {
        const std::size_t size = what.copy(state_.doing->name, sizeof state_.doing->name - 1);
        state_.doing->name[size] = '\0';
        state_.doing->hash = what_;
    }
    Doing(const Doing&) = delete;
    Doing& operator=(const Doing&) = delete;
    ~Doing() { state_.doing->hash = 0; }
    explicit operator bool() const noexcept {
        return std::find(state_.hung, state_.hung + state_.hung_count, what_) == state_.hung + state_.hung_count;
    }

  private:
    const DiskState& state_;
    std::uint32_t what_;
};

bool unmount(const DiskState& state, const std::string& path) {
    const Doing doing(state, path);
    return doing && ::umount2(path.c_str(), UMOUNT_NOFOLLOW) == 0;
}

// A loop device without autoclear keeps its file open, and with it the file system that the file is on. One that is
// still mounted goes when it no longer is.
void detach_loops(const DiskState& state) {
    DIR* const devices = ::opendir("/sys/block");
    while (const dirent* device = devices ? ::readdir(devices) : nullptr) {
        const std::string name = device->d_name;
        if (!name.starts_with("loop") || ::access(("/sys/block/" + name + "/loop").c_str(), F_OK) != 0)
            continue;
        const std::string path = "/dev/" + name;
        const Doing doing(state, path);
        const ns::Fd loop(doing ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1);
        ::ioctl(loop.get(), LOOP_CLR_FD, 0);
    }
    if (devices)
        ::closedir(devices);
}

void read_only(const DiskState& state, const std::string& path) {
    const Doing doing(state, path);
    if (doing && ::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
        log(Level::Warning, {"shutdown: read-only ", path, ": ", ::strerrordesc_np(errno)});
}

// Every file system of a disk once, by a path from here, whoever has it mounted: a process that cannot be killed may be
// the last one in its own namespace. First those on loop devices, whose files are on others of them.
std::vector<Mounted> still_writable() {
    constexpr std::string_view loop_device = "7:";
    std::vector<Mounted> found;
    DIR* const processes = ::opendir("/proc");
    while (const dirent* process = processes ? ::readdir(processes) : nullptr) {
        if (process->d_name[0] < '0' || process->d_name[0] > '9')
            continue;
        const std::string of_process = "/proc/" + std::string(process->d_name);
        for (Mounted& mount : mounts_in(read_table((of_process + "/mountinfo").c_str()))) {
            if (!mount.writable || !has_disk(mount.fstype) ||
                std::ranges::find(found, mount.device, &Mounted::device) != found.end())
                continue;
            mount.path.insert(0, of_process + "/root");
            found.insert(mount.device.starts_with(loop_device) ? found.begin() : found.end(), mount);
        }
    }
    if (processes)
        ::closedir(processes);
    return found;
}

// A frozen file system is as clean on its disk as one that is not mounted, whoever has files of it open.
bool freeze(const DiskState& state, const Mounted& mount) {
    const Doing doing(state, mount.path);
    const ns::Fd top(doing ? ::open(mount.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1);
    if (!top || (::ioctl(top.get(), FIFREEZE, 0) != 0 && errno != EBUSY)) // it is frozen already
        return false;
    log(Level::Notice, {"shutdown: ", mount.path, ": still held by somebody, so it is frozen"});
    return true;
}

// The kernel's last resort, sysrq-u: one file system after the other, whoever has it open, until one hangs. Nobody says
// when it is done.
void remount_all_by_force() {
    const ns::Fd trigger(::open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC));
    if (::write(trigger.get(), "u", 1) != 1)
        return log(Level::Error, {"shutdown: /proc/sysrq-trigger: ", ::strerrordesc_np(errno)});
    const timespec pause{.tv_sec = 1, .tv_nsec = 0};
    ::nanosleep(&pause, nullptr);
}

} // namespace

std::vector<Mounted> mounts_in(std::string_view mountinfo) {
    std::vector<Mounted> mounts;
    while (!mountinfo.empty()) {
        // proc(5): ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [TAG...] - FSTYPE SOURCE SUPEROPTIONS
        std::string_view line = take(mountinfo, '\n');
        take(line, ' ');
        take(line, ' ');
        const std::string_view device = take(line, ' ');
        take(line, ' ');
        const std::string path = unescape(take(line, ' '));
        const std::size_t dash = line.find(" - ");
        if (dash == std::string_view::npos || !path.starts_with('/'))
            continue;
        line.remove_prefix(dash + 3);
        Mounted& mount = mounts.emplace_back(path, std::string(take(line, ' ')), std::string(device));
        take(line, ' ');
        mount.writable = line.starts_with("rw");
    }
    std::ranges::reverse(mounts);
    return mounts;
}

std::vector<Mounted> to_unmount(std::string_view mountinfo) {
    std::vector<Mounted> mounts = mounts_in(mountinfo);
    std::erase_if(mounts, [](const Mounted& mount) { return stays(mount.path); });
    return mounts;
}

bool has_disk(std::string_view fstype) noexcept {
    constexpr std::string_view without[] = {
        "tmpfs",    "ramfs",  "rootfs", "overlay", "squashfs", "erofs", "iso9660",  "proc", "sysfs",
        "devtmpfs", "devpts", "cgroup", "cgroup2", "mqueue",   "9p",    "virtiofs", "nsfs",
    };
    constexpr std::string_view remote[] = {"nfs", "cifs", "smb", "ceph", "fuse", "afs"};
    return std::ranges::find(without, fstype) == std::end(without) &&
           std::ranges::none_of(remote, [&](std::string_view name) { return fstype.starts_with(name); });
}

std::vector<std::string> swap_areas(std::string_view swaps) {
    std::vector<std::string> areas;
    take(swaps, '\n'); // the heading
    while (!swaps.empty()) {
        std::string_view line = take(swaps, '\n');
        if (line.starts_with('/'))
            areas.push_back(unescape(take(line, ' ')));
    }
    return areas;
}

void swap_off(const DiskState& state) {
    for (const std::string& area : swap_areas(read_table("/proc/swaps")))
        if (const Doing doing(state, area); doing && ::swapoff(area.c_str()) != 0)
            log(Level::Warning, {"shutdown: swap off ", area, ": ", ::strerrordesc_np(errno)});
}

void unmount_all(const DiskState& state) {
    for (bool progress = true; progress;) {
        progress = false;
        for (const Mounted& mount : still_mounted())
            progress |= unmount(state, mount.path);
        detach_loops(state);
    }
    for (const Mounted& mount : still_mounted())
        if (has_disk(mount.fstype) && !unmount(state, mount.path))
            log(Level::Warning, {"shutdown: unmount ", mount.path, ": ", ::strerrordesc_np(errno)});
}

void remount_read_only(const DiskState& state) {
    for (const Mounted& mount : still_mounted())
        if (mount.writable && has_disk(mount.fstype))
            read_only(state, mount.path);
    read_only(state, "/");
}

void rest_by_force(const DiskState& state) {
    bool left = state.survivors;
    for (const Mounted& mount : still_writable())
        left |= !freeze(state, mount);
    if (left)
        remount_all_by_force();
}

std::int64_t unwritten() noexcept {
    const std::string text = read_kernel_file("/proc/meminfo");
    const auto field = [&](std::string_view name) {
        std::int64_t value = 0;
        if (std::size_t at = text.find(name); at != text.npos) {
            at = std::min(text.find_first_not_of(' ', at + name.size()), text.size());
            std::from_chars(text.data() + at, text.data() + text.size(), value);
        }
        return value;
    };
    return field("\nDirty:") + field("\nWriteback:") + field("\nSwapTotal:") - field("\nSwapFree:");
}

} // namespace initd
