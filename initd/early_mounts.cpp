// SPDX-License-Identifier: Apache-2.0
#include "initd/early_mounts.hpp"

#include "initd/log.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace initd {
namespace {

constexpr unsigned long api = MS_NOSUID | MS_NODEV | MS_NOEXEC;
constexpr unsigned long data = MS_NOSUID | MS_NODEV;

// In order: /proc tells who we are, /dev is where the log goes, and a mount below another comes after it. What is the
// file system's own default is not said (devtmpfs: mode=0755, tmpfs: mode=1777): mount(2) copies a page for any option.
constexpr EarlyMount table[] = {
    {"/proc", "proc", nullptr, api, "self"},
    {"/sys", "sysfs", nullptr, api, "kernel"},
    {"/dev", "devtmpfs", nullptr, MS_NOSUID, "null"},
    // gid 5 is the group tty wherever there is one; ptmxmode, because /dev/ptmx may be a link to pts/ptmx.
    {"/dev/pts", "devpts", "gid=5,mode=620,ptmxmode=666", MS_NOSUID | MS_NOEXEC, "ptmx"},
    {"/dev/shm", "tmpfs", nullptr, data, nullptr},
    {"/run", "tmpfs", "mode=0755", data, nullptr},
    {"/tmp", "tmpfs", nullptr, data, nullptr},
    // The cgroup file system of a foreign machine may be version 1, under a tmpfs: that is a mount as well.
    {"/sys/fs/cgroup", "cgroup2", "nsdelegate,memory_recursiveprot", api, "cgroup.procs"},
};

MountFacts facts_of(const EarlyMount& row, bool machine) noexcept {
    MountFacts facts;
    struct statx st {};
    if (::statx(AT_FDCWD, row.path, AT_NO_AUTOMOUNT, 0, &st) != 0) {
        facts.writable = errno == ENOENT && ::mkdir(row.path, 0755) == 0;
        return facts;
    }
    facts.mounted = st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
    if (machine || facts.mounted) // on the boot path one system call a row is enough
        return facts;
    facts.writable = ::access(row.path, W_OK) == 0;
    if (row.witness) {
        const int dir = ::open(row.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        facts.witness = dir >= 0 && ::faccessat(dir, row.witness, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
        ::close(dir);
    }
    return facts;
}

bool mount_row(const EarlyMount& row) noexcept {
    if (::mount(row.fstype, row.path, row.fstype, row.flags, row.data) == 0)
        return true;
    // An option that this kernel does not know yet is no reason to go without the file system.
    return errno == EINVAL && row.data && ::mount(row.fstype, row.path, row.fstype, row.flags, nullptr) == 0;
}

} // namespace

std::span<const EarlyMount> early_mounts() noexcept {
    return table;
}

bool wants_mount(const EarlyMount& row, const MountFacts& facts, bool machine) noexcept {
    if (facts.mounted)
        return false;
    if (machine)
        return true;
    return row.witness ? !facts.witness : !facts.writable;
}

void mount_early(std::span<const EarlyMount> rows, bool machine) noexcept {
    for (const EarlyMount& row : rows)
        if (wants_mount(row, facts_of(row, machine), machine) && !mount_row(row) && machine)
            log(Level::Warning, {"mounting ", row.fstype, " on ", row.path, ": ", ::strerrordesc_np(errno)});
}

} // namespace initd
