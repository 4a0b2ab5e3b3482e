// SPDX-License-Identifier: Apache-2.0
#include "tests/spec/rules.hpp"

using namespace tests;

namespace {

const std::string c = "/spec/containers/0";
const std::string i = "/spec/initContainers/0";

std::string init_with(std::string_view members) {
    return spec_with(R"("initContainers":[{"name":"i","image":"host",)" + std::string(members) + "}]");
}

std::string env(std::string_view members, std::string_view of_spec = R"("hostIPC":false)") {
    return container_with(R"("env":[{"name":"A",)" + std::string(members) + "}]", of_spec);
}

std::string value_from(std::string_view members, std::string_view of_spec = R"("hostIPC":false)") {
    return env(R"("valueFrom":{)" + std::string(members) + '}', of_spec);
}

} // namespace

TEST_CASE("containers are checked as the API server does") {
    check_each({
        {pod_with(R"("spec":{"containers":[{"image":"host"}]})"), c + "/name", "required value"},
        {pod_with(R"("spec":{"containers":[{"name":"A","image":"host"}]})"), c + "/name", "DNS-1123 label"},
        {pod_with(R"("spec":{"containers":[{"name":"c"}]})"), c + "/image", "required value"},
        {pod_with(R"("spec":{"containers":[{"name":"c","image":""}]})"), c + "/image", "required value"},
        {pod_with(R"("spec":{"containers":[{"name":"c","image":" host"}]})"), c + "/image", "image name"},
        {pod_with(R"("spec":{"containers":["c"]})"), c, "expected an object"},
        {container_with(R"("command":"sh")"), c + "/command", "expected an array"},
        {container_with(R"("command":["sh",1])"), c + "/command/1", "write \"1\""},
        {container_with(R"("imagePullPolicy":"always")"), c + "/imagePullPolicy", "\"IfNotPresent\""},
        {container_with(R"("terminationMessagePolicy":"Log")"), c + "/terminationMessagePolicy",
         "FallbackToLogsOnError"},
        {init_with(R"("ports":[{"containerPort":0}])"), i + "/ports/0/containerPort", "between 1"},
    });
    accept_each({init_with(R"("command":["a"])"), container_with(R"("args":[],"workingDir":"anywhere")")});
}

TEST_CASE("ports are checked as the API server does") {
    const auto ports = [](std::string_view list, std::string_view of_spec = R"("hostNetwork":true)") {
        return container_with(R"("ports":[)" + std::string(list) + "]", of_spec);
    };
    const std::string first = c + "/ports/0";
    const std::string second = c + "/ports/1";
    check_each({
        {ports("{}"), first + "/containerPort", "required value"},
        {ports(R"({"containerPort":0})"), first + "/containerPort", "between 1 and 65535"},
        {ports(R"({"containerPort":65536})"), first + "/containerPort", "between 1 and 65535"},
        {ports(R"({"containerPort":99999999999})"), first + "/containerPort", "32 bits"},
        {ports(R"({"containerPort":80,"hostPort":81})"), first + "/hostPort", "must match containerPort"},
        {ports(R"({"containerPort":80,"hostPort":70000})", R"("hostPID":true)"), first + "/hostPort",
         "between 1 and 65535"},
        {ports(R"({"containerPort":80,"protocol":"tcp"})"), first + "/protocol", "\"TCP\", \"UDP\", \"SCTP\""},
        {ports(R"({"containerPort":80,"name":"8080"})"), first + "/name", "port name"},
        {ports(R"({"containerPort":80,"name":"a--b"})"), first + "/name", "port name"},
        {ports(R"({"containerPort":80,"name":"a-name-too-long-"})"), first + "/name", "port name"},
        {ports(R"({"containerPort":80,"hostIP":"localhost"})"), first + "/hostIP", "not an IP address"},
        {ports(R"({"containerPort":80,"name":"a"},{"containerPort":81,"name":"a"})"), second + "/name",
         "duplicate value"},
        {ports(R"({"containerPort":80},{"containerPort":80})"), second + "/hostPort", "duplicate value: 80"},
    });
    accept_each({
        ports(R"({"containerPort":80},{"containerPort":80,"protocol":"UDP"},{"containerPort":81})"),
        ports(R"({"containerPort":1,"name":"a-name-of-15-ch"},{"containerPort":65535})"),
        ports(R"({"containerPort":80,"hostPort":65535,"hostIP":"::1"})", R"("hostNetwork":false)"),
        spec_with(R"("hostNetwork":true,"initContainers":[{"name":"i","image":"host",)"
                  R"("ports":[{"containerPort":80,"hostPort":81}]}])"),
    });
}

TEST_CASE("environment variables are checked as the API server does") {
    const std::string at = c + "/env/0";
    const std::string from = at + "/valueFrom";
    check_each({
        {container_with(R"("env":[{"name":""}])"), at + "/name", "required value"},
        {container_with(R"("env":[{"name":"A=B"}])"), at + "/name", "environment variable"},
        {container_with(R"("env":[{"name":"\u00e4"}])"), at + "/name", "environment variable"},
        {env(R"("value":true)"), at + "/value", "write \"true\""},
        {env(R"("valueFrom":{})"), from, "must have one of fieldRef"},
        {env(R"("value":"a","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}})"), from, "beside a value"},
        {value_from(R"("fieldRef":{"fieldPath":"metadata.name"},"configMapKeyRef":{"name":"a","key":"b"})"), from,
         "only one of"},
        {value_from(R"("fieldRef":{"fieldPath":"metadata.labels"})"), from + "/fieldRef/fieldPath",
         "spec.serviceAccountName"},
        {value_from(R"("fieldRef":{"fieldPath":"status.phase"})"), from + "/fieldRef/fieldPath", "status.podIPs"},
        {value_from(R"("resourceFieldRef":{"containerName":"d","resource":"limits.cpu"})"),
         from + "/resourceFieldRef/containerName", "no container"},
        {value_from(R"("configMapKeyRef":{"name":"a"})"), from + "/configMapKeyRef/key", "required value"},
        {value_from(R"("configMapKeyRef":{"key":"a"})"), from + "/configMapKeyRef/name", "required value"},
        {value_from(R"("configMapKeyRef":{"name":"A","key":"a"})"), from + "/configMapKeyRef/name", "DNS-1123"},
        {value_from(R"("secretKeyRef":{"name":"a","key":"a/b"})"), from + "/secretKeyRef/key", "not a key"},
        {value_from(R"("secretKeyRef":{"name":"a","key":"..a"})"), from + "/secretKeyRef/key", "not a key"},
    });
    accept_each({
        env(R"("value":"")"),
        container_with(R"("env":[{"name":"1.a-b c"},{"name":"A"},{"name":"A","value":"$(A) $(B) $$(A) $"}])"),
        env(R"("value":"","valueFrom":{"fieldRef":{"fieldPath":"status.hostIPs"}})"),
        value_from(R"("fieldRef":{"fieldPath":"metadata.annotations['a/B']"})"),
        value_from(R"("resourceFieldRef":{"resource":"requests.ephemeral-storage"})"),
        value_from(R"("secretKeyRef":{"name":"a.b","key":".a_B-1","optional":true})"),
    });
}

TEST_CASE("environment files are checked as the API server does") {
    const std::string_view volumes = R"("volumes":[{"name":"e"},{"name":"h","hostPath":{"path":"/h"}}])";
    const auto file = [&](std::string_view members) {
        return value_from(R"("fileKeyRef":{)" + std::string(members) + '}', volumes);
    };
    const std::string at = c + "/env/0/valueFrom/fileKeyRef";
    check_each({
        {file(R"("volumeName":"x","path":"p","key":"K")"), at + "/volumeName", "no volume of this pod"},
        {file(R"("volumeName":"h","path":"p","key":"K")"), at + "/volumeName", "must be an emptyDir"},
        {file(R"("volumeName":"e","path":"/p","key":"K")"), at + "/path", "relative"},
        {file(R"("volumeName":"e","path":"a/..","key":"K")"), at + "/path", "'..'"},
        {file(R"("volumeName":"e","path":"p","key":"K=")"), at + "/key", "environment variable"},
        {file(R"("volumeName":"e","path":"p","key":")" + std::string(129, 'K') + "\""), at + "/key", "128"},
    });
    accept_each({file(R"("volumeName":"e","path":"a/p","key":")" + std::string(128, 'K') + "\"")});
}

TEST_CASE("envFrom is checked as the API server does") {
    const auto env_from = [](std::string_view members) {
        return container_with(R"("envFrom":[{)" + std::string(members) + "}]");
    };
    const std::string at = c + "/envFrom/0";
    check_each({
        {env_from(""), at, "must have one of configMapRef, secretRef"},
        {env_from(R"("configMapRef":{"name":"a"},"secretRef":{"name":"b"})"), at, "only one of"},
        {env_from(R"("configMapRef":{})"), at + "/configMapRef/name", "required value"},
        {env_from(R"("secretRef":{"name":"a_b"})"), at + "/secretRef/name", "DNS-1123 subdomain"},
        {env_from(R"("prefix":"A=","secretRef":{"name":"a"})"), at + "/prefix", "environment variable"},
    });
    accept_each({env_from(R"("prefix":"1-","configMapRef":{"name":"a.b","optional":true})")});
}

TEST_CASE("probes are checked as the API server does") {
    const auto probe = [](std::string_view kind, std::string_view members) {
        return container_with('"' + std::string(kind) + R"(":{)" + std::string(members) + '}');
    };
    const auto liveness = [&](std::string_view members) { return probe("livenessProbe", members); };
    const auto tcp = [&](std::string_view kind, std::string_view members) {
        return probe(kind, R"("tcpSocket":{"port":80},)" + std::string(members));
    };
    const std::string at = c + "/livenessProbe";
    check_each({
        {liveness(""), at, "must have one of exec, httpGet, tcpSocket, grpc"},
        {liveness(R"("exec":{"command":["a"]},"tcpSocket":{"port":80})"), at, "only one of"},
        {liveness(R"("exec":{})"), at + "/exec/command", "required value"},
        {liveness(R"("exec":{"command":[]})"), at + "/exec/command", "required value"},
        {liveness(R"("httpGet":{"path":"/","port":0})"), at + "/httpGet/port", "between 1 and 65535"},
        {liveness(R"("httpGet":{"path":"/","port":"8080"})"), at + "/httpGet/port", "port name"},
        {liveness(R"("httpGet":{"path":"/","port":""})"), at + "/httpGet/port", "port name"},
        {liveness(R"("httpGet":{"path":"/","port":80,"scheme":"http"})"), at + "/httpGet/scheme",
         "\"HTTP\", \"HTTPS\""},
        {liveness(R"("httpGet":{"path":"/","port":80,"httpHeaders":[{"name":"A:","value":""}]})"),
         at + "/httpGet/httpHeaders/0/name", "header's name"},
        {liveness(R"("tcpSocket":{"port":65536})"), at + "/tcpSocket/port", "between 1 and 65535"},
        {liveness(R"("grpc":{"port":0})"), at + "/grpc/port", "between 1 and 65535"},
        {tcp("livenessProbe", R"("initialDelaySeconds":-1)"), at + "/initialDelaySeconds", "equal to 0"},
        {tcp("livenessProbe", R"("timeoutSeconds":-1)"), at + "/timeoutSeconds", "equal to 0"},
        {tcp("livenessProbe", R"("periodSeconds":-1)"), at + "/periodSeconds", "equal to 0"},
        {tcp("livenessProbe", R"("failureThreshold":-1)"), at + "/failureThreshold", "equal to 0"},
        {tcp("readinessProbe", R"("successThreshold":-1)"), c + "/readinessProbe/successThreshold", "equal to 0"},
        {tcp("livenessProbe", R"("successThreshold":2)"), at + "/successThreshold", "must be 1"},
        {tcp("startupProbe", R"("successThreshold":2)"), c + "/startupProbe/successThreshold", "must be 1"},
        {tcp("livenessProbe", R"("terminationGracePeriodSeconds":0)"), at + "/terminationGracePeriodSeconds",
         "equal to 1"},
        {tcp("readinessProbe", R"("terminationGracePeriodSeconds":5)"),
         c + "/readinessProbe/terminationGracePeriodSeconds", "readiness probe"},
    });
    accept_each({
        liveness(R"("exec":{"command":["a"]},"terminationGracePeriodSeconds":1)"),
        liveness(R"("httpGet":{"path":"/","port":"web","httpHeaders":[{"name":"X-1","value":"a: b"}]})"),
        liveness(R"("grpc":{"port":65535})"),
        tcp("startupProbe", R"("initialDelaySeconds":0,"timeoutSeconds":0,"successThreshold":0)"),
        tcp("readinessProbe", R"("successThreshold":2)"),
    });
}

TEST_CASE("hooks and stop signals are checked as the API server does") {
    const auto lifecycle = [](std::string_view members, std::string_view of_spec = R"("os":{"name":"linux"})") {
        return container_with(R"("lifecycle":{)" + std::string(members) + '}', of_spec);
    };
    const std::string at = c + "/lifecycle";
    const std::string_view grace = R"("terminationGracePeriodSeconds":5)";
    check_each({
        {lifecycle(R"("preStop":{})"), at + "/preStop", "must have one of exec, httpGet, sleep"},
        {lifecycle(R"("postStart":{"exec":{"command":["a"]},"sleep":{"seconds":1}})"), at + "/postStart",
         "only one of"},
        {lifecycle(R"("postStart":{"exec":{}})"), at + "/postStart/exec/command", "required value"},
        {lifecycle(R"("preStop":{"tcpSocket":{"port":80}})"), at + "/preStop/tcpSocket", "never implemented"},
        {lifecycle(R"("preStop":{"sleep":{"seconds":6}})", grace), at + "/preStop/sleep/seconds", "between 0 and 5"},
        {lifecycle(R"("postStart":{"sleep":{"seconds":-1}})"), at + "/postStart/sleep/seconds", "between 0 and 30"},
        {lifecycle(R"("stopSignal":"SIGTERM")", grace), at + "/stopSignal", "spec.os.name"},
        {lifecycle(R"("stopSignal":"TERM")"), at + "/stopSignal", "not a signal"},
        {lifecycle(R"("stopSignal":"SIGRTMIN+16")"), at + "/stopSignal", "not a signal"},
        {lifecycle(R"("stopSignal":"SIGRTMAX-15")"), at + "/stopSignal", "not a signal"},
    });
    accept_each({
        lifecycle(R"("preStop":{"sleep":{"seconds":5}})", grace),
        lifecycle(R"("preStop":{"sleep":{"seconds":0}})", R"("terminationGracePeriodSeconds":0)"),
        lifecycle(R"("postStart":{"httpGet":{"path":"/","port":"web"}})"),
        lifecycle(R"("stopSignal":"SIGUSR1")"),
        lifecycle(R"("stopSignal":"SIGRTMIN+15")"),
        lifecycle(R"("stopSignal":"SIGPOLL")"),
    });
}

TEST_CASE("an init container has probes and hooks only as a sidecar") {
    const std::string_view probe = R"("exec":{"command":["a"]})";
    const auto member = [&](std::string_view name) {
        return '"' + std::string(name) + R"(":{)" + std::string(probe) + '}';
    };
    const std::string hook = R"("lifecycle":{"preStop":{"exec":{"command":["a"]}}})";
    check_each({
        {init_with(member("livenessProbe")), i + "/livenessProbe", "restartPolicy Always"},
        {init_with(member("readinessProbe")), i + "/readinessProbe", "restartPolicy Always"},
        {init_with(member("startupProbe")), i + "/startupProbe", "restartPolicy Always"},
        {init_with(hook), i + "/lifecycle", "restartPolicy Always"},
    });
    accept_each({
        init_with(member("livenessProbe") + ',' + member("startupProbe") + ',' + hook + R"(,"restartPolicy":"Always")"),
    });
}

TEST_CASE("restart rules are checked as the API server does") {
    const auto rules = [](std::string_view list, std::string_view more = R"("restartPolicy":"Never")") {
        return container_with(R"("restartPolicyRules":[)" + std::string(list) + "]," + std::string(more));
    };
    const std::string rule = R"({"action":"Restart","exitCodes":{"operator":"In","values":[42]}})";
    const auto codes = [](std::size_t n) {
        return R"({"action":"Restart","exitCodes":{"operator":"NotIn","values":[)" + repeated("1", n, ",") + "]}}";
    };
    const std::string at = c + "/restartPolicyRules";
    check_each({
        {rules(rule, R"("tty":false)"), c + "/restartPolicy", "restartPolicyRules"},
        {rules(repeated(rule, 21, ",")), at, "at most 20"},
        {rules(R"({"exitCodes":{"operator":"In","values":[1]}})"), at + "/0/action", "required value"},
        {rules(R"({"action":"Stop","exitCodes":{"operator":"In"}})"), at + "/0/action", "unsupported value"},
        {rules(R"({"action":"Restart"})"), at + "/0/exitCodes", "required value"},
        {rules(R"({"action":"Restart","exitCodes":{"values":[1]}})"), at + "/0/exitCodes/operator", "required value"},
        {rules(codes(256)), at + "/0/exitCodes/values", "at most 255"},
        {container_with(R"("restartPolicy":"Sometimes")"), c + "/restartPolicy", "unsupported value"},
    });
    accept_each({rules(repeated(rule, 20, ",")), rules(codes(255)), init_with(R"("restartPolicy":"OnFailure")")});
}
