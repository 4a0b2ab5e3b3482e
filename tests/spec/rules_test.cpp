// SPDX-License-Identifier: Apache-2.0
#include "tests/spec/rules.hpp"

#include "spec/rules.hpp"

using namespace spec;
using namespace tests;

namespace {

std::string metadata_with(std::string_view members) {
    return pod_with(R"("metadata":{"name":"p",)" + std::string(members) + '}');
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
        {pod_with(R"("metadata":{"generateName":"p-"})"), "/metadata/name", "generateName"},
        {metadata_with(R"("annotations":{"controller.kubernetes.io/pod-deletion-cost":"007"})"),
         "/metadata/annotations/controller.kubernetes.io~1pod-deletion-cost", "32 bit integer"},
        {metadata_with(R"("annotations":{"controller.kubernetes.io/pod-deletion-cost":"2147483648"})"),
         "/metadata/annotations/controller.kubernetes.io~1pod-deletion-cost", "32 bit integer"},
    });
    accept_each({
        pod_with(R"("metadata":{"name":"a.b-c.1"})"),
        pod_with(R"("metadata":{"name":"p","generateName":"p-"})"),
        metadata_with(R"("labels":{"Example.com":"","example.com/A_b":"A.b_c-1"})"),
        metadata_with(R"("annotations":{"EXAMPLE.com/a":"any text, of any kind"})"),
        metadata_with(R"("annotations":{"controller.kubernetes.io/pod-deletion-cost":"-2147483648"})"),
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

TEST_CASE("a template has no name, and its problems are told at its place") {
    Pod pod;
    pod.metadata.labels = {{"a b", "c"}};
    pod.spec.containers.resize(1);
    pod.spec.containers[0].name = "c";
    Problems problems;
    const Path root;
    const Path of_workload = root.child("spec");
    validate(pod, problems, Of::Template, of_workload.child("template"));
    CHECK(pointers(problems) ==
          std::vector<std::string>{"/spec/template/metadata/labels/a b", "/spec/template/spec/containers/0/image"});
}

TEST_CASE("the metadata of any object can be validated") {
    Problems problems;
    const Path root;
    ObjectMeta metadata;
    validate_metadata(metadata, problems, root.child("metadata"));
    CHECK(pointers(problems) == std::vector<std::string>{"/metadata/name"});
    metadata.name = "x";
    problems.clear();
    validate_metadata(metadata, problems, root.child("metadata"));
    CHECK(problems.empty());
}
