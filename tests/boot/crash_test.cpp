// SPDX-License-Identifier: Apache-2.0
// PID 1 of a real machine faults, and the machine goes on.
#include "tests/boot/shared_machine.hpp"

#include <algorithm>

using namespace boot;

namespace {

void add_pod(const std::string& name, const std::string& spec, const std::string& script) {
    write_file("crash/" + name + ".json",
               R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"("},"spec":{)" + spec +
                   R"("containers":[{"name":"c","image":"host","command":["sh","-c",")" + script + R"("]}]}})");
}

Machine& machine() {
    return shared_machine([] {
        add_pod("host", R"("hostNetwork":true,"hostPID":true,"hostIPC":true,)", "exec sleep 100000");
        add_pod("private", "", "exec sleep 100001");
        add_pod("counts", "", "n=0; while :; do n=$((n+1)); echo $n; sleep 0.1; done");
        add_pod("fails", "", "sleep 1; exit 7");
        return Options{.appliance =
                           build_appliance("crash", "--manifests " + workshop() +
                                                        "/crash --file " BUILD_ROOT "/tests/boot/fault:/usr/bin/fault"),
                       .arguments = {},
                       .append = ""};
    });
}

// Who runs, since when.
std::string services() {
    return machine()
        .run("for p in /proc/[0-9]*; do { case \"$(tr '\\0' ' ' < $p/cmdline)\" in 'sleep 10000'* | 'sh -c n=0'*) "
             "echo ${p#/proc/} $(cut -d' ' -f22 $p/stat);; esac; } 2> /dev/null; done")
        .output;
}

} // namespace

TEST_CASE("twenty faults of PID 1, and no service notices", "[crash]") {
    machine().run_until("podctl get pods counts", "Running");
    const std::string before = services();
    CHECK(std::ranges::count(before, '\n') == 3);
    // Between execve(2) and its first instructions no program has handlers: the next fault comes when it is through.
    for (int i = 1; i <= 20; ++i) {
        REQUIRE(machine().run("fault 1").status == 0);
        const std::string times = std::to_string(i) + "\n";
        REQUIRE(machine().run_until("dmesg | grep -c 'podinit: goes on with'", times).output == times);
    }
    CHECK(services() == before);
    CHECK_THAT(machine().run("podctl get pods").output, contains("counts"));
}

TEST_CASE("its last words are in the kernel's log", "[crash]") {
    const std::string said = machine().run("dmesg | grep 'podinit: crash' | head -n 1").output;
    CHECK_THAT(said, contains("SIGSEGV at 0x10"));
}

TEST_CASE("no line of a log is lost, and none is out of order", "[crash]") {
    machine().run("sleep 1");
    CHECK(machine().run("podctl logs counts | awk '$1 > p + 1 {print \"gap\", p, $1} $1 > p {p = $1}'").output.empty());
}

TEST_CASE("who ends between two faults is restarted as if nothing had been", "[crash]") {
    CHECK_THAT(machine().run_until("podctl get pod fails -o json", "\"exitCode\": 7").output,
               contains("\"exitCode\": 7"));
}

TEST_CASE("another podinit takes over on request", "[crash]") {
    const std::string before = services();
    const Outcome done = machine().run("podctl node reexec", Seconds(60));
    INFO(done.output);
    CHECK(done.status == 0);
    CHECK(services() == before);
    machine().run("cp /sbin/init /run/other && chmod 755 /run/other");
    const Outcome other = machine().run("podctl node reexec --binary /run/other", Seconds(60));
    INFO(other.output);
    CHECK(other.status == 0);
    CHECK_THAT(machine().run("readlink /proc/1/exe").output, contains("/run/other"));
    CHECK(services() == before);
    machine().run("printf 'no program' > /run/none; chmod 755 /run/none");
    const Outcome none = machine().run("podctl node reexec --binary /run/none", Seconds(60));
    INFO(none.output);
    CHECK(none.status != 0);
    CHECK(services() == before);
}

TEST_CASE("and the machine goes down in order", "[crash]") {
    machine().type("podctl poweroff\n");
    CHECK(machine().ends(Seconds(60)));
    CHECK_THAT(machine().transcript(), contains("reboot: Power down"));
}
