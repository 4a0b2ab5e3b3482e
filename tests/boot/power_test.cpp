// SPDX-License-Identifier: Apache-2.0
// Every way down: keys, button, signals, podctl; and that the way is an orderly one.
#include "tests/boot/machine.hpp"
#include "tests/boot/shared_machine.hpp"

using namespace boot;

namespace {

const std::string& appliance() {
    static const std::string directory = [] {
        // Says what happens to it; needs a moment to end, less than its grace period. The other ignores everything.
        write_file(
            "farewell/polite.json",
            R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"polite"},"spec":{"terminationGracePeriodSeconds":20,)"
            R"("containers":[{"name":"c","image":"host","command":["/bin/sh","-c",)"
            R"("trap 'sleep 1; echo polite says goodbye >/dev/console; exit 0' TERM; sleep 100000 & wait"]}]}})");
        write_file(
            "farewell/stubborn.json",
            R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"stubborn"},"spec":{"terminationGracePeriodSeconds":2,)"
            R"("containers":[{"name":"c","image":"host","command":["/bin/sh","-c","trap '' TERM; while :; do sleep 1; done"]}]}})");
        return build_appliance("power", "--manifests " + workshop() + "/farewell");
    }();
    return directory;
}

void wait_for_pods(Machine& machine) {
    machine.login();
    REQUIRE_THAT(machine.run_until("podctl get pods polite", "Running").output, contains("Running"));
}

} // namespace

TEST_CASE("the machine reboots by ctrl-alt-del, SIGINT, SIGTERM and podctl, and each time comes back", "[power]") {
    workshop();
    Machine machine({.appliance = appliance(), .arguments = {}, .append = ""});
    wait_for_pods(machine);
    machine.monitor("sendkey ctrl-alt-delete");
    machine.expect("polite says goodbye", Seconds(30));

    for (const char* command : {"kill -INT 1\n", "kill -TERM 1\n", "podctl reboot\n"}) {
        INFO(command);
        wait_for_pods(machine);
        machine.type(command);
        machine.expect("polite says goodbye", Seconds(30));
    }
    wait_for_pods(machine);
    machine.type("podctl poweroff\n");
    machine.expect("polite says goodbye", Seconds(30));
    CHECK(machine.ends(Seconds(30)));
}

TEST_CASE("SIGUSR1 halts, and SIGUSR2, SIGPWR and the power button power off", "[power]") {
    workshop();
    {
        Machine machine({.appliance = appliance(), .arguments = {}, .append = ""});
        wait_for_pods(machine);
        machine.type("kill -USR1 1\n");
        machine.expect("polite says goodbye", Seconds(30));
        machine.expect("System halted", Seconds(30));
        CHECK_FALSE(machine.ends(Seconds(1)));
    }
    for (const char* command : {"kill -USR2 1\n", "kill -PWR 1\n"}) {
        INFO(command);
        Machine machine({.appliance = appliance(), .arguments = {}, .append = ""});
        wait_for_pods(machine);
        machine.type(command);
        machine.expect("polite says goodbye", Seconds(30));
        CHECK(machine.ends(Seconds(30)));
    }
    Machine machine({.appliance = appliance(), .arguments = {}, .append = ""});
    wait_for_pods(machine);
    machine.monitor("system_powerdown");
    machine.expect("polite says goodbye", Seconds(30));
    CHECK(machine.ends(Seconds(30)));
}

TEST_CASE("a kernel that is loaded takes over without a reboot of the machine", "[power]") {
    workshop();
    const std::string next = appliance();
    Machine machine({.appliance = build_appliance("kexec", "--file " + next + "/kernel:/boot/kernel --file " + next +
                                                               "/initrd:/boot/initrd --file " BUILD_ROOT
                                                               "/tests/boot/kexec_load:/usr/bin/kexec_load"),
                     .arguments = {"--no-reboot"},
                     .append = ""});
    machine.login();
    REQUIRE(machine.run("kexec_load /boot/kernel /boot/initrd \"$(cat /proc/cmdline) podinit.hostname=second\"")
                .output.empty());
    // SIGRTMIN+6: RTMIN is 34 for programs of glibc.
    machine.type("kill -40 1\n");
    wait_for_pods(machine);
    CHECK(machine.run("hostname").output == "second\n");
    machine.type("podctl poweroff\n");
    CHECK(machine.ends(Seconds(30)));
}
