// SPDX-License-Identifier: Apache-2.0
// The way down of a machine on which everything is in the way: processes that cannot be killed, file systems that are
// busy, stacked, frozen, or mounted where nobody looks. Every disk comes to rest, and in time.
#include "tests/boot/shared_machine.hpp"

#include <string>

using namespace boot;

namespace {

// Waits where no signal reaches it: it writes to the file system that is frozen, while it holds files of two others,
// one of which is mounted in its own mount namespace alone.
constexpr const char* stuck = R"({
  "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stuck"},
  "spec": {"terminationGracePeriodSeconds": 2, "containers": [{"name": "c", "image": "host",
    "securityContext": {"privileged": true},
    "command": ["/bin/sh", "-c",
      "mkdir -p /tmp/own && mount /dev/vdc /tmp/own && exec 3>/tmp/own/held 4>/data/held && echo x >&3 && echo x >&4 && echo stuck >/dev/console && echo x >/frozen/file"]}]}})";

// Ends when asked, and says so: a bystander.
constexpr const char* polite = R"({
  "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "polite"},
  "spec": {"containers": [{"name": "c", "image": "host", "command": ["/bin/sh", "-c",
    "trap 'echo polite says goodbye >/dev/console; exit 0' TERM; sleep 100000 & wait"]}]}})";

Options machine_of_disks() {
    write_file("rest/polite.json", polite);
    write_file("rest.config",
               R"({"modules": ["overlay", "button", "evdev", "loop", "softdog", "virtio_pci", "virtio_blk"],
                                  "watchdog": {"device": "/dev/watchdog0", "timeoutSeconds": 8}})");
    write_file("stuck.json", stuck);
    shell("for disk in a b c; do truncate -s 64M $disk && mke2fs -q -t ext4 $disk; done");
    return {.appliance = build_appliance("rest", "--manifests " + workshop() + "/rest --config " + workshop() +
                                                     "/rest.config --file " + workshop() + "/stuck.json:/stuck.json"),
            .arguments = {"--disk", workshop() + "/a", "--disk", workshop() + "/b", "--disk", workshop() + "/c"},
            .append = ""};
}

void check_clean(const std::string& disk) {
    INFO(disk);
    CHECK_NOTHROW(shell("e2fsck -fn " + disk));
    const std::string facts = shell("dumpe2fs -h " + disk);
    CHECK_THAT(facts, contains("Filesystem state:         clean"));
    CHECK_THAT(facts, !contains("needs_recovery"));
}

} // namespace

TEST_CASE("file systems come to rest whatever is in the way, and the watchdog waits for it", "[rest]") {
    workshop();
    Machine machine(machine_of_disks());
    machine.login();
    REQUIRE(machine.run("mkdir -p /data /frozen && mount /dev/vda /data && mount /dev/vdb /frozen").output == "");
    // On the first disk: an overlay's upper directory, an image with a file system, a swap file, a mount over a mount.
    REQUIRE(machine
                .run("mkdir -p /data/upper /data/work /data/image /data/over && "
                     "mount -t overlay -o lowerdir=/etc,upperdir=/data/upper,workdir=/data/work o /data/over && "
                     "echo x >/data/over/written && "
                     "dd if=/dev/zero of=/data/fs bs=1M count=8 2>/dev/null && mke2fs -F /data/fs >/dev/null && "
                     "losetup /dev/loop5 /data/fs && mount /dev/loop5 /data/image && echo x >/data/image/written && "
                     "dd if=/dev/zero of=/data/swap bs=1M count=4 2>/dev/null && mkswap /data/swap >/dev/null && "
                     "swapon /data/swap && mkdir /mnt/one && mount --bind /data /mnt/one && "
                     "mount --bind /data/image /mnt")
                .output == "");
    // What nobody may unmount: a shell's own directory, and a process that ignores all it can.
    machine.run("sh -c 'cd /data; trap \"\" TERM HUP INT; exec 9>/data/open; while :; do sleep 1; done' &");
    // A device that does not answer: its image is on the file system that is frozen, and there is something to write.
    REQUIRE(machine
                .run("dd if=/dev/zero of=/frozen/fs bs=1M count=8 2>/dev/null && mke2fs -F /frozen/fs >/dev/null && "
                     "mkdir /hung && losetup /dev/loop6 /frozen/fs && mount /dev/loop6 /hung && "
                     "sync && fsfreeze --freeze /frozen && dd if=/dev/zero of=/hung/x bs=64k count=4 2>/dev/null")
                .output == "");
    machine.run("podctl apply -f /stuck.json");
    machine.expect("stuck", Seconds(60));
    CHECK_THAT(machine.run("podctl get pods polite").output, contains("Running"));
    CHECK_THAT(machine.run("dmesg").output, contains("watchdog: /dev/watchdog0: resets the machine after 8 s"));
    machine.type("podctl poweroff\n");
    machine.expect("polite says goodbye", Seconds(60));
    machine.expect("default/stuck: does not end, going down without it", Seconds(120));
    machine.expect("shutdown: sync: hangs, going on without it", Seconds(120));
    machine.expect("/hung: hangs, going on without it", Seconds(120));
    CHECK(machine.ends(Seconds(200)));
    INFO(machine.transcript());
    for (const char* disk : {"a", "b", "c"})
        check_clean(disk);
}
