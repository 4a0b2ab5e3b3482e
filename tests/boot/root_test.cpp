// SPDX-License-Identifier: Apache-2.0
// podinit as /sbin/init of a root file system on a disk.
#include "tests/boot/shared_machine.hpp"

using namespace boot;

namespace {

Options on_disk(const std::string& append) {
    return {.appliance = workshop() + "/tree",
            .arguments = {"--initrd", workshop() + "/stage1.cpio", "--disk", workshop() + "/disk"},
            .append = append};
}

// Was it unmounted, with nothing left in its journal?
void check_clean() {
    CHECK_NOTHROW(shell("e2fsck -fn disk"));
    const std::string facts = shell("dumpe2fs -h disk");
    CHECK_THAT(facts, contains("Filesystem state:         clean"));
    CHECK_THAT(facts, !contains("needs_recovery"));
}

} // namespace

TEST_CASE("what is applied survives a reboot of a machine on a disk, what is transient does not", "[root]") {
    build_appliance("tree");
    make_disk(64);
    Machine machine(on_disk("rw"));
    machine.login();
    CHECK_THAT(machine.run("cat /proc/mounts").output, contains("/dev/vda / ext4 rw"));
    CHECK_THAT(machine.run("cat /proc/1/comm").output, contains("podinit"));
    machine.run("cat > /root/pod.yaml <<'END'\napiVersion: v1\nkind: Pod\nmetadata:\n  name: kept\nspec:\n"
                "  terminationGracePeriodSeconds: 1\n  containers:\n  - name: c\n    image: host\n"
                "    command: [sleep, '100000']\nEND\nsed 's/kept/passing/' /root/pod.yaml > /root/passing.yaml\n"
                "sed 's/kept/dropped/' /root/pod.yaml > /root/dropped.yaml");
    CHECK(machine.run("podctl apply -f /root/pod.yaml -f /root/dropped.yaml").output ==
          "pod/kept created\npod/dropped created\n");
    CHECK(machine.run("podctl apply --transient -f /root/passing.yaml").output == "pod/passing created\n");
    CHECK_THAT(machine.run_until("podctl get pods passing", "Running").output, contains("Running"));
    CHECK(machine.run("podctl delete pod dropped").status == 0);
    machine.type("reboot\n");
    machine.login();
    CHECK_THAT(machine.run_until("podctl get pods kept", "Running").output, contains("Running"));
    CHECK_THAT(machine.run("podctl get pods passing").output, contains("not found"));
    CHECK_THAT(machine.run("podctl get pods dropped").output, contains("not found"));
    machine.run("dd if=/dev/zero of=/root/just-written bs=64k count=64");
    machine.type("podctl poweroff\n");
    CHECK(machine.ends(Seconds(60)));
    check_clean();
}

TEST_CASE("a read-only root boots, and is left as it was", "[root]") {
    const std::string before = shell("sha256sum disk");
    {
        Machine machine(on_disk("ro"));
        machine.login();
        CHECK_THAT(machine.run("cat /proc/mounts").output, contains("/dev/vda / ext4 ro"));
        CHECK_THAT(machine.run_until("podctl get pods kept", "Running").output, contains("Running"));
        CHECK(machine.run("podctl exec kept -- true").status == 0);
        machine.type("podctl poweroff\n");
        CHECK(machine.ends(Seconds(60)));
    }
    CHECK(shell("sha256sum disk") == before);
}
