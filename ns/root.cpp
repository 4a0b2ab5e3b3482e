// SPDX-License-Identifier: Apache-2.0
#include "ns/root.hpp"

#include "ns/fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace ns {

std::expected<void, Error> leave_rootfs() noexcept {
    const auto failed = [] { return std::unexpected(Error{errno, Step::PivotRoot}); };
    struct statfs root;
    if (statfs("/", &root) < 0)
        return failed();
    if (root.f_type != RAMFS_MAGIC && root.f_type != TMPFS_MAGIC)
        return {};
    const Fd copy(open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC));
    // Mounted on "/", it covers the root for everybody but those who stand on it already, us among them.
    if (!copy || move_mount(copy.get(), "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(copy.get()) < 0 ||
        chroot(".") < 0)
        return failed();
    return {};
}

} // namespace ns
