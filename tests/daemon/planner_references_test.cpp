// SPDX-License-Identifier: Apache-2.0
// Environments, volumes and mounts that come from elsewhere than the manifest itself.
#include "initd/env_file.hpp"
#include "initd/planner_parts.hpp"
#include "initd/references.hpp"
#include "tests/daemon/log_rig.hpp"
#include "tests/daemon/planner_rig.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sys/mount.h>

using namespace initd;

namespace {

const Image host{};
const Identity root{};

ObjectStore some_objects() {
    ObjectStore store{nowhere};
    put(store, spec::Kind::ConfigMap, "cm", {{"A", "1"}, {"b.c", "two"}, {"bin", std::string("\0x", 2)}, {"e", ""}});
    put(store, spec::Kind::Secret, "cm", {{"A", "hidden"}});
    put(store, spec::Kind::Secret, "odd", {{"ok", "fine"}, {"zero", std::string("a\0b", 3)}});
    return store;
}

NodeFacts busy_node() {
    NodeFacts facts = node;
    facts.host_ip = "10.0.2.15";
    facts.cpus = 4;
    facts.memory_bytes = 2048;
    facts.disk_bytes = 999;
    return facts;
}

// The manifest's own variables as "A=1 B=2", or the failure's message.
std::string variables(const spec::Pod& pod, Missing missing = Missing::Refused) {
    const ObjectStore objects = some_objects();
    const NodeFacts facts = busy_node();
    const auto read = manifest_variables({pod, 0, host, root, facts, objects}, missing);
    if (!read)
        return read.error().reason + ": " + read.error().message;
    std::string text;
    for (const auto& [name, value] : read->list())
        text += (text.empty() ? "" : " ") + name + "=" + value;
    return text;
}

std::string one_variable(const std::string& source, const std::string& container = "", const std::string& spec = "",
                         const std::string& metadata = "") {
    return variables(pod_with(spec, R"("env": [{"name": "V", "valueFrom": {)" + source + "}}]" + container, metadata));
}

std::string field(const std::string& path, const std::string& spec = "", const std::string& metadata = "") {
    return one_variable(R"("fieldRef": {"fieldPath": ")" + path + "\"}", "", spec, metadata);
}

std::expected<ns::Plan, PlanFailure> plan(const spec::Pod& pod) {
    return plan_container({pod, 0, host, root, node, nothing});
}

const ns::Setup& placed_on(const ns::Plan& plan, std::string_view target) {
    const auto at = std::ranges::find_if(
        plan.setup, [&](const ns::Setup& s) { return s.op == ns::Setup::Op::Place && s.target == target; });
    REQUIRE(at != plan.setup.end());
    return *at;
}

spec::Pod with_mount(const std::string& volume, const std::string& mount, const std::string& spec = "",
                     const std::string& container = "") {
    return pod_with(R"("volumes": [{"name": "v", )" + volume + "}]" + spec,
                    sh + R"(, "volumeMounts": [{"name": "v", "mountPath": "/m")" + mount + "}]" + container);
}

} // namespace

TEST_CASE("a ConfigMap's and a Secret's keys become variables, before those of env, which see them") {
    struct {
        const char* container;
        const char* variables;
    } const table[] = {
        {R"("envFrom": [{"configMapRef": {"name": "cm"}}])", "A=1 b.c=two e="},
        {R"("envFrom": [{"prefix": "P_", "configMapRef": {"name": "cm"}}])", "P_A=1 P_b.c=two P_e="},
        {R"("envFrom": [{"configMapRef": {"name": "cm"}}, {"secretRef": {"name": "cm"}}])", "A=hidden b.c=two e="},
        {R"("envFrom": [{"secretRef": {"name": "cm"}}, {"configMapRef": {"name": "cm"}}])", "A=1 b.c=two e="},
        {R"x("envFrom": [{"secretRef": {"name": "cm"}}], "env": [{"name": "B", "value": "$(A)!"}, {"name": "A", "value": "3"},
            {"name": "C", "value": "$(A)"}])x",
         "A=3 B=hidden! C=3"},
        {R"("envFrom": [{"secretRef": {"name": "no", "optional": true}}, {"configMapRef": {"name": "no", "optional": true}}])",
         ""},
        {R"("envFrom": [{"configMapRef": {"name": "no"}}])", "CreateContainerConfigError: configmap \"no\" not found"},
        {R"("envFrom": [{"secretRef": {"name": "no", "optional": false}}])",
         "CreateContainerConfigError: secret \"no\" not found"},
        {R"("envFrom": [{"secretRef": {"name": "odd"}}])",
         "CreateContainerConfigError: the value of environment variable zero has a NUL byte in it"},
    };
    for (const auto& row : table) {
        INFO(row.container);
        CHECK(variables(pod_with("", row.container)) == row.variables);
    }
}

TEST_CASE("a variable takes one key of a ConfigMap or Secret, and the kubelet's words say when it is not there") {
    struct {
        const char* source;
        const char* variables;
    } const table[] = {
        {R"("configMapKeyRef": {"name": "cm", "key": "b.c"})", "V=two"},
        {R"("configMapKeyRef": {"name": "cm", "key": "e"})", "V="},
        {R"("secretKeyRef": {"name": "cm", "key": "A"})", "V=hidden"},
        {R"("configMapKeyRef": {"name": "cm", "key": "no"})",
         "CreateContainerConfigError: couldn't find key no in ConfigMap default/cm"},
        {R"("configMapKeyRef": {"name": "cm", "key": "bin"})",
         "CreateContainerConfigError: couldn't find key bin in ConfigMap default/cm"},
        {R"("secretKeyRef": {"name": "cm", "key": "no"})",
         "CreateContainerConfigError: couldn't find key no in Secret default/cm"},
        {R"("configMapKeyRef": {"name": "no", "key": "A"})", "CreateContainerConfigError: configmap \"no\" not found"},
        {R"("secretKeyRef": {"name": "no", "key": "A"})", "CreateContainerConfigError: secret \"no\" not found"},
        {R"("configMapKeyRef": {"name": "no", "key": "A", "optional": true})", ""},
        {R"("secretKeyRef": {"name": "cm", "key": "no", "optional": true})", ""},
        {R"("secretKeyRef": {"name": "odd", "key": "zero"})",
         "CreateContainerConfigError: the value of environment variable V has a NUL byte in it"},
    };
    for (const auto& row : table) {
        INFO(row.source);
        CHECK(one_variable(row.source) == row.variables);
    }
}

TEST_CASE("an object is looked for in the pod's own namespace") {
    CHECK(one_variable(R"("secretKeyRef": {"name": "cm", "key": "A"})", "", "", R"("namespace": "other")") ==
          "CreateContainerConfigError: secret \"cm\" not found");
}

TEST_CASE("a process beside a running container does without the variables whose object has gone") {
    const spec::Pod pod = pod_with("", R"("envFrom": [{"configMapRef": {"name": "no"}}],
        "env": [{"name": "V", "valueFrom": {"secretKeyRef": {"name": "no", "key": "A"}}}, {"name": "W", "value": "w"}])");
    CHECK(variables(pod, Missing::LeftOut) == "W=w");
}

TEST_CASE("a variable tells of the pod and the machine") {
    const std::string host_network = R"("hostNetwork": true)";
    const std::string labels = R"("labels": {"app": "shop", "a.b/c": "d"}, "annotations": {"n": "x'y"})";
    struct {
        const char* path;
        std::string spec;
        const char* value;
    } const table[] = {
        {"metadata.name", "", "web"},
        {"metadata.namespace", "", "default"},
        {"metadata.uid", "", "u1"},
        {"metadata.labels['app']", "", "shop"},
        {"metadata.labels['a.b/c']", "", "d"},
        {"metadata.labels['no']", "", ""},
        {"metadata.annotations['n']", "", "x'y"},
        {"spec.nodeName", "", "box"},
        {"spec.nodeName", R"("nodeName": "other")", "other"},
        {"spec.serviceAccountName", "", "default"},
        {"spec.serviceAccountName", R"("serviceAccountName": "flannel")", "flannel"},
        {"status.hostIP", "", "10.0.2.15"},
        {"status.hostIPs", "", "10.0.2.15"},
        {"status.podIP", host_network, "10.0.2.15"},
        {"status.podIPs", host_network, "10.0.2.15"},
        {"status.podIP", "", ""},
        {"status.podIPs", "", ""},
    };
    for (const auto& row : table) {
        INFO(row.path << " " << row.spec);
        CHECK(field(row.path, row.spec, labels) == "V=" + std::string(row.value));
    }
}

TEST_CASE("a limit or request is divided and rounded up, and a limit that is not set is the pod's or the machine's") {
    const std::string resources =
        R"(, "resources": {"limits": {"cpu": "1500m", "memory": "3Ki", "hugepages-2Mi": "4Mi"},
        "requests": {"cpu": "250m", "memory": "3Ki", "hugepages-2Mi": "4Mi"}})";
    const std::string of_pod = R"("resources": {"limits": {"memory": "1Ki"}})";
    struct {
        const char* resource;
        const char* divisor;
        std::string container, spec;
        const char* value;
    } const table[] = {
        {"limits.cpu", "", resources, "", "2"},
        {"limits.cpu", "1m", resources, "", "1500"},
        {"requests.cpu", "1", resources, "", "1"},
        {"requests.cpu", "1m", resources, "", "250"},
        {"limits.memory", "", resources, "", "3072"},
        {"limits.memory", "1Ki", resources, "", "3"},
        {"limits.memory", "1k", resources, "", "4"},
        {"requests.memory", "1Mi", resources, "", "1"},
        {"limits.hugepages-2Mi", "1Mi", resources, "", "4"},
        {"limits.cpu", "", "", "", "4"},
        {"limits.memory", "1Ki", "", "", "2"},
        {"limits.memory", "", "", of_pod, "1024"},
        {"limits.ephemeral-storage", "", "", "", "999"},
        {"requests.cpu", "", "", "", "0"},
        {"requests.memory", "1", "", "", "0"},
    };
    for (const auto& row : table) {
        INFO(row.resource << " / " << row.divisor);
        const std::string divisor =
            *row.divisor ? std::string(R"(, "divisor": ")") + row.divisor + "\"" : std::string();
        CHECK(one_variable(R"("resourceFieldRef": {"resource": ")" + std::string(row.resource) + "\"" + divisor + "}",
                           row.container, row.spec) == "V=" + std::string(row.value));
    }
}

TEST_CASE("text is quoted as Go quotes it") {
    const std::pair<const char*, const char*> table[] = {
        {"", R"("")"},
        {"plain", R"("plain")"},
        {"a\"b\\c", R"("a\"b\\c")"},
        {"\a\b\t\n\v\f\r", R"("\a\b\t\n\v\f\r")"},
        {"\x01\x1f\x7f", R"("\x01\x1f\x7f")"},
        {"h\xc3\xa9llo \xe4\xb8\x96 \xf0\x9f\x98\x80", "\"h\xc3\xa9llo \xe4\xb8\x96 \xf0\x9f\x98\x80\""},
        {"\xc2\x80\xc2\xa0\xe2\x80\x8b\xf3\xa0\x80\x81", R"("\u0080\u00a0\u200b\U000e0001")"},
    };
    for (const auto& [text, quoted] : table)
        CHECK(go_quoted(text) == quoted);
}

TEST_CASE("a hundred thousand variables are no work for PID 1") {
    ObjectStore store{nowhere};
    spec::StringMap data;
    for (int i = 100'000; i < 200'000; ++i)
        data.emplace_back("K" + std::to_string(i), "v");
    put(store, spec::Kind::ConfigMap, "big", std::move(data));
    const spec::Pod pod =
        pod_with("", R"("envFrom": [{"configMapRef": {"name": "big"}}, {"configMapRef": {"name": "big"}}])");
    const auto read = manifest_variables({pod, 0, host, root, node, store}, Missing::Refused);
    REQUIRE(read);
    CHECK(read->list().size() == 100'000);
    CHECK(*read->find("K123456") == "v");
    CHECK_FALSE(read->find("K"));
}

TEST_CASE("a sub path may come from the environment, and must stay inside the volume") {
    const std::string expression = R"x(, "subPathExpr": "$(D)/$(E)")x";
    struct {
        const char* env;
        const char* result; // the sub path, or the message
    } const table[] = {
        {R"({"name": "D", "value": "a"}, {"name": "E", "value": "b"})", "a/b"},
        {R"({"name": "D", "value": "a"})", "missing value for E"},
        {R"({"name": "E", "value": ""})", "missing value for D, E"},
        {R"({"name": "D", "value": "/a"}, {"name": "E", "value": "b"})",
         "error SubPath `/a/b` must not be an absolute path"},
        {R"({"name": "D", "value": "a"}, {"name": "E", "value": ".."})",
         "unable to provision SubPath `a/..`: must not contain '..'"},
    };
    for (const auto& row : table) {
        INFO(row.env);
        const auto made = plan(with_mount(R"("hostPath": {"path": "/data"})", expression, "",
                                          R"(, "env": [)" + std::string(row.env) + "]"));
        if (made)
            CHECK(made->sources.at(placed_on(*made, "/m").index).sub_path == row.result);
        else
            CHECK(made.error().reason + made.error().message == "CreateContainerConfigError" + std::string(row.result));
    }
}

TEST_CASE("a mount is read-only as far down as it says, and always where podinit writes the files") {
    const std::string path = R"("hostPath": {"path": "/data"})";
    struct {
        std::string volume;
        const char* mount;
        std::uint64_t flags;
    } const table[] = {
        {path, "", 0},
        {path, R"(, "readOnly": true)", MS_RDONLY},
        {path, R"(, "readOnly": true, "recursiveReadOnly": "Disabled")", MS_RDONLY},
        {path, R"(, "readOnly": true, "recursiveReadOnly": "IfPossible")", MS_RDONLY | MS_REC},
        {path, R"(, "readOnly": true, "recursiveReadOnly": "Enabled")", MS_RDONLY | MS_REC},
        {R"("configMap": {"name": "cm"})", "", MS_RDONLY},
        {R"("secret": {"secretName": "cm"})", R"(, "readOnly": false)", MS_RDONLY},
        {R"("downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}]})", "", MS_RDONLY},
        {R"("projected": {"sources": [{"configMap": {"name": "cm"}}]})", "", MS_RDONLY},
    };
    for (const auto& row : table) {
        INFO(row.volume << row.mount);
        const auto made = plan(with_mount(row.volume, row.mount));
        REQUIRE(made);
        CHECK(placed_on(*made, "/m").flags == row.flags);
        const ns::Source& source = made->sources.at(placed_on(*made, "/m").index);
        CHECK(source.path == (row.volume == path ? "/data" : "/run/p/pods/u1/volumes/v"));
        CHECK(source.create == (row.volume == path));
    }
}

TEST_CASE("mounts pass between machine and container as the mount says") {
    struct {
        const char* mount;
        ns::Propagation propagation;
    } const table[] = {
        {"", ns::Propagation::Private},
        {R"(, "mountPropagation": "None")", ns::Propagation::Private},
        {R"(, "mountPropagation": "HostToContainer")", ns::Propagation::Slave},
        {R"(, "mountPropagation": "Bidirectional")", ns::Propagation::Shared},
    };
    for (const auto& row : table) {
        INFO(row.mount);
        const auto made = plan(with_mount(R"("hostPath": {"path": "/data"})", row.mount, "",
                                          R"(, "securityContext": {"privileged": true})"));
        REQUIRE(made);
        CHECK(made->sources.at(placed_on(*made, "/m").index).propagation == row.propagation);
    }
}

TEST_CASE("volumes in memory are mounted with their size, and for their group") {
    const std::string group = R"(, "securityContext": {"fsGroup": 2000})";
    const std::string huge = R"(, "resources": {"limits": {"hugepages-1Gi": "1Gi", "memory": "1Gi", "cpu": 1}})";
    struct {
        const char* volume;
        std::string spec, container;
        std::string mount;
    } const table[] = {
        {R"("emptyDir": {"medium": "Memory"})", "", "", "tmpfs mode=0777"},
        {R"("emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"})", group, "", "tmpfs mode=2777,gid=2000,size=1048576"},
        {R"("configMap": {"name": "cm"})", "", "", "tmpfs mode=0777"},
        {R"("secret": {"secretName": "cm"})", group, "", "tmpfs mode=2777,gid=2000"},
        {R"("emptyDir": {"medium": "HugePages"})", "", huge, "hugetlbfs mode=0777,pagesize=1073741824"},
        {R"("emptyDir": {"medium": "HugePages-2Mi"})", group, huge, "hugetlbfs mode=2777,gid=2000,pagesize=2097152"},
    };
    for (const auto& row : table) {
        INFO(row.volume);
        const SandboxPlan sandbox = plan_sandbox(with_mount(row.volume, "", row.spec, row.container), node);
        REQUIRE(sandbox.mounts.size() == 2);
        CHECK(sandbox.mounts[1].path == "/run/p/pods/u1/volumes/v");
        CHECK(sandbox.mounts[1].fstype + (" " + sandbox.mounts[1].options) == row.mount);
    }
}

TEST_CASE("every process of a pod is in its fsGroup, and a new emptyDir belongs to that") {
    const spec::Pod pod =
        with_mount(R"("emptyDir": {})", "", R"(, "securityContext": {"fsGroup": 2000, "supplementalGroups": [7]})");
    const auto made = plan(pod);
    REQUIRE(made);
    CHECK(made->groups == std::vector<gid_t>{7, 2000});
    CHECK(made->sources.at(placed_on(*made, "/m").index).create_group == 2000);
    const auto beside = plan_exec({pod, 0, host, root, node, nothing}, {"sh"}, "");
    REQUIRE(beside);
    CHECK(beside->groups == std::vector<gid_t>{7, 2000});
    const auto without = plan(with_mount(R"("emptyDir": {})", ""));
    CHECK(without->groups.empty());
    CHECK(without->sources.at(placed_on(*without, "/m").index).create_group == ns::keep_group);
}

TEST_CASE("a file of variables is lines of NAME='VALUE', read as far as the key that is asked for") {
    struct {
        const char* text;
        const char* key;
        const char* value; // nullptr: malformed
    } const table[] = {
        {"A='1'", "A", "1"},
        {"A='1'\n", "A", "1"},
        {"  A='1'  # one\n\tB='2'\n", "B", "2"},
        {"# A='0'\n\n   \nA='1'\nA='2'\n", "A", "1"},
        {"A='1'\r\nB='2'\r\n", "B", "2"},
        {"A='one\n two\n'\nB='2'", "A", "one\n two\n"},
        {"A='one\n two\n'\nB='2'", "B", "2"},
        {"A='$(B) \\n \"x\" # no comment'", "A", "$(B) \\n \"x\" # no comment"},
        {"A=''", "A", ""},
        {"A= '1'\nB='2'", "A", ""},
        {"A= '1'\nB='2'", "B", "2"},
        {"A='1'", "B", ""},
        {"", "A", ""},
        {"a b='1'", "a b", "1"},
        {"A='1'\nthis is nothing", "A", "1"},
        {"this is nothing\nA='1'", "A", nullptr},
        {"='1'", "A", nullptr},
        {"A ='1'", "A", nullptr},
        {"A=1", "A", nullptr},
        {"A=", "A", nullptr},
        {"A=\"1\"", "A", nullptr},
        {"A='1", "A", nullptr},
        {"A='", "A", nullptr},
        {"A='1' B='2'", "A", nullptr},
    };
    for (const auto& row : table) {
        INFO(row.text << ": " << row.key);
        const auto value = env_file_value(row.text, row.key);
        CHECK(value.has_value() == (row.value != nullptr));
        CHECK(value.value_or("") == (row.value ? row.value : ""));
    }
}

TEST_CASE("a variable from a file is left out when it may be, and keeps the container waiting otherwise") {
    const auto told = [](bool optional, std::expected<std::string, ns::Error> text, const std::string& key = "A") {
        const spec::Pod pod =
            pod_with(R"("volumes": [{"name": "v", "emptyDir": {}}])",
                     R"("env": [{"name": "V", "valueFrom": {"fileKeyRef": {"volumeName": "v", "path": "f",)"
                     R"("key": ")" +
                         key + R"(", "optional": )" + (optional ? "true" : "false") + "}}}]");
        const EnvFile files[] = {{"v", "other", "A='wrong'"}, {"w", "f", "A='wrong'"}, {"v", "f", std::move(text)}};
        const auto read = manifest_variables({pod, 0, host, root, node, nothing, files}, Missing::Refused);
        return !read                  ? read.error().reason + ": " + read.error().message
               : read->list().empty() ? ""
                                      : read->list().front().second;
    };
    const auto error = [](int err) { return std::unexpected(ns::Error{err, ns::Step::Open}); };
    const std::string unread = "CreateContainerConfigError: couldn't parse env file";
    const std::string no_key = R"(CreateContainerConfigError: environment variable key "B" not found in file "f")";
    CHECK(told(false, "A='1'") == "1");
    CHECK(told(true, "A='1'") == "1");
    CHECK(told(false, "A='1'", "B") == no_key);
    CHECK(told(true, "A='1'", "B") == "");
    CHECK(told(false, "B=''", "B") == no_key);
    CHECK(told(false, error(ENOENT)) == unread);
    CHECK(told(true, error(ENOENT)) == "");
    CHECK(told(true, error(EINVAL)) == unread);
    CHECK(told(true, "no") == unread);
    CHECK(told(false, "A='" + std::string(32 * 1024, 'x') + "'").size() == 32 * 1024);
    CHECK(told(false, "A='" + std::string(32 * 1024 + 1, 'x') + "'") ==
          R"(CreateContainerConfigError: environment variable value for key "A" exceeds maximum size of 32KB)");
    CHECK(told(false, std::string("A='x\0y'", 7)).ends_with("has a NUL byte in it"));
}

TEST_CASE("a file of variables is read below its volume, and no link leads out of it") {
    const TempDir temp;
    NodeFacts here = node;
    here.state_dir = temp.path() + "/state";
    here.run_dir = temp.path() + "/run";
    const auto pod_of = [&](const std::string& medium, const std::string& path) {
        const std::string var =
            R"(, "valueFrom": {"fileKeyRef": {"volumeName": "v", "path": ")" + path + R"(", "key": "A"}}})";
        return pod_with(R"("volumes": [{"name": "v", "emptyDir": {)" + medium + "}}]",
                        R"("env": [{"name": "X")" + var + R"(, {"name": "Y")" + var + "]");
    };
    for (const char* medium : {"", R"("medium": "Memory")"}) {
        const spec::Pod some = pod_of(medium, "f");
        const std::string dir = empty_dir_path(here, some, some.spec.volumes[0]);
        std::filesystem::create_directories(dir + "/sub");
        std::ofstream(temp.path() + "/outside") << "A='outside'";
        std::ofstream(dir + "/sub/f") << "A='inside'";
        for (const auto& [link, target] : {std::pair{"in", "sub/f"}, {"absolute", "/sub/f"}, {"out", "/outside"}})
            std::filesystem::create_symlink(target, dir + "/" + link);
        std::filesystem::create_symlink("../../../../../outside", dir + "/up");
        const auto read = [&](const std::string& path) {
            const auto files = read_env_files(pod_of(medium, path), 0, here);
            REQUIRE(files.size() == 1);
            return files[0].text ? *files[0].text : std::to_string(files[0].text.error().err);
        };
        CHECK(read("sub/f") == "A='inside'");
        CHECK(read("in") == "A='inside'");
        CHECK(read("absolute") == "A='inside'");
        CHECK(read("out") == std::to_string(ENOENT));
        CHECK(read("up") == std::to_string(ENOENT));
        CHECK(read("none") == std::to_string(ENOENT));
        CHECK(read("sub") == std::to_string(EINVAL));
    }
    CHECK(read_env_files(pod_with(""), 0, here).empty());
}
