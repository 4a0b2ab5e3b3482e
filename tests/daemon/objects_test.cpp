// SPDX-License-Identifier: Apache-2.0
// The objects beside pods, and what an Apply of any of them comes to, without a kernel.
#include "initd/apply_plan.hpp"
#include "initd/objects.hpp"
#include "initd/workloads.hpp"

#include "tests/catch.hpp"
#include "tests/daemon/log_rig.hpp"
#include "tests/nowhere.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

using namespace initd;
namespace fs = std::filesystem;

namespace {

std::string local(const std::string& kind, const std::string& name, const std::string& fields,
                  const std::string& namespace_ = "default") {
    return R"({"apiVersion": "v1", "kind": ")" + kind + R"(", "metadata": {"name": ")" + name + R"(", "namespace": ")" +
           namespace_ + R"("}, )" + fields + "}";
}

std::string config_map(const std::string& name, const std::string& value, const std::string& fields = "") {
    return local("ConfigMap", name, R"("data": {"k": ")" + value + "\"}" + fields);
}

std::string workload(const std::string& kind, const std::string& name, int replicas,
                     const std::string& image = "host") {
    const std::string count = kind == "DaemonSet" ? "" : R"("replicas": )" + std::to_string(replicas) + ", ";
    return R"({"apiVersion": "apps/v1", "kind": ")" + kind + R"(", "metadata": {"name": ")" + name +
           R"("}, "spec": {)" + count +
           R"("selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {"labels": {"app": "x"}},
           "spec": {"containers": [{"name": "c", "image": ")" +
           image + R"("}]}}}})";
}

std::string pod(const std::string& name, const std::string& image = "host") {
    return local("Pod", name, R"("spec": {"containers": [{"name": "c", "image": ")" + image + "\"}]}");
}

const std::string service = local("Service", "web", R"("spec": {"ports": [{"port": 80}]})");

spec::Object read(const std::string& json) {
    auto object = spec::read_object(json);
    if (!object)
        FAIL(spec::to_text(json, object.error().at(0)));
    return std::move(*object);
}

// What a daemon that runs all of it would hold, and two directories of files.
class Rig {
  public:
    TempDir temp;
    std::string kept = temp.path() + "/kept", transient = temp.path() + "/transient";
    Poller poller = std::move(*Poller::open());
    Asides asides{nowhere};
    std::optional<Manifests> manifests;
    PodStore pods{nowhere};
    ObjectStore objects{nowhere};
    Order order{pods, objects};

    Rig() {
        fs::create_directory(kept);
        fs::create_directory(transient);
        load();
    }
    void load() {
        manifests.emplace(poller, asides, std::vector{kept, transient});
        std::vector<ObjectChange> changes;
        while (manifests->load_next(changes)) {
        }
    }
    void file(const std::string& path, const std::string& text) {
        const ns::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        write_text(fd.get(), text);
    }
    void run(const std::string& json) {
        spec::Object object = read(json);
        const std::uint32_t owner = object.kind == spec::Kind::Pod ? 0 : objects.put(object, Millis{1}).id;
        for (spec::Manifest& manifest : object.pods)
            pods.add(std::move(manifest), owner);
    }
    std::expected<ApplyPlan, spec::ControlError> plan(const std::vector<std::string>& texts, bool dry_run = false,
                                                      bool to_transient = false) {
        spec::Apply call;
        for (const std::string& text : texts)
            call.manifests.push_back({text});
        call.dry_run = dry_run;
        call.transient = to_transient;
        return plan_apply(call, {*manifests, pods, objects, order});
    }
    // "INDEX POINTER: MESSAGE" of each.
    std::vector<std::string> problems(const std::vector<std::string>& texts) {
        std::vector<std::string> all;
        if (const auto planned = plan(texts); !planned)
            for (const auto& problem : planned.error().problems)
                all.push_back(std::to_string(problem.index) + " " + problem.pointer + ": " + problem.message);
        return all;
    }
};

std::vector<std::string> names(const ObjectStore& objects, spec::Kind kind) {
    std::vector<std::string> all;
    for (const ObjectRecord* record = objects.next(kind, ""); record; record = objects.next(kind, record->name))
        all.emplace_back(record->name);
    return all;
}

using Names = std::vector<std::string>;
Names names_of(const FileChanges& changes) {
    Names names;
    for (const StoredFile& file : changes.files)
        names.push_back(file.name);
    return names;
}

} // namespace

TEST_CASE("objects are found by kind and name, and listed in order") {
    ObjectStore objects{nowhere};
    for (const char* name : {"b", "a", "c"}) {
        spec::Object object = read(config_map(name, name));
        objects.put(object, Millis{5});
    }
    spec::Object secret = read(local("Secret", "a", R"("stringData": {"k": "s"})"));
    objects.put(secret, Millis{6});
    spec::Object other = read(local("ConfigMap", "a", R"("data": {"k": "other"})", "app"));
    objects.put(other, Millis{7});

    CHECK(names(objects, spec::Kind::ConfigMap) ==
          std::vector<std::string>{"app/a", "default/a", "default/b", "default/c"});
    CHECK(names(objects, spec::Kind::Secret) == std::vector<std::string>{"default/a"});
    CHECK(names(objects, spec::Kind::Deployment).empty());
    REQUIRE(objects.data(spec::Kind::ConfigMap, "default", "b"));
    CHECK(*objects.data(spec::Kind::ConfigMap, "default", "b") == spec::StringMap{{"k", "b"}});
    CHECK(*objects.data(spec::Kind::ConfigMap, "app", "a") == spec::StringMap{{"k", "other"}});
    CHECK(*objects.data(spec::Kind::Secret, "default", "a") == spec::StringMap{{"k", "s"}});
    for (const char* name : {"", "d", "bb", "default/a"})
        CHECK_FALSE(objects.data(spec::Kind::ConfigMap, "default", name));
    CHECK_FALSE(objects.data(spec::Kind::ConfigMap, "", "a"));
    CHECK_FALSE(objects.data(spec::Kind::ConfigMap, "ap", "/a"));

    objects.erase(spec::Kind::ConfigMap, "default/a");
    objects.erase(spec::Kind::ConfigMap, "default/none");
    CHECK_FALSE(objects.data(spec::Kind::ConfigMap, "default", "a"));
    CHECK(objects.data(spec::Kind::Secret, "default", "a"));
}

TEST_CASE("an object that changes stays the same object; one that was deleted and comes again is another") {
    ObjectStore objects{nowhere};
    spec::Object first = read(config_map("web", "a"));
    const std::uint32_t id = objects.put(first, Millis{5}).id;
    spec::Object second = read(config_map("web", "b"));
    const ObjectRecord& changed = objects.put(second, Millis{9});
    CHECK(changed.id == id);
    CHECK(changed.added == Millis{5});
    CHECK(changed.data == spec::StringMap{{"k", "b"}});
    CHECK(objects.find(id) == &changed);
    objects.erase(spec::Kind::ConfigMap, "default/web");
    CHECK_FALSE(objects.find(id));
    spec::Object third = read(config_map("web", "b"));
    CHECK(objects.put(third, Millis{10}).id != id);
}

TEST_CASE("resources in the words of errors") {
    CHECK(plural("pod") == "pods");
    CHECK(plural("configmap") == "configmaps");
    CHECK(plural("deployment.apps") == "deployments.apps");
    CHECK(is_immutable(read(config_map("a", "b", R"(, "immutable": true)")).text));
    CHECK_FALSE(is_immutable(read(config_map("a", R"(\"immutable\":true)")).text));
    CHECK_FALSE(is_immutable(read(config_map("a", "b", R"(, "immutable": false)")).text));
}

TEST_CASE("a workload's pods are made, kept, replaced and removed by comparison") {
    Rig rig;
    rig.run(workload("StatefulSet", "web", 3));
    const std::uint32_t owner = rig.objects.find(spec::Kind::StatefulSet, "default/web")->id;
    CHECK(rig.objects.find(owner)->wanted_pods == 3);

    SECTION("nothing changes") {
        const auto wanted = read(workload("StatefulSet", "web", 3)).pods;
        const auto difference = compare_pods(rig.pods, owner, wanted);
        CHECK(difference.missing.empty());
        CHECK(difference.surplus.empty());
    }
    SECTION("scaled down: the highest ordinals go") {
        const auto wanted = read(workload("StatefulSet", "web", 1)).pods;
        const auto difference = compare_pods(rig.pods, owner, wanted);
        CHECK(difference.missing.empty());
        REQUIRE(difference.surplus.size() == 2);
        CHECK(rig.pods.at(difference.surplus[0]).name == "default/web-1");
        CHECK(rig.pods.at(difference.surplus[1]).name == "default/web-2");
    }
    SECTION("scaled up: only the new ones are made") {
        const auto wanted = read(workload("StatefulSet", "web", 5)).pods;
        const auto difference = compare_pods(rig.pods, owner, wanted);
        REQUIRE(difference.missing.size() == 2);
        CHECK(wanted[difference.missing[0].wanted].pod.metadata.name == "web-3");
        CHECK(difference.missing[0].after == no_slot);
        CHECK(difference.surplus.empty());
    }
    SECTION("a pod that is leaving is made again, after the old one") {
        rig.pods.leave(1);
        const auto difference = compare_pods(rig.pods, owner, read(workload("StatefulSet", "web", 3)).pods);
        REQUIRE(difference.missing.size() == 1);
        CHECK(difference.missing[0].wanted == 1);
        CHECK(difference.missing[0].after == 1);
        CHECK(difference.surplus.empty());
    }
    SECTION("another template under the same names replaces each") {
        const auto difference = compare_pods(rig.pods, owner, read(workload("StatefulSet", "web", 3, "other")).pods);
        REQUIRE(difference.missing.size() == 3);
        for (const auto& missing : difference.missing)
            CHECK(missing.after == missing.wanted); // its slot
        CHECK(difference.surplus.empty());
    }
}

TEST_CASE("a Deployment's new pods take the places of the old ones, one for one") {
    Rig rig;
    rig.run(workload("Deployment", "web", 2));
    const std::uint32_t owner = rig.objects.find(spec::Kind::Deployment, "default/web")->id;
    const auto difference = compare_pods(rig.pods, owner, read(workload("Deployment", "web", 3, "other")).pods);
    REQUIRE(difference.missing.size() == 3);
    CHECK(difference.surplus == std::vector<std::uint32_t>{0, 1});
    CHECK(difference.missing[0].after == 0);
    CHECK(difference.missing[1].after == 1);
    CHECK(difference.missing[2].after == no_slot);
}

TEST_CASE("a name belongs to one owner at a time") {
    Rig rig;
    rig.run(workload("StatefulSet", "web", 2));
    rig.run(pod("db-0"));
    CHECK(find_conflict(rig.pods, rig.objects, read(pod("web-1"))) ==
          "pod default/web-1 belongs to statefulset.apps default/web");
    CHECK(find_conflict(rig.pods, rig.objects, read(workload("StatefulSet", "db", 2))) ==
          "statefulset.apps default/db needs the name of another: pod default/db-0 is there already, and has a "
          "manifest of its own");
    CHECK_FALSE(find_conflict(rig.pods, rig.objects, read(workload("StatefulSet", "web", 4, "other"))));
    CHECK_FALSE(find_conflict(rig.pods, rig.objects, read(pod("db-0", "other"))));
    CHECK_FALSE(find_conflict(rig.pods, rig.objects, read(pod("web-2"))));
    CHECK_FALSE(find_conflict(rig.pods, rig.objects, read(config_map("db-0", "x"))));
    rig.pods.leave(1); // web-1 is on its way out: its name is free
    CHECK_FALSE(find_conflict(rig.pods, rig.objects, read(pod("web-1"))));
}

TEST_CASE("the last of an owner's pods is known, those leaving included") {
    Rig rig;
    rig.run(workload("StatefulSet", "web", 2));
    const std::uint32_t owner = rig.objects.find(spec::Kind::StatefulSet, "default/web")->id;
    CHECK(has_pods(rig.pods, owner, 0));
    rig.pods.leave(1);
    CHECK(has_pods(rig.pods, owner, 0));
    rig.pods.free(1);
    CHECK_FALSE(has_pods(rig.pods, owner, 0));
    CHECK(has_pods(rig.pods, owner));
    CHECK_FALSE(has_pods(rig.pods, owner + 1));
}

TEST_CASE("to delete a workload's pod that is leaving is to mean that one, not its successor") {
    Rig rig;
    rig.run(workload("StatefulSet", "web", 1));
    CHECK(rig.pods.find_to_remove("default/web-0") == 0u);
    rig.pods.leave(0);
    const auto next = rig.pods.add(std::move(read(workload("StatefulSet", "web", 1)).pods[0]), rig.pods.at(0).owner);
    CHECK(rig.pods.find_any("default/web-0") == next);
    CHECK(rig.pods.find_to_remove("default/web-0") == 0u);
    // Of several the oldest, wherever it lies.
    rig.pods.free(0);
    rig.pods.leave(next);
    rig.pods.add(std::move(read(workload("StatefulSet", "web", 1)).pods[0]), rig.pods.at(next).owner);
    CHECK(rig.pods.find("default/web-0") == 0u);
    CHECK(rig.pods.find_to_remove("default/web-0") == next);
    rig.pods.leave(0);
    CHECK(rig.pods.find_to_remove("default/web-0") == next);
    // A pod with a manifest of its own does not come back by itself.
    rig.run(pod("a"));
    rig.pods.leave(*rig.pods.find("default/a"));
    rig.run(pod("a", "other"));
    CHECK(rig.pods.find_to_remove("default/a") == rig.pods.find("default/a"));
    CHECK_FALSE(rig.pods.find_to_remove("default/none"));
}

TEST_CASE("an Apply of several kinds writes a file for each that is kept, and says what becomes of each") {
    Rig rig;
    const std::vector<std::string> call{service, workload("Deployment", "web", 2), config_map("web", "a"), pod("web")};
    const auto plan = rig.plan(call);
    REQUIRE(plan);
    REQUIRE(plan->applied.items.size() == 4);
    struct {
        const char* resource;
        spec::Outcome outcome;
    } const expected[] = {
        {"service", spec::Outcome::Ignored},
        {"deployment.apps", spec::Outcome::Created},
        {"configmap", spec::Outcome::Created},
        {"pod", spec::Outcome::Created},
    };
    for (std::size_t i = 0; i < 4; ++i) {
        const auto& item = plan->applied.items[i];
        CHECK(item.resource == expected[i].resource);
        CHECK(item.outcome == expected[i].outcome);
        CHECK(item.namespace_ == "default");
        CHECK(item.name == "web");
        CHECK_FALSE(item.object);
    }
    CHECK_FALSE(plan->applied.items[0].warnings.empty());
    CHECK(names_of(plan->changes) ==
          Names{"Deployment_default_web.json", "ConfigMap_default_web.json", "default_web.json"});
    CHECK(plan->changes.directory == rig.kept);
    CHECK(plan->content == call[1] + "\n" + call[2] + "\n" + call[3] + "\n");
    CHECK(plan->changes.files[1].size == call[2].size() + 1);
}

TEST_CASE("what is so already is unchanged and not written") {
    Rig rig;
    rig.file(rig.kept + "/a.json", config_map("web", "a"));
    rig.file(rig.transient + "/b.json", workload("Deployment", "web", 2));
    rig.load();
    rig.run(config_map("web", "a"));
    rig.run(workload("Deployment", "web", 2));

    auto plan = rig.plan({config_map("web", "a"), workload("Deployment", "web", 2)}, false, true);
    REQUIRE(plan);
    CHECK(plan->applied.items[0].outcome == spec::Outcome::Unchanged);
    CHECK(plan->applied.items[1].outcome == spec::Outcome::Unchanged);
    CHECK(plan->changes.files.empty());

    // To be kept from now on: written, and the other file goes since it would hide it.
    plan = rig.plan({workload("Deployment", "web", 2)});
    CHECK(plan->applied.items[0].outcome == spec::Outcome::Unchanged);
    CHECK(names_of(plan->changes) == Names{"Deployment_default_web.json"});
    CHECK(plan->changes.removed == std::vector{rig.transient + "/b.json"});

    plan = rig.plan({config_map("web", "b")});
    CHECK(plan->applied.items[0].outcome == spec::Outcome::Configured);
    CHECK(names_of(plan->changes) == Names{"a.json"});
}

TEST_CASE("a dry run shows each object as it would be kept") {
    Rig rig;
    const auto plan = rig.plan({pod("web"), local("Secret", "s", R"("stringData": {"k": "v"})"), service}, true);
    REQUIRE(plan);
    REQUIRE(plan->applied.items[0].object);
    CHECK(plan->applied.items[0].object->text == read(pod("web")).pods[0].text);
    REQUIRE(plan->applied.items[1].object);
    CHECK(plan->applied.items[1].object->text.find("\"k\":\"dg==\"") != std::string::npos);
    CHECK_FALSE(plan->applied.items[2].object);
}

TEST_CASE("the names of one call's objects and pods may not meet") {
    Rig rig;
    using Problems = std::vector<std::string>;
    CHECK(rig.problems({pod("a"), pod("a", "other")}) == Problems{"1 /metadata/name: pod default/a is there twice"});
    CHECK(rig.problems({config_map("a", "1"), pod("a"), config_map("a", "2")}) ==
          Problems{"2 /metadata/name: configmap default/a is there twice"});
    CHECK(rig.problems({workload("StatefulSet", "web", 2), pod("web-1")}) ==
          Problems{"1 /metadata/name: pod default/web-1 belongs to statefulset.apps default/web"});
    CHECK(rig.problems({pod("web-1"), workload("StatefulSet", "web", 2)}) ==
          Problems{"1 /metadata/name: statefulset.apps default/web needs the name of another: pod default/web-1 is "
                   "there already, and has a manifest of its own"});
    CHECK(rig.problems({service, service}).empty());
}

TEST_CASE("the names of what is there may not be taken") {
    Rig rig;
    rig.run(workload("StatefulSet", "web", 2));
    using Problems = std::vector<std::string>;
    CHECK(rig.problems({config_map("a", "1"), pod("web-0")}) ==
          Problems{"1 /metadata/name: pod default/web-0 belongs to statefulset.apps default/web"});
    rig.file(rig.kept + "/ConfigMap_default_web.json", config_map("other", "1"));
    rig.load();
    CHECK(rig.problems({config_map("web", "1")}) ==
          Problems{"0 /metadata/name: " + rig.kept +
                   "/ConfigMap_default_web.json already holds configmap default/other"});
}

TEST_CASE("what is immutable keeps its data and stays so") {
    Rig rig;
    const std::string immutable = R"(, "immutable": true)";
    rig.run(config_map("web", "a", immutable));
    using Problems = std::vector<std::string>;
    const std::string forbidden = "field is immutable when `immutable` is set";
    CHECK(rig.problems({config_map("web", "b", immutable)}) == Problems{"0 /data: " + forbidden});
    CHECK(rig.problems({config_map("web", "a")}) == Problems{"0 /immutable: " + forbidden});
    CHECK(rig.problems({config_map("web", "b")}).size() == 2);
    CHECK(rig.problems({config_map("web", "a", immutable)}).empty());
    CHECK(rig.problems({config_map("other", "b", immutable)}).empty());
    rig.run(config_map("free", "a"));
    CHECK(rig.problems({config_map("free", "b", immutable)}).empty());
}

TEST_CASE("every problem of every object is told, by its place in the call") {
    Rig rig;
    const auto problems = rig.problems({"[]", config_map("ok", "1"), local("Job", "j", R"("spec": {})"), pod("a", "")});
    CHECK(std::ranges::any_of(problems, [](const auto& p) { return p.starts_with("0 "); }));
    CHECK(std::ranges::none_of(problems, [](const auto& p) { return p.starts_with("1 "); }));
    CHECK(std::ranges::any_of(problems, [](const auto& p) { return p.starts_with("2 "); }));
    CHECK(std::ranges::any_of(problems, [](const auto& p) { return p.starts_with("3 /spec/containers/0/image"); }));
}
