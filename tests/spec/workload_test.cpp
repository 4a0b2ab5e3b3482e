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

constexpr std::string_view selector = R"("selector":{"matchLabels":{"app":"web"}})";
constexpr std::string_view plain_template =
    R"("template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"host"}]}})";

// A workload of that kind, with `members` of its spec beside a selector and a template.
std::string workload(std::string_view kind, std::string_view members, std::string_view name = "web",
                     std::string_view pod_template = plain_template) {
    std::string json = R"({"apiVersion":"apps/v1","kind":")" + std::string(kind) + R"(","metadata":{"name":")" +
                       std::string(name) + R"("},"spec":{)" + std::string(members);
    if (!members.empty())
        json += ',';
    if (members.find("\"selector\"") == std::string_view::npos)
        json.append(selector).append(",");
    return json.append(pod_template).append("}}");
}

std::string template_with(std::string_view of_spec) {
    return R"("template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"host"}],)" +
           std::string(of_spec) + "}}";
}

Object accepted(const std::string& json) {
    auto object = read_object(json);
    INFO(json << '\n' << (object ? "" : tests::describe(object.error())));
    REQUIRE(object);
    return std::move(*object);
}

std::vector<std::string> names(const Object& object) {
    std::vector<std::string> out;
    for (const Manifest& manifest : object.pods)
        out.push_back(manifest.pod.metadata.name);
    return out;
}

} // namespace

TEST_CASE("a Deployment is as many pods as it has replicas, owned by it") {
    const Object object = accepted(workload("Deployment", R"("replicas":3)"));
    CHECK(object.kind == Kind::Deployment);
    CHECK(object.resource == "deployment.apps");
    REQUIRE(object.pods.size() == 3);
    std::set<std::string> different;
    for (const Manifest& manifest : object.pods) {
        const ObjectMeta& metadata = manifest.pod.metadata;
        const std::string* hash = find(metadata.labels, "pod-template-hash");
        REQUIRE(hash);
        CHECK(metadata.name.starts_with("web-" + *hash + '-'));
        CHECK(metadata.name.size() == hash->size() + 10);
        CHECK(metadata.name.find_first_not_of("bcdfghjklmnpqrstvwxz2456789", 4) == 4 + hash->size());
        CHECK(*find(metadata.labels, "app") == "web");
        REQUIRE(metadata.owner_references.size() == 1);
        const OwnerReference& owner = metadata.owner_references[0];
        CHECK(owner.api_version == "apps/v1");
        CHECK(owner.kind == "Deployment");
        CHECK(owner.name == "web");
        CHECK(owner.uid == object.metadata.uid);
        CHECK(owner.controller == true);
        CHECK(manifest.pod.spec.hostname.empty());
        different.insert(metadata.name);
        different.insert(metadata.uid);
    }
    CHECK(different.size() == 6);
}

TEST_CASE("the pods of a workload follow from its text") {
    const std::string three = workload("Deployment", R"("replicas":3)");
    const auto before = names(accepted(three));
    CHECK(names(accepted(three)) == before);
    // Scaling keeps the first, a comment changes nothing, another template changes all.
    const auto more = names(accepted(workload("Deployment", R"("replicas":5)")));
    CHECK(std::vector(more.begin(), more.begin() + 3) == before);
    CHECK(names(accepted(workload("Deployment", R"("replicas":3,"revisionHistoryLimit":2)"))) == before);
    const auto other =
        names(accepted(workload("Deployment", R"("replicas":3)", "web", template_with(R"("hostname":"h")"))));
    for (const std::string& name : other)
        CHECK(std::find(before.begin(), before.end(), name) == before.end());
    // Defaults that are written out are the same template.
    CHECK(names(accepted(workload("Deployment", R"("replicas":3)", "web",
                                  template_with(R"("restartPolicy":"Always")")))) == before);
}

TEST_CASE("a thousand replicas have a thousand names") {
    const auto list = names(accepted(workload("Deployment", R"("replicas":1000)")));
    CHECK(std::set(list.begin(), list.end()).size() == 1000);
}

TEST_CASE("a DaemonSet is one pod on one machine") {
    const Object object = accepted(workload("DaemonSet", ""));
    REQUIRE(object.pods.size() == 1);
    const ObjectMeta& metadata = object.pods[0].pod.metadata;
    CHECK(metadata.name.starts_with("web-"));
    CHECK(metadata.name.size() == 9);
    CHECK(find(metadata.labels, "controller-revision-hash"));
    CHECK(metadata.owner_references.at(0).kind == "DaemonSet");
    CHECK(object.resource == "daemonset.apps");
}

TEST_CASE("the pods of a StatefulSet are numbered, and called so by their host names") {
    const Object object =
        accepted(workload("StatefulSet", R"("replicas":2,"serviceName":"peers","ordinals":{"start":3})"));
    CHECK(names(object) == std::vector<std::string>{"web-3", "web-4"});
    const Pod& pod = object.pods[1].pod;
    CHECK(pod.spec.hostname == "web-4");
    CHECK(pod.spec.subdomain == "peers");
    CHECK(*find(pod.metadata.labels, "statefulset.kubernetes.io/pod-name") == "web-4");
    CHECK(*find(pod.metadata.labels, "apps.kubernetes.io/pod-index") == "4");
    CHECK(find(pod.metadata.labels, "controller-revision-hash")->starts_with("web-"));
    CHECK(names(accepted(workload("StatefulSet", ""))) == std::vector<std::string>{"web-0"});
    CHECK(accepted(workload("StatefulSet", R"("replicas":0)")).pods.empty());
}

TEST_CASE("a long name is cut as the controllers cut it") {
    const std::string name(253, 'n');
    const Object object = accepted(workload("Deployment", "", name));
    CHECK(object.pods[0].pod.metadata.name.size() == 63);
    CHECK(object.pods[0].pod.metadata.name.starts_with(std::string(58, 'n')));
    CHECK(accepted(workload("DaemonSet", "", name)).pods[0].pod.metadata.name.size() == 63);
    CHECK(names(accepted(workload("StatefulSet", "", name.substr(0, 52))))[0].size() == 54);
}

TEST_CASE("the canonical text of a workload and of its pods reads back to itself") {
    for (const std::string_view kind : {"DaemonSet", "Deployment", "StatefulSet"}) {
        const Object object = accepted(workload(
            kind,
            R"("minReadySeconds":5,"selector":{"matchExpressions":[{"key":"app","operator":"In","values":["web"]}]})"));
        INFO(object.text);
        const Object again = accepted(object.text);
        CHECK(again.text == object.text);
        CHECK(names(again) == names(object));
        for (const Manifest& manifest : object.pods) {
            const auto pod = read_canonical(manifest.text);
            REQUIRE(pod);
            CHECK(pod->metadata.uid == manifest.pod.metadata.uid);
            CHECK(pod->metadata.owner_references.size() == 1);
            CHECK(read_manifest(manifest.text)); // with a warning that the owner is ignored
        }
    }
    const std::string text = accepted(workload("Deployment", R"("strategy":{"type":"Recreate"},"paused":true)")).text;
    CHECK(
        text.find(
            R"("paused":true,"replicas":1,"selector":{"matchLabels":{"app":"web"}},"strategy":{"type":"Recreate"},)") !=
        std::string::npos);
    CHECK(text.find(R"("template":{"metadata":{"labels":{"app":"web"}},"spec":{)") != std::string::npos);
}

TEST_CASE("what only a cluster can make of a workload is ignored aloud") {
    const struct {
        std::string_view kind, members, pointer, message;
    } table[] = {
        {"Deployment", R"("minReadySeconds":1)", "/spec/minReadySeconds", "ignored: "},
        {"Deployment", R"("paused":true)", "/spec/paused", "ignored: "},
        {"Deployment", R"("progressDeadlineSeconds":60)", "/spec/progressDeadlineSeconds", "ignored: "},
        {"Deployment", R"("revisionHistoryLimit":0)", "/spec/revisionHistoryLimit", "ignored: "},
        {"Deployment", R"("strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":1}})",
         "/spec/strategy", "ignored: "},
        {"DaemonSet", R"("updateStrategy":{"type":"OnDelete"})", "/spec/updateStrategy", "ignored: "},
        {"StatefulSet", R"("updateStrategy":{"rollingUpdate":{"partition":1}})", "/spec/updateStrategy", "ignored: "},
        {"StatefulSet", R"("persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain"})",
         "/spec/persistentVolumeClaimRetentionPolicy", "ignored: "},
        {"StatefulSet", R"("replicas":2)", "/spec/podManagementPolicy", "all pods are started"},
    };
    for (const auto& row : table) {
        const Object object = accepted(workload(row.kind, row.members));
        INFO(row.members << '\n' << tests::describe(object.warnings));
        REQUIRE(object.warnings.size() == 1);
        CHECK(object.warnings[0].pointer == row.pointer);
        CHECK(object.warnings[0].severity == Severity::Warning);
        CHECK(object.warnings[0].message.starts_with(row.message));
        CHECK(object.pods[0].warnings.empty());
    }
    // What is the default, or changes nothing here, needs no words.
    for (const auto& [kind, members] : {
             std::pair{"Deployment",
                       R"("replicas":2,"revisionHistoryLimit":10,"progressDeadlineSeconds":600,"paused":false)"},
             std::pair{"StatefulSet", R"("replicas":2,"podManagementPolicy":"Parallel","volumeClaimTemplates":[])"},
             std::pair{"StatefulSet", R"("replicas":1,"podManagementPolicy":"OrderedReady")"},
             std::pair{"DaemonSet", R"("updateStrategy":{})"},
         })
        CHECK(tests::describe(accepted(workload(kind, members)).warnings) == "");
}

TEST_CASE("warnings of the template point into the workload, and into each of its pods") {
    const Object object =
        accepted(workload("Deployment", R"("replicas":2)", "web", template_with(R"("schedulerName":"own")")));
    REQUIRE(tests::pointers(object.warnings) == std::vector<std::string>{"/spec/template/spec/schedulerName"});
    for (const Manifest& manifest : object.pods)
        CHECK(tests::pointers(manifest.warnings) == std::vector<std::string>{"/spec/schedulerName"});
    const Object named =
        accepted(workload("DaemonSet", "", "web", R"("template":{"metadata":{"name":"x","namespace":"y",
        "creationTimestamp":null,"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"host"}]}})"));
    CHECK(tests::pointers(named.warnings) ==
          std::vector<std::string>{"/spec/template/metadata/name", "/spec/template/metadata/namespace"});
    CHECK(named.text.find(R"("template":{"metadata":{"labels":{"app":"web"}},)") != std::string::npos);
    const Object port = accepted(workload(
        "Deployment", R"("replicas":2)", "web",
        R"("template":{"metadata":{"labels":{"app":"web"}},"spec":{"hostNetwork":true,"containers":[{"name":"c",
                 "image":"host","ports":[{"containerPort":80}]}]}})"));
    CHECK(tests::pointers(port.warnings) == std::vector<std::string>{"/spec/replicas"});
}

TEST_CASE("what the API server refuses in a workload is refused") {
    const struct {
        std::string_view kind, members, pointer, message;
        std::string_view pod_template = plain_template;
        std::string_view name = "web";
        std::string_view also = {}; // pointer of a second error
    } table[] = {
        {"Deployment", R"("replicas":-1)", "/spec/replicas", ""},
        {"Deployment", R"("replicas":1001)", "/spec/replicas", "1000"},
        {"Deployment", R"("replicas":"2")", "/spec/replicas", "expected a number"},
        {"Deployment", R"("replica":2)", "/spec/replica", R"(did you mean "replicas"?)"},
        {"DaemonSet", R"("replicas":2)", "/spec/replicas", "unknown field"},
        {"Deployment", R"("serviceName":"a")", "/spec/serviceName", "unknown field"},
        {"Deployment", R"("selector":null)", "/spec/selector", "required value"},
        {"Deployment", R"("selector":{})", "/spec/selector", "must select something"},
        {"Deployment", R"("selector":{"matchLabels":{"app":"db"}})", "/spec/template/metadata/labels",
         "does not match"},
        {"Deployment", R"("selector":{"matchLabels":{"app":"a b"}})", "/spec/selector/matchLabels/app", "label",
         plain_template, "web", "/spec/template/metadata/labels"},
        {"Deployment", R"("selector":{"app":"web"})", "/spec/selector/app", "unknown field", plain_template, "web",
         "/spec/selector"},
        {"Deployment", R"("selector":{"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]})",
         "/spec/template/metadata/labels", "does not match"},
        {"Deployment", R"("selector":{"matchExpressions":[{"key":"other","operator":"Exists"}]})",
         "/spec/template/metadata/labels", "does not match"},
        {"Deployment", R"("selector":{"matchExpressions":[{"key":"app","operator":"DoesNotExist"}]})",
         "/spec/template/metadata/labels", "does not match"},
        {"Deployment", R"("selector":{"matchExpressions":[{"key":"app","operator":"Is","values":["web"]}]})",
         "/spec/selector/matchExpressions/0/operator", "unsupported value"},
        {"Deployment", R"("selector":{"matchExpressions":[{"key":"app","values":["web"]}]})",
         "/spec/selector/matchExpressions/0/operator", "required value"},
        {"Deployment", R"("selector":{"matchExpressions":[{"key":"app","operator":"Exists","values":["web"]}]})",
         "/spec/selector/matchExpressions/0/values", "may not be given"},
        {"Deployment", R"("strategy":{"type":"Rolling"})", "/spec/strategy/type", "unsupported value"},
        {"Deployment", R"("strategy":{"rollingUpdate":{"partition":1}})", "/spec/strategy/rollingUpdate/partition",
         "unknown field"},
        {"StatefulSet", R"("volumeClaimTemplates":[{"metadata":{"name":"d"}}])", "/spec/volumeClaimTemplates",
         "hostPath"},
        {"StatefulSet", R"("podManagementPolicy":"Serial")", "/spec/podManagementPolicy", "unsupported value"},
        {"StatefulSet", R"("ordinals":{"start":-1})", "/spec/ordinals/start", ""},
        {"StatefulSet", R"("ordinals":{"start":2147483647})", "/spec/ordinals/start", ""},
        {"StatefulSet", R"("serviceName":"a.b")", "/spec/serviceName", "label"},
        {"StatefulSet", "", "/metadata/name", "label", plain_template, "a.b"},
        {"StatefulSet", "", "/metadata/name", "at most 52", plain_template,
         "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"},
        {"Deployment", "", "/metadata/name", "subdomain", plain_template, "A"},
        {"Deployment", "", "/spec/template", "required value", R"("replicas":1)"},
        {"Deployment", "", "/spec/template/spec", "required value",
         R"("template":{"metadata":{"labels":{"app":"web"}}})"},
        {"Deployment", "", "/spec/template/spec/restartPolicy", "Always",
         R"("template":{"metadata":{"labels":{"app":"web"}},"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"host"}]}})"},
        {"Deployment", "", "/spec/template/spec/activeDeadlineSeconds", "may not be given",
         R"("template":{"metadata":{"labels":{"app":"web"}},"spec":{"activeDeadlineSeconds":9,"containers":[{"name":"c","image":"host"}]}})"},
        {"Deployment", "", "/spec/template/spec/containers/0/name", "label",
         R"("template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"C","image":"host"}]}})"},
        {"Deployment", "", "/spec/template/spec/containers/0/imag", "unknown field",
         R"("template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"host","imag":"x"}]}})"},
    };
    for (const auto& row : table) {
        const auto object = read_object(workload(row.kind, row.members, row.name, row.pod_template));
        INFO(row.kind << ' ' << row.members << ' ' << row.pointer);
        CHECK_FALSE(object);
        if (object)
            continue;
        INFO(tests::describe(object.error()));
        std::vector<std::string> errors;
        for (const Problem& problem : object.error())
            if (problem.severity == Severity::Error)
                errors.push_back(problem.pointer);
        std::vector<std::string> expected{std::string(row.pointer)};
        if (!row.also.empty())
            expected.emplace_back(row.also);
        CHECK(errors == expected);
        CHECK(object.error()[0].message.find(row.message) != std::string::npos);
    }
}

TEST_CASE("the pods of one workload take at most 10 MiB of text") {
    const std::string big(20'000, 'x');
    const std::string pod_template =
        R"("template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"host","args":[")" +
        big + R"("]}]}})";
    CHECK(accepted(workload("Deployment", R"("replicas":500)", "web", pod_template)).pods.size() == 500);
    const auto object = read_object(workload("Deployment", R"("replicas":600)", "web", pod_template));
    REQUIRE_FALSE(object);
    CHECK(tests::pointers(object.error()) == std::vector<std::string>{"/spec/replicas"});
}
