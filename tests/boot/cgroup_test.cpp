// SPDX-License-Identifier: Apache-2.0
// What containers in the machine's PID namespace leave behind, on a machine with cgroup v2.
#include "tests/boot/shared_machine.hpp"

using namespace boot;

namespace {

Machine& machine() {
    return shared_machine(
        [] { return Options{.appliance = build_appliance("cgroup", ""), .arguments = {}, .append = ""}; });
}

// A pod in the machine's PID namespace that runs a shell's script.
void apply(const std::string& name, const std::string& policy, const std::string& script) {
    machine().run("cat > /tmp/" + name + ".json <<'END'\n" + R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" +
                  name + R"("},"spec":{"hostPID":true,"terminationGracePeriodSeconds":1,"restartPolicy":")" + policy +
                  R"(","containers":[{"name":"c","image":"host","command":["/bin/sh","-c",")" + script + R"("]}]}})" +
                  "\nEND");
    CHECK(machine().run("podctl apply -f /tmp/" + name + ".json").output == "pod/" + name + " created\n");
}

// How many processes have that word as an argument. Processes that end while cat comes to them are not worth its words.
std::string processes_with(const std::string& word) {
    return machine().run("cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' '\\n' | grep -c '^" + word + "$'").output;
}

} // namespace

TEST_CASE("a pod that is gone has left no process that left its session", "[cgroup]") {
    apply("daemon", "Always", "setsid sleep 1111 & exec sleep 2222");
    CHECK_THAT(machine().run_until("cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' '", "sleep 1111").output,
               contains("sleep 1111"));
    CHECK(machine().run("podctl delete pod daemon", Seconds(60)).status == 0);
    CHECK(processes_with("1111") == "0\n");
}

TEST_CASE("what a run has left behind is gone before the next one begins", "[cgroup]") {
    apply("again", "Always",
          "cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\\\0' '\\\\n' | grep -c '^3333$'; setsid sleep 3333 & sleep 1; exit 1");
    machine().run_until("podctl get pods again", "CrashLoopBackOff", Seconds(60));
    CHECK(machine().run("podctl logs -p again").output == "0\n");
    CHECK(machine().run("podctl delete pod again", Seconds(60)).status == 0);
    CHECK(processes_with("3333") == "0\n");
}

TEST_CASE("a container that memory ended says so", "[cgroup]") {
    apply("hungry", "Never",
          "cat /proc/self/cgroup > /tmp/where; while [ ! -e /tmp/go ]; do sleep 0.2; done; exec tail /dev/zero");
    machine().run_until("cat /tmp/where", "0::/");
    machine().run("echo 8M > /sys/fs/cgroup$(cut -d: -f3 /tmp/where)/memory.max; touch /tmp/go");
    CHECK_THAT(machine().run_until("podctl get pods hungry", "OOMKilled", Seconds(60)).output, contains("OOMKilled"));
    CHECK_THAT(machine().run("podctl get pod hungry -o json").output, contains(R"("exitCode": 137)"));
}
