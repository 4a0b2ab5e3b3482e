// SPDX-License-Identifier: Apache-2.0
// A shell on the console when it is asked for, and when there is nothing else to do.
#include "tests/boot/shared_machine.hpp"

using namespace boot;

TEST_CASE("podinit.rescue gives a shell before any pod; leaving it goes on with the boot", "[rescue]") {
    workshop();
    Machine machine({.appliance = build_appliance("rescue"), .arguments = {"--no-reboot"}, .append = "podinit.rescue"});
    machine.login();
    CHECK_THAT(machine.run("ps").output, !contains("udhcpc"));
    CHECK_THAT(machine.run("cat /proc/mounts").output, contains(" /proc proc "));
    // A shell that ends badly comes back; one that ends well lets the boot go on.
    machine.type("exit 1\n");
    machine.login(Seconds(30));
    machine.type("exit 0\n");
    machine.login(Seconds(30));
    CHECK_THAT(machine.run_until("podctl get pods dhcp", "Running").output, contains("Running"));
    machine.type("podctl poweroff\n");
    CHECK(machine.ends(Seconds(40)));
}

TEST_CASE("a machine with nothing to run gives a rescue shell, and reboots when it is left", "[rescue]") {
    workshop();
    Machine machine(
        {.appliance = build_appliance("bare", "--no-default-pods"), .arguments = {"--no-reboot"}, .append = ""});
    machine.login();
    CHECK(machine.run("echo $$").status == 0);
    CHECK_THAT(machine.run("dmesg").output, contains("nothing to run"));
    machine.type("exit 0\n");
    CHECK(machine.ends(Seconds(40)));
}
