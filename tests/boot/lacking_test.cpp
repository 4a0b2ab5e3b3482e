// SPDX-License-Identifier: Apache-2.0
// A kernel that lacks what a pod needs: the pod says so, everything else runs.
#include "tests/boot/shared_machine.hpp"

using namespace boot;

TEST_CASE("without overlay a pod with an image fails by that name, and the others run", "[lacking]") {
    workshop();
    // No module, so no overlay, and no network card either.
    shell("mkdir none");
    write_file("config.json", "{}");
    Machine machine(
        {.appliance = build_appliance("lacking", "--modules " + workshop() + "/none --config " + workshop() +
                                                     "/config.json --image ikubernetes/myapp:v1=" + myapp_image() +
                                                     " --file " SOURCE_ROOT "/tools/demo.d/page:/root"),
         .arguments = {"--no-reboot"},
         .append = ""});
    machine.login();
    CHECK(machine.run("podctl apply -f /root/pod-private.yaml").status == 0);
    CHECK_THAT(machine.run_until("podctl describe pod pod-private", "overlay").output, contains("overlay"));
    CHECK_THAT(machine.run("podctl get pods pod-private").output, !contains("Running"));
    CHECK_THAT(machine.run("podctl node").output, contains("overlay"));
    CHECK_THAT(machine.run("podctl get pods console").output, contains("Running"));

    // A read-only root needs no layer over the image.
    machine.run("sed 's/name: pod-private/name: read-only/; s/    image:.*/&\\n    command: [sleep, \"100000\"]\\n"
                "    securityContext: {readOnlyRootFilesystem: true}/' /root/pod-private.yaml > /root/read-only.yaml");
    CHECK(machine.run("podctl apply -f /root/read-only.yaml").output == "pod/read-only created\n");
    CHECK_THAT(machine.run_until("podctl get pods read-only", "Running").output, contains("Running"));
    CHECK(machine.run("podctl exec read-only -- touch /new").status != 0);
    machine.type("podctl poweroff\n");
    CHECK(machine.ends(Seconds(60)));
}
