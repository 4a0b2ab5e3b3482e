// SPDX-License-Identifier: Apache-2.0
#include "tests/spec/rules.hpp"

#include "spec/unhonoured.hpp"

using namespace tests;

namespace {

const std::string s = "/spec/securityContext";
const std::string cs = "/spec/containers/0/securityContext";

std::string pod_security(std::string_view members, std::string_view more = R"("hostIPC":false)") {
    return spec_with(R"("securityContext":{)" + std::string(members) + "}," + std::string(more));
}

std::string security(std::string_view members, std::string_view of_spec = R"("hostIPC":false)") {
    return container_with(R"("securityContext":{)" + std::string(members) + '}', of_spec);
}

} // namespace

TEST_CASE("users and groups are checked as the API server does") {
    check_each({
        {security(R"("runAsUser":-5)"), cs + "/runAsUser", "between 0 and 2147483647"},
        {security(R"("runAsGroup":2147483648)"), cs + "/runAsGroup", "between 0 and 2147483647"},
        {pod_security(R"("runAsUser":-1)"), s + "/runAsUser", "between 0"},
        {pod_security(R"("runAsGroup":2147483648)"), s + "/runAsGroup", "between 0"},
        {pod_security(R"("fsGroup":-1)"), s + "/fsGroup", "between 0"},
        {pod_security(R"("supplementalGroups":[1,-2])"), s + "/supplementalGroups/1", "between 0"},
        {pod_security(R"("fsGroupChangePolicy":"Never")"), s + "/fsGroupChangePolicy", "OnRootMismatch"},
        {pod_security(R"("supplementalGroupsPolicy":"None")"), s + "/supplementalGroupsPolicy", "Strict"},
    });
    accept_each({
        security(R"("runAsUser":0,"runAsGroup":2147483647)"),
        pod_security(R"("runAsUser":2147483647,"fsGroup":0,"supplementalGroups":[0,2147483647])"),
    });
}

TEST_CASE("privileges are checked as the API server does") {
    const std::string escalation = cs + "/allowPrivilegeEscalation";
    check_each({
        {security(R"("privileged":true,"allowPrivilegeEscalation":false)"), escalation, "privileged"},
        {security(R"("allowPrivilegeEscalation":false,"capabilities":{"add":["CAP_SYS_ADMIN"]})"), escalation,
         "CAP_SYS_ADMIN"},
        {security(R"("procMount":"Unmasked")"), cs + "/procMount", "hostUsers is false"},
        {security(R"("procMount":"Hidden")"), cs + "/procMount", "unsupported value"},
    });
    accept_each({
        security(R"("privileged":false,"allowPrivilegeEscalation":false,"capabilities":{"add":["SYS_ADMIN"]})"),
        security(R"("privileged":true,"allowPrivilegeEscalation":true)"),
        security(R"("procMount":"Unmasked")", R"("hostUsers":false)"),
        security(R"("procMount":"Default")"),
    });
}

TEST_CASE("security profiles are checked as the API server does") {
    const auto seccomp = [](std::string_view members) {
        return security(R"("seccompProfile":{)" + std::string(members) + '}');
    };
    const auto app_armor = [](std::string_view members) {
        return pod_security(R"("appArmorProfile":{)" + std::string(members) + '}');
    };
    const std::string a = s + "/appArmorProfile";
    const std::string p = cs + "/seccompProfile";
    check_each({
        {seccomp(""), p + "/type", "required value"},
        {seccomp(R"("type":"runtime/default")"), p + "/type", "\"RuntimeDefault\""},
        {seccomp(R"("type":"Localhost")"), p + "/localhostProfile", "required value"},
        {seccomp(R"("type":"RuntimeDefault","localhostProfile":"a")"), p + "/localhostProfile", "type is Localhost"},
        {seccomp(R"("type":"Localhost","localhostProfile":"/a")"), p + "/localhostProfile", "relative"},
        {seccomp(R"("type":"Localhost","localhostProfile":"a/../b")"), p + "/localhostProfile", "'..'"},
        {app_armor(R"("localhostProfile":"a")"), a + "/type", "required value"},
        {app_armor(R"("type":"Localhost","localhostProfile":"")"), a + "/localhostProfile", "required value"},
        {app_armor(R"("type":"Unconfined","localhostProfile":"a")"), a + "/localhostProfile", "type is Localhost"},
        {app_armor(R"("type":"Localhost","localhostProfile":"a ")"), a + "/localhostProfile", "whitespace"},
        {app_armor(R"("type":"Localhost","localhostProfile":")" + std::string(4096, 'a') + '"'),
         a + "/localhostProfile", "at most 4095"},
    });
    accept_each({
        seccomp(R"("type":"RuntimeDefault")"),
        seccomp(R"("type":"Localhost","localhostProfile":"a/..b.json")"),
        app_armor(R"("type":"Localhost","localhostProfile":")" + std::string(4095, 'a') + '"'),
        app_armor(R"("type":"Unconfined")"),
    });
}

TEST_CASE("annotations of old must agree with the fields") {
    const auto pod = [](std::string_view key, std::string_view value, std::string_view of_container,
                        std::string_view of_pod) {
        return pod_with(R"("metadata":{"name":"p","annotations":{")" + std::string(key) + R"(":")" +
                        std::string(value) +
                        R"("}},"spec":{"containers":[{"name":"c","image":"host","securityContext":{)" +
                        std::string(of_container) + R"(}}],"securityContext":{)" + std::string(of_pod) + "}}");
    };
    const std::string_view app_armor = "container.apparmor.security.beta.kubernetes.io/c";
    const std::string_view seccomp = "container.seccomp.security.alpha.kubernetes.io/c";
    const std::string_view seccomp_pod = "seccomp.security.alpha.kubernetes.io/pod";
    const std::string_view runtime_default = R"("seccompProfile":{"type":"RuntimeDefault"})";
    const std::string_view local = R"("appArmorProfile":{"type":"Localhost","localhostProfile":"x"})";
    const std::string at = "/metadata/annotations/";
    const std::string at_app_armor = at + "container.apparmor.security.beta.kubernetes.io~1c";
    const std::string at_seccomp = at + "container.seccomp.security.alpha.kubernetes.io~1c";
    const std::string at_seccomp_pod = at + "seccomp.security.alpha.kubernetes.io~1pod";
    check_each({
        {pod(app_armor, "default", "", ""), at_app_armor, "\"localhost/PROFILE\""},
        {pod(app_armor, "localhost/y", local, ""), at_app_armor, "must agree with"},
        {pod("container.apparmor.security.beta.kubernetes.io/d", "unconfined", "", ""),
         at + "container.apparmor.security.beta.kubernetes.io~1d", "no container"},
        {pod(seccomp, "localhost/x", runtime_default, ""), at_seccomp, "must agree with"},
        {pod(seccomp_pod, "runtime/default", "", ""), at_seccomp_pod, "write the field securityContext.seccompProfile"},
        {pod(seccomp_pod, "unconfined", "", runtime_default), at_seccomp_pod, "must agree with"},
    });
    accept_each({
        pod(app_armor, "unconfined", "", ""),
        pod(app_armor, "localhost/x", "", local),
        pod(app_armor, "unconfined", "", local),
        pod(seccomp, "docker/default", runtime_default, ""),
        pod(seccomp, "runtime/default", "", runtime_default),
        pod(seccomp_pod, "runtime/default", "", runtime_default),
        pod(seccomp_pod, "unconfined", "", ""),
    });
}

TEST_CASE("an AppArmor annotation of old stands for the field that is not there") {
    const auto manifest = spec::read_manifest(pod_with(
        R"("metadata":{"name":"p","annotations":{"container.apparmor.security.beta.kubernetes.io/c":"localhost/x"}})"));
    REQUIRE(manifest);
    const auto& context = manifest->pod.spec.containers[0].security_context;
    REQUIRE(context);
    REQUIRE(context->app_armor_profile);
    CHECK(context->app_armor_profile->type == spec::ProfileType::Localhost);
    CHECK(context->app_armor_profile->localhost_profile == "x");
    CHECK(spec::unhonoured(manifest->pod, 0));
    const auto again = spec::read_manifest(manifest->text);
    REQUIRE(again);
    CHECK(again->text == manifest->text);
}

TEST_CASE("sysctls are checked as the API server and the kubelet do") {
    const auto sysctl = [](std::string_view name, std::string_view more = R"("hostIPC":false)") {
        return pod_security(R"("sysctls":[{"name":")" + std::string(name) + R"(","value":"1"}])", more);
    };
    const std::string at = s + "/sysctls/0/name";
    check_each({
        {sysctl(""), at, "required value"},
        {sysctl("net..ipv4"), at, "not the name of a sysctl"},
        {sysctl("Net.ipv4"), at, "not the name of a sysctl"},
        {sysctl("vm.swappiness"), at, "calls safe"},
        {sysctl("net.core.somaxconn"), at, "calls safe"},
        {sysctl("net.ipv4.tcp_syncookies", R"("hostNetwork":true)"), at, "hostNetwork is true"},
        {sysctl("kernel.shm_rmid_forced", R"("hostIPC":true)"), at, "hostIPC is true"},
        {pod_security(R"("sysctls":[{"name":"kernel.shm_rmid_forced","value":"1"},)"
                      R"({"name":"kernel.shm_rmid_forced","value":"0"}])"),
         s + "/sysctls/1/name", "duplicate value"},
    });
    accept_each({
        sysctl("kernel.shm_rmid_forced", R"("hostNetwork":true)"),
        sysctl("net.ipv4.tcp_wmem", R"("hostIPC":true)"),
        sysctl("net/ipv4/tcp_rmem"),
    });
}

// "hugepages-1Ki":"1", ...: that many members.
std::string many_huge_pages(int count) {
    std::string members;
    for (int i = 1; i <= count; ++i)
        members += (i == 1 ? "\"hugepages-" : ",\"hugepages-") + std::to_string(i) + "Ki\":\"1\"";
    return members;
}

TEST_CASE("requests and limits are checked as the API server does") {
    const auto resources = [](std::string_view members) {
        return container_with(R"("resources":{)" + std::string(members) + '}');
    };
    const std::string r = "/spec/containers/0/resources";
    const std::string limits = r + "/limits/";
    const std::string requests = r + "/requests/";
    check_each({
        {resources(R"("limits":{"cpu":"-1"})"), limits + "cpu", "equal to 0"},
        {resources(R"("requests":{"memory":"-1"})"), requests + "memory", "equal to 0"},
        {resources(R"("limits":{"memory":"1 Gi"})"), limits + "memory", "quantity"},
        {resources(R"("limits":{"gpu":"1"})"), limits + "gpu", "ephemeral-storage and hugepages-SIZE"},
        {resources(R"("limits":{"cpu":"1",)" + many_huge_pages(100) + "}"), limits.substr(0, limits.size() - 1), "at most 100"},
        {resources(R"("limits":{"nvidia.com/gpu":"1"})"), limits + "nvidia.com~1gpu", "device plugin"},
        {resources(R"("limits":{"cpu":"1"},"requests":{"cpu":"1001m"})"), requests + "cpu", "equal to the limit of 1"},
        {resources(R"("limits":{"memory":"1Gi"},"requests":{"memory":"1073741825"})"), requests + "memory",
         "limit of 1Gi"},
        {resources(R"("limits":{"hugepages-2Mi":"4Mi"})"), r, "huge pages need cpu or memory"},
        {resources(R"("limits":{"cpu":"1","hugepages-2Mi":"3Mi"})"), limits + "hugepages-2Mi", "multiple of 2Mi"},
        {resources(R"("limits":{"cpu":"1","hugepages-big":"3Mi"})"), limits + "hugepages-big", "size of a huge page"},
        {resources(R"("limits":{"cpu":"1"},"requests":{"hugepages-2Mi":"2Mi"})"), limits + "hugepages-2Mi",
         "overcommitted"},
        {resources(R"("limits":{"cpu":"1","hugepages-2Mi":"4Mi"},"requests":{"hugepages-2Mi":"2Mi"})"),
         requests + "hugepages-2Mi", "equal to the limit"},
    });
    accept_each({
        resources(R"("limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1000m","memory":"1073741824"})"),
        resources(R"("limits":{"cpu":0},"requests":{"memory":"0"})"),
        resources(R"("limits":{"cpu":"1","hugepages-2Mi":"4Mi"},"requests":{"hugepages-2Mi":"4Mi"})"),
        resources(R"("requests":{"ephemeral-storage":"1G","cpu":"0.5"})"),
    });
}

TEST_CASE("a pod's own resources are checked as the API server does") {
    const auto pod = [](std::string_view of_pod, std::string_view of_container, std::string_view of_init = {}) {
        return pod_with(R"("spec":{"containers":[{"name":"c","image":"host","resources":{)" +
                        std::string(of_container) + R"(}},{"name":"d","image":"host","resources":{)" +
                        std::string(of_container) +
                        R"(}}],"initContainers":[{"name":"i","image":"host","resources":{)" + std::string(of_init) +
                        R"(}}],"resources":{)" + std::string(of_pod) + "}}");
    };
    const std::string_view half = R"("requests":{"cpu":"500m","memory":"1Gi"})";
    check_each({
        {pod(R"("limits":{"ephemeral-storage":"1"})", ""), "/spec/resources/limits/ephemeral-storage",
         "cpu, memory and hugepages"},
        {pod(R"("requests":{"cpu":"999m","memory":"2Gi"})", half), "/spec/resources/requests/cpu",
         "containers request together"},
        {pod(R"("requests":{"cpu":"1","memory":"2Gi"})", half, R"("requests":{"memory":"3Gi"})"),
         "/spec/resources/requests/memory", "containers request together"},
        {pod(R"("limits":{"cpu":"1"})", "", R"("limits":{"cpu":"1100m"},"requests":{"cpu":0})"),
         "/spec/initContainers/0/resources/limits/cpu", "pod's limit of 1"},
        {pod(R"("limits":{"cpu":"1"},"requests":{"cpu":"2"})", ""), "/spec/resources/requests/cpu", "the limit of 1"},
    });
    accept_each({
        pod(R"("requests":{"cpu":"1","memory":"2Gi"})", half, R"("requests":{"cpu":"1","memory":"2Gi"})"),
        pod(R"("limits":{"cpu":"1","memory":"2Gi"},"requests":{"cpu":"1","memory":"2Gi"})", half,
            R"("limits":{"cpu":"1"})"),
    });
}
