// SPDX-License-Identifier: Apache-2.0
#include "ns/child.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

namespace ns {
namespace {

// overlayfs takes its layers as paths in one string, where commas, colons and backslashes of an image's name would need
// escapes that changed between kernels. So the layers get short names relative to a tmpfs that is mounted over the
// image's own directory, the one path that certainly exists; the image itself is moved into it.
void mount_overlay(const Child& child, const char* image) noexcept {
    const long lower =
        must(child, Step::RootImage, raw::call(SYS_open_tree, AT_FDCWD, image, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    must(child, Step::RootOverlay, raw::call(SYS_mount, "tmpfs", image, "tmpfs", 0, child.overlay_options));
    must(child, Step::RootImage, raw::call(SYS_chdir, image));
    for (const char* name : {"l", "u", "w"})
        must(child, Step::RootOverlay, raw::call(SYS_mkdirat, AT_FDCWD, name, 0755));
    must(child, Step::RootOverlay, raw::call(SYS_move_mount, lower, "", AT_FDCWD, "l", MOVE_MOUNT_F_EMPTY_PATH));
    must(child, Step::RootOverlay,
         raw::call(SYS_mount, "overlay", ".", "overlay", 0, "lowerdir=l,upperdir=u,workdir=w"));
    raw::call(SYS_close, lower);
}

// pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new one, and is then let go with all that
// was mounted in it. In an initramfs this needs leave_rootfs() to have been called at boot.
void change_root(const Child& child) noexcept {
    const Plan& plan = *child.plan;
    const char* image = plan.root_image.c_str();
    if (plan.root_overlay)
        mount_overlay(child, image);
    else
        must(child, Step::RootImage, raw::call(SYS_mount, image, image, nullptr, MS_BIND | MS_REC, nullptr));
    must(child, Step::RootImage, raw::call(SYS_chdir, image));
    must(child, Step::PivotRoot, raw::call(SYS_pivot_root, ".", "."));
    must(child, Step::PivotRoot, raw::call(SYS_umount2, ".", MNT_DETACH));
    must(child, Step::PivotRoot, raw::call(SYS_chdir, "/"));
}

} // namespace

// unshare and not clone3 makes these two: copying the machine's mounts then is the child's time and not PID 1's, and
// clone3 would root the cgroup namespace in PID 1's cgroup, whatever CLONE_INTO_CGROUP says.
void set_up_mounts(Child& child) noexcept {
    const Plan& plan = *child.plan;
    const int spaces = (plan.create_mount ? CLONE_NEWNS : 0) | (plan.create_cgroup ? CLONE_NEWCGROUP : 0);
    must(child, Step::PrivateMounts, raw::call(SYS_unshare, spaces));
    if (!plan.create_mount)
        return;
    open_sources(child, false); // while the mounts here are still the peers of the machine's
    must(child, Step::PrivateMounts, raw::call(SYS_mount, nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
    open_sources(child, true);
    if (!plan.root_image.empty())
        change_root(child);
    run_setup(child);
    if (plan.root_read_only)
        must(child, Step::Mount, add_mount_flags(AT_FDCWD, "/", 0, MS_RDONLY));
}

} // namespace ns
