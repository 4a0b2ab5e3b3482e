// SPDX-License-Identifier: Apache-2.0
// A machine that runs from its initramfs stands on "rootfs", the one mount that pivot_root(2) cannot swap (it has no
// parent to be mounted on). The machine's root is therefore bound over itself once, first thing at boot: from then on
// it is an ordinary mount on rootfs, as with every machine that has left its initramfs, and so it is in each
// container's mount namespace, where pivot_root and a lazy umount get rid of all the machine's mounts.
//
// What stays below a container's root then is the bare rootfs. It cannot be reached with CAP_SYS_CHROOT: ".." of a
// mount's root that covers its parent's root leads nowhere (path_resolution(7)), and umount and setns need
// CAP_SYS_ADMIN, with which a container is not confined anyway.
#pragma once

#include "ns/error.hpp"

#include <expected>

namespace ns {

// What is mounted already comes along (an earlier program of the initramfs may have mounted /run and filled it). Does
// nothing when the root is no rootfs (neither ramfs nor tmpfs), and nothing but add mounts when it is called once too
// often. Five system calls, no memory.
std::expected<void, Error> leave_rootfs() noexcept;

} // namespace ns
