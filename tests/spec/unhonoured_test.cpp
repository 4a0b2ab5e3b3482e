// SPDX-License-Identifier: Apache-2.0
#include "spec/unhonoured.hpp"

#include "spec/manifest.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

using namespace spec;
using tests::container_with;
using tests::pod_with;
using tests::spec_with;

namespace {

Manifest read(std::string_view json) {
    auto manifest = read_manifest(json);
    if (!manifest)
        FAIL(tests::describe(manifest.error()));
    return std::move(*manifest);
}

struct Case {
    std::string json;
    std::string pointer;
};

std::string with_security(std::string_view of_pod, std::string_view of_container) {
    return container_with(R"("securityContext":{)" + std::string(of_container) + "}",
                          R"("securityContext":{)" + std::string(of_pod) + "}");
}

} // namespace

TEST_CASE("what is not acted on is told, and the container starts") {
    const Case cases[] = {
        {spec_with(R"("dnsConfig":{"options":[{"name":"ndots","value":"1"}]})"), "/spec/dnsConfig"},
        {spec_with(R"("dnsPolicy":"ClusterFirstWithHostNet")"), "/spec/dnsPolicy"},
        {spec_with(R"("hostAliases":[{"ip":"10.0.0.1","hostnames":["a"]}])"), "/spec/hostAliases"},
        {spec_with(R"("hostnameOverride":"a.b")"), "/spec/hostnameOverride"},
        {spec_with(R"("nodeName":"there")"), "/spec/nodeName"},
        {spec_with(R"("nodeSelector":{"disk":"ssd"})"), "/spec/nodeSelector"},
        {spec_with(R"("priorityClassName":"mine")"), "/spec/priorityClassName"},
        {spec_with(R"("resources":{"limits":{"cpu":1}})"), "/spec/resources"},
        {spec_with(R"("setHostnameAsFQDN":true)"), "/spec/setHostnameAsFQDN"},
        {spec_with(R"("subdomain":"s")"), "/spec/subdomain"},
        {spec_with(R"("volumes":[{"name":"u","emptyDir":{}},{"name":"v","emptyDir":{"sizeLimit":"1Mi"}}])"),
         "/spec/volumes/1/emptyDir/sizeLimit"},
        {spec_with(R"("initContainers":[{"name":"i","image":"host","resources":{"limits":{"cpu":1}}}])"),
         "/spec/initContainers/0/resources"},
        {container_with(R"("ports":[{"containerPort":1},{"containerPort":2,"hostPort":3}])"),
         "/spec/containers/0/ports/1/hostPort"},
        {container_with(R"("resources":{"requests":{"cpu":1}})"), "/spec/containers/0/resources"},
    };
    for (const auto& [json, pointer] : cases) {
        INFO(json);
        const Manifest manifest = read(json);
        CHECK(tests::pointers(manifest.warnings) == std::vector<std::string>{pointer});
        CHECK(unhonoured(manifest.pod, 0).value_or("") == "");
    }
}

TEST_CASE("what is acted on is not told") {
    const std::string cases[] = {
        spec_with(R"("activeDeadlineSeconds":5)"),
        spec_with(R"("initContainers":[{"name":"i","image":"host","restartPolicy":"Always"}])"),
        container_with(R"("lifecycle":{"postStart":{"exec":{"command":["a"]}},"preStop":{"sleep":{"seconds":1}}})"),
        container_with(R"("livenessProbe":{"httpGet":{"port":80,"host":"fe80::1"}})"),
        container_with(R"("readinessProbe":{"httpGet":{"port":80,"host":"localhost"}})"),
        container_with(R"("startupProbe":{"grpc":{"port":80}})"),
        container_with(R"("restartPolicy":"Never")"),
        container_with(R"("livenessProbe":{"httpGet":{"port":80,"scheme":"HTTPS","host":"web.local"}})"),
        container_with(R"("startupProbe":{"tcpSocket":{"port":80,"host":"db"}})"),
        container_with(R"("lifecycle":{"preStop":{"httpGet":{"port":80,"scheme":"HTTPS"}}})"),
    };
    for (const std::string& json : cases) {
        INFO(json);
        CHECK(read(json).warnings.empty());
    }
}

TEST_CASE("what asks for a confinement that is not there keeps the container from being started") {
    const Case cases[] = {
        {spec_with(R"("hostUsers":false)"), "/spec/hostUsers"},
        {with_security(R"("appArmorProfile":{"type":"RuntimeDefault"})", ""), "/spec/securityContext/appArmorProfile"},
        {with_security(R"("seccompProfile":{"type":"RuntimeDefault"})", ""), "/spec/securityContext/seccompProfile"},
        {with_security(R"("supplementalGroupsPolicy":"Strict")", ""), "/spec/securityContext/supplementalGroupsPolicy"},
        {with_security(R"("sysctls":[{"name":"net.ipv4.tcp_syncookies","value":"1"}])", ""),
         "/spec/securityContext/sysctls"},
        {with_security("", R"("appArmorProfile":{"type":"Localhost","localhostProfile":"a"})"),
         "/spec/containers/0/securityContext/appArmorProfile"},
        {with_security("", R"("seccompProfile":{"type":"RuntimeDefault"})"),
         "/spec/containers/0/securityContext/seccompProfile"},
    };
    for (const auto& [json, pointer] : cases) {
        INFO(json);
        const Manifest manifest = read(json);
        CHECK(tests::pointers(manifest.warnings) == std::vector<std::string>{pointer});
        const auto reason = unhonoured(manifest.pod, 0);
        REQUIRE(reason);
        CHECK(reason->starts_with(pointer + " is not supported by this version of podinit: "));
    }
}

TEST_CASE("an unmasked /proc keeps the container from being started") {
    const Manifest manifest =
        read(container_with(R"("securityContext":{"procMount":"Unmasked"})", R"("hostUsers":false)"));
    CHECK(tests::pointers(manifest.warnings) ==
          std::vector<std::string>{"/spec/hostUsers", "/spec/containers/0/securityContext/procMount"});
    CHECK(unhonoured(manifest.pod, 0));
}

TEST_CASE("a container's own profile counts, and a privileged container has no filter on Kubernetes either") {
    const std::string_view default_profile = R"("seccompProfile":{"type":"RuntimeDefault"})";
    const std::string_view none = R"("seccompProfile":{"type":"Unconfined"})";
    CHECK_FALSE(unhonoured(read(with_security(default_profile, none)).pod, 0));
    CHECK_FALSE(unhonoured(read(with_security(default_profile, R"("privileged":true)")).pod, 0));
    CHECK(unhonoured(read(with_security(none, default_profile)).pod, 0));
    CHECK(unhonoured(read(with_security(R"("appArmorProfile":{"type":"RuntimeDefault"})", R"("privileged":true)")).pod,
                     0));
    const Pod two = read(pod_with(R"("spec":{"containers":[{"name":"a","image":"host"},{"name":"b","image":"host",)"
                                  R"("securityContext":{"seccompProfile":{"type":"RuntimeDefault"}}}]})"))
                        .pod;
    CHECK_FALSE(unhonoured(two, 0));
    CHECK(unhonoured(two, 1));
}

TEST_CASE("what asks for nothing more than there is makes no noise") {
    const std::string quiet[] = {
        spec_with(R"("dnsPolicy":"Default")"),
        spec_with(R"("hostUsers":true)"),
        spec_with(R"("nodeSelector":{"kubernetes.io/os":"linux"})"),
        spec_with(R"("priority":7,"priorityClassName":"mine")"),
        spec_with(R"("priorityClassName":"system-node-critical")"),
        spec_with(R"("volumes":[{"name":"v","emptyDir":{"medium":"Memory","sizeLimit":"1Mi"}}])"),
        container_with(R"("ports":[{"containerPort":80,"hostPort":80}])", R"("hostNetwork":true)"),
        container_with(R"("resources":{})"),
        container_with(R"("terminationMessagePath":"/t","terminationMessagePolicy":"FallbackToLogsOnError")"),
        with_security(R"("supplementalGroupsPolicy":"Merge")", R"("procMount":"Default")"),
    };
    for (const std::string& json : quiet) {
        INFO(json);
        CHECK(tests::describe(read(json).warnings) == "");
    }
}

TEST_CASE("a template's warnings point into the template") {
    Problems problems;
    warn_unhonoured(read(container_with(R"("resources":{"limits":{"cpu":1}})")).pod, problems, "/spec/template");
    CHECK(tests::pointers(problems) == std::vector<std::string>{"/spec/template/spec/containers/0/resources"});
}
