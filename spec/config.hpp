// SPDX-License-Identifier: Apache-2.0
// The machine's own settings: /etc/podinit/config.json and podinit.KEY=VALUE on the kernel command line.
// Names follow KubeletConfiguration (kubelet.config.k8s.io/v1beta1) where it has one.
#pragma once

#include "spec/problem.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace spec {

struct PriorityGrace { // an element of shutdownGracePeriodByPodPriority
    std::int32_t priority = 0;
    std::int64_t seconds = 0;
};

struct WatchdogConfig { // the machine's watchdog
    std::string device; // empty: none
    std::int32_t timeout_seconds = 30;
    std::int32_t pretimeout_seconds = 0; // so long before the end the kernel is told first; 0: it is not
};

struct Config {
    Config();
    Config(const Config&);
    Config(Config&&) noexcept;
    Config& operator=(const Config&);
    Config& operator=(Config&&) noexcept;
    ~Config();

    std::string hostname;                     // empty: leave as it is
    std::vector<std::string> modules;         // kernel modules to load before the first pod
    std::vector<std::string> manifest_dirs;   // staticPodPath in a kubelet; a later directory wins over an earlier one
    std::vector<std::string> image_dirs;      // searched in order
    std::string log_dir = "/var/log/pods";    // podLogsDir
    std::int64_t log_max_bytes = 10 << 20;    // containerLogMaxSize, a quantity: "10Mi"
    std::int32_t log_max_files = 5;           // containerLogMaxFiles
    std::int64_t backoff_initial_ms = 10'000; // crashLoopBackOff.initialRestartPeriod, ours; cut to the longest
    std::int64_t backoff_max_ms = 300'000;    // crashLoopBackOff.maxContainerRestartPeriod
    std::int64_t shutdown_grace_ms = 0;       // shutdownGracePeriod; 0: each pod's own grace period, no cap
    std::int64_t shutdown_critical_ms = 0;    // shutdownGracePeriodCriticalPods: the last part of it
    std::vector<PriorityGrace> shutdown_by_priority; // shutdownGracePeriodByPodPriority, instead of both
    std::int64_t shutdown_deadline_ms = 0; // shutdownDeadline, ours: of all pods together; 0: none but their own times
    std::int64_t boot_deadline_seconds = 300; // bootDeadlineSeconds: until when critical pods are to be up
    std::int32_t max_failed_boots = 3;        // maxFailedBoots in a row, then the fallback is used; 0: never
    std::string fallback_manifest_dir;        // fallbackManifestDir; empty: none
    std::string emergency_manifest_dir;       // emergencyManifestDir: when there is nothing else to run; empty: none
    WatchdogConfig watchdog;
    std::int64_t hang_ms = 10'000;                 // hangTimeout: of the loop; 0: it is not watched
    std::int64_t crash_reboot_ms = 300'000;        // crashRebootDelay: when PID 1 cannot go on; 0: never
    std::int64_t readers_gid = -1;                 // readersGroup: the numeric group that may look; -1: nobody
    std::vector<std::string> rescue = {"/bin/sh"}; // what rescue runs on the console
};

// A DNS name in lower case that sethostname(2) takes.
bool valid_hostname(std::string_view name) noexcept;

// Reads config.json over `base`; a list in it replaces the one of `base`. Unknown fields are errors, durations are Go's
// ("10s", "5m0s").
std::expected<Config, Problems> read_config(std::string_view json, Config base) noexcept;

struct CommandLine {
    Config config;
    bool rescue = false;    // podinit.rescue
    bool emergency = false; // podinit.emergency
    Problems problems;      // unknown podinit.* keys and bad values: warnings, the machine boots all the same
};

// Applies podinit.KEY=VALUE of a kernel command line over `base`. Keys: rescue, emergency, hostname, modules (a,b,c
// added to the list), manifests (the list replaced by a,b,c), images (the same). The kernel's quoting rule: a value may
// be in double quotes.
CommandLine read_command_line(std::string_view cmdline, Config base) noexcept;

} // namespace spec
