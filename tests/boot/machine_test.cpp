// SPDX-License-Identifier: Apache-2.0
// What PID 1 makes of a bare kernel.
#include "tests/boot/shared_machine.hpp"

using namespace boot;

namespace {

Machine& machine() {
    return shared_machine([] {
        return Options{.appliance = build_appliance("plain"),
                       .arguments = {},
                       .append = "podinit.hostname=edge-7 podinit.modules=overlay,squashfs podinit.nonsense=1"};
    });
}

} // namespace

TEST_CASE("the console ends in a shell of the machine itself", "[machine]") {
    CHECK_THAT(machine().run("tty; id -u").output, contains("/dev/console\n0\n"));
    CHECK(machine().run("readlink /proc/1/exe").output == "/sbin/podinit\n");
    CHECK(machine().run("cat /proc/1/comm").output == "podinit\n");
}

TEST_CASE("the early file systems are mounted", "[machine]") {
    const std::string mounts = machine().run("cat /proc/1/mounts").output;
    for (const char* mount : {" /proc proc ", " /sys sysfs ", " /dev devtmpfs ", " /dev/pts devpts ",
                              " /dev/shm tmpfs ", " /run tmpfs ", " /tmp tmpfs ", " /sys/fs/cgroup cgroup2 "})
        CHECK_THAT(mounts, contains(mount));
}

TEST_CASE("every controller of cgroup2 is enabled for pods", "[machine]") {
    const std::string enabled = machine().run("cat /sys/fs/cgroup/cgroup.subtree_control").output;
    for (const char* controller : {"cpu", "memory", "pids", "io", "cpuset"})
        CHECK_THAT(enabled, contains(controller));
}

TEST_CASE("the kernel command line sets the host name and the modules", "[machine]") {
    CHECK(machine().run("hostname").output == "edge-7\n");
    const std::string modules = machine().run("cut -d' ' -f1 /proc/modules").output;
    CHECK_THAT(modules, contains("overlay\n"));
    CHECK_THAT(modules, contains("squashfs\n"));
}

TEST_CASE("a key that podinit does not know is reported, and the machine boots all the same", "[machine]") {
    CHECK_THAT(machine().run("dmesg").output, contains("podinit.nonsense"));
}

TEST_CASE("the loopback interface is up", "[machine]") {
    CHECK_THAT(machine().run("ip addr show lo").output, contains("LOOPBACK,UP"));
    CHECK(machine().run("ping -c 1 -W 5 127.0.0.1").status == 0);
}

TEST_CASE("pods load the network's modules and get an address", "[machine]") {
    CHECK_THAT(machine().run_until("ip addr show eth0", "10.0.2.15").output, contains("inet 10.0.2.15/24"));
    CHECK_THAT(machine().run_until("cat /run/resolv.conf", "nameserver").output, contains("nameserver 10.0.2.3"));
    CHECK_THAT(machine().run("podctl get pods network-modules").output, contains("Completed"));
    CHECK_THAT(machine().run("podctl get pods dhcp").output, contains("Running"));
}

TEST_CASE("orphans are reaped", "[machine]") {
    // Each inner shell ends before its child, which then belongs to PID 1.
    machine().run("for i in $(seq 200); do (sh -c 'usleep 100000 &'); done");
    const Outcome zombies = machine().run_until(
        "usleep 200000; echo left=$(grep -l '(usleep)\\|) Z ' /proc/[0-9]*/stat 2>/dev/null | wc -l)", "left=0");
    CHECK(zombies.output == "left=0\n");
}

TEST_CASE("the console's shell has job control: ctrl-c ends a command, not the shell", "[machine]") {
    machine().run("test_of_this_shell=alive");
    // Said by the command itself: a ctrl-c between the shell's fork and the child's own process group would reach only
    // the shell.
    machine().type("sh -c \"echo it beg''ins; exec sleep 600\"\n");
    machine().expect("it begins");
    machine().type("\x03");
    machine().run("true");
    CHECK(machine().run("echo $test_of_this_shell").output == "alive\n");
}

TEST_CASE("the console's shell comes back when it is left", "[machine]") {
    machine().type("exit\n");
    machine().login(Seconds(30));
    CHECK(machine().run("echo again").output == "again\n");
}

TEST_CASE("nothing of PID 1 leaks into a payload", "[machine]") {
    machine().run(
        "cat > /tmp/leak.json <<'END'\n"
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"leak"},"spec":{"restartPolicy":"Never",)"
        R"("containers":[{"name":"c","image":"host","command":["/bin/sh","-c",)"
        R"("printf fds; for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do [ ! -e /proc/self/fd/$n ] || printf ' %s' $n; done; )"
        R"(echo; grep ^Sig /proc/self/status; env | cut -d= -f1 | sort | tr '\\n' ' '"]}]}})"
        "\nEND");
    CHECK(machine().run("podctl apply -f /tmp/leak.json").output == "pod/leak created\n");
    machine().run_until("podctl get pods leak", "Completed");
    const std::string seen = machine().run("podctl logs leak").output;
    CHECK_THAT(seen, contains("fds 0 1 2\n"));
    CHECK_THAT(seen, contains("SigBlk:\t0000000000000000\n"));
    CHECK_THAT(seen, contains("SigIgn:\t0000000000000000\n"));
    CHECK_THAT(seen, contains("HOME HOSTNAME"));
    CHECK(machine().run("podctl delete pod leak").status == 0);
}
