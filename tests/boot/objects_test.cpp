// SPDX-License-Identifier: Apache-2.0
// A whole published file on a running machine: workloads, what they refer to, and what only a cluster knows.
#include "tests/boot/shared_machine.hpp"

using namespace boot;

namespace {

Machine& machine() {
    return shared_machine(
        [] { return Options{.appliance = build_appliance("objects", ""), .arguments = {}, .append = ""}; });
}

// Several documents, the YAML of an operator.
constexpr const char* published = R"(
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data:
  colour: blue
  motd: |
    welcome
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: shop}
stringData: {password: s3cret}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      terminationGracePeriodSeconds: 1
      initContainers:
      - name: prepare
        image: host
        command: [sh, -c, 'echo "$COLOUR" > /prepared/colour']
        env: [{name: COLOUR, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}]
        volumeMounts: [{name: work, mountPath: /prepared}]
      containers:
      - name: c
        image: host
        command: [sleep, '1000000']
        envFrom: [{secretRef: {name: keys}}]
        readinessProbe: {exec: {command: [test, -e, /prepared/colour]}, periodSeconds: 1}
        volumeMounts:
        - {name: work, mountPath: /prepared}
        - {name: settings, mountPath: /settings}
      volumes:
      - {name: work, emptyDir: {medium: Memory}}
      - {name: settings, configMap: {name: settings}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
)";

Outcome podctl(const std::string& words) {
    return machine().run("podctl -n shop " + words);
}

} // namespace

TEST_CASE("a published file applies whole, and its pods run", "[objects]") {
    machine().run("cat > /tmp/web.yaml <<'END'\n" + std::string(published) + "END");
    CHECK(machine().run("podctl check -f /tmp/web.yaml").status == 0);
    const std::string applied = machine().run("podctl apply -f /tmp/web.yaml").output;
    for (const char* line : {"serviceaccount/web ignored", "configmap/settings created", "secret/keys created",
                             "statefulset.apps/web created", "service/web ignored", "Warning: "})
        CHECK_THAT(applied, contains(line));
    CHECK_THAT(machine().run_until("podctl -n shop get sts web", "2/2").output, contains("2/2"));
    CHECK_THAT(podctl("get pods").output, contains("web-0") && contains("web-1"));
    CHECK_THAT(machine().run("podctl apply -f /tmp/web.yaml").output, contains("statefulset.apps/web unchanged"));
}

TEST_CASE("its pods find what they refer to, and follow it", "[objects]") {
    CHECK(podctl("exec web-1 -- cat /prepared/colour /settings/motd").output == "blue\nwelcome\n");
    CHECK(podctl("exec web-0 -- sh -c 'echo $password'").output == "s3cret\n");
    machine().run("sed 's/welcome/goodbye/' /tmp/web.yaml > /tmp/next.yaml");
    const Outcome difference = machine().run("podctl diff -f /tmp/next.yaml");
    CHECK(difference.status == 1);
    CHECK_THAT(difference.output, contains("-    welcome") && contains("+    goodbye"));
    CHECK_THAT(machine().run("podctl apply -f /tmp/next.yaml").output,
               contains("configmap/settings configured") && contains("statefulset.apps/web unchanged"));
    CHECK(podctl("exec web-1 -- cat /settings/motd").output == "goodbye\n");
}

TEST_CASE("a secret is kept for root alone, and shown by its size", "[objects]") {
    CHECK_THAT(machine().run("stat -c %a /var/lib/podinit/manifests/*keys*").output, contains("600"));
    const std::string described = podctl("describe secret keys").output;
    CHECK_THAT(described, contains("6 bytes"));
    CHECK_THAT(described, !contains("s3cret"));
}

TEST_CASE("fewer replicas stop the last pod, and without its owner none is left", "[objects]") {
    machine().run("sed 's/replicas: 2/replicas: 1/' /tmp/next.yaml > /tmp/fewer.yaml");
    CHECK_THAT(machine().run("podctl apply -f /tmp/fewer.yaml").output, contains("statefulset.apps/web configured"));
    CHECK_THAT(machine().run_until("podctl -n shop get sts web", "1/1").output, contains("1/1"));
    CHECK_THAT(machine().run_until("podctl -n shop get pod web-1 2>&1", "not found").output, contains("not found"));
    CHECK_THAT(podctl("delete sts web").output, contains("statefulset.apps \"web\" deleted"));
    CHECK_THAT(machine().run_until("podctl -n shop get pods 2>&1", "No resources found").output,
               contains("No resources found in shop namespace."));
}
