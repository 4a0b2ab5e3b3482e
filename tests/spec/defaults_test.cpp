// SPDX-License-Identifier: Apache-2.0
// What a manifest leaves out is filled in as pkg/apis/core/v1/defaults.go does, and what says no more than the default
// is left out.
#include "spec/manifest.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

using namespace spec;
using tests::container_with;
using tests::spec_with;

namespace {

std::string canonical(const std::string& json) {
    const auto manifest = read_manifest(json);
    return manifest ? manifest->text : tests::describe(manifest.error());
}

struct Case {
    std::string json;
    std::string_view text; // part of the canonical text
};

void check_each(std::initializer_list<Case> cases) {
    for (const auto& [json, text] : cases) {
        INFO(json);
        CHECK_THAT(canonical(json), Catch::Matchers::Contains(std::string(text)));
    }
}

std::string with_volume(std::string_view source) {
    return spec_with(R"("volumes":[{"name":"v",)" + std::string(source) + "}]");
}

} // namespace

TEST_CASE("probes and hooks get their defaults") {
    check_each({
        {container_with(R"("livenessProbe":{"httpGet":{"port":80}})"),
         R"("livenessProbe":{"failureThreshold":3,"httpGet":{"path":"/","port":80,"scheme":"HTTP"},"periodSeconds":10,)"
         R"("successThreshold":1,"timeoutSeconds":1})"},
        {container_with(R"("readinessProbe":{"grpc":{"port":1},"initialDelaySeconds":0,"periodSeconds":0,)"
                        R"("timeoutSeconds":7,"successThreshold":2,"failureThreshold":9})"),
         R"("readinessProbe":{"failureThreshold":9,"grpc":{"port":1,"service":""},"periodSeconds":10,)"
         R"("successThreshold":2,"timeoutSeconds":7})"},
        {container_with(R"("startupProbe":{"tcpSocket":{"port":"web"},"periodSeconds":2})"),
         R"("startupProbe":{"failureThreshold":3,"periodSeconds":2,"successThreshold":1,"tcpSocket":{"port":"web"},)"},
        {container_with(R"("lifecycle":{"preStop":{"httpGet":{"port":"a","scheme":"HTTPS","path":"/x"}},)"
                        R"("postStart":{"httpGet":{"port":1}}})"),
         R"("lifecycle":{"postStart":{"httpGet":{"path":"/","port":1,"scheme":"HTTP"}},)"
         R"("preStop":{"httpGet":{"path":"/x","port":"a","scheme":"HTTPS"}}})"},
    });
}

TEST_CASE("a limit is also a request, and quantities are canonical") {
    check_each({
        {container_with(R"("resources":{"limits":{"memory":"1024Mi","cpu":1.5},"requests":{"cpu":"0.1"}})"),
         R"("resources":{"limits":{"cpu":"1500m","memory":"1Gi"},"requests":{"cpu":"100m","memory":"1Gi"}})"},
        {container_with(R"("resources":{"requests":{"cpu":"1u"}})"), R"("resources":{"requests":{"cpu":"1m"}})"},
        {spec_with(R"("initContainers":[{"name":"i","image":"host","resources":{"limits":{"cpu":2}}}])"),
         R"("resources":{"limits":{"cpu":"2"},"requests":{"cpu":"2"}})"},
    });
}

TEST_CASE("a pod with limits of its own asks for what its containers ask for, and else for the limits") {
    const auto pod = [](std::string_view containers, std::string_view resources) {
        return tests::pod_with(R"("spec":{)" + std::string(containers) + R"(,"resources":)" + std::string(resources) +
                               '}');
    };
    const std::string two = R"("containers":[{"name":"a","image":"host","resources":{"requests":{"cpu":"500m"}}},)"
                            R"({"name":"b","image":"host","resources":{"requests":{"cpu":"0.7"}}}])";
    const std::string init =
        two + R"(,"initContainers":[)"
              R"({"name":"s","image":"host","restartPolicy":"Always","resources":{"requests":{"cpu":1}}},)"
              R"({"name":"i","image":"host","resources":{"requests":{"cpu":2}}}])";
    check_each({
        {pod(two, R"({"limits":{"cpu":4,"memory":"1Gi"}})"),
         R"("resources":{"limits":{"cpu":"4","memory":"1Gi"},"requests":{"cpu":"1200m","memory":"1Gi"}})"},
        {pod(init, R"({"limits":{"cpu":4}})"), R"("resources":{"limits":{"cpu":"4"},"requests":{"cpu":"3"}})"},
        {pod(two, R"({"limits":{"cpu":4},"requests":{"cpu":3}})"),
         R"("resources":{"limits":{"cpu":"4"},"requests":{"cpu":"3"}})"},
        {pod(two, R"({"requests":{"memory":"1Gi"}})"), R"("resources":{"requests":{"memory":"1Gi"}})"},
    });
}

TEST_CASE("volumes get their modes, and one without a source is an emptyDir") {
    check_each({
        {with_volume(R"("emptyDir":null)"), R"("volumes":[{"emptyDir":{},"name":"v"}])"},
        {with_volume(R"("emptyDir":{"sizeLimit":1048576})"), R"({"emptyDir":{"sizeLimit":"1048576"},"name":"v"})"},
        {with_volume(R"("hostPath":{"path":"/a","type":""})"), R"([{"hostPath":{"path":"/a"},"name":"v"}])"},
        {with_volume(R"("configMap":{"name":"c","optional":false})"),
         R"([{"configMap":{"defaultMode":420,"name":"c"},"name":"v"}])"},
        {with_volume(R"("secret":{"secretName":"s","optional":true,"defaultMode":256})"),
         R"([{"name":"v","secret":{"defaultMode":256,"optional":true,"secretName":"s"}}])"},
        {with_volume(R"("downwardAPI":{"items":[{"path":"a","fieldRef":{"fieldPath":"metadata.name"}},)"
                     R"({"path":"b","resourceFieldRef":{"resource":"limits.cpu","containerName":"c"}}]})"),
         R"("downwardAPI":{"defaultMode":420,"items":[{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"},)"
         R"("path":"a"},{"path":"b","resourceFieldRef":{"containerName":"c","divisor":"0","resource":"limits.cpu"}}]})"},
        {with_volume(R"("projected":{"sources":[{"secret":{"name":"s","optional":false}},)"
                     R"({"downwardAPI":{"items":[{"path":"a","fieldRef":{"fieldPath":"metadata.name"}}]}}]})"),
         R"("projected":{"defaultMode":420,"sources":[{"secret":{"name":"s"}},)"
         R"({"downwardAPI":{"items":[{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"},"path":"a"}]}}]})"},
    });
}

TEST_CASE("variables and ports get their defaults") {
    check_each({
        {container_with(R"("env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},)"
                        R"({"name":"B","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}},)"
                        R"({"name":"C","valueFrom":{"configMapKeyRef":{"name":"c","key":"k","optional":false}}}])"),
         R"("env":[{"name":"A","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}},)"
         R"({"name":"B","valueFrom":{"resourceFieldRef":{"divisor":"0","resource":"limits.cpu"}}},)"
         R"({"name":"C","valueFrom":{"configMapKeyRef":{"key":"k","name":"c"}}}])"},
        {container_with(R"("ports":[{"containerPort":80,"hostPort":0}])"),
         R"("ports":[{"containerPort":80,"protocol":"TCP"}])"},
        {spec_with(
             R"("hostNetwork":true,"initContainers":[{"name":"i","image":"host","ports":[{"containerPort":80}]}])"),
         R"("ports":[{"containerPort":80,"hostPort":80,"protocol":"TCP"}])"},
    });
}

TEST_CASE("the two classes that every cluster has give their priority") {
    check_each({
        {spec_with(R"("priorityClassName":"system-node-critical")"),
         R"("priority":2000001000,"priorityClassName":"system-node-critical")"},
        {spec_with(R"("priorityClassName":"system-cluster-critical")"),
         R"("priority":2000000000,"priorityClassName":"system-cluster-critical")"},
        {spec_with(R"("priorityClassName":"mine")"), R"("dnsPolicy":"ClusterFirst","priorityClassName":"mine")"},
    });
}

TEST_CASE("what says no more than the default is left out") {
    const std::string plain = canonical(container_with(R"("volumeMounts":[{"name":"v","mountPath":"/v"}])",
                                                       R"("volumes":[{"name":"v","emptyDir":{}}])"));
    CHECK(
        canonical(container_with(
            R"("volumeMounts":[{"name":"v","mountPath":"v","readOnly":false,"mountPropagation":"None",)"
            R"("recursiveReadOnly":"Disabled","subPath":""}],"stdin":false,"stdinOnce":false,"tty":false,)"
            R"("imagePullPolicy":"Always","resources":{},"terminationMessagePolicy":"File",)"
            R"("securityContext":{"privileged":false,"procMount":"Default","capabilities":{"add":[]}})",
            R"("volumes":[{"name":"v"}],"dnsPolicy":"ClusterFirst","hostUsers":true,"setHostnameAsFQDN":false,)"
            R"("priority":0,"restartPolicy":"Always","schedulerName":"default-scheduler","enableServiceLinks":true,)"
            R"("securityContext":{"supplementalGroupsPolicy":"Merge","sysctls":[]},"shareProcessNamespace":false)")) ==
        plain);
}
