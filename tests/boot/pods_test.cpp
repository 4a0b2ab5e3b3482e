// SPDX-License-Identifier: Apache-2.0
// Pods on a running machine: manifests that come, change and go, bad ones, restarts, and podctl.
#include "tests/boot/shared_machine.hpp"

using namespace boot;

namespace {

Machine& machine() {
    return shared_machine([] {
        write_file("shipped/bad-field.json",
                   R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"bad-field"},)"
                   R"("spec":{"containers":[{"name":"c","image":"host","comand":["true"]}]}})");
        write_file("shipped/truncated.json", R"({"apiVersion":"v1","kind":"Pod","metadata":{"na)");
        write_file("shipped/empty.json", "");
        write_file("shipped/twice.json", R"({"apiVersion":"v1","apiVersion":"v1","kind":"Pod"})");
        write_file("shipped/latin.json", "{\"apiVersion\":\"v1\",\"kind\":\"P\xf6"
                                         "d\"}");
        write_file("shipped/deep.json", std::string(100'000, '['));
        write_file("shipped/huge.json", "{\"kind\":\"" + std::string(11 << 20, 'x') + "\"}");
        write_file("shipped/nul.json",
                   R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"nul"},)"
                   R"("spec":{"containers":[{"name":"c","image":"host","command":["a\u0000b"]}]}})");
        write_file("shipped/good.json",
                   R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"good"},"spec":)"
                   R"({"containers":[{"name":"c","image":"host","command":["sleep","1000000"]}]}})");
        return Options{.appliance = build_appliance(
                           "pods", "--file " BUILD_ROOT "/tests/boot/talk:/usr/bin/talk --file " + workshop() +
                                       "/shipped:/etc/podinit/manifests --image ikubernetes/myapp:v1=" + myapp_image()),
                       .arguments = {},
                       .append = ""};
    });
}

// A pod of one container that runs a shell script on the machine's root.
std::string pod(const std::string& name, const std::string& script, const std::string& more = "") {
    return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"("},"spec":{)" + more +
           R"("containers":[{"name":"c","image":"host","command":["/bin/sh","-c",")" + script + R"("]}]}})";
}

void write(const std::string& path, const std::string& text) {
    machine().run("cat > " + path + " <<'END'\n" + text + "\nEND");
}

// podctl apply -f - with the text.
Outcome apply(const std::string& text) {
    return machine().run("podctl apply -f - <<'END'\n" + text + "\nEND");
}

std::string status_of(const std::string& name, const std::string& wanted) {
    return machine().run_until("podctl get pods " + name, wanted).output;
}

Outcome drop(const std::string& name) {
    return machine().run("podctl delete pod " + name + " --now", Seconds(45));
}

} // namespace

TEST_CASE("a bad manifest costs only itself and is reported by file and JSON pointer", "[pods]") {
    CHECK_THAT(status_of("good", "Running"), contains("Running"));
    const std::string log = machine().run("dmesg").output;
    CHECK_THAT(log, contains("/spec/containers/0/comand"));
    const std::string node = machine().run("podctl node").output;
    for (const char* file : {"bad-field.json", "truncated.json", "empty.json", "twice.json", "latin.json", "deep.json",
                             "huge.json", "nul.json"}) {
        CHECK_THAT(log, contains(file));
        CHECK_THAT(node, contains(file));
    }
    CHECK_THAT(machine().run("podctl get pods bad-field").output, contains("not found"));
    CHECK_THAT(node, contains("/spec/containers/0/comand"));
}

TEST_CASE("a manifest that appears is started, one that changes is replaced, one that goes is stopped", "[pods]") {
    machine().run("mkdir -p /etc/podinit/manifests");
    write("/etc/podinit/manifests/.late.json.new", pod("late", "echo first; exec sleep 100000"));
    CHECK_THAT(machine().run("podctl get pods late").output, contains("not found"));
    machine().run("mv /etc/podinit/manifests/.late.json.new /etc/podinit/manifests/late.json");
    CHECK_THAT(status_of("late", "Running"), contains("Running"));
    CHECK_THAT(machine().run_until("podctl logs late", "first").output, contains("first\n"));

    write("/etc/podinit/manifests/.late.json.new", pod("late", "echo second; exec sleep 100000"));
    machine().run("mv /etc/podinit/manifests/.late.json.new /etc/podinit/manifests/late.json");
    CHECK_THAT(machine().run_until("podctl logs late", "second", Seconds(60)).output, contains("second\n"));

    machine().run("rm /etc/podinit/manifests/late.json");
    CHECK_THAT(machine().run_until("podctl get pods late", "not found", Seconds(60)).output, contains("not found"));
}

TEST_CASE("a container that fails is restarted at once, then backs off as CrashLoopBackOff", "[pods]") {
    CHECK(apply(pod("crasher", "echo attempt; exit 3")).output == "pod/crasher created\n");
    CHECK_THAT(status_of("crasher", "CrashLoopBackOff"), contains("CrashLoopBackOff"));
    const std::string json = machine().run("podctl get pod crasher -o json").output;
    CHECK_THAT(json, contains("\"restartCount\": 1"));
    CHECK_THAT(json, contains("\"exitCode\": 3"));
    CHECK_THAT(machine().run_until("podctl get pod crasher -o json", "\"restartCount\": 2", Seconds(40)).output,
               contains("\"restartCount\": 2"));
    CHECK_THAT(machine().run("podctl describe pod crasher").output, contains("CrashLoopBackOff"));
    CHECK(machine().run("podctl logs crasher --previous").output == "attempt\n");
    CHECK(drop("crasher").status == 0);
}

TEST_CASE("the restart policies Never and OnFailure end as Kubernetes ends them", "[pods]") {
    apply(pod("never", "exit 4", R"("restartPolicy":"Never",)"));
    CHECK_THAT(status_of("never", "Error"), contains("Error"));
    apply(pod("well", "exit 0", R"("restartPolicy":"OnFailure",)"));
    CHECK_THAT(status_of("well", "Completed"), contains("Completed"));
    CHECK_THAT(machine().run("podctl get pod never -o json").output, contains("\"phase\": \"Failed\""));
    CHECK_THAT(machine().run("podctl get pod well -o json").output, contains("\"phase\": \"Succeeded\""));
    drop("never");
    drop("well");
}

TEST_CASE("a missing image and a missing command say so and harm nobody", "[pods]") {
    apply(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"no-image"},"spec":{"containers":)"
          R"([{"name":"c","image":"nowhere/nothing:v9"}]}})");
    apply(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"no-command"},"spec":{"containers":)"
          R"([{"name":"c","image":"host","command":["/no/such/program"]}]}})");
    CHECK_THAT(machine().run_until("podctl describe pod no-image", "nowhere/nothing:v9").output,
               contains("nowhere/nothing:v9"));
    CHECK_THAT(status_of("no-image", "Image"),
               contains("Image")); // ErrImageNeverPull, ErrImagePull or ImagePullBackOff
    CHECK_THAT(machine().run_until("podctl describe pod no-command", "/no/such/program: ").output,
               contains("/no/such/program"));
    CHECK_THAT(status_of("good", "Running"), contains("Running"));
    drop("no-image");
    drop("no-command");
}

TEST_CASE("apply checks everything before it changes anything", "[pods]") {
    write("/tmp/two.yaml",
          "apiVersion: v1\nkind: Pod\nmetadata:\n  name: fine\nspec:\n  containers:\n  - name: c\n    image: host\n"
          "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: unfine\nspec:\n  containers:\n  - name: c\n"
          "    imgae: host\n");
    const Outcome refused = machine().run("podctl apply -f /tmp/two.yaml");
    CHECK(refused.status != 0);
    CHECK_THAT(refused.output, contains("imgae"));
    CHECK_THAT(machine().run("podctl get pods fine").output, contains("not found"));
}

TEST_CASE("exec gives the command's exit status and streams", "[pods]") {
    CHECK(machine().run("podctl exec good -- sh -c 'echo out; echo err >&2; exit 42' 2>/dev/null").output == "out\n");
    CHECK(machine().run("podctl exec good -- sh -c 'exit 42'").status == 42);
    CHECK(machine().run("echo through | podctl exec -i good -- cat").output == "through\n");
    CHECK(machine().run("podctl exec nobody -- true").status != 0);
}

TEST_CASE("describe, labels, output formats and names are kubectl's", "[pods]") {
    apply(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"tagged","labels":{"app":"shop"}},"spec":{"containers":)"
        R"([{"name":"c","image":"host","command":["sleep","100000"]}],"terminationGracePeriodSeconds":1}})");
    CHECK_THAT(status_of("tagged", "Running"), contains("1/1"));
    CHECK(machine().run("podctl get pods -l app=shop -o name").output == "pod/tagged\n");
    CHECK(machine().run("podctl get pods -l app=other -o name").output.find("tagged") == std::string::npos);
    CHECK_THAT(machine().run("podctl get pod tagged -o yaml").output, contains("name: tagged"));
    CHECK_THAT(machine().run("podctl describe pod tagged").output, contains("Name:"));
    CHECK_THAT(machine().run("podctl get pods -A").output, contains("NAMESPACE"));
    CHECK(machine().run("podctl delete pod tagged").output == "pod \"tagged\" deleted\n");
}

TEST_CASE("restart starts a container again and counts it", "[pods]") {
    apply(pod("again", "trap 'exit 0' TERM; sleep 100000 & wait"));
    status_of("again", "Running");
    CHECK(machine().run("podctl restart again").status == 0);
    CHECK_THAT(machine().run_until("podctl get pod again -o json", "\"restartCount\": 1").output,
               contains("\"restartCount\": 1"));
    drop("again");
}

// How many seconds it takes to delete the pod.
int seconds_to_delete(const std::string& options) {
    const std::string took = machine()
                                 .run("before=$(cut -d. -f1 /proc/uptime); podctl delete pod " + options +
                                          " >/dev/null; echo $(( $(cut -d. -f1 /proc/uptime) - before ))",
                                      Seconds(90))
                                 .output;
    return std::stoi(took);
}

TEST_CASE("a pod that ignores SIGTERM is killed after its grace period, or the one that delete names", "[pods]") {
    const std::string script = "trap '' TERM; while :; do sleep 1; done";
    for (const char* name : {"stubborn", "hurried"})
        apply(pod(name, script, std::string(R"("terminationGracePeriodSeconds":)") + (name[0] == 's' ? "4," : "60,")));
    status_of("stubborn", "Running");
    status_of("hurried", "Running");
    const int own = seconds_to_delete("stubborn");
    CHECK(own >= 3);
    CHECK(own <= 12);
    CHECK(seconds_to_delete("hurried --grace-period=3") <= 12);
    CHECK_THAT(machine().run("podctl get pods hurried").output, contains("not found"));
}

TEST_CASE("garbage on the control socket ends that connection only", "[pods]") {
    for (const char* garbage :
         {"printf 'rubbish\\0'", "head -c 100000 /dev/urandom", "printf '{\"method\":\"io.podinit.List\"'",
          "dd if=/dev/zero bs=64k count=260 2>/dev/null | tr '\\0' '['"}) {
        INFO(garbage);
        const Outcome talk = machine().run(std::string(garbage) + " | talk /run/podinit/control.sock", Seconds(120));
        CHECK(talk.status == 0);
        CHECK_THAT(talk.output, !contains("parameters\":{\"pod"));
    }
    CHECK_THAT(machine().run("podctl get pods good").output, contains("Running"));
}

TEST_CASE("the control socket introduces itself to root, and to nobody else", "[pods]") {
    const std::string call = R"(printf '{"method":"org.varlink.service.GetInfo"}\0' | talk /run/podinit/control.sock)";
    CHECK_THAT(machine().run(call).output, contains("\"io.podinit\""));
    const Outcome stranger = machine().run("su -s /bin/sh nobody -c 'podctl get pods'");
    CHECK(stranger.status != 0);
    CHECK_THAT(stranger.output, !contains("good"));
}

TEST_CASE("a shared process namespace shows the containers to each other", "[pods]") {
    apply(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"shared"},"spec":{"shareProcessNamespace":true,)"
          R"("terminationGracePeriodSeconds":1,"containers":[{"name":"a","image":"host","command":["sleep","111111"]},)"
          R"({"name":"b","image":"host","command":["sleep","222222"]}]}})");
    CHECK_THAT(status_of("shared", "2/2"), contains("2/2"));
    const std::string seen = machine().run("podctl exec shared -c a -- ps").output;
    CHECK_THAT(seen, contains("111111"));
    CHECK_THAT(seen, contains("222222"));
    drop("shared");
}

TEST_CASE("volumes: a hostPath shows the machine's directory, an emptyDir is shared by the containers", "[pods]") {
    machine().run("mkdir -p /tmp/shelf; echo from the machine > /tmp/shelf/note");
    apply(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"mounts"},"spec":{"terminationGracePeriodSeconds":1,)"
        R"("volumes":[{"name":"shelf","hostPath":{"path":"/tmp/shelf","type":"Directory"}},{"name":"scratch","emptyDir":{}}],)"
        R"("containers":[{"name":"a","image":"ikubernetes/myapp:v1","command":["sh","-c",)"
        R"("echo shared > /scratch/file; exec sleep 100000"],"volumeMounts":[{"name":"shelf","mountPath":"/shelf","readOnly":true},)"
        R"({"name":"scratch","mountPath":"/scratch"}]},{"name":"b","image":"ikubernetes/myapp:v1","command":["sleep","100000"],)"
        R"("volumeMounts":[{"name":"scratch","mountPath":"/elsewhere"}]}]}})");
    CHECK_THAT(status_of("mounts", "2/2"), contains("2/2"));
    CHECK(machine().run("podctl exec mounts -c a -- cat /shelf/note").output == "from the machine\n");
    CHECK(machine().run("podctl exec mounts -c a -- touch /shelf/new").status != 0);
    CHECK(machine().run_until("podctl exec mounts -c b -- cat /elsewhere/file", "shared").output == "shared\n");
    drop("mounts");
}

TEST_CASE("capabilities are the runtimes' usual 14, all when privileged", "[pods]") {
    apply(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"caps"},"spec":{"restartPolicy":"Never","containers":[)"
          R"({"name":"usual","image":"ikubernetes/myapp:v1","command":["grep","Cap","/proc/self/status"]},)"
          R"({"name":"all","image":"ikubernetes/myapp:v1","command":["grep","Cap","/proc/self/status"],)"
          R"("securityContext":{"privileged":true}},)"
          R"({"name":"none","image":"ikubernetes/myapp:v1","command":["grep","Cap\\|NoNewPrivs","/proc/self/status"],)"
          R"("securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}})");
    CHECK_THAT(status_of("caps", "Completed"), contains("Completed"));
    CHECK_THAT(machine().run("podctl logs caps -c usual").output, contains("CapEff:\t00000000a80425fb\n"));
    CHECK_THAT(machine().run("podctl logs caps -c all").output, contains("CapEff:\t000001ffffffffff\n"));
    const std::string none = machine().run("podctl logs caps -c none").output;
    CHECK_THAT(none, contains("CapEff:\t0000000000000000\n"));
    CHECK_THAT(none, contains("NoNewPrivs:\t1\n"));
    drop("caps");
}

TEST_CASE("logs are files in the CRI format under /var/log/pods", "[pods]") {
    apply(pod("talker", "echo spoken; exec sleep 100000", R"("terminationGracePeriodSeconds":1,)"));
    machine().run_until("podctl logs talker", "spoken");
    CHECK(machine()
              .run("grep -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+) stdout F spoken$' "
                   "/var/log/pods/default_talker_*/c/0.log | wc -l")
              .output == "1\n");
    // A helper writes it, never PID 1.
    CHECK(machine().run("ls -l /proc/1/fd | grep -c /var/log/pods").output == "0\n");
    drop("talker");
}
