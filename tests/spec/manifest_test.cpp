// SPDX-License-Identifier: Apache-2.0
#include "spec/manifest.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

using namespace spec;
using tests::pod_with;
using tests::problems_of;

namespace {

Manifest read(std::string_view json) {
    auto manifest = read_manifest(json);
    if (!manifest)
        FAIL(tests::describe(manifest.error()));
    return std::move(*manifest);
}

constexpr std::string_view page = R"({
    "apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "pod-use-hostnetwork"},
    "spec": {"containers": [{"name": "myapp", "image": "ikubernetes/myapp:v1"}], "hostNetwork": true}
})";

} // namespace

TEST_CASE("the page's pod is read with the API server's defaults") {
    const Pod pod = read(page).pod;
    CHECK(pod.metadata.name == "pod-use-hostnetwork");
    CHECK(pod.metadata.namespace_ == "default");
    CHECK(full_name(pod.metadata) == "default/pod-use-hostnetwork");
    CHECK(pod.spec.host_network == true);
    CHECK_FALSE(pod.spec.host_pid);
    CHECK(pod.spec.restart_policy == RestartPolicy::Always);
    CHECK(pod.spec.termination_grace_period_seconds == 30);
    REQUIRE(pod.spec.containers.size() == 1);
    const Container& container = pod.spec.containers[0];
    CHECK(container.name == "myapp");
    CHECK(container.image == "ikubernetes/myapp:v1");
    CHECK(container.image_pull_policy == PullPolicy::IfNotPresent);
    CHECK(container.termination_message_path == "/dev/termination-log");
    CHECK(container.termination_message_policy == TerminationMessagePolicy::File);
}

TEST_CASE("canonical text has a fixed form") {
    const Manifest manifest = read(page);
    CHECK(
        manifest.text ==
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"pod-use-hostnetwork","namespace":"default","uid":")" +
            manifest.pod.metadata.uid +
            R"("},"spec":{"containers":[{"image":"ikubernetes/myapp:v1","imagePullPolicy":"IfNotPresent","name":"myapp",)"
            R"("terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],)"
            R"("dnsPolicy":"ClusterFirst","hostNetwork":true,"restartPolicy":"Always","terminationGracePeriodSeconds":30}})");
}

TEST_CASE("every field that has a member survives canonical text") {
    const std::string json =
        R"json({"kind":"Pod","apiVersion":"v1","metadata":{"name":"all","namespace":"edge","uid":"u-1",
        "labels":{"b":"2","a":"1"},"annotations":{"example.com/after":"x, \"y\"\n"}},"spec":{
        "restartPolicy":"OnFailure","terminationGracePeriodSeconds":0,"hostIPC":true,"hostNetwork":true,
        "shareProcessNamespace":true,"hostname":"h","nodeName":"n",
        "securityContext":{"runAsNonRoot":true,"runAsUser":1,"runAsGroup":2,"supplementalGroups":[3,4]},
        "volumes":[{"name":"h","hostPath":{"path":"/srv","type":"DirectoryOrCreate"}},
                   {"name":"m","emptyDir":{"medium":"Memory","sizeLimit":"64Mi"}},{"name":"d"},
                   {"name":"n","emptyDir":{"sizeLimit":1048576}}],
        "containers":[{"name":"c","image":"host","command":["a","b"],"args":["$(X)"],"workingDir":"/w",
          "ports":[{"name":"web","containerPort":80,"hostPort":80,"hostIP":"10.0.0.1","protocol":"UDP"}],
          "env":[{"name":"X","value":"é"},{"name":"Y"}],
          "volumeMounts":[{"name":"h","mountPath":"/h","subPath":"s/t","readOnly":true},{"name":"m","mountPath":"rel"}],
          "imagePullPolicy":"Never","stdin":true,"stdinOnce":true,"tty":true,
          "terminationMessagePath":"/t","terminationMessagePolicy":"FallbackToLogsOnError",
          "securityContext":{"privileged":true,"allowPrivilegeEscalation":true,"readOnlyRootFilesystem":true,
            "runAsNonRoot":false,"runAsUser":0,"runAsGroup":7,"capabilities":{"add":["NET_ADMIN"],"drop":["ALL"]}}}]}})json";
    const Manifest manifest = read(json);
    const Manifest again = read(manifest.text);
    CHECK(again.text == manifest.text);
    const auto canonical = read_canonical(manifest.text);
    REQUIRE(canonical);
    const Container& c = canonical->spec.containers.at(0);
    CHECK(canonical->metadata.uid == "u-1");
    CHECK(canonical->metadata.labels == StringMap{{"a", "1"}, {"b", "2"}});
    CHECK(*find(canonical->metadata.annotations, "example.com/after") == "x, \"y\"\n");
    CHECK(canonical->spec.restart_policy == RestartPolicy::OnFailure);
    CHECK(canonical->spec.termination_grace_period_seconds == 0);
    CHECK(canonical->spec.share_process_namespace == true);
    CHECK(canonical->spec.hostname == "h");
    CHECK(canonical->spec.node_name == "n");
    CHECK(canonical->spec.security_context->supplemental_groups == std::vector<std::int64_t>{3, 4});
    CHECK(canonical->spec.volumes.at(0).host_path->type == HostPathType::DirectoryOrCreate);
    CHECK(canonical->spec.volumes.at(1).empty_dir->medium == "Memory");
    CHECK(canonical->spec.volumes.at(1).empty_dir->size_limit == "64Mi");
    CHECK(canonical->spec.volumes.at(2).empty_dir);
    CHECK(canonical->spec.volumes.at(3).empty_dir->size_limit == "1048576");
    CHECK(c.command == std::vector<std::string>{"a", "b"});
    CHECK(c.args == std::vector<std::string>{"$(X)"});
    CHECK(c.working_dir == "/w");
    CHECK(c.ports.at(0).protocol == Protocol::Udp);
    CHECK(c.ports.at(0).host_ip == "10.0.0.1");
    CHECK(c.env.at(0).value == "é");
    CHECK(c.env.at(1).value.empty());
    CHECK(c.volume_mounts.at(0).sub_path == "s/t");
    CHECK(c.volume_mounts.at(0).read_only == true);
    CHECK(c.volume_mounts.at(1).mount_path == "/rel");
    CHECK(c.image_pull_policy == PullPolicy::Never);
    CHECK((c.stdin_open == true && c.stdin_once == true && c.tty == true));
    CHECK(c.termination_message_policy == TerminationMessagePolicy::FallbackToLogsOnError);
    CHECK(c.security_context->privileged == true);
    CHECK(c.security_context->run_as_non_root == false);
    CHECK(c.security_context->run_as_user == 0);
    CHECK(c.security_context->capabilities->add == std::vector<std::string>{"NET_ADMIN"});
    CHECK(c.security_context->capabilities->drop == std::vector<std::string>{"ALL"});
}

TEST_CASE("the uid follows from what a manifest means, not from how it is written") {
    const std::string uid = read(page).pod.metadata.uid;
    CHECK(uid.size() == 36);
    CHECK(uid.find_first_not_of("0123456789abcdef-") == std::string::npos);
    const std::string_view same[] = {
        R"({"kind":"Pod","apiVersion":"v1","spec":{"hostNetwork":true,"containers":[{"image":"ikubernetes/myapp:v1","name":"myapp"}]},"metadata":{"name":"pod-use-hostnetwork"}})",
        R"({"kind":"Pod","apiVersion":"v1","spec":{"hostNetwork":true,"hostPID":false,"restartPolicy":"Always","securityContext":{},"terminationGracePeriodSeconds":30,"containers":[{"image":"ikubernetes/myapp:v1","name":"myapp","tty":false,"resources":{},"securityContext":{"privileged":false,"capabilities":{}}}]},"metadata":{"namespace":"default","name":"pod-use-hostnetwork","labels":{},"creationTimestamp":null},"status":{}})",
    };
    for (const std::string_view json : same)
        CHECK(read(json).pod.metadata.uid == uid);
    const std::string labels = pod_with(R"("metadata":{"name":"p","labels":{"a":"1","b":"2"}})");
    const std::string turned = pod_with(R"("metadata":{"name":"p","labels":{"b":"2","a":"1"}})");
    CHECK(read(labels).pod.metadata.uid == read(turned).pod.metadata.uid);
    const std::string other = pod_with(R"("metadata":{"name":"p","labels":{"a":"1","b":"3"}})");
    CHECK(read(labels).pod.metadata.uid != read(other).pod.metadata.uid);
}

TEST_CASE("what a cluster needs and one machine does not is ignored with a warning") {
    const Manifest manifest = read(tests::spec_with(
        R"("tolerations":[{"operator":"Exists"}],"affinity":{"nodeAffinity":{}},"schedulerName":"mine",
           "serviceAccountName":"robot","enableServiceLinks":false,"overhead":{"cpu":1},"preemptionPolicy":"Never",
           "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule"}],"automountServiceAccountToken":true)"));
    CHECK(tests::pointers(manifest.warnings) ==
          std::vector<std::string>{"/spec/tolerations", "/spec/affinity", "/spec/schedulerName",
                                   "/spec/serviceAccountName", "/spec/enableServiceLinks", "/spec/overhead",
                                   "/spec/preemptionPolicy", "/spec/topologySpreadConstraints",
                                   "/spec/automountServiceAccountToken"});
    for (const std::string_view field : {"tolerations", "affinity", "schedulerName", "serviceAccountName"})
        CHECK(manifest.text.find(field) != std::string::npos);
    CHECK(read(manifest.text).text == manifest.text);
    for (const Problem& warning : manifest.warnings)
        CHECK(warning.severity == Severity::Warning);
}

TEST_CASE("what a server fills in by itself makes no noise") {
    const Manifest manifest =
        read(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","creationTimestamp":"2020-01-01T00:00:00Z",
        "resourceVersion":"7","generation":1,"selfLink":"/x","managedFields":[{}]},
        "spec":{"containers":[{"name":"c","image":"host","resources":{},"volumeMounts":null}],"dnsPolicy":"ClusterFirst",
        "enableServiceLinks":true,"schedulerName":"default-scheduler","preemptionPolicy":"PreemptLowerPriority","priority":0,
        "serviceAccountName":"default","serviceAccount":"default","securityContext":{},"initContainers":[],
        "os":{"name":"linux"},"tolerations":[]},"status":{"phase":"Running"}})");
    CHECK(tests::describe(manifest.warnings) == "");
    CHECK(manifest.pod.metadata.creation_timestamp.empty());
}

TEST_CASE("a field that is known but not honoured is an error that names it") {
    const std::pair<std::string_view, std::string_view> fields[] = {
        {R"("volumeDevices":[{}])", "volumeDevices"},
        {R"("resources":{"claims":[{"name":"a"}]})", "resources/claims"},
        {R"("volumeMounts":[{"name":"v","mountPath":"/v","bindMountOptions":["noexec"]}])",
         "volumeMounts/0/bindMountOptions"},
        {R"("securityContext":{"windowsOptions":{"hostProcess":true}})", "securityContext/windowsOptions"},
        {R"("livenessProbe":{"grpc":{"port":1,"mode":"TLS"}})", "livenessProbe/grpc/mode"},
    };
    for (const auto& [json, pointer] : fields) {
        const Problems problems = problems_of(tests::container_with(json, R"("volumes":[{"name":"v","emptyDir":{}}])"));
        INFO(tests::describe(problems));
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].pointer == "/spec/containers/0/" + std::string(pointer));
        CHECK(problems[0].message.find("is not supported by this version of podinit: ") != std::string::npos);
    }
    const std::string_view of_spec[] = {
        R"("imagePullSecrets":[{"name":"a"}])",
        R"("runtimeClassName":"kata")",
        R"("resourceClaims":[{"name":"a"}])",
        R"("schedulingGates":[{"name":"a"}])",
        R"("ephemeralContainers":[{}])",
        R"("volumes":[{"name":"v","nfs":{}}])",
        R"("volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"a"}}])",
        R"("volumes":[{"name":"v","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}])",
    };
    for (const std::string_view json : of_spec) {
        const Problems problems = problems_of(tests::spec_with(json));
        INFO(tests::describe(problems));
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].message.find("is not supported by this version of podinit: ") != std::string::npos);
    }
}

TEST_CASE("a typo is an error with a suggestion") {
    const Problems problems = problems_of(pod_with(
        R"("metadata":{"name":"p","lables":{}},"spec":{"HostNetwork":true,"containers":[{"name":"c","imag":"x","image":"host"}],"zzz":1})"));
    CHECK(tests::describe(problems) == R"(/metadata/lables: unknown field "lables"; did you mean "labels"?
/spec/HostNetwork: unknown field "HostNetwork"; did you mean "hostNetwork"?
/spec/containers/0/imag: unknown field "imag"; did you mean "image"?
/spec/zzz: unknown field "zzz"
)");
}

TEST_CASE("only a v1 Pod is a Pod") {
    const std::pair<std::string_view, std::string_view> documents[] = {
        {R"({"apiVersion":"v1","kind":"List","items":[]})",
         "/kind: must be \"Pod\", not \"List\": only Pods run here\n"},
        {R"({"apiVersion":"apps/v1","kind":"Deployment"})", "/kind: must be \"Pod\", not \"Deployment\": only Pods run "
                                                            "here\n/apiVersion: must be \"v1\", not \"apps/v1\"\n"},
        {R"({"apiVersion":"v2","kind":"Pod"})", "/apiVersion: must be \"v1\", not \"v2\"\n"},
        {R"({})", "/kind: must be \"Pod\"\n/apiVersion: must be \"v1\"\n"},
        {R"({"kind":3,"apiVersion":"v1"})", "/kind: must be \"Pod\"\n"},
        {R"([])", ": expected a Pod, not an array\n"},
        {R"("Pod")", ": expected a Pod, not a string\n"},
        {R"({"apiVersion":"v1","kind":"Pod"})", "/metadata: required value\n/spec: required value\n"},
    };
    for (const auto& [json, problems] : documents)
        CHECK(tests::describe(problems_of(json)) == problems);
}

TEST_CASE("no document has more problems than a person can read") {
    std::string fields;
    for (int i = 0; i < 100'000; ++i)
        fields += ",\"x" + std::to_string(i) + "\":0";
    const Problems problems = problems_of(pod_with(R"("metadata":{"name":"p")" + fields + "}"));
    CHECK(problems.size() == 101);
    CHECK(problems.back().message == "too many problems: the rest is left out");
}

TEST_CASE("too many warnings refuse nothing, and hide no error") {
    std::string containers;
    for (int i = 0; i < 200; ++i)
        containers += (i == 0 ? "" : ",") + std::string(R"({"resizePolicy":[{}],"image":"host","name":"c)") +
                      std::to_string(i) + "\"}";
    const Manifest manifest = read(pod_with(R"("spec":{"containers":[)" + containers + "]}"));
    CHECK(manifest.warnings.size() == 101);
    const Problems problems = problems_of(pod_with(R"("spec":{"containers":[)" + containers + R"(],"hostname":"A"})"));
    CHECK(problems.size() == 101);
    CHECK(has_errors(problems));
}

TEST_CASE("a list gives its items") {
    const auto items = list_items(R"({"kind":"List","apiVersion":"v1","items":[ {"a": 1}, {"b":[ ]} ]})");
    REQUIRE(items);
    CHECK(*items == std::vector<std::string>{R"({"a":1})", R"({"b":[]})"});
    CHECK(list_items(R"({ "kind" : "Pod" })").value() == std::vector<std::string>{R"({"kind":"Pod"})"});
    CHECK(list_items(R"({"apiVersion":"apps/v1","kind":"DeploymentList","items":[{"metadata":{}},{"kind":"x"},7]})")
              .value() == std::vector<std::string>{R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{}})",
                                                   R"({"kind":"x"})", "7"});
    CHECK(list_items(R"({"kind":"AllowList"})").value().size() == 1);
    CHECK(list_items(R"({"apiVersion":"v1","kind":"PodList","items":[{"metadata":{}},{}]})").value() ==
          std::vector<std::string>{R"({"apiVersion":"v1","kind":"Pod","metadata":{}})",
                                   R"({"apiVersion":"v1","kind":"Pod"})"});
    CHECK(list_items(R"({"kind":"List","items":[]})").value().empty());
    CHECK(tests::describe(list_items(R"({"kind":"List"})").error()) == "/items: required value\n");
    CHECK(tests::describe(list_items(R"({"kind":"List","items":{}})").error()) == "/items: expected an array\n");
    CHECK_FALSE(list_items("{"));
}

TEST_CASE("the pull policy follows from the image's tag") {
    const std::pair<std::string_view, PullPolicy> images[] = {
        {"a", PullPolicy::Always},
        {"a:latest", PullPolicy::Always},
        {"localhost:5000/a", PullPolicy::Always},
        {"a:v1", PullPolicy::IfNotPresent},
        {"localhost:5000/a:1", PullPolicy::IfNotPresent},
        {"a@sha256:0123", PullPolicy::IfNotPresent},
        {"a:latest@sha256:0123", PullPolicy::IfNotPresent},
    };
    for (const auto& [image, policy] : images)
        CHECK(default_pull_policy(image) == policy);
}
