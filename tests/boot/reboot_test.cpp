// SPDX-License-Identifier: Apache-2.0
// Rows of the conformance table that need a machine which is booted twice. Containers tell their story in a file that
// a boot begins anew.
#include "tests/boot/machine.hpp"
#include "tests/boot/shared_machine.hpp"

using namespace boot;

namespace {

std::string container(const std::string& name, const std::string& script, const std::string& more = "") {
    return R"({"name":")" + name + R"(","image":"host","command":["/bin/sh","-c",")" + script + "\"]" + more + "}";
}

// Says NAME and ends; says NAME and stays.
std::string once(const std::string& pod, const std::string& name) {
    return container(name, "sleep 0.3; echo " + name + " >>/run/" + pod);
}
std::string stays(const std::string& pod, const std::string& name, const std::string& more = "") {
    return container(name, "echo " + name + " >>/run/" + pod + "; trap 'exit 0' TERM; sleep 100000 & wait", more);
}

void write_pod(const std::string& name, const std::string& init, const std::string& containers) {
    write_file("stories/" + name + ".json", R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
                                              R"("},"spec":{"terminationGracePeriodSeconds":5,"initContainers":[)" +
                                              init + R"(],"containers":[)" + containers + "]}}");
}

// In its second boot; in the first all pods ran.
Machine& machine() {
    static bool rebooted = false;
    Machine& the = shared_machine([] {
        write_pod("order", once("order", "one") + "," + once("order", "two"), stays("order", "main"));
        write_pod("side",
                  once("side", "first") + "," + stays("side", "car", R"(,"restartPolicy":"Always")") + "," +
                      once("side", "second"),
                  stays("side", "main"));
        write_pod("held", container("gate", "until [ -e /run/go ]; do sleep 0.1; done"), stays("held", "main"));
        return Options{.appliance = build_appliance("twice", "--manifests " + workshop() + "/stories"),
                       .arguments = {},
                       .append = ""};
    });
    if (rebooted)
        return the;
    rebooted = true;
    the.run("touch /run/go");
    for (const char* pod : {"order", "side", "held"})
        REQUIRE_THAT(the.run_until(std::string("podctl get pods ") + pod, "Running").output, contains("Running"));
    const std::string before = the.run("cat /proc/sys/kernel/random/boot_id").output;
    the.type("podctl reboot\n");
    the.login();
    REQUIRE(the.run("cat /proc/sys/kernel/random/boot_id").output != before);
    return the;
}

} // namespace

TEST_CASE("node-reboot-order", "[reboot]") {
    CHECK_THAT(machine().run_until("cat /run/order", "main").output, contains("main"));
    CHECK(machine().run("cat /run/order").output == "one\ntwo\nmain\n");
    CHECK_THAT(machine().run_until("podctl get pods order", "Running").output, contains("1/1"));
}

TEST_CASE("sidecar-reboot", "[reboot]") {
    CHECK_THAT(machine().run_until("cat /run/side", "main").output, contains("main"));
    CHECK(machine().run("cat /run/side").output == "first\ncar\nsecond\nmain\n");
    CHECK_THAT(machine().run_until("podctl get pods side", "Running").output, contains("2/2"));
}

TEST_CASE("pod-status-pending-after-reboot", "[reboot]") {
    const std::string phase = "podctl get pod held -o jsonpath='{.status.phase}'";
    CHECK(machine().run(phase).output == "Pending");
    machine().run("touch /run/go");
    CHECK(machine().run_until(phase, "Running").output == "Running");
}
