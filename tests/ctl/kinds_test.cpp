// SPDX-License-Identifier: Apache-2.0
// The kinds beside Pod, against a podinit that keeps some of each. Expected texts follow what kubectl 1.32 prints.
#include "spec/status.hpp"
#include "tests/catch.hpp"
#include "tests/ctl/fake_podinit.hpp"

#include <algorithm>
#include <map>

using tests::FakePodinit;
using tests::Peer;
using tests::podctl;

namespace {

using Words = std::vector<std::string>;

// Two hours and a bit ago, whenever that is.
std::string some_time_ago() {
    static const std::string time = spec::rfc3339((std::int64_t{std::time(nullptr)} - 2 * 3600 - 60) * 1000);
    return time;
}

std::string metadata(const std::string& name, const std::string& more = "") {
    return R"("metadata":{"name":")" + name + R"(","namespace":"default","uid":"uid-)" + name +
           R"(","creationTimestamp":")" + some_time_ago() + R"(")" + more + "}";
}

const std::string pod_template =
    R"("template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[)"
    R"({"name":"app","image":"nginx:1","env":[{"name":"A","value":"1"}],"imagePullPolicy":"IfNotPresent"},)"
    R"({"name":"side","image":"host"}],"nodeSelector":{"kubernetes.io/os":"linux"},)"
    R"("tolerations":[{"operator":"Exists"}],"volumes":[{"name":"v","emptyDir":{}}]}})";
const std::string selector = R"("selector":{"matchLabels":{"app":"web"}})";

std::string owned_pod(const std::string& name, const std::string& phase) {
    return R"({"apiVersion":"v1","kind":"Pod",)" +
           metadata(name, R"(,"ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":)"
                          R"("uid-web","controller":true}])") +
           R"(,"spec":{"containers":[{"name":"app","image":"nginx:1"}]},"status":{"phase":")" + phase + R"("}})";
}

// By resource, in the order in which podinit might send them.
const std::multimap<std::string, std::string> kept = {
    {"pod", owned_pod("web-2", "Running")},
    {"pod", owned_pod("web-1", "Pending")},
    {"configmap", R"({"apiVersion":"v1","kind":"ConfigMap",)" + metadata("settings", R"(,"labels":{"app":"web"})") +
                      R"(,"data":{"b":"2","a":"1\n2\n"},"binaryData":{"bin":"AAEC"}})"},
    {"secret", R"({"apiVersion":"v1","kind":"Secret",)" + metadata("key") +
                   R"(,"type":"Opaque","data":{"password":"aHVudGVyMg==","user":"bWU="}})"},
    {"daemonset.apps", R"({"apiVersion":"apps/v1","kind":"DaemonSet",)" + metadata("net") + R"(,"spec":{)" + selector +
                           "," + pod_template +
                           R"(},"status":{"currentNumberScheduled":1,"desiredNumberScheduled":1,"numberReady":1,)"
                           R"("updatedNumberScheduled":1,"numberAvailable":1,"numberMisscheduled":0}})"},
    {"deployment.apps",
     R"({"apiVersion":"apps/v1","kind":"Deployment",)" + metadata("web", R"(,"labels":{"app":"web"})") +
         R"(,"spec":{"replicas":2,)" + selector +
         R"(,"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}},)" +
         pod_template +
         R"(},"status":{"replicas":2,"updatedReplicas":2,"readyReplicas":1,"availableReplicas":1,)"
         R"("unavailableReplicas":1,"conditions":[{"type":"Available","status":"True","reason":"Enough"}]}})"},
    {"statefulset.apps", R"({"apiVersion":"apps/v1","kind":"StatefulSet",)" + metadata("db") +
                             R"(,"spec":{"replicas":3,"serviceName":"db","updateStrategy":{"type":"RollingUpdate",)"
                             R"("rollingUpdate":{"partition":0}},)" +
                             selector + "," + pod_template + R"(},"status":{"replicas":3,"readyReplicas":2}})"},
};

bool is_called(const std::string& object, const std::string& name) {
    return name.empty() || object.find(R"("metadata":{"name":")" + name + '"') != object.npos;
}

void answer(const spec::Request& request, Peer& peer) {
    if (const auto* list = std::get_if<spec::List>(&request.call)) {
        Words found;
        const auto [first, last] = kept.equal_range(list->resource);
        for (auto at = first; at != last; ++at)
            if (is_called(at->second, list->name))
                found.push_back(at->second);
        if (found.empty() && !list->name.empty())
            return peer.error(spec::not_found("objects", list->name));
        if (found.empty())
            return peer.reply(spec::Listed{});
        for (std::size_t i = 0; i < found.size(); ++i)
            peer.reply(spec::Listed{spec::RawJson{found[i]}}, i + 1 < found.size());
    } else if (const auto* restart = std::get_if<spec::Restart>(&request.call)) {
        peer.reply(spec::Restarted{{restart->container}});
    } else if (std::holds_alternative<spec::Logs>(request.call)) {
        peer.reply(spec::LogPath{.path = "", .ended = true});
    } else {
        peer.reply(spec::Deleted{spec::DeleteState::Gone});
    }
}

} // namespace

TEST_CASE("get shows each kind in kubectl's columns") {
    FakePodinit podinit(answer);
    const std::pair<Words, std::string> rows[] = {
        {{"get", "cm"}, "NAME       DATA   AGE\nsettings   3      121m\n"},
        {{"get", "secrets", "-A"}, "NAMESPACE   NAME   TYPE     DATA   AGE\ndefault     key    Opaque   2      121m\n"},
        {{"get", "ds"},
         "NAME   DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR            AGE\n"
         "net    1         1         1       1            1           kubernetes.io/os=linux   121m\n"},
        {{"get", "deployment", "web", "--show-labels"},
         "NAME   READY   UP-TO-DATE   AVAILABLE   AGE    LABELS\n"
         "web    1/2     2            1           121m   app=web\n"},
        {{"get", "deploy", "-owide"},
         "NAME   READY   UP-TO-DATE   AVAILABLE   AGE    CONTAINERS   IMAGES         SELECTOR\n"
         "web    1/2     2            1           121m   app,side     nginx:1,host   app=web\n"},
        {{"get", "sts", "-o", "wide", "--no-headers"}, "db    2/3   121m   app,side   nginx:1,host\n"},
        {{"get", "cm,secret"},
         "NAME                 DATA   AGE\n"
         "configmap/settings   3      121m\n"
         "\n"
         "NAME         TYPE     DATA   AGE\n"
         "secret/key   Opaque   2      121m\n"},
        {{"get", "deploy/web", "sts/db"},
         "NAME                  READY   UP-TO-DATE   AVAILABLE   AGE\n"
         "deployment.apps/web   1/2     2            1           121m\n"
         "\n"
         "NAME                  READY   AGE\n"
         "statefulset.apps/db   2/3     121m\n"},
        {{"get", "all", "-o", "name"},
         "pod/web-1\npod/web-2\ndaemonset.apps/net\ndeployment.apps/web\nstatefulset.apps/db\n"},
        {{"get", "cm,deploy,secret", "-l", "app=web", "-oname"}, "configmap/settings\ndeployment.apps/web\n"},
    };
    for (const auto& [args, expected] : rows) {
        const auto outcome = podctl(podinit.socket(), args);
        CHECK(outcome.out == expected);
        CHECK(outcome.err.empty());
        CHECK(outcome.code == 0);
    }
}

TEST_CASE("get picks values by JSONPath and columns of one's own") {
    FakePodinit podinit(answer);
    const std::pair<Words, std::string> rows[] = {
        {{"get", "pod/web-1", "-o", "jsonpath={.status.phase}"}, "Pending"},
        {{"get", "pods", "-o", "jsonpath={.items[*].metadata.name}"}, "web-1 web-2"},
        {{"get", "pods", "-o", "custom-columns=NAME:.metadata.name,PHASE:{.status.phase},NONE:.metadata.x"},
         "NAME    PHASE     NONE\nweb-1   Pending   <none>\nweb-2   Running   <none>\n"},
        {{"get", "deploy", "--no-headers", "-o=custom-columns=I:.spec.template.spec.containers[*].image"},
         "nginx:1,host\n"},
    };
    for (const auto& [args, expected] : rows)
        CHECK(podctl(podinit.socket(), args).out == expected);
    CHECK(podctl(podinit.socket(), {"get", "pods", "-o", "custom-columns=NAME"}).err ==
          "error: unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>\n");
    CHECK(podctl(podinit.socket(), {"get", "pods", "-o", "go-template=x"}).code == 1);
}

TEST_CASE("an object that is not there is told by its resource") {
    FakePodinit podinit(answer);
    const std::pair<Words, std::string> rows[] = {
        {{"get", "deploy", "x"}, "Error from server (NotFound): deployments.apps \"x\" not found\n"},
        {{"get", "cm/x"}, "Error from server (NotFound): configmaps \"x\" not found\n"},
        {{"describe", "secret", "x"}, "Error from server (NotFound): secrets \"x\" not found\n"},
    };
    for (const auto& [args, expected] : rows) {
        const auto outcome = podctl(podinit.socket(), args);
        CHECK(outcome.err == expected);
        CHECK(outcome.code == 1);
    }
    const auto ignored = podctl(podinit.socket(), {"get", "cm/x", "cm/settings", "--ignore-not-found", "-oname"});
    CHECK(ignored.out == "configmap/settings\n");
    CHECK(ignored.err.empty());
    CHECK(ignored.code == 0);
}

TEST_CASE("ConfigMaps are described with their data, Secrets without") {
    FakePodinit podinit(answer);
    CHECK(podctl(podinit.socket(), {"describe", "cm", "settings"}).out == "Name:         settings\n"
                                                                          "Namespace:    default\n"
                                                                          "Labels:       app=web\n"
                                                                          "Annotations:  <none>\n"
                                                                          "\n"
                                                                          "Data\n"
                                                                          "====\n"
                                                                          "a:\n"
                                                                          "----\n"
                                                                          "1\n"
                                                                          "2\n"
                                                                          "\n"
                                                                          "\n"
                                                                          "b:\n"
                                                                          "----\n"
                                                                          "2\n"
                                                                          "\n"
                                                                          "\n"
                                                                          "BinaryData\n"
                                                                          "====\n"
                                                                          "bin: 3 bytes\n"
                                                                          "\n");
    CHECK(podctl(podinit.socket(), {"describe", "secret"}).out == "Name:         key\n"
                                                                  "Namespace:    default\n"
                                                                  "Labels:       <none>\n"
                                                                  "Annotations:  <none>\n"
                                                                  "\n"
                                                                  "Type:  Opaque\n"
                                                                  "\n"
                                                                  "Data\n"
                                                                  "====\n"
                                                                  "password:  7 bytes\n"
                                                                  "user:      2 bytes\n");
}

TEST_CASE("workloads are described with their template") {
    FakePodinit podinit(answer);
    const std::string template_text =
        "Pod Template:\n"
        "  Labels:  app=web\n"
        "  Containers:\n"
        "   app:\n"
        "    Image:      nginx:1\n"
        "    Port:       <none>\n"
        "    Host Port:  <none>\n"
        "    Environment:\n"
        "      A:     1\n"
        "    Mounts:  <none>\n"
        "   side:\n"
        "    Image:        host\n"
        "    Port:         <none>\n"
        "    Host Port:    <none>\n"
        "    Environment:  <none>\n"
        "    Mounts:       <none>\n"
        "  Volumes:\n"
        "   v:\n"
        "    Type:          EmptyDir (a temporary directory that shares a pod's lifetime)\n"
        "    Medium:        \n"
        "    SizeLimit:     <unset>\n"
        "  Node-Selectors:  kubernetes.io/os=linux\n"
        "  Tolerations:     op=Exists\n";
    const std::string deployment = podctl(podinit.socket(), {"describe", "deploy/web"}).out;
    CHECK_THAT(deployment, has_text("Selector:               app=web\n"
                                    "Replicas:               2 desired | 2 updated | 2 total | 1 available | 1 "
                                    "unavailable\n"
                                    "StrategyType:           RollingUpdate\n"
                                    "MinReadySeconds:        0\n"
                                    "RollingUpdateStrategy:  25% max unavailable, 25% max surge\n" +
                                    template_text +
                                    "Conditions:\n"
                                    "  Type        Status  Reason\n"
                                    "  ----        ------  ------\n"
                                    "  Available   True    Enough\n"));
    CHECK_THAT(podctl(podinit.socket(), {"describe", "ds"}).out,
               has_text("Node-Selector:  kubernetes.io/os=linux\n"
                        "Labels:         <none>\n"
                        "Annotations:    <none>\n"
                        "Desired Number of Nodes Scheduled: 1\n"
                        "Current Number of Nodes Scheduled: 1\n"
                        "Number of Nodes Scheduled with Up-to-date Pods: 1\n"
                        "Number of Nodes Scheduled with Available Pods: 1\n"
                        "Number of Nodes Misscheduled: 0\n"
                        "Pods Status:  0 Running / 0 Waiting / 0 Succeeded / 0 Failed\n" +
                        template_text));
    CHECK_THAT(podctl(podinit.socket(), {"describe", "sts"}).out,
               has_text("Replicas:           3 desired | 3 total\n"
                        "Update Strategy:    RollingUpdate\n"
                        "  Partition:        0\n"
                        "Pods Status:        0 Running / 0 Waiting / 0 Succeeded / 0 Failed\n"
                        "Pod Template:\n"));
}

TEST_CASE("a pod's description tells what of its manifest is not acted on") {
    FakePodinit podinit([](const spec::Request&, Peer& peer) {
        peer.reply(spec::Listed{spec::RawJson{
            R"({"apiVersion":"v1","kind":"Pod",)" + metadata("web") +
            R"(,"spec":{"nodeName":"box","containers":[{"name":"a","image":"host"}],)"
            R"("tolerations":[{"operator":"Exists"}]},"status":{"phase":"Running","qosClass":"BestEffort"}})"}});
    });
    const std::string text = podctl(podinit.socket(), {"describe", "pod", "web"}).out;
    const std::size_t at = text.find("Warnings:\n");
    REQUIRE(at != text.npos);
    const std::string warnings = text.substr(at);
    CHECK_THAT(warnings, Catch::Matchers::StartsWith("Warnings:\n  /spec/tolerations: ignored: "));
    CHECK_THAT(warnings, Catch::Matchers::EndsWith("\nEvents:  <none>\n"));
    CHECK(std::count(warnings.begin(), warnings.end(), '\n') == 3);
}

TEST_CASE("delete takes every kind, and passes over what podinit never keeps") {
    FakePodinit podinit(answer);
    CHECK(podctl(podinit.socket(), {"delete", "deploy/web", "cm/settings"}).out ==
          "deployment.apps \"web\" deleted\nconfigmap \"settings\" deleted\n");
    const auto outcome = podctl(podinit.socket(), {"delete", "-f", "-"},
                                "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\n"
                                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---\n"
                                "apiVersion: example.com/v1\nkind: Deployment\nmetadata: {name: other}\n---\n"
                                "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: site}\n");
    CHECK(outcome.out == "deployment.apps \"web\" deleted\nsecret \"key\" deleted\n");
    CHECK(outcome.err.empty());
    CHECK(outcome.code == 0);
    const auto calls = podinit.calls();
    REQUIRE(calls.size() == 4);
    // Objects of one file are deleted side by side: which call comes first is nobody's promise.
    CHECK(std::any_of(calls.begin() + 2, calls.end(), [](const spec::Request& request) {
        const auto& call = std::get<spec::Delete>(request.call);
        return call.resource == "secret" && call.namespace_ == "site";
    }));
    CHECK(podctl(podinit.socket(), {"delete", "cm,secret", "--all"}).out ==
          "configmap \"settings\" deleted\nsecret \"key\" deleted\n");
}

TEST_CASE("logs and exec of a workload take a pod of it that runs, restart takes all") {
    FakePodinit podinit(answer);
    const auto logs = podctl(podinit.socket(), {"logs", "deploy/web"});
    CHECK(logs.err == "Found 2 pods, using pod/web-2\n");
    CHECK(std::get<spec::Logs>(podinit.calls().back().call).name == "web-2");
    CHECK(podctl(podinit.socket(), {"restart", "deploy/web"}).out == "pod/web-1 restarted\npod/web-2 restarted\n");
    const auto none = podctl(podinit.socket(), {"logs", "sts/db"});
    CHECK(none.err == "error: statefulset.apps/db has no pods\n");
    CHECK(none.code == 1);
}
