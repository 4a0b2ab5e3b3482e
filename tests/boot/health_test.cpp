// SPDX-License-Identifier: Apache-2.0
// A machine whose critical pod does not come back, and one whose operator insists.
#include "tests/boot/shared_machine.hpp"

#include <string>

using namespace boot;

namespace {

// Ready while there is a file. Its end is what the machine does for it.
constexpr const char* radio = R"({
  "apiVersion": "v1", "kind": "Pod",
  "metadata": {"name": "radio", "annotations": {"podinit/watchdog": "critical", "podinit/watchdog-after": "4s"}},
  "spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "c", "image": "host",
    "command": ["/bin/sh", "-c", "echo radio runs >/dev/console; touch /run/first; sleep 100000"],
    "readinessProbe": {"periodSeconds": 1, "failureThreshold": 1, "exec": {"command": ["test", "-e", "/run/well"]}}}]}})";

// Takes longer to end than anybody who insists will wait.
constexpr const char* slow = R"({
  "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "slow"},
  "spec": {"terminationGracePeriodSeconds": 600, "containers": [{"name": "c", "image": "host",
    "command": ["/bin/sh", "-c", "trap 'echo slow is asked to end >/dev/console' TERM; while :; do sleep 1; done"]}]}})";

Options machine_of(const std::string& name, const std::string& manifest) {
    write_file(name + "/pod.json", manifest);
    write_file(name + ".config", R"({"modules": ["overlay", "button", "evdev", "softdog"],
                                     "watchdog": {"device": "/dev/watchdog0", "timeoutSeconds": 6}})");
    return {.appliance = build_appliance(name + "-machine",
                                         "--manifests " + workshop() + "/" + name + " --config " + workshop() + "/" +
                                             name + ".config --file " BUILD_ROOT "/tests/boot/hold:/usr/bin/hold"),
            .arguments = {},
            .append = ""};
}

} // namespace

TEST_CASE("a critical pod that stays unhealthy is begun anew, and then the machine reboots, in order", "[health]") {
    workshop();
    Machine machine(machine_of("radio", radio));
    machine.login();
    REQUIRE(machine.run("touch /run/well").output == "");
    REQUIRE_THAT(machine.run_until("podctl get pods radio", "1/1").output, contains("1/1"));
    machine.type("rm /run/well\n");
    machine.expect("radio runs", Seconds(60)); // begun anew
    machine.expect("reboot: Restarting system", Seconds(90));
    machine.login();
    CHECK_THAT(machine.run("podctl get pods").output, contains("radio"));
    machine.type("podctl poweroff\n");
    CHECK(machine.ends(Seconds(60)));
}

TEST_CASE("ctrl-alt-del seven times within two seconds waits for no pod", "[health]") {
    workshop();
    Options options = machine_of("slow", slow);
    options.arguments = {"--no-reboot"};
    Machine machine(options);
    machine.login();
    REQUIRE_THAT(machine.run_until("podctl get pods slow", "Running").output, contains("Running"));
    machine.type("kill -INT 1\n");
    machine.expect("slow is asked to end", Seconds(30));
    machine.type("for i in 1 2 3 4 5 6 7 8 9; do kill -INT 1; usleep 50000; done\n");
    CHECK(machine.ends(Seconds(60)));
}

TEST_CASE("a machine that nobody keeps alive is reset by its watchdog", "[health]") {
    workshop();
    Options options = machine_of("slow", slow);
    options.arguments = {"--no-reboot"};
    Machine machine(options);
    machine.login();
    REQUIRE_THAT(machine.run_until("dmesg", "resets the machine after 6 s").output,
                 contains("resets the machine after 6 s"));
    machine.type("hold 1 &\n");
    CHECK(machine.ends(Seconds(90)));
    CHECK_THAT(machine.transcript(), contains("softdog: Initiating system reboot"));
}
