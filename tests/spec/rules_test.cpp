// SPDX-License-Identifier: Apache-2.0
#include "spec/manifest.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

using namespace spec;
using namespace tests;

namespace {

struct Rule {
    std::string json;
    std::string_view pointer;
    std::string_view message; // a part of it
};

void check_each(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
        INFO(rule.json);
        const Problems problems = problems_of(rule.json);
        INFO(describe(problems));
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].pointer == rule.pointer);
        CHECK(problems[0].message.find(rule.message) != std::string::npos);
    }
}

std::string metadata_with(std::string_view members) {
    return pod_with(R"("metadata":{"name":"p",)" + std::string(members) + '}');
}

std::string mount(std::string_view members) {
    return container_with(R"("volumeMounts":[{)" + std::string(members) + "}]", R"("volumes":[{"name":"v"}])");
}

std::string repeated(std::string_view part, std::size_t times, std::string_view between) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i)
        out.append(i == 0 ? "" : between).append(part);
    return out;
}

} // namespace

TEST_CASE("metadata is checked as the API server does") {
    check_each({
        {pod_with(R"("metadata":{"name":"Web"})"), "/metadata/name", "DNS-1123 subdomain"},
        {pod_with(R"("metadata":{"name":""})"), "/metadata/name", "required value"},
        {pod_with(R"("metadata":{"name":"a..b"})"), "/metadata/name", "DNS-1123 subdomain"},
        {pod_with(R"("metadata":{"name":"../etc"})"), "/metadata/name", "DNS-1123 subdomain"},
        {pod_with(R"("metadata":{"name":")" + std::string(254, 'a') + "\"}"), "/metadata/name", "253"},
        {pod_with(R"("metadata":{})"), "/metadata/name", "required value"},
        {metadata_with(R"("namespace":"a.b")"), "/metadata/namespace", "DNS-1123 label"},
        {metadata_with(R"("uid":"../x")"), "/metadata/uid", "not a uid"},
        {metadata_with(R"("uid":"a/b")"), "/metadata/uid", "not a uid"},
        {metadata_with(R"("labels":{"a b":"x"})"), "/metadata/labels/a b", "qualified name"},
        {metadata_with(R"("labels":{"a/b/c":"x"})"), "/metadata/labels/a~1b~1c", "qualified name"},
        {metadata_with(R"("labels":{"a":"x y"})"), "/metadata/labels/a", "label's value"},
        {metadata_with(R"("labels":{"a":1})"), "/metadata/labels/a", "write \"1\""},
        {metadata_with(R"("annotations":{"":"x"})"), "/metadata/annotations/", "qualified name"},
        {metadata_with(R"("annotations":{"a":")" + std::string(262'144, 'x') + "\"}"), "/metadata/annotations",
         "262144"},
        {metadata_with(R"("annotations":{"container.apparmor.security.beta.kubernetes.io/c":"runtime/default"})"),
         "/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1c", "write the field"},
    });
}

TEST_CASE("a pod's spec is checked as the API server does") {
    check_each({
        {pod_with(R"("spec":{})"), "/spec/containers", "required value"},
        {pod_with(R"("spec":{"containers":[]})"), "/spec/containers", "at least one container"},
        {pod_with(R"("spec":{"containers":[)" + repeated(R"({"name":"c","image":"host"})", 251, ",") + "]}"),
         "/spec/containers", "at most 250"},
        {pod_with(R"("spec":{"containers":[{"name":"c","image":"host"},{"name":"c","image":"host"}]})"),
         "/spec/containers/1/name", "duplicate value: \"c\""},
        {spec_with(R"("restartPolicy":"Sometimes")"), "/spec/restartPolicy", "\"Always\", \"OnFailure\", \"Never\""},
        {spec_with(R"("terminationGracePeriodSeconds":1.5)"), "/spec/terminationGracePeriodSeconds", "an integer"},
        {spec_with(R"("hostPID":true,"shareProcessNamespace":true)"), "/spec/shareProcessNamespace", "hostPID"},
        {spec_with(R"("hostNetwork":"true")"), "/spec/hostNetwork", "expected a boolean, not a string"},
        {spec_with(R"("hostname":"a.b")"), "/spec/hostname", "DNS-1123 label"},
        {spec_with(R"("securityContext":{"runAsUser":-1})"), "/spec/securityContext/runAsUser", "between 0"},
        {spec_with(R"("securityContext":{"runAsGroup":2147483648})"), "/spec/securityContext/runAsGroup", "between 0"},
        {spec_with(R"("securityContext":{"supplementalGroups":[1,-2]})"), "/spec/securityContext/supplementalGroups/1",
         "between 0"},
    });
}

TEST_CASE("volumes are checked as the API server does") {
    const auto volume = [](std::string_view members) {
        return spec_with(R"("volumes":[{"name":"v",)" + std::string(members) + "}]");
    };
    check_each({
        {spec_with(R"("volumes":[{"name":"V"}])"), "/spec/volumes/0/name", "DNS-1123 label"},
        {spec_with(R"("volumes":[{}])"), "/spec/volumes/0/name", "required value"},
        {spec_with(R"("volumes":[{"name":"v"},{"name":"w"},{"name":"v"}])"), "/spec/volumes/2/name", "duplicate value"},
        {volume(R"("hostPath":{"path":"/a"},"emptyDir":{})"), "/spec/volumes/0", "more than 1 volume type"},
        {volume(R"("hostPath":{})"), "/spec/volumes/0/hostPath/path", "required value"},
        {volume(R"("hostPath":{"path":""})"), "/spec/volumes/0/hostPath/path", "required value"},
        {volume(R"("hostPath":{"path":"a"})"), "/spec/volumes/0/hostPath/path", "absolute"},
        {volume(R"("hostPath":{"path":"/a/../b"})"), "/spec/volumes/0/hostPath/path", "'..'"},
        {volume(R"("hostPath":{"path":"/a","type":"Dir"})"), "/spec/volumes/0/hostPath/type", "unsupported value"},
        {volume(R"("emptyDir":{"sizeLimit":"1 GB"})"), "/spec/volumes/0/emptyDir/sizeLimit", "not a quantity"},
        {volume(R"("emptyDir":{"sizeLimit":"-1"})"), "/spec/volumes/0/emptyDir/sizeLimit", "greater than"},
    });
}

TEST_CASE("containers are checked as the API server does") {
    check_each({
        {pod_with(R"("spec":{"containers":[{"image":"host"}]})"), "/spec/containers/0/name", "required value"},
        {pod_with(R"("spec":{"containers":[{"name":"A","image":"host"}]})"), "/spec/containers/0/name",
         "DNS-1123 label"},
        {pod_with(R"("spec":{"containers":[{"name":"c"}]})"), "/spec/containers/0/image", "required value"},
        {pod_with(R"("spec":{"containers":[{"name":"c","image":" host"}]})"), "/spec/containers/0/image", "image name"},
        {pod_with(R"("spec":{"containers":["c"]})"), "/spec/containers/0", "expected an object"},
        {container_with(R"("command":"sh")"), "/spec/containers/0/command", "expected an array"},
        {container_with(R"("command":["sh",1])"), "/spec/containers/0/command/1", "write \"1\""},
        {container_with(R"("env":[{"name":""}])"), "/spec/containers/0/env/0/name", "required value"},
        {container_with(R"("env":[{"name":"A=B"}])"), "/spec/containers/0/env/0/name", "environment variable"},
        {container_with(R"("env":[{"name":"A","value":true}])"), "/spec/containers/0/env/0/value", "write \"true\""},
        {container_with(R"("imagePullPolicy":"always")"), "/spec/containers/0/imagePullPolicy", "\"IfNotPresent\""},
        {container_with(R"("terminationMessagePolicy":"Log")"), "/spec/containers/0/terminationMessagePolicy",
         "FallbackToLogsOnError"},
        {mount(R"("name":"w","mountPath":"/w")"), "/spec/containers/0/volumeMounts/0/name", "no volume of this pod"},
        {mount(R"("name":"v","mountPath":"")"), "/spec/containers/0/volumeMounts/0/mountPath", "required value"},
        {mount(R"("name":"v","mountPath":"/a:b")"), "/spec/containers/0/volumeMounts/0/mountPath", "':'"},
        {mount(R"("name":"v","mountPath":"/a"},{"name":"v","mountPath":"a")"),
         "/spec/containers/0/volumeMounts/1/mountPath", "mounted already"},
        {mount(R"("name":"v","mountPath":"/a","subPath":"/b")"), "/spec/containers/0/volumeMounts/0/subPath",
         "relative"},
        {mount(R"("name":"v","mountPath":"/a","subPath":"b/..")"), "/spec/containers/0/volumeMounts/0/subPath", "'..'"},
        {container_with(R"("securityContext":{"runAsUser":-5})"), "/spec/containers/0/securityContext/runAsUser",
         "between 0"},
        {container_with(R"("securityContext":{"privileged":true,"allowPrivilegeEscalation":false})"),
         "/spec/containers/0/securityContext/allowPrivilegeEscalation", "privileged"},
        {container_with(
             R"("securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"add":["CAP_SYS_ADMIN"]}})"),
         "/spec/containers/0/securityContext/allowPrivilegeEscalation", "CAP_SYS_ADMIN"},
    });
}

TEST_CASE("ports are checked as the API server does") {
    const auto ports = [](std::string_view list, std::string_view of_spec = R"("hostNetwork":true)") {
        return container_with(R"("ports":[)" + std::string(list) + "]", of_spec);
    };
    const std::string_view first = "/spec/containers/0/ports/0/";
    const std::string_view second = "/spec/containers/0/ports/1/";
    const auto at = [](std::string_view port, std::string_view field) {
        return std::string(port) + std::string(field);
    };
    const std::string container_port = at(first, "containerPort"), host_port = at(first, "hostPort"),
                      name = at(first, "name"), protocol = at(first, "protocol"), second_name = at(second, "name"),
                      second_host_port = at(second, "hostPort");
    check_each({
        {ports("{}"), container_port, "required value"},
        {ports(R"({"containerPort":0})"), container_port, "between 1 and 65535"},
        {ports(R"({"containerPort":65536})"), container_port, "between 1 and 65535"},
        {ports(R"({"containerPort":99999999999})"), container_port, "32 bits"},
        {ports(R"({"containerPort":80,"hostPort":81})"), host_port, "must match containerPort"},
        {ports(R"({"containerPort":80,"hostPort":70000})", R"("hostPID":true)"), host_port, "between 1 and 65535"},
        {ports(R"({"containerPort":80,"protocol":"tcp"})"), protocol, "\"TCP\", \"UDP\", \"SCTP\""},
        {ports(R"({"containerPort":80,"name":"8080"})"), name, "port name"},
        {ports(R"({"containerPort":80,"name":"a--b"})"), name, "port name"},
        {ports(R"({"containerPort":80,"name":"a-name-too-long-"})"), name, "port name"},
        {ports(R"({"containerPort":80,"name":"a"},{"containerPort":81,"name":"a"})"), second_name, "duplicate value"},
        {ports(R"({"containerPort":80},{"containerPort":80})"), second_host_port, "duplicate value: 80"},
    });
    CHECK(problems_of(ports(R"({"containerPort":80},{"containerPort":80,"protocol":"UDP"},{"containerPort":81})"))
              .empty());
}

TEST_CASE("a value that cannot be read is complained about once") {
    CHECK(pointers(problems_of(pod_with(R"("metadata":{"name":7})"))) == std::vector<std::string>{"/metadata/name"});
    CHECK(pointers(problems_of(pod_with(R"("spec":[])"))) == std::vector<std::string>{"/spec"});
}

TEST_CASE("all problems of a manifest are told at once") {
    CHECK(
        pointers(problems_of(pod_with(R"("metadata":{"name":"P","x":1},"spec":{"containers":[{"name":"c","image":"host",
        "env":[{"name":"="}]}],"restartPolicy":"No"})"))) ==
        std::vector<std::string>{"/metadata/x", "/spec/restartPolicy", "/metadata/name",
                                 "/spec/containers/0/env/0/name"});
}
