// SPDX-License-Identifier: Apache-2.0
// A published set of objects that is more than pods: kube-proxy as kubeadm sets it up.
#include "spec/object.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

#include <string>
#include <vector>

using namespace spec;

namespace {

constexpr const char* objects = R"json({"apiVersion":"v1","kind":"List","items":[
{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"kube-proxy","namespace":"kube-system"}},
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"kubeadm:node-proxier"},
 "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"system:node-proxier"},
 "subjects":[{"kind":"ServiceAccount","name":"kube-proxy","namespace":"kube-system"}]},
{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kube-proxy","namespace":"kube-system",
 "labels":{"app":"kube-proxy"}},"data":{
 "config.conf":"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: \"\"\n",
 "kubeconfig.conf":"apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://10.0.0.1:6443\n"}},
{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"kube-proxy","namespace":"kube-system",
 "labels":{"k8s-app":"kube-proxy"}},"spec":{
 "selector":{"matchLabels":{"k8s-app":"kube-proxy"}},
 "updateStrategy":{"type":"RollingUpdate"},
 "template":{"metadata":{"labels":{"k8s-app":"kube-proxy"}},"spec":{
  "priorityClassName":"system-node-critical","hostNetwork":true,"serviceAccountName":"kube-proxy",
  "nodeSelector":{"kubernetes.io/os":"linux"},"tolerations":[{"operator":"Exists"}],
  "containers":[{"name":"kube-proxy","image":"registry.k8s.io/kube-proxy:v1.36.0","imagePullPolicy":"IfNotPresent",
   "command":["/usr/local/bin/kube-proxy","--config=/var/lib/kube-proxy/config.conf","--hostname-override=$(NODE_NAME)"],
   "env":[{"name":"NODE_NAME","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}}],
   "securityContext":{"privileged":true},
   "volumeMounts":[{"name":"kube-proxy","mountPath":"/var/lib/kube-proxy"},
    {"name":"xtables-lock","mountPath":"/run/xtables.lock","readOnly":false},
    {"name":"lib-modules","mountPath":"/lib/modules","readOnly":true}]}],
  "volumes":[{"name":"kube-proxy","configMap":{"name":"kube-proxy"}},
   {"name":"xtables-lock","hostPath":{"path":"/run/xtables.lock","type":"FileOrCreate"}},
   {"name":"lib-modules","hostPath":{"path":"/lib/modules"}}]}}}}
]})json";

} // namespace

TEST_CASE("kube-proxy's objects are read in full, and all that is not honoured is told") {
    const auto items = list_items(objects);
    REQUIRE(items);
    std::vector<Object> read;
    for (const std::string& item : *items) {
        auto object = read_object(item);
        INFO(item << '\n' << (object ? "" : tests::describe(object.error())));
        REQUIRE(object);
        read.push_back(std::move(*object));
    }
    REQUIRE(read.size() == 4);
    CHECK(read[0].kind == Kind::Ignored);
    CHECK(read[1].metadata.name == "kubeadm:node-proxier");
    CHECK(read[2].data.size() == 2);
    CHECK(read[2].data[0].first == "config.conf");

    const Object& daemon_set = read[3];
    CHECK(tests::pointers(daemon_set.warnings) == std::vector<std::string>{"/spec/updateStrategy",
                                                                           "/spec/template/spec/serviceAccountName",
                                                                           "/spec/template/spec/tolerations"});
    REQUIRE(daemon_set.pods.size() == 1);
    const Pod& pod = daemon_set.pods[0].pod;
    CHECK(pod.metadata.name.starts_with("kube-proxy-"));
    CHECK(pod.metadata.namespace_ == "kube-system");
    CHECK(pod.spec.priority == 2'000'001'000);
    CHECK(pod.spec.containers.at(0).security_context->privileged == true);
    CHECK(pod.spec.volumes.at(0).config_map->name == "kube-proxy");
    CHECK(pod.spec.containers[0].env.at(0).value_from->field_ref->field_path == "spec.nodeName");
}
