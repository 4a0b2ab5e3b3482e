// SPDX-License-Identifier: Apache-2.0
#include "initd/planner.hpp"

#include "tests/catch.hpp"
#include "tests/daemon/planner_rig.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <sys/mount.h>
#include <vector>

using namespace initd;

namespace {

const Image host{};

Image an_image() {
    Image image;
    image.rootfs = "/images/app/rootfs";
    image.config.entrypoint = {"/entry", "point"};
    image.config.cmd = {"cmd"};
    image.config.env = {"PATH=/img/bin:/bin", "COLOR=red"};
    image.config.working_dir = "/srv";
    return image;
}

ns::Plan plan(const spec::Pod& pod, const Image& image = host, const Identity& who = {}, const NodeFacts& on = node) {
    auto made = plan_container({pod, 0, image, who, on, nothing});
    if (!made)
        FAIL(made.error().reason + ": " + made.error().message);
    return std::move(*made);
}

PlanFailure failure(const spec::Pod& pod, const Image& image = host, const Identity& who = {}) {
    auto made = plan_container({pod, 0, image, who, node, nothing});
    return made ? PlanFailure{} : made.error();
}

const ns::Setup* placed_on(const ns::Plan& plan, std::string_view target) {
    auto at = std::ranges::find_if(
        plan.setup, [&](const ns::Setup& s) { return s.op == ns::Setup::Op::Place && s.target == target; });
    return at == plan.setup.end() ? nullptr : &*at;
}

std::string source_of(const ns::Plan& plan, std::string_view target) {
    const ns::Setup* place = placed_on(plan, target);
    return place ? plan.sources.at(place->index).path : "(nothing)";
}

const std::string all_of_the_host = R"("hostNetwork": true, "hostPID": true, "hostIPC": true)";

} // namespace

TEST_CASE("a pod has its own namespaces but for those of the host it asks for") {
    struct {
        const char* fields;
        bool net, ipc, uts, shared_pid, pid_per_container;
    } const table[] = {
        {"", true, true, true, false, true},
        {R"("hostNetwork": true)", false, true, false, false, true},
        {R"("hostIPC": true)", true, false, true, false, true},
        {R"("hostPID": true)", true, true, true, false, false},
        {R"("shareProcessNamespace": true)", true, true, true, true, false},
        {R"("shareProcessNamespace": false)", true, true, true, false, true},
        {R"("hostNetwork": true, "hostPID": true, "hostIPC": true)", false, false, false, false, false},
    };
    for (const auto& row : table) {
        INFO(row.fields);
        const spec::Pod pod = pod_with(row.fields, sh);
        const SandboxPlan sandbox = plan_sandbox(pod, node);
        CHECK(sandbox.net == row.net);
        CHECK(sandbox.ipc == row.ipc);
        CHECK(sandbox.uts == row.uts);
        CHECK(sandbox.shared_pid == row.shared_pid);
        CHECK(plan(pod).create_pid == row.pid_per_container);
    }
}

TEST_CASE("a mount namespace is made unless the machine's root is seen just as it is") {
    struct {
        std::string pod, container;
        bool made;
    } const table[] = {
        {all_of_the_host, sh, false},
        {"", sh, true},
        {R"("hostNetwork": true, "hostPID": true)", sh, true}, // /dev/mqueue and /dev/shm are the pod's
        {R"("hostNetwork": true, "hostIPC": true)", sh, true}, // /proc is the container's
        {R"("hostPID": true, "hostIPC": true)", sh, true},     // /sys/class/net is the pod's
        {all_of_the_host, sh + R"(, "securityContext": {"readOnlyRootFilesystem": true})", true},
        {all_of_the_host + R"(, "volumes": [{"name": "v"}])",
         sh + R"(, "volumeMounts": [{"name": "v", "mountPath": "/v"}])", true},
    };
    for (const auto& row : table) {
        INFO(row.pod << " " << row.container);
        CHECK(plan(pod_with(row.pod, row.container)).create_mount == row.made);
    }
    CHECK(plan(pod_with(all_of_the_host, sh), an_image()).create_mount);
}

TEST_CASE("an image's root gets a writable layer, or is read-only when the container asks for that") {
    const ns::Plan usual = plan(pod_with("", sh), an_image());
    CHECK(usual.root_image == "/images/app/rootfs");
    CHECK(usual.root_overlay);
    CHECK_FALSE(usual.root_read_only);
    const ns::Plan fixed =
        plan(pod_with("", sh + R"(, "securityContext": {"readOnlyRootFilesystem": true})"), an_image());
    CHECK_FALSE(fixed.root_overlay);
    CHECK(fixed.root_read_only);
    CHECK(plan(pod_with("", sh)).root_image.empty());
    CHECK_FALSE(plan(pod_with("", sh)).root_overlay);
}

TEST_CASE("command replaces the image's entrypoint and cmd, args its cmd") {
    struct {
        const char* fields;
        Words argv;
    } const table[] = {
        {R"("name": "c")", {"/entry", "point", "cmd"}},
        {R"("args": ["a"])", {"/entry", "point", "a"}},
        {R"("command": ["/run"])", {"/run"}},
        {R"("command": ["/run"], "args": ["a", "b"])", {"/run", "a", "b"}},
    };
    for (const auto& row : table) {
        INFO(row.fields);
        const std::string fields = row.fields;
        const spec::Pod pod = fields == R"("name": "c")" ? pod_with("") : pod_with("", fields);
        CHECK(plan(pod, an_image()).argv == row.argv);
    }
}

TEST_CASE("a container with nothing to run is refused in words") {
    CHECK(failure(pod_with("")).reason == "RunContainerError");
    CHECK(failure(pod_with("", R"("command": [""])")).reason == "RunContainerError");
    CHECK(failure(pod_with("", R"("args": ["a"])"), host).reason.empty()); // args alone are a command then
}

TEST_CASE("variables come from the image, then the manifest in its order, and see those before them") {
    const std::string env = R"x(, "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$(C)$$(A)"},
        {"name": "C", "value": "3"}, {"name": "COLOR", "value": "blue"}, {"name": "D", "value": "$(PATH)"},
        {"name": "A", "value": "$(A)2"}])x";
    const ns::Plan made = plan(pod_with("", sh + env), an_image(), {.home = "/home/u"});
    CHECK(made.env == Words{"PATH=/img/bin:/bin", "HOSTNAME=web", "HOME=/home/u", "COLOR=blue", "A=12", "B=1$(C)$(A)",
                            "C=3", "D=$(PATH)"});
}

TEST_CASE("command and args see the manifest's variables and no others") {
    const std::string container = R"x("command": ["$(A)", "$(COLOR)"], "args": ["$$(A)", "x$(A)y"],
        "env": [{"name": "A", "value": "/b"}])x";
    CHECK(plan(pod_with("", container), an_image()).argv == Words{"/b", "$(COLOR)", "$(A)", "x/by"});
}

TEST_CASE("an image's own arguments are not expanded") {
    Image image = an_image();
    image.config.entrypoint = {"/entry", "$(A)", "$$"};
    const ns::Plan made = plan(pod_with("", R"("env": [{"name": "A", "value": "1"}])"), image);
    CHECK(made.argv == Words{"/entry", "$(A)", "$$", "cmd"});
}

TEST_CASE("a program without a slash is looked for in the container's PATH") {
    struct {
        const char* fields;
        Words programs;
    } const table[] = {
        {R"("command": ["sh"])", {"/img/bin/sh", "/bin/sh"}},
        {R"("command": ["./sh"])", {"./sh"}},
        {R"("command": ["/sh"])", {"/sh"}},
        {R"("command": ["sh"], "env": [{"name": "PATH", "value": "/x::/y:"}])", {"/x/sh", "/y/sh"}},
        {R"("command": ["sh"], "env": [{"name": "PATH", "value": ""}])", {}},
    };
    for (const auto& row : table) {
        INFO(row.fields);
        CHECK(plan(pod_with("", row.fields), an_image()).programs == row.programs);
    }
    CHECK(plan(pod_with("", sh)).programs.front() == "/usr/local/sbin/sh");
}

TEST_CASE("the working directory is the manifest's, else the image's") {
    CHECK(plan(pod_with("", sh), an_image()).working_dir == "/srv");
    CHECK(plan(pod_with("", sh + R"(, "workingDir": "/w")"), an_image()).working_dir == "/w");
    CHECK(plan(pod_with("", sh)).working_dir.empty());
}

TEST_CASE("each type of a hostPath is opened as what it says") {
    using Kind = ns::Source::Kind;
    struct {
        const char* type;
        Kind kind;
        bool create;
        mode_t mode;
    } const table[] = {
        {"", Kind::Any, true, 0755},
        {"DirectoryOrCreate", Kind::Directory, true, 0755},
        {"Directory", Kind::Directory, false, 0755},
        {"FileOrCreate", Kind::File, true, 0644},
        {"File", Kind::File, false, 0755},
        {"Socket", Kind::Socket, false, 0755},
        {"CharDevice", Kind::CharDevice, false, 0755},
        {"BlockDevice", Kind::BlockDevice, false, 0755},
    };
    for (const auto& row : table) {
        INFO(row.type);
        const ns::Plan made = plan(pod_with(
            R"("volumes": [{"name": "v", "hostPath": {"path": "/data", "type": ")" + std::string(row.type) + "\"}}]",
            sh + R"(, "volumeMounts": [{"name": "v", "mountPath": "/mnt", "subPath": "a/b", "readOnly": true}])"));
        const ns::Setup* place = placed_on(made, "/mnt");
        REQUIRE(place);
        CHECK(place->flags == MS_RDONLY);
        const ns::Source& source = made.sources.at(place->index);
        CHECK(source.path == "/data");
        CHECK(source.sub_path == "a/b");
        CHECK(source.kind == row.kind);
        CHECK(source.create == row.create);
        CHECK(source.create_mode == row.mode);
    }
}

TEST_CASE("an emptyDir is the pod's own directory, on disk or in memory, and open to every user") {
    const spec::Pod pod =
        pod_with(R"("volumes": [{"name": "d"}, {"name": "m", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
                                {"name": "n", "emptyDir": {"medium": "Memory"}}])",
                 sh + R"(, "volumeMounts": [{"name": "d", "mountPath": "/d"}, {"name": "m", "mountPath": "m"}])");
    const ns::Plan made = plan(pod);
    CHECK(source_of(made, "/d") == "/var/p/pods/u1/volumes/kubernetes.io~empty-dir/d");
    CHECK(source_of(made, "/m") == "/run/p/pods/u1/volumes/m");
    const ns::Source& disk = made.sources.at(placed_on(made, "/d")->index);
    CHECK(disk.create);
    CHECK(disk.create_mode == 0777);
    CHECK(has_disk_volumes(pod));

    const SandboxPlan sandbox = plan_sandbox(pod, node);
    std::vector<std::pair<std::string, std::string>> mounts;
    for (const SandboxPlan::Mount& tmpfs : sandbox.mounts)
        mounts.emplace_back(tmpfs.path, tmpfs.options);
    CHECK(mounts == std::vector<std::pair<std::string, std::string>>{
                        {"/run/p/pods/u1/shm", "mode=1777,size=65536k"},
                        {"/run/p/pods/u1/volumes/m", "mode=0777,size=67108864"},
                        {"/run/p/pods/u1/volumes/n", "mode=0777"},
                    });
    CHECK_FALSE(has_disk_volumes(pod_with(R"("volumes": [{"name": "m", "emptyDir": {"medium": "Memory"}}])", sh)));
}

TEST_CASE("shared memory is the pod's, or the machine's under hostIPC") {
    CHECK(source_of(plan(pod_with("", sh), an_image()), "/dev/shm") == "/run/p/pods/u1/shm");
    CHECK(source_of(plan(pod_with(R"("hostIPC": true)", sh), an_image()), "/dev/shm") == "/dev/shm");
    CHECK(plan_sandbox(pod_with(R"("hostIPC": true)", sh), node).mounts.empty());
}

TEST_CASE("the machine's name service is there where its network is and the root is not") {
    NodeFacts named = node;
    named.has_resolv_conf = named.has_hosts = true;
    const spec::Pod on_host = pod_with(R"("hostNetwork": true)", sh);
    CHECK(source_of(plan(on_host, an_image(), {}, named), "/etc/resolv.conf") == "/etc/resolv.conf");
    CHECK(source_of(plan(on_host, an_image(), {}, named), "/etc/hosts") == "/etc/hosts");
    CHECK_FALSE(placed_on(plan(on_host, an_image()), "/etc/hosts"));
    CHECK_FALSE(placed_on(plan(on_host, host, {}, named), "/etc/hosts"));
    CHECK_FALSE(placed_on(plan(pod_with("", sh), an_image(), {}, named), "/etc/resolv.conf"));
}

TEST_CASE("annotation podinit/console names a terminal and nothing else") {
    struct {
        const char* name;
        const char* path; // nullptr: refused
    } const table[] = {
        {"console", "/dev/console"},
        {"ttyS0", "/dev/ttyS0"},
        {"tty1", "/dev/tty1"},
        {"", nullptr},
        {"../sda", nullptr},
        {"pts/0", nullptr},
        {"tty 1", nullptr},
        {".", nullptr},
        {"ttyttyttyttyttyttyttyttyttyttytty", nullptr},
    };
    for (const auto& row : table) {
        INFO(row.name);
        const auto device =
            console_device(pod_with("", sh, R"("annotations": {"podinit/console": ")" + std::string(row.name) + "\"}"));
        CHECK(device.has_value() == (row.path != nullptr));
        if (row.path)
            CHECK(*device == row.path);
        else
            CHECK(device.error().reason == "CreateContainerConfigError");
    }
    CHECK(console_device(pod_with("", sh)).value() == "");
}

TEST_CASE("a container's user is its own, else the pod's, else the image's") {
    Image image;
    image.config.user = "www";
    const std::string pod_says = R"("securityContext": {"runAsUser": 7})";
    struct {
        std::string pod, container;
        const char* user;
    } const table[] = {
        {"", sh, "www"},
        {pod_says, sh, "7"},
        {pod_says, sh + R"(, "securityContext": {"runAsUser": 0})", "0"},
        {"", sh + R"(, "securityContext": {"runAsUser": 9})", "9"},
    };
    for (const auto& row : table) {
        INFO(row.pod << " " << row.container);
        const spec::Pod pod = pod_with(row.pod, row.container);
        CHECK(container_user(pod, pod.spec.containers[0], image) == row.user);
    }
}

TEST_CASE("groups are the image's and the pod's, and runAsGroup is the first one") {
    const ns::Plan made = plan(pod_with(R"("securityContext": {"runAsGroup": 5, "supplementalGroups": [8, 9]})", sh),
                               host, {.uid = 3, .gid = 4, .groups = {6}});
    CHECK(made.uid == 3);
    CHECK(made.gid == 5);
    CHECK(made.groups == std::vector<gid_t>{6, 8, 9});
    CHECK(plan(pod_with(R"("securityContext": {"runAsGroup": 5})", sh + R"(, "securityContext": {"runAsGroup": 0})"),
               host, {.gid = 4})
              .gid == 0);
}

TEST_CASE("who would run as root against runAsNonRoot is told so as the kubelet does") {
    const auto told = [](const std::string& context, const std::string& image_user, uid_t uid) {
        Image image;
        image.config.user = image_user;
        std::string message =
            failure(pod_with("", sh + R"(, "securityContext": {"runAsNonRoot": true)" + context + "}"), image,
                    {.uid = uid})
                .message;
        const std::string who = R"*( (pod: "web_default(u1)", container: c))*";
        CHECK((message.empty() || message.ends_with(who)));
        return message.substr(0, message.size() - std::min(message.size(), who.size()));
    };
    CHECK(told(R"(, "runAsUser": 0)", "1000", 0) == "container's runAsUser breaks non-root policy");
    CHECK(told(R"(, "runAsUser": 7)", "root", 7) == "");
    CHECK(told("", "", 0) == "container has runAsNonRoot and image will run as root");
    CHECK(told("", "0:5", 0) == "container has runAsNonRoot and image will run as root");
    CHECK(told("", "1000:5", 1000) == "");
    CHECK(told("", "alice:5", 1000) ==
          "container has runAsNonRoot and image has non-numeric user (alice), cannot verify user is non-root");
}

TEST_CASE("runAsNonRoot refuses root") {
    const std::string non_root = sh + R"(, "securityContext": {"runAsNonRoot": true})";
    CHECK(failure(pod_with("", non_root)).reason == "CreateContainerConfigError");
    CHECK(failure(pod_with("", non_root), host, {.uid = 1}).reason.empty());
    const std::string pod_non_root = R"("securityContext": {"runAsNonRoot": true})";
    CHECK(failure(pod_with(pod_non_root, sh)).reason == "CreateContainerConfigError");
    CHECK(failure(pod_with(pod_non_root, sh + R"(, "securityContext": {"runAsNonRoot": false})")).reason.empty());
}

TEST_CASE("only a privileged container keeps what podinit itself may do") {
    CHECK(plan(pod_with("", sh)).limit_capabilities);
    CHECK_FALSE(plan(pod_with("", sh + R"(, "securityContext": {"privileged": true})")).limit_capabilities);
    CHECK(plan(pod_with("", sh + R"(, "securityContext": {"privileged": true})"), host, {.uid = 1}).limit_capabilities);
    const ns::Plan bare =
        plan(pod_with("", sh + R"(, "securityContext": {"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}})"));
    CHECK(bare.capabilities.permitted == 1);
    CHECK(failure(pod_with("", sh + R"(, "securityContext": {"capabilities": {"add": ["NO_SUCH"]}})")).message ==
          "unknown capability \"NO_SUCH\"");
    CHECK(plan(pod_with("", sh + R"(, "securityContext": {"allowPrivilegeEscalation": false})")).no_new_privileges);
    CHECK_FALSE(plan(pod_with("", sh)).no_new_privileges);
}

TEST_CASE("a pod's host name is its name in at most 63 characters, or the machine's under hostNetwork") {
    auto named = [](const std::string& name, const std::string& fields) {
        spec::Pod pod = pod_with(fields, sh);
        pod.metadata.name = name;
        return pod_hostname(pod, node);
    };
    CHECK(named("web", "") == "web");
    CHECK(named("web.example", "") == "web.example");
    CHECK(named("web", R"("hostname": "other")") == "other");
    CHECK(named("web", R"("hostNetwork": true)") == "box");
    CHECK(named(std::string(70, 'a'), "") == std::string(63, 'a'));
    CHECK(named(std::string(62, 'a') + "-bcd", "") == std::string(62, 'a'));
    CHECK(named(std::string(61, 'a') + ".-bcd", "") == std::string(61, 'a'));
    CHECK(plan_sandbox(pod_with("", sh), node).hostname == "web");
    CHECK(plan_sandbox(pod_with(R"("hostNetwork": true)", sh), node).hostname.empty());
}

TEST_CASE("a process beside a container has the container's identity and variables, and its own command and terminal") {
    const spec::Pod pod = pod_with("", sh + R"(, "env": [{"name": "A", "value": "1"}], "workingDir": "/w")");
    const Image image = an_image();
    const Identity who{.uid = 3, .gid = 4};
    const auto made = plan_exec({pod, 0, image, who, node, nothing}, {"ls", "$(A)"}, "vt100");
    REQUIRE(made);
    CHECK(made->argv == Words{"ls", "$(A)"});
    CHECK(made->programs == Words{"/img/bin/ls", "/bin/ls"});
    CHECK(made->uid == 3);
    CHECK(made->working_dir == "/w");
    CHECK(std::ranges::count(made->env, "A=1") == 1);
    CHECK(std::ranges::count(made->env, "TERM=vt100") == 1);
    CHECK_FALSE(made->create_mount);
    CHECK_FALSE(made->create_pid);
    CHECK(made->setup.empty());
    CHECK_FALSE(plan_exec({pod, 0, image, who, node, nothing}, {}, ""));
}
