// SPDX-License-Identifier: Apache-2.0
// The annotations podinit/after and podinit/requires, and what they come to among many objects.
#include "spec/prerequisites.hpp"
#include "spec/wait_graph.hpp"
#include "tests/spec/rules.hpp"

#include <algorithm>
#include <random>

using namespace tests;

namespace {

std::string annotated(std::string_view annotations) {
    return pod_with(R"("metadata":{"name":"p","annotations":{)" + std::string(annotations) + "}}");
}

std::string after(std::string_view list) {
    return annotated(R"("podinit/after":")" + std::string(list) + '"');
}

std::string shown(const std::vector<spec::Prerequisite>& prerequisites) {
    std::string text;
    for (const spec::Prerequisite& each : prerequisites)
        text.append(each.target).append(each.required ? "! " : " ");
    return text;
}

spec::Prerequisite prerequisite(const std::string& name, bool required = false) {
    return {"pod default/" + name, required};
}

std::vector<std::string> told(const spec::WaitGraph& graph) {
    std::vector<std::string> lines;
    for (const spec::WaitGraph::Finding& finding : graph.findings())
        lines.push_back(std::to_string(finding.who) + (finding.required ? " requires: " : " after: ") +
                        finding.what);
    return lines;
}

} // namespace

TEST_CASE("whom a pod waits for is named by name, namespace and kind") {
    const std::vector<std::pair<std::string_view, std::string_view>> table = {
        {"network", "pod mine/network"},
        {"net.work-1", "pod mine/net.work-1"},
        {"other/network", "pod other/network"},
        {"pod/network", "pod mine/network"},
        {"deployment/web", "deployment.apps mine/web"},
        {"deployment.apps/web", "deployment.apps mine/web"},
        {"other/statefulset/db", "statefulset.apps other/db"},
        {"daemonset/log", "daemonset.apps mine/log"},
        {"deployment/pod/p", "pod deployment/p"},
    };
    for (const auto& [item, target] : table) {
        INFO(item);
        CHECK(spec::target_of(item, "mine") == target);
    }
    for (const std::string_view item : {"", "/", "/a", "a/", "a//b", "/pod/a", "A", "a b", "Deployment/web", "job/x/y",
                                        "a.b/c", "x/y/pod/z", "deployment/", "-a"}) {
        INFO(item);
        CHECK(spec::target_of(item, "mine") == std::nullopt);
    }
}

TEST_CASE("the annotations are lists, and what is required comes first") {
    const auto manifest = spec::read_manifest(annotated(
        R"("podinit/after":" network ,storage,\n default/clock","podinit/requires":"storage, deployment/db")"));
    REQUIRE(manifest);
    CHECK(shown(spec::prerequisites_of(manifest->pod.metadata)) ==
          "pod default/storage! deployment.apps default/db! pod default/network pod default/clock ");
    CHECK(shown(spec::prerequisites_of(spec::read_manifest(annotated(""))->pod.metadata)).empty());
}

TEST_CASE("annotations of podinit are checked, and an unknown one is an error") {
    const std::string at = "/metadata/annotations/podinit~1";
    check_each({
        {after(""), at + "after", "names no pod"},
        {after("a,"), at + "after", "names no pod"},
        {after("a b"), at + "after", R"("a b" names no pod)"},
        {after("a,b,default/a"), at + "after", "duplicate value"},
        {annotated(R"("podinit/requires":"Web")"), at + "requires", "names no pod"},
        {annotated(R"("podinit/afer":"a")"), at + "afer", R"(did you mean "podinit/after"?)"},
        {annotated(R"("podinit/colour":"a")"), at + "colour", "unknown annotation of podinit"},
    });
    accept_each({after("a, b"), annotated(R"("podinit/console":"tty1","example.com/podinit":"x")")});
}

TEST_CASE("annotations of podinit belong to pods") {
    const auto error = [](const std::string& json) {
        const auto object = spec::read_object(json);
        return object ? std::string() : object.error().front().pointer + ": " + object.error().front().message;
    };
    const std::string deployment =
        R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"$},"spec":{"selector":{"matchLabels":{"a":"b"}},)"
        R"("template":{"metadata":{"labels":{"a":"b"}%},"spec":{"containers":[{"name":"c","image":"host"}]}}}})";
    const auto with = [&](std::string_view own, std::string_view of_template) {
        std::string text = deployment;
        text.replace(text.find('%'), 1, of_template);
        return text.replace(text.find('$'), 1, own);
    };
    const std::string annotation = R"(,"annotations":{"podinit/after":"x"})";
    CHECK(error(with(annotation, "")).starts_with("/metadata/annotations/podinit~1after: means something only on a"));
    CHECK(error(with("", R"(,"annotations":{"podinit/afte":"x"})"))
              .starts_with("/spec/template/metadata/annotations/podinit~1afte: unknown"));
    CHECK(error(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m")" + annotation + "}}")
              .starts_with("/metadata/annotations/podinit~1after: means"));
    const auto object = spec::read_object(with("", annotation));
    REQUIRE(object);
    CHECK(shown(spec::prerequisites_of(object->pods.front().pod.metadata)) == "pod default/x ");
}

TEST_CASE("who waits for nobody there, or for itself, is found") {
    spec::WaitGraph graph;
    const std::vector<spec::Prerequisite> of_a{prerequisite("b")}, of_b{prerequisite("c", true)},
        of_c{prerequisite("a")}, behind{prerequisite("a"), prerequisite("d", true)}, itself{prerequisite("e", true)};
    graph.add("pod default/a", of_a, 0);
    graph.add("pod default/b", of_b);
    graph.add("pod default/c", of_c);
    graph.add("pod default/behind", behind, 1);
    graph.add("pod default/e", itself, 2);
    CHECK(told(graph) == std::vector<std::string>{
                             "1 requires: pod default/d",
                             "0 after: waits for itself: pod default/a -> pod default/b -> pod default/c -> "
                             "pod default/a",
                             "2 requires: waits for itself: pod default/e -> pod default/e",
                         });
}

TEST_CASE("a circle among those who are there already is nobody else's fault") {
    spec::WaitGraph graph;
    const std::vector<spec::Prerequisite> of_a{prerequisite("b")}, of_b{prerequisite("a")};
    graph.add("pod default/new", of_b, 0);
    graph.add("pod default/a", of_a);
    graph.add("pod default/b", of_b);
    graph.add("pod default/new", of_a, 1); // is there already
    CHECK(told(graph).empty());
}

TEST_CASE("a pod that waits for its own workload is a circle") {
    spec::WaitGraph graph;
    const std::vector<spec::Prerequisite> own{{"deployment.apps default/web", false}}, one{prerequisite("web-1")};
    graph.add("deployment.apps default/web", own, 0);
    graph.add_pod_of("pod default/web-1", "deployment.apps default/web");
    CHECK(told(graph).size() == 1);
    spec::WaitGraph by_pod;
    by_pod.add("deployment.apps default/web", one, 0);
    by_pod.add_pod_of("pod default/web-1", "deployment.apps default/web");
    CHECK(told(by_pod).size() == 1);
}

// Against the definition: a node is on a circle when it can be reached from itself.
TEST_CASE("of each set of circles one is told, and nobody else") {
    std::mt19937 random(7);
    for (int round = 0; round < 500; ++round) {
        const std::size_t count = 2 + random() % 8;
        std::vector<std::vector<bool>> reach(count, std::vector<bool>(count));
        spec::WaitGraph graph;
        for (std::size_t i = 0; i < count; ++i) {
            std::vector<spec::Prerequisite> others;
            for (std::size_t j = 0; j < count; ++j)
                if (random() % (count + 1) == 0) {
                    others.push_back(prerequisite(std::to_string(j)));
                    reach[i][j] = true;
                }
            graph.add("pod default/" + std::to_string(i), others, i);
        }
        for (std::size_t k = 0; k < count; ++k)
            for (std::size_t i = 0; i < count; ++i)
                for (std::size_t j = 0; j < count; ++j)
                    reach[i][j] = reach[i][j] || (reach[i][k] && reach[k][j]);
        std::vector<std::string> texts;
        for (const std::string& line : told(graph))
            texts.push_back(line + ' ');
        const auto is_told = [&](std::size_t node) {
            return std::ranges::any_of(texts, [&](const std::string& text) {
                return text.find("pod default/" + std::to_string(node) + " ") != std::string::npos;
            });
        };
        for (std::size_t i = 0; i < count; ++i) {
            bool companion_told = is_told(i);
            for (std::size_t j = 0; j < count; ++j)
                companion_told = companion_told || (is_told(j) && reach[i][j] && reach[j][i]);
            CHECK(companion_told == reach[i][i]);
        }
    }
}

TEST_CASE("a chain as long as a message can hold costs no stack, and a long circle little text") {
    spec::WaitGraph graph;
    for (int i = 0; i < 20'000; ++i) {
        const std::vector<spec::Prerequisite> next{prerequisite(std::to_string((i + 1) % 20'000))};
        graph.add("pod default/" + std::to_string(i), next, 0);
    }
    const auto findings = graph.findings();
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].circle);
    CHECK(findings[0].what.size() < 400);
}
