// SPDX-License-Identifier: Apache-2.0
// Order between pods on a machine: storage, network, app come up one after the other, and go the other way round.
#include "tests/boot/machine.hpp"
#include "tests/boot/shared_machine.hpp"

using namespace boot;

namespace {

// Says so when it starts, a while before it is ready, and when it ends.
void add_pod(const std::string& name, const std::string& annotation) {
    write_file("order/" + name + ".json",
               R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"(","annotations":{)" + annotation +
                   R"(}},"spec":{"terminationGracePeriodSeconds":20,"containers":[{"name":"c","image":"host",)"
                   R"("readinessProbe":{"periodSeconds":1,"exec":{"command":["/usr/bin/test","-e","/run/)" +
                   name + R"("]}},"command":["/bin/sh","-c","trap 'echo )" + name +
                   R"( ends >/dev/console; exit 0' TERM; echo )" + name +
                   R"( starts >/dev/console; sleep 1; touch /run/)" + name + R"(; while :; do sleep 0.1; done"]}]}})");
}

} // namespace

TEST_CASE("pods come up after those they name, and go down before them", "[order]") {
    workshop();
    add_pod("app", R"("podinit/after":"network")");
    add_pod("network", R"("podinit/requires":"storage")");
    add_pod("storage", "");
    add_pod("lost", R"("podinit/after":"nobody")");
    add_pod("round", R"("podinit/after":"round")");
    Machine machine(
        {.appliance = build_appliance("order", "--manifests " + workshop() + "/order"), .arguments = {}, .append = ""});
    machine.login();
    CHECK_THAT(machine.run_until("podctl get pods app", "1/1", Seconds(90)).output, contains("Running"));
    const std::string said = machine.transcript();
    REQUIRE(said.find("app starts") != std::string::npos);
    CHECK(said.find("storage starts") < said.find("network starts"));
    CHECK(said.find("network starts") < said.find("app starts"));
    CHECK(said.find("lost starts") == std::string::npos);
    CHECK(said.find("round starts") == std::string::npos);
    CHECK_THAT(machine.run("podctl describe pod lost").output,
               contains("waiting for pod default/nobody (which is not there)"));
    CHECK_THAT(machine.run("podctl describe pod round").output,
               contains("waiting for pod default/round (which waits for this pod)"));
    machine.type("podctl poweroff\n");
    machine.expect("app ends", Seconds(60));
    machine.expect("network ends", Seconds(60));
    machine.expect("storage ends", Seconds(60));
    CHECK(machine.ends(Seconds(60)));
}
