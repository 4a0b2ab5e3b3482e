// SPDX-License-Identifier: Apache-2.0
// What a container's command and environment are made of.
#include "tests/conformance/row.hpp"

#include <fstream>

#include <sys/sysinfo.h>
#include <unistd.h>

using namespace conformance;

namespace {

std::string env(const std::vector<std::string>& variables) {
    std::string list;
    for (const std::string& variable : variables)
        list += (list.empty() ? "" : ", ") + variable;
    return R"("env": [)" + list + "]";
}

std::string is(const std::string& name, const std::string& value) {
    return R"({"name": ")" + name + R"(", "value": ")" + value + "\"}";
}

std::string from(const std::string& name, const std::string& source) {
    return R"({"name": ")" + name + R"(", "valueFrom": {)" + source + "}}";
}

std::string field(const std::string& name, const std::string& path) {
    return from(name, R"("fieldRef": {"fieldPath": ")" + path + "\"}");
}

std::string resource(const std::string& name, const std::string& path) {
    return from(name, R"("resourceFieldRef": {"resource": ")" + path + "\"}");
}

std::string in_file(const std::string& name, const std::string& key, bool optional = false,
                    const std::string& path = "vars.env") {
    return from(name, R"("fileKeyRef": {"volumeName": "v", "path": ")" + path + R"(", "key": ")" + key + "\"" +
                          (optional ? R"(, "optional": true)" : "") + "}");
}

const std::string empty_dir = R"("volumes": [{"name": "v", "emptyDir": {}}])";
const std::string at_mnt = R"("volumeMounts": [{"name": "v", "mountPath": "/mnt"}])";

// An init container that writes the file of variables.
Containers writer(const std::string& text) {
    return {runs("w", "printf \"" + text + "\" > /mnt/vars.env", at_mnt)};
}

// What a container prints that runs once.
std::string told(Row& row, const Containers& init, const std::string& script, const std::string& container,
                 const std::string& spec = "") {
    row.has(init, {runs("c", script + "; echo end", container)}, fields({policy("Never"), spec}));
    return row.printed();
}

// What a container prints of an image whose entrypoint and cmd are echo's.
std::string arguments(Row& row, const std::string& given) {
    REQUIRE(row.has_image("box", R"("Entrypoint": ["/bin/echo", "entry"], "Cmd": ["cmd"])"));
    row.has({}, {R"({"name": "c", "image": "box")" + (given.empty() ? "" : ", " + given) + "}"}, policy("Never"));
    REQUIRE(row.until_phase("Succeeded"));
    REQUIRE(eventually([&] { return row.logs("p").ends_with("\n"); }));
    return row.logs("p");
}

} // namespace

ROW("env-compose", "expansion") {
    CHECK(row.output_of("echo $FOOBAR", env({is("FOO", "foo-value"), is("BAR", "bar-value"),
                                             is("FOOBAR", "$(FOO);;$(BAR)")})) == "foo-value;;bar-value");
}

ROW("env-command", "expansion") {
    const std::string command = R"*("command": ["/bin/$(V)", "$(V)-$$(V)-$(NO)")*";
    CHECK(arguments(row, fields({command + "]", env({is("V", "echo")})})) == "stdout echo-$(V)-$(NO)\n");
}

ROW("env-args", "expansion") {
    const std::string args = R"*("args": ["$(V)-$$(V)-$(NO)")*";
    CHECK(arguments(row, fields({args + "]", env({is("V", "value")})})) == "stdout entry value-$(V)-$(NO)\n");
}

ROW("env-ascii-names", "env") {
    const std::string name = "a !#$%&'()*+,-./0:;<>?@[]^_`{|}~";
    const std::string list = arguments(row, fields({R"("command": ["/bin/busybox", "env"])", env({is(name, "x")})}));
    CHECK(list.find("stdout " + name + "=x\n") != list.npos);
    CHECK(row.refused(env({is("A=B", "x")})).starts_with("/spec/containers/0/env/0/name: "));
    CHECK(row.refused(env({is("A\\u0007B", "x")})).starts_with("/spec/containers/0/env/0/name: "));
}

ROW("envfile-basic", "env") {
    CHECK(told(row, writer("# made\\nKEY='value'\\nOTHER='two words'\\n"), "echo $A $B",
               env({in_file("A", "KEY"), in_file("B", "OTHER")}), empty_dir) == "value two words");
}

ROW("envfile-multi", "env") {
    const std::string of_file = env({in_file("A", "KEY")});
    row.has(writer("KEY='value'"), {runs("one", "say one-$A", of_file), runs("two", "say two-$A", of_file)},
            fields({empty_dir, policy("Never")}));
    CHECK(row.hears("one-value"));
    CHECK(row.hears("two-value"));
}

ROW("envfile-optional", "env") {
    CHECK(told(row, writer("KEY='value'"), "echo ${A-unset} ${B-unset}",
               env({in_file("A", "NO", true), in_file("B", "KEY", true, "no.env")}), empty_dir) == "unset unset");
}

ROW("envfile-poststart", "env") {
    row.has(writer("KEY='value'"),
            {lives("c", fields({env({in_file("A", "KEY")}), lifecycle(exec_of("say hook-$A"))}))}, empty_dir);
    CHECK(row.hears("hook-value"));
}

ROW("envfile-novolume", "env") {
    CHECK(row.refused(env({in_file("A", "KEY")})) ==
          R"(/spec/containers/0/env/0/valueFrom/fileKeyRef/volumeName: not found: "v" is no volume of this pod)");
}

ROW("envfile-notemptydir", "env") {
    CHECK(row.refused(env({in_file("A", "KEY")}), R"("volumes": [{"name": "v", "hostPath": {"path": "/tmp"}}])") ==
          "/spec/containers/0/env/0/valueFrom/fileKeyRef/volumeName: must be an emptyDir volume");
}

ROW("envfile-missing", "env") {
    row.has(writer("KEY='value'"),
            {runs("key", "say wrong", env({in_file("A", "NO")})),
             runs("file", "say wrong", env({in_file("A", "KEY", false, "no.env")}))},
            empty_dir);
    const auto waits = [&](const std::string& container, const std::string& message) {
        return row.until([&](const View& pod) {
            const auto state = status_of(pod, container).state;
            return state.waiting && state.waiting->reason == "CreateContainerConfigError" &&
                   state.waiting->message == message;
        });
    };
    CHECK(waits("key", R"(environment variable key "NO" not found in file "vars.env")"));
    CHECK(waits("file", "couldn't parse env file"));
    CHECK(row.view().status.phase == "Pending");
    CHECK(row.words().empty());
}

ROW("envfile-init", "env") {
    Containers init = writer("KEY='value'");
    init.push_back(runs("i", "say init-$A", env({in_file("A", "KEY")})));
    row.has(init, {works("c")}, fields({empty_dir, policy("Never")}));
    CHECK(row.until_phase("Succeeded"));
    CHECK(row.words() == "init-value c+ c-");
}

ROW("envfile-standalone", "staticpod") {
    std::ofstream(row.dir("manifests/p.json")) << pod_text(
        "p", writer("DB_ADDRESS='address'\\nREST_ENDPOINT='endpoint'\\n"),
        {runs("c", "echo $A; echo $B; echo end", env({in_file("A", "DB_ADDRESS"), in_file("B", "REST_ENDPOINT")}))},
        fields({empty_dir, policy("Never")}));
    CHECK(row.until_phase("Succeeded"));
    CHECK(row.printed() == "address endpoint");
}

// ---- the downward API ---------------------------------------------------------------------------------------------

const std::string on_the_node = R"("hostNetwork": true)";

ROW("dapi-hostip", "downward") {
    const std::string ip = told(row, {}, "echo $IP", env({field("IP", "status.hostIP")}), on_the_node);
    CHECK_FALSE(ip.empty());
    CHECK(ip == row.view().status.host_ip);
}

ROW("dapi-hostips", "downward") {
    const std::string ips =
        told(row, {}, "echo ${IPS%%,*} $IP", env({field("IP", "status.hostIP"), field("IPS", "status.hostIPs")}));
    const std::string ip = row.view().status.host_ip;
    CHECK_FALSE(ip.empty());
    CHECK(ips == ip + " " + ip);
}

ROW("dapi-hostnet-ip", "downward") {
    const std::string ips = told(row, {}, "echo $POD $HOST",
                                 env({field("POD", "status.podIP"), field("HOST", "status.hostIP")}), on_the_node);
    const std::string ip = row.view().status.pod_ip;
    CHECK_FALSE(ip.empty());
    CHECK(ips == ip + " " + ip);
}

const std::string all_resources = env({resource("CL", "limits.cpu"), resource("ML", "limits.memory"),
                                       resource("CR", "requests.cpu"), resource("MR", "requests.memory")});

ROW("dapi-limits", "downward") {
    CHECK(
        row.output_of("echo $CL $ML $CR $MR", fields({R"("resources": {"requests": {"cpu": "250m", "memory": "32Mi"},)"
                                                      R"("limits": {"cpu": "1250m", "memory": "64Mi"}})",
                                                      all_resources})) == "2 67108864 1 33554432");
}

ROW("dapi-default-limits", "downward") {
    struct sysinfo machine {};
    REQUIRE(::sysinfo(&machine) == 0);
    const auto memory = static_cast<unsigned long long>(machine.totalram) * machine.mem_unit;
    CHECK(row.output_of("echo $CL $ML $CR $MR", all_resources) ==
          std::to_string(::get_nprocs()) + " " + std::to_string(memory) + " 0 0");
}

ROW("dapi-uid", "downward") {
    const std::string uid = told(row, {}, "echo $ID", env({field("ID", "metadata.uid")}));
    CHECK(uid == row.view().pod.metadata.uid);
    CHECK(uid.size() == 36);
}

ROW("dapi-hugepages", "downward") {
    const std::string wanted = R"({"cpu": "1", "hugepages-2Mi": "4Mi"})";
    CHECK(
        row.output_of("echo $A $B", fields({R"("resources": {"requests": )" + wanted + R"(, "limits": )" + wanted + "}",
                                            env({resource("A", "limits.hugepages-2Mi"),
                                                 resource("B", "requests.hugepages-2Mi")})})) == "4194304 4194304");
}

ROW("dapi-podlevel-default", "downward") {
    CHECK(row.output_of("echo $CL $ML", all_resources, R"("resources": {"limits": {"cpu": "3", "memory": "128Mi"}})") ==
          "3 134217728");
}

// ---- command and args ---------------------------------------------------------------------------------------------

ROW("cmd-defaults", "command") {
    CHECK(arguments(row, "") == "stdout entry cmd\n");
}

ROW("cmd-args-override", "command") {
    CHECK(arguments(row, R"("args": ["a", "b"])") == "stdout entry a b\n");
}

ROW("cmd-command-override", "command") {
    CHECK(arguments(row, R"("command": ["/bin/echo", "mine"])") == "stdout mine\n");
}

ROW("cmd-both", "command") {
    CHECK(arguments(row, R"("command": ["/bin/echo", "mine"], "args": ["too"])") == "stdout mine too\n");
}
