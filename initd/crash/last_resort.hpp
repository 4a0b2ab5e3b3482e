// SPDX-License-Identifier: Apache-2.0
// What PID 1 does when it cannot go on: it stays, so that what runs keeps running. It reaps, keeps the hardware
// watchdog content, and does what it is told by signals: to end the machine, or (SIGHUP) to try once more to execute
// itself.
//
// On a machine it reboots after crashRebootDelay (0: never). Where execve(2) failed it is tried again every ten
// seconds. What it reaps is noted in the control block for whoever resumes.
#pragma once

namespace initd::crash {

// `failed` is what execve(2) said (-errno), 0 when podinit had better not be executed again. On the handler's stack.
[[noreturn]] void last_resort(long failed) noexcept;

} // namespace initd::crash
