// SPDX-License-Identifier: Apache-2.0
// From the kernel's hand-over to the first manifest.
//
// Nothing here stops the boot: a step that fails is reported and passed over. In a container or a PID namespace of
// someone else's, only what is missing and may be mounted is mounted (early_mounts.hpp), and the machine's own settings
// (host name, ctrl-alt-del, cgroup controllers, kernel command line) are not ours.
#pragma once

#include "initd/signals.hpp"
#include "ns/fd.hpp"
#include "spec/config.hpp"

#include <string>

namespace initd {

// For PID 1, before anything else: off rootfs (ns/root.hpp), early mounts, links in /dev, console on 0-2 where they are
// closed, ctrl-alt-del as SIGINT instead of an instant reset, umask 022.
void early_boot() noexcept;

// For PID 1, when the first pods have been started: what none of them waits for. Cgroup controllers.
void late_boot() noexcept;

// Told by the PID namespace: reboot(2) in one that is not the machine's first only ends that namespace. Needs /proc, so
// ask after early_boot().
Standing standing() noexcept;
bool is_machine_init() noexcept;

// Host name (configured, else /etc/hostname) on a machine; loopback up for any PID 1.
void name_machine(const spec::Config& config) noexcept;

// The machine's /proc/cmdline, or "": what a foreign machine was booted with does not concern a container.
std::string kernel_command_line() noexcept;

// /dev/console opened afresh (a getty may have hung up the descriptors that the kernel gave us), else /dev/null; never
// as anybody's controlling terminal. Close-on-exec.
ns::Fd open_console() noexcept;

} // namespace initd
