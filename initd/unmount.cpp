// SPDX-License-Identifier: Apache-2.0
#include "initd/unmount.hpp"

#include "initd/log.hpp"
#include "ns/fd.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
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

// A loop device without autoclear keeps its file open, and with it the file system that the file is on. The first one
// that does not exist ends the search: they are numbered from 0. One that is still mounted goes when it no longer is.
void detach_loops() {
    for (int number = 0;; ++number) {
        const std::string path = "/dev/loop" + std::to_string(number);
        const ns::Fd loop(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!loop)
            return;
        ::ioctl(loop.get(), LOOP_CLR_FD, 0);
    }
}

void read_only(const char* path) {
    if (::mount(nullptr, path, nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
        log(Level::Warning, {"shutdown: read-only ", path, ": ", ::strerrordesc_np(errno)});
}

} // namespace

std::vector<Mounted> to_unmount(std::string_view mountinfo) {
    std::vector<Mounted> mounts;
    while (!mountinfo.empty()) {
        // proc(5): ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [TAG...] - FSTYPE SOURCE SUPEROPTIONS
        std::string_view line = take(mountinfo, '\n');
        for (int skip = 0; skip < 4; ++skip)
            take(line, ' ');
        const std::string path = unescape(take(line, ' '));
        const std::size_t dash = line.find(" - ");
        if (dash == std::string_view::npos || !path.starts_with('/') || stays(path))
            continue;
        line.remove_prefix(dash + 3);
        mounts.push_back({path, std::string(take(line, ' '))});
    }
    std::ranges::reverse(mounts);
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

void swap_off() {
    for (const std::string& area : swap_areas(read_table("/proc/swaps")))
        if (::swapoff(area.c_str()) != 0)
            log(Level::Warning, {"shutdown: swap off ", area, ": ", ::strerrordesc_np(errno)});
}

void unmount_all() {
    for (bool progress = true; progress;) {
        progress = false;
        for (const Mounted& mount : still_mounted())
            progress |= ::umount2(mount.path.c_str(), UMOUNT_NOFOLLOW) == 0;
        detach_loops();
    }
    for (const Mounted& mount : still_mounted())
        if (has_disk(mount.fstype) && ::umount2(mount.path.c_str(), UMOUNT_NOFOLLOW) != 0)
            log(Level::Warning, {"shutdown: unmount ", mount.path, ": ", ::strerrordesc_np(errno)});
}

void remount_read_only() {
    for (const Mounted& mount : still_mounted())
        if (has_disk(mount.fstype))
            read_only(mount.path.c_str());
    read_only("/");
}

} // namespace initd
