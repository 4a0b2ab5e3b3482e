// SPDX-License-Identifier: Apache-2.0
// From the last pod's end to the kernel's reboot(2).
//
// Every step is bounded in time. What a dead disk or server can hang (sync, swapoff, umount) is done in a child that is
// not waited for when it gets nowhere, so the machine goes down whatever happens; and what one file system hangs at is
// left out, so that the others come to rest. The watchdog is fed all the while.
#pragma once

#include "spec/control.hpp"

namespace initd {

// For PID 1, when no pod is left. SIGTERM, then SIGKILL to every other process of this PID namespace. On a machine then
// sync, swap off, unmount all or remount read-only, reboot(2): does not return. Elsewhere it returns, and the caller
// exits. `watchdog` is fed, and stopped where the machine is to stay down; -1: there is none.
void go_down(spec::PowerAction action, int watchdog) noexcept;

} // namespace initd
