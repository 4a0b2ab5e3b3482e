// SPDX-License-Identifier: Apache-2.0
#include "spec/object.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace spec;

namespace {

// An object of a kind with a name, and what else `members` says.
std::string object_of(std::string_view version, std::string_view kind, std::string_view members = {}) {
    std::string json = R"({"apiVersion":")" + std::string(version) + R"(","kind":")" + std::string(kind) +
                       R"(","metadata":{"name":"o"})";
    if (!members.empty())
        json.append(",").append(members);
    return json + '}';
}

Object accepted(std::string_view json) {
    INFO(json);
    auto object = read_object(json);
    if (!object)
        INFO(tests::describe(object.error()));
    REQUIRE(object);
    return std::move(*object);
}

Problems refused(std::string_view json) {
    INFO(json);
    auto object = read_object(json);
    REQUIRE_FALSE(object);
    return std::move(object.error());
}

std::string error_of(std::string_view json) {
    auto object = read_object(json);
    return object ? "accepted" : tests::describe(object.error());
}

} // namespace

TEST_CASE("a Pod is an object that stands for itself") {
    const std::string json = tests::pod_with(R"("metadata":{"name":"p"})");
    const Object object = accepted(json);
    CHECK(object.kind == Kind::Pod);
    CHECK(object.resource == "pod");
    REQUIRE(object.pods.size() == 1);
    CHECK(object.pods[0].text == read_manifest(json)->text);
    CHECK(object.metadata.uid == object.pods[0].pod.metadata.uid);
    CHECK(object.text.empty());
}

TEST_CASE("kinds that only a cluster gives a meaning are told and not judged") {
    const struct {
        std::string_view version, kind, resource;
    } table[] = {
        {"v1", "Namespace", "namespace"},
        {"v1", "Service", "service"},
        {"v1", "ServiceAccount", "serviceaccount"},
        {"v1", "Endpoints", "endpoints"},
        {"rbac.authorization.k8s.io/v1", "ClusterRole", "clusterrole.rbac.authorization.k8s.io"},
        {"rbac.authorization.k8s.io/v1beta1", "RoleBinding", "rolebinding.rbac.authorization.k8s.io"},
        {"networking.k8s.io/v1", "Ingress", "ingress.networking.k8s.io"},
        {"extensions/v1beta1", "Ingress", "ingress.extensions"},
        {"policy/v1", "PodDisruptionBudget", "poddisruptionbudget.policy"},
        {"apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinition.apiextensions.k8s.io"},
        {"autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscaler.autoscaling"},
        {"admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration",
         "validatingwebhookconfiguration.admissionregistration.k8s.io"},
        {"coordination.k8s.io/v1", "Lease", "lease.coordination.k8s.io"},
    };
    for (const auto& row : table) {
        const Object object = accepted(object_of(row.version, row.kind, R"("spec":{"whatever":[1.5,null]})"));
        INFO(row.kind);
        CHECK(object.kind == Kind::Ignored);
        CHECK(object.resource == row.resource);
        CHECK(object.metadata.name == "o");
        CHECK(object.text.empty());
        CHECK(object.pods.empty());
        REQUIRE(object.warnings.size() == 1);
        CHECK(object.warnings[0].severity == Severity::Warning);
        CHECK(object.warnings[0].message.starts_with("ignored: "));
    }
    CHECK(accepted(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"a","namespace":"b"}})")
              .metadata.namespace_ == "b");
    // Names of these kinds may have a colon.
    CHECK(
        accepted(R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"system:x"}})")
            .metadata.name == "system:x");
    for (const char* name : {R"("")", R"("a/b")", R"("..")", R"("a\u0007")", "7", "null"})
        CHECK(tests::pointers(refused(std::string(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":)") + name +
                                      "}}")) == std::vector<std::string>{"/metadata/name"});
}

TEST_CASE("other kinds are refused by name, with what would be right") {
    const struct {
        std::string_view version, kind, pointer, message;
    } table[] = {
        {"batch/v1", "Job", "/kind", R"("Job" of "batch/v1" is not supported: use a Pod with restartPolicy OnFailure)"},
        {"batch/v1", "CronJob", "/kind", "use a Pod"},
        {"apps/v1", "ReplicaSet", "/kind", "use a Deployment"},
        {"v1", "ReplicationController", "/kind", "use a Deployment"},
        {"v1", "PersistentVolumeClaim", "/kind", "use a hostPath volume"},
        {"v1", "List", "/kind", "each of its items"},
        {"example.com/v1", "Certificate", "/kind", "custom resources"},
        {"example.com/v1", "Pod", "/kind", "custom resources"},
        {"v1", "Pood", "/kind", R"(unknown kind "Pood"; did you mean "Pod"?)"},
        {"v1", "configmap", "/kind", R"(did you mean "ConfigMap"?)"},
        {"apps/v1", "Deploymnet", "/kind", R"(did you mean "Deployment"?)"},
        {"v1", "Xyzzy", "/kind", R"(unknown kind "Xyzzy")"},
        {"apps/v1", "Pod", "/apiVersion", R"(must be "v1", not "apps/v1")"},
        {"v2", "Pod", "/apiVersion", R"(must be "v1", not "v2")"},
        {"extensions/v1beta1", "Deployment", "/apiVersion", R"(must be "apps/v1", not "extensions/v1beta1")"},
        {"apps/v1beta2", "StatefulSet", "/apiVersion", R"(must be "apps/v1", not "apps/v1beta2")"},
        {"v1", "ClusterRole", "/apiVersion", R"("ClusterRole" is not in "v1" but in "rbac.authorization.k8s.io")"},
        {"apps/v1", "Service", "/apiVersion", R"("Service" is not in "apps/v1" but in "v1")"},
        {"", "Pod", "/apiVersion", "required value"},
        {"v1", "", "/kind", "required value"},
    };
    for (const auto& row : table) {
        const Problems problems = refused(object_of(row.version, row.kind));
        INFO(tests::describe(problems));
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].pointer == row.pointer);
        CHECK(problems[0].message.find(row.message) != std::string::npos);
    }
    CHECK(error_of("[]") == ": expected an object of Kubernetes, not an array\n");
    CHECK(error_of(R"({"apiVersion":1,"kind":[]})") ==
          "/apiVersion: expected a string, not a number\n/kind: expected a string, not an array\n");
    CHECK(error_of("{}") == "/apiVersion: required value\n/kind: required value\n");
    CHECK(error_of("{").find("1:") == std::string::npos);
}

TEST_CASE("a resource is called by its singular, its plural or its short name") {
    const struct {
        std::string_view name;
        Kind kind;
    } table[] = {
        {"po", Kind::Pod},
        {"pod", Kind::Pod},
        {"pods", Kind::Pod},
        {"Pod", Kind::Pod},
        {"cm", Kind::ConfigMap},
        {"configmaps", Kind::ConfigMap},
        {"secret", Kind::Secret},
        {"secrets", Kind::Secret},
        {"ds", Kind::DaemonSet},
        {"daemonsets.apps", Kind::DaemonSet},
        {"deploy", Kind::Deployment},
        {"deployment", Kind::Deployment},
        {"deployment.apps", Kind::Deployment},
        {"deployments.v1.apps", Kind::Deployment},
        {"deploy.apps", Kind::Deployment},
        {"sts", Kind::StatefulSet},
        {"StatefulSets", Kind::StatefulSet},
        {"pods.apps", Kind::Ignored},
        {"deployment.extensions", Kind::Ignored},
        {"svc", Kind::Ignored},
        {"podss", Kind::Ignored},
        {"s", Kind::Ignored},
        {".", Kind::Ignored},
        {".apps", Kind::Ignored},
        {"", Kind::Ignored},
    };
    for (const auto& row : table) {
        INFO(row.name);
        CHECK(kind_of(row.name) == row.kind);
    }
    for (const Kind kind :
         {Kind::Pod, Kind::ConfigMap, Kind::Secret, Kind::DaemonSet, Kind::Deployment, Kind::StatefulSet})
        CHECK(kind_of(resource_of(kind)) == kind);
    CHECK(resource_of(Kind::StatefulSet) == "statefulset.apps");
    CHECK(resource_of(Kind::Ignored).empty());
}
