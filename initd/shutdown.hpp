// SPDX-License-Identifier: Apache-2.0
// From the last pod's end to the kernel's reboot(2).
//
// Every step is bounded in time. What a dead disk or server can hang (sync, swapoff, umount) is done in a child that is
// not waited for longer than its share, so the machine goes down whatever happens.
#pragma once

#include "spec/control.hpp"

namespace initd {

// For PID 1, when no pod is left. SIGTERM, then SIGKILL to every other process of this PID namespace. On a machine then
// sync, swap off, unmount all or remount read-only, reboot(2): does not return. Elsewhere it returns, and the caller
// exits.
void go_down(spec::PowerAction action) noexcept;

} // namespace initd
