// SPDX-License-Identifier: Apache-2.0
#include "spec/config.hpp"

#include "spec/duration.hpp"

#include "tests/catch.hpp"

#include <string>
#include <vector>

namespace {

using Strings = std::vector<std::string>;

spec::Config on(std::string_view cmdline) {
    return spec::read_command_line(cmdline, {}).config;
}

Strings problems(std::string_view cmdline) {
    Strings texts;
    for (const spec::Problem& problem : spec::read_command_line(cmdline, {}).problems)
        texts.push_back(problem.pointer + ": " + problem.message);
    return texts;
}

// What is wrong with a config.json, as one line each.
Strings wrong(std::string_view json) {
    Strings texts;
    const auto config = spec::read_config(json, {});
    REQUIRE_FALSE(config);
    for (const spec::Problem& problem : config.error())
        texts.push_back(spec::to_text("", problem));
    return texts;
}

} // namespace

TEST_CASE("durations are Go's") {
    struct {
        const char* text;
        std::int64_t ms;
    } const table[] = {
        {"0", 0},
        {"0s", 0},
        {"10s", 10'000},
        {"5m0s", 300'000},
        {"1h30m", 5'400'000},
        {"1.5s", 1'500},
        {".5s", 500},
        {"1.s", 1'000},
        {"300ms", 300},
        {"1500us", 1},
        {"1999\u00b5s", 1},
        {"999999ns", 0},
        {"1s999.9ms", 1'999},
        {"0.1h", 360'000},
        {"9223372036s", 9'223'372'036'000},
        {"1.0000000000000000000001s", 1'000},
    };
    for (const auto& row : table) {
        INFO(row.text);
        CHECK(spec::parse_duration_ms(row.text) == row.ms);
    }
    for (const char* text : {"", "10", "s", ".s", ".", "-1s", "+1s", "1 s", " 1s", "1s ", "1d", "1S", "1..5s",
                             "9223372037s", "99999999999999999999s", "3000000h", "9223372036s9223372036s"}) {
        INFO(text);
        CHECK_FALSE(spec::parse_duration_ms(text));
    }
}

TEST_CASE("every setting of config.json is read") {
    const auto config = spec::read_config(R"({
        "apiVersion": "podinit/v1", "kind": "Configuration",
        "hostname": "kiosk-7", "modules": ["loop"], "staticPodPaths": ["/m", "/n"], "imageDirectories": ["/i"],
        "podLogsDir": "/log", "containerLogMaxSize": "1Mi", "containerLogMaxFiles": 2,
        "crashLoopBackOff": {"initialRestartPeriod": "1s", "maxContainerRestartPeriod": "1m30s"},
        "shutdownGracePeriod": "45s", "shutdownGracePeriodCriticalPods": "10s", "readersGroup": 100, "rescue": ["/bin/busybox", "sh"],
        "shutdownDeadline": "2m", "bootDeadlineSeconds": 60, "maxFailedBoots": 0,
        "fallbackManifestDir": "/f", "emergencyManifestDir": "/e", "hangTimeout": "30s", "crashRebootDelay": "0s",
        "watchdog": {"device": "/dev/watchdog1", "timeoutSeconds": 20, "pretimeoutSeconds": 5}
    })",
                                          {});
    REQUIRE(config);
    CHECK(config->hostname == "kiosk-7");
    CHECK(config->hang_ms == 30'000);
    CHECK(config->crash_reboot_ms == 0);
    CHECK(config->modules == Strings{"loop"});
    CHECK(config->manifest_dirs == Strings{"/m", "/n"});
    CHECK(config->image_dirs == Strings{"/i"});
    CHECK(config->log_dir == "/log");
    CHECK(config->log_max_bytes == 1 << 20);
    CHECK(config->log_max_files == 2);
    CHECK(config->backoff_initial_ms == 1'000);
    CHECK(config->backoff_max_ms == 90'000);
    CHECK(config->shutdown_grace_ms == 45'000);
    CHECK(config->shutdown_critical_ms == 10'000);
    CHECK(config->shutdown_deadline_ms == 120'000);
    CHECK(config->boot_deadline_seconds == 60);
    CHECK(config->max_failed_boots == 0);
    CHECK(config->fallback_manifest_dir == "/f");
    CHECK(config->emergency_manifest_dir == "/e");
    CHECK(config->watchdog.device == "/dev/watchdog1");
    CHECK(config->watchdog.timeout_seconds == 20);
    CHECK(config->watchdog.pretimeout_seconds == 5);
    CHECK(config->readers_gid == 100);
    CHECK(config->rescue == Strings{"/bin/busybox", "sh"});
}

TEST_CASE("the time that each priority has at the end is read in place of the whole") {
    const auto config = spec::read_config(R"({"shutdownGracePeriodByPodPriority": [
        {"priority": 2000000000, "shutdownGracePeriodSeconds": 5}, {"priority": -1}]})",
                                          {});
    REQUIRE(config);
    REQUIRE(config->shutdown_by_priority.size() == 2);
    CHECK(config->shutdown_by_priority[0].priority == 2'000'000'000);
    CHECK(config->shutdown_by_priority[0].seconds == 5);
    CHECK(config->shutdown_by_priority[1].priority == -1);
    CHECK(config->shutdown_by_priority[1].seconds == 0);
}

TEST_CASE("what config.json leaves out stays as it was") {
    spec::Config base;
    base.modules = {"loop"};
    base.manifest_dirs = {"/m"};
    base.backoff_max_ms = 20'000;
    const auto config =
        spec::read_config(R"({"modules": ["e1000"], "hostname": null, "containerLogMaxSize": 4096})", base);
    REQUIRE(config);
    CHECK(config->modules == Strings{"e1000"});
    CHECK(config->manifest_dirs == Strings{"/m"});
    CHECK(config->backoff_max_ms == 20'000);
    CHECK(config->log_max_bytes == 4096);
    CHECK(config->rescue == Strings{"/bin/sh"});
    CHECK(spec::read_config("{}", base)->modules == Strings{"loop"});
}

TEST_CASE("every error of config.json is told with its place") {
    struct {
        const char* json;
        Strings problems;
    } const table[] = {
        {"", {"the document is empty"}},
        {"[]", {"expected an object, not an array"}},
        {R"({"hostnam": "x"})", {"/hostnam: unknown field \"hostnam\"; did you mean \"hostname\"?"}},
        {R"({"staticPodPath": []})",
         {"/staticPodPath: unknown field \"staticPodPath\"; did you mean \"staticPodPaths\"?"}},
        {R"({"watchdog": {"timeoutSeconds": 20}})", {"/watchdog/device: required value"}},
        {R"({"watchdog": {"device": "watchdog"}})", {"/watchdog/device: must be an absolute path"}},
        {R"({"watchdog": {"device": "/dev/w", "timeoutSeconds": 1}})",
         {"/watchdog/timeoutSeconds: must be between 2 and 86400"}},
        {R"({"watchdog": {"device": "/dev/w", "timeoutSeconds": 86401}})",
         {"/watchdog/timeoutSeconds: must be between 2 and 86400"}},
        {R"({"watchdog": {"device": "/dev/w", "timeoutSeconds": 9, "pretimeoutSeconds": 9}})",
         {"/watchdog/pretimeoutSeconds: must be 0 or more, and less than timeoutSeconds"}},
        {R"({"watchdog": {"device": "/dev/w", "pretimeoutSeconds": -1}})",
         {"/watchdog/pretimeoutSeconds: must be 0 or more, and less than timeoutSeconds"}},
        {R"({"shutdownDeadline": "999ms"})", {"/shutdownDeadline: must be 0 or at least 1s"}},
        {R"({"hangTimeout": "10ms", "crashRebootDelay": "25h"})",
         {"/hangTimeout: must be 0s, or between 1s and 24h", "/crashRebootDelay: must be 0s, or between 1s and 24h"}},
        {R"({"bootDeadlineSeconds": 0})", {"/bootDeadlineSeconds: must be between 1 and 2147483647"}},
        {R"({"apiVersion": "v1", "kind": "Pod"})",
         {"/apiVersion: must be \"podinit/v1\"", "/kind: must be \"Configuration\""}},
        {R"({"hostname": "Kiosk"})",
         {"/hostname: not a host name: at most 64 of a-z, 0-9, '-' and '.', with a letter or digit at both ends"}},
        {R"({"staticPodPaths": ["/m", "n"], "podLogsDir": ""})",
         {"/staticPodPaths/1: must be an absolute path", "/podLogsDir: must be an absolute path"}},
        {R"({"containerLogMaxSize": "10MB", "containerLogMaxFiles": 1})",
         {"/containerLogMaxSize: not a quantity: digits and one of Ki, Mi, Gi, k, M, G, ... are expected",
          "/containerLogMaxFiles: must be 2 or more"}},
        {R"({"containerLogMaxSize": 0})", {"/containerLogMaxSize: must be greater than 0"}},
        {R"({"crashLoopBackOff": {"initialRestartPeriod": "0s", "maxContainerRestartPeriod": "301s", "x": 1}})",
         {"/crashLoopBackOff/initialRestartPeriod: must be between 1s and 300s",
          "/crashLoopBackOff/maxContainerRestartPeriod: must be between 1s and 300s",
          "/crashLoopBackOff/x: unknown field \"x\""}},
        {R"({"shutdownGracePeriod": 10})", {"/shutdownGracePeriod: expected a string, not a number; write \"10\""}},
        {R"({"shutdownGracePeriod": "10"})",
         {"/shutdownGracePeriod: not a duration: numbers with units are expected, as in \"10s\" or \"1m30s\""}},
        {R"({"shutdownGracePeriod": "999ms", "shutdownGracePeriodCriticalPods": "1s"})",
         {"/shutdownGracePeriod: must be 0 or at least 1s",
          "/shutdownGracePeriodCriticalPods: must not be longer than shutdownGracePeriod, of which it is a part"}},
        {R"({"shutdownGracePeriod": "9s", "shutdownGracePeriodByPodPriority": [{"priority": 1,)"
         R"( "shutdownGracePeriodSeconds": -1}]})",
         {"/shutdownGracePeriodByPodPriority: must not be given together with shutdownGracePeriod",
          "/shutdownGracePeriodByPodPriority/0/shutdownGracePeriodSeconds: must be between 0 and 2147483647"}},
        {R"({"readersGroup": 4294967295})", {"/readersGroup: not a group id"}},
        {R"({"rescue": []})", {"/rescue: must name a command"}},
        {R"({"maxFailedBoots": -1})", {"/maxFailedBoots: must be 0 or more"}},
        {R"({"fallbackManifestDir": "f"})", {"/fallbackManifestDir: must be an absolute path"}},
    };
    for (const auto& row : table) {
        INFO(row.json);
        CHECK(wrong(row.json) == row.problems);
    }
}

TEST_CASE("only podinit's parameters of a kernel command line count") {
    const auto line =
        spec::read_command_line("BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet xpodinit.rescue podinit=1\n", {});
    CHECK_FALSE(line.rescue);
    CHECK(line.config.hostname.empty());
    CHECK(line.problems.empty());
}

TEST_CASE("rescue is asked for by its name alone or by a yes") {
    struct {
        const char* cmdline;
        bool rescue;
    } const table[] = {
        {"podinit.rescue", true},       {"podinit.rescue=1", true},      {"podinit.rescue=on", true},
        {"podinit.rescue=0", false},    {"podinit.rescue=false", false}, {"quiet\tpodinit.rescue", true},
        {"podinit.rescue=\"1\"", true}, {"\"podinit.rescue\"", true},    {"podinit.rescue podinit.rescue=0", false},
    };
    for (const auto& row : table) {
        INFO(row.cmdline);
        const auto line = spec::read_command_line(row.cmdline, {});
        CHECK(line.rescue == row.rescue);
        CHECK(line.problems.empty());
    }
    CHECK(spec::read_command_line("podinit.emergency", {}).emergency);
    CHECK_FALSE(spec::read_command_line("podinit.emergency=0", {}).emergency);
}

TEST_CASE("double quotes keep the spaces of a value or a whole parameter") {
    CHECK(on("podinit.images=\"/a b,/c\" quiet").image_dirs == Strings{"/a b", "/c"});
    CHECK(on("\"podinit.images=/a b,/c\" quiet").image_dirs == Strings{"/a b", "/c"});
    CHECK(on("x=\"podinit.rescue podinit.hostname=no\" podinit.hostname=yes").hostname == "yes");
    CHECK(on("podinit.hostname=\"open").hostname == "open");
}

TEST_CASE("a list on the command line replaces the configured one, and modules are added") {
    spec::Config base;
    base.modules = {"loop"};
    base.manifest_dirs = {"/etc/podinit/manifests"};
    base.image_dirs = {"/images"};
    const auto line = spec::read_command_line("podinit.manifests=/m,/n, podinit.modules=,virtio_net,,e1000", base);
    CHECK(line.config.manifest_dirs == Strings{"/m", "/n"});
    CHECK(line.config.modules == Strings{"loop", "virtio_net", "e1000"});
    CHECK(line.config.image_dirs == Strings{"/images"});
}

TEST_CASE("a bad parameter is a warning and changes nothing") {
    CHECK(problems("podinit.hostnam=x") == Strings{"podinit.hostnam: unknown parameter; there are rescue, emergency, "
                                                   "hostname, modules, manifests and images"});
    CHECK(problems("podinit.=x").size() == 1);
    CHECK(problems("podinit.rescue=maybe") == Strings{"podinit.rescue: must be 0 or 1"});
    CHECK(problems("podinit.hostname") == Strings{"podinit.hostname: needs a value"});
    CHECK(problems("podinit.hostname=Kiosk_7") == Strings{"podinit.hostname: not a host name"});
    CHECK(problems("podinit.manifests=") == Strings{"podinit.manifests: needs a value"});
    for (const spec::Problem& problem : spec::read_command_line("podinit.a podinit.b=", {}).problems)
        CHECK(problem.severity == spec::Severity::Warning);
}
