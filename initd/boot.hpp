// SPDX-License-Identifier: Apache-2.0
// From the kernel's hand-over to the first manifest, and from the last pod to the kernel's reboot(2).
//
// Nothing here stops the boot: a step that fails is reported and passed over. In a container or a PID namespace of
// someone else's, only what is missing and may be mounted is mounted.
#pragma once

#include "spec/config.hpp"
#include "spec/control.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace initd {

// Early mounts (proc, sys, devtmpfs, devpts, shm, run, tmp, cgroup2 with its controllers enabled), console on 0-2,
// ctrl-alt-del as SIGINT, PATH and HOME.
void early_boot() noexcept;

// Hostname (config, else /etc/hostname), loopback up.
void name_machine(const spec::Config& config) noexcept;

// The contents of /proc/cmdline, or "".
std::string kernel_command_line() noexcept;

// A shell on the console, its own session and controlling terminal; restarted whenever it ends, until it exits with 0,
// after which the boot goes on (with pods) or the machine reboots (without). The child's pid, or -1.
int start_rescue(const spec::Config& config, std::string_view why) noexcept;

// The last steps, when no pod is left: SIGTERM then SIGKILL to every other process, sync, swap off, unmount all or
// remount read-only, reboot(2). Bounded in time: a step that hangs (sync, unmount) is done in a child that is not waited
// for longer than its share. Does not return as PID 1; returns for anybody else.
void go_down(spec::PowerAction action) noexcept;

// In a PID namespace that is not the machine's first, reboot(2) only ends that namespace: the caller just exits then.
bool is_machine_init() noexcept;

} // namespace initd
