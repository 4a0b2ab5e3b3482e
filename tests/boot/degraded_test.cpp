// SPDX-License-Identifier: Apache-2.0
// Machines on which something is wrong: they come up all the same, and say what it is.
#include "tests/boot/shared_machine.hpp"

using namespace boot;

namespace {

std::string sleeper(const std::string& name, const std::string& annotations = "",
                    const std::string& command = "sleep 100000") {
    return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"(","annotations":{)" + annotations +
           R"(}},"spec":{"hostNetwork":true,"hostPID":true,"terminationGracePeriodSeconds":1,)"
           R"("containers":[{"name":"c","image":"host","command":["/bin/sh","-c",")" +
           command + R"("]}]}})";
}

// /etc/podinit is what matters in these: whatever is in workshop()/NAME becomes it.
std::string appliance(const std::string& name) {
    return build_appliance(
        name, "--no-default-pods --file " + workshop() + "/" + name +
                  ".d:/etc/podinit --file " SOURCE_ROOT
                  "/tools/appliance.d/manifests/console.json:/etc/podinit/emergency.manifests/console.json");
}

} // namespace

TEST_CASE("with nothing in order a machine boots to its emergency manifests, and names each cause", "[degraded]") {
    write_file("broken.d/config.json", R"({"hostname": "UPPER_CASE!", "maxFailedBoots": -1, "no such field": 1})");
    write_file("broken.d/manifests/half.json", R"({"apiVersion":"v1","kind":"Po)");
    write_file("broken.d/emergency.manifests/aid.json", sleeper("aid"));
    Machine machine({.appliance = appliance("broken"),
                     .arguments = {"--no-reboot"},
                     .append = "podinit.hostname=!! podinit.rescue=perhaps podinit.images= podinit.modules "
                               "podinit.manifests=/etc/podinit/manifests,/etc/hostname,/no/such/directory"});
    machine.login();
    CHECK_THAT(machine.run_until("podctl get pods", "Running").output, contains("aid"));
    const std::string log = machine.run("dmesg").output;
    for (const char* said :
         {"config.json: /hostname: not a host name", "/maxFailedBoots: must be 0 or more", "not used, the defaults are",
          "podinit.hostname: warning: not a host name", "podinit.rescue: warning: must be 0 or 1",
          "podinit.images: warning: needs a value", "podinit.modules: warning: needs a value", "half.json",
          "/etc/hostname: its objects stay as they are",
          "there is nothing to run: the emergency manifests of /etc/podinit/emergency.manifests are used"}) {
        INFO(said);
        CHECK(log.find(said) != log.npos);
    }
    CHECK_THAT(machine.run("podctl node").output, contains("half.json"));
    // A directory that comes later is seen, without /var/lib too.
    machine.run("rm -rf /var/lib; mkdir -p /no/such/directory");
    machine.run("cat > /tmp/pod.json <<'END'\n" + sleeper("late") + "\nEND");
    CHECK(machine.run("podctl apply -f /tmp/pod.json").output == "pod/late created\n");
    CHECK_THAT(machine.run_until("podctl get pods late", "Running").output, contains("Running"));
    machine.type("podctl poweroff\n");
    CHECK(machine.ends(Seconds(60)));
}

TEST_CASE("podinit.emergency uses the emergency manifests alone", "[degraded]") {
    write_file("asked.d/config.json", "{}");
    write_file("asked.d/manifests/usual.json", sleeper("usual"));
    Machine machine({.appliance = appliance("asked"), .arguments = {"--no-reboot"}, .append = "podinit.emergency"});
    machine.login();
    CHECK_THAT(machine.run("podctl get pods usual").output, contains("not found"));
    CHECK_THAT(machine.run("podctl get pods console").output, contains("Running"));
    CHECK_THAT(machine.run("podctl node").output, contains("podinit.emergency"));
    machine.type("podctl poweroff\n");
    CHECK(machine.ends(Seconds(60)));
}

TEST_CASE("after boots whose critical pods never came up the fallback manifests are used, until somebody confirms",
          "[degraded]") {
    write_file("failing.d/config.json", R"({"bootDeadlineSeconds": 10, "maxFailedBoots": 2})");
    write_file("failing.d/manifests/modem.json", sleeper("modem", R"("podinit/watchdog":"critical")", "exit 1"));
    write_file("failing.d/manifests/usual.json", sleeper("usual"));
    write_file("failing.d/fallback.manifests/aid.json", sleeper("aid"));
    shell("mkdir -p failing.d/fallback.manifests && cp " SOURCE_ROOT
          "/tools/appliance.d/manifests/console.json failing.d/fallback.manifests/ && cp " SOURCE_ROOT
          "/tools/appliance.d/manifests/console.json failing.d/manifests/");
    build_appliance("tree", "--no-default-pods --file " + workshop() + "/failing.d:/etc/podinit");
    make_disk(64);
    Machine machine({.appliance = workshop() + "/tree",
                     .arguments = {"--initrd", workshop() + "/stage1.cpio", "--disk", workshop() + "/disk"},
                     .append = "rw"});
    machine.login();
    CHECK_THAT(machine.run_until("cat /var/lib/podinit/failed-boots", "1").output, contains("1"));
    // Ordered down before its time is over: that was no boot that failed.
    machine.type("reboot\n");
    machine.login();
    CHECK_THAT(machine.run_until("cat /var/lib/podinit/failed-boots", "1").output, contains("1"));
    machine.expect("this boot has failed, 1 in a row: not ready in time: default/modem", Seconds(60));
    CHECK_THAT(machine.run("podctl events").output, contains("BootFailed"));
    machine.type("reboot\n");
    machine.login();
    CHECK_THAT(machine.run_until("cat /var/lib/podinit/failed-boots", "2").output, contains("2"));
    machine.run("sync");
    machine.monitor("system_reset"); // cut off before the deadline: it has not come up
    machine.login();

    CHECK_THAT(machine.run_until("podctl get pods aid", "Running").output, contains("Running"));
    CHECK_THAT(machine.run("podctl get pods usual").output, contains("not found"));
    CHECK_THAT(machine.run("podctl node").output, contains("2 boots in a row have failed"));
    CHECK_THAT(machine.run("podctl events").output, contains("FallbackManifests"));
    CHECK_THAT(machine.run("dmesg").output, contains("only the fallback manifests of /etc/podinit/fallback.manifests"));
    // What is applied now is in force at once, and a SIGHUP brings back nothing.
    machine.run("cat > /root/modem.json <<'END'\n" + sleeper("modem", R"("podinit/watchdog":"critical")") + "\nEND");
    CHECK(machine.run("podctl apply -f /root/modem.json").output == "pod/modem created\n");
    CHECK_THAT(machine.run_until("podctl get pods modem", "Running").output, contains("Running"));
    machine.run("kill -HUP 1; sleep 1");
    CHECK_THAT(machine.run("podctl get pods usual").output, contains("not found"));
    CHECK_THAT(machine.run("podctl node confirm").output, contains("the next boot uses all"));
    CHECK_THAT(machine.run("podctl node confirm").output, contains("nothing is to be confirmed"));
    machine.type("reboot\n");
    machine.login();
    CHECK_THAT(machine.run_until("podctl get pods usual", "Running").output, contains("Running"));
    CHECK_THAT(machine.run("podctl get pods aid").output, contains("not found"));
    CHECK_THAT(machine.run_until("ls /var/lib/podinit/failed-boots", "No such file").output, contains("No such file"));
    machine.type("podctl poweroff\n");
    CHECK(machine.ends(Seconds(60)));
}
