// SPDX-License-Identifier: Apache-2.0
// apply, create, replace and diff of every kind, against a podinit that keeps a Pod, a ConfigMap and a Secret.
#include "spec/object.hpp"
#include "tests/catch.hpp"
#include "tests/ctl/fake_podinit.hpp"

#include <fstream>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

using tests::FakePodinit;
using tests::Peer;
using tests::podctl;

namespace {

using Words = std::vector<std::string>;

const std::string web = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
                        "spec:\n  containers:\n  - name: app\n    image: nginx:1\n";
const std::string settings =
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  a: one\n  b: two\n";
const std::string key = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: key}\n"
                        "data: {user: bWU=, old: bWU=}\nstringData: {password: hunter2}\n";
const std::string service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n";
const std::string site = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\ndata: {c: three}\n";

std::string text_of(const spec::Object& object) {
    return object.kind == spec::Kind::Pod ? object.pods.front().text : object.text;
}

// What is kept, by RESOURCE/NAME: the three with one difference each.
std::map<std::string, std::string> make_kept() {
    std::map<std::string, std::string> kept;
    for (const char* json :
         {R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},)"
          R"("spec":{"containers":[{"name":"app","image":"nginx:0"}]}})",
          R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"a":"one","b":"2"}})",
          R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"key"},)"
          R"("data":{"user":"bWU=","old":"bWVl","gone":"bWU="}})"}) {
        const auto object = spec::read_object(json);
        REQUIRE(object);
        kept[object->resource + '/' + object->metadata.name] = text_of(*object);
    }
    return kept;
}

class Keeper {
  public:
    void operator()(const spec::Request& request, Peer& peer) const {
        if (const auto* list = std::get_if<spec::List>(&request.call)) {
            const auto found = kept_.find(list->resource + '/' + list->name);
            if (found == kept_.end())
                return peer.error(spec::not_found("objects", list->name));
            std::string text = found->second;
            // As podinit shows what it runs.
            text.insert(text.find("\"metadata\":{") + 12, R"("creationTimestamp":"2026-01-02T03:04:05Z",)");
            if (list->resource == "pod") {
                text.insert(text.find("\"spec\":{") + 8, R"("nodeName":"box",)");
                text.insert(text.size() - 1, R"(,"status":{"phase":"Running"})");
            }
            return peer.reply(spec::Listed{spec::RawJson{text}});
        }
        const auto& apply = std::get<spec::Apply>(request.call);
        spec::Applied applied;
        for (const spec::RawJson& manifest : apply.manifests) {
            const auto object = spec::read_object(manifest.text);
            spec::Applied::Item& item = applied.items.emplace_back();
            item.namespace_ = object->metadata.namespace_;
            item.name = object->metadata.name;
            item.resource = object->resource;
            for (const spec::Problem& warning : object->warnings)
                item.warnings.push_back(warning.pointer + ": " + warning.message);
            const auto found = kept_.find(item.resource + '/' + item.name);
            item.outcome = object->kind == spec::Kind::Ignored ? spec::Outcome::Ignored
                           : found == kept_.end()              ? spec::Outcome::Created
                           : found->second == text_of(*object) ? spec::Outcome::Unchanged
                                                               : spec::Outcome::Configured;
            if (apply.dry_run && object->kind != spec::Kind::Ignored)
                item.object = spec::RawJson{text_of(*object)};
        }
        peer.reply(applied);
    }

  private:
    std::map<std::string, std::string> kept_ = make_kept();
};

} // namespace

TEST_CASE("a whole file applies, and every warning names its object") {
    FakePodinit podinit(Keeper{});
    const auto outcome = podctl(podinit.socket(), {"apply", "-f", "-"}, web + settings + service + site);
    CHECK(outcome.out ==
          "pod/web configured\nconfigmap/settings configured\nservice/web ignored\nconfigmap/new created\n");
    CHECK_THAT(outcome.err, Catch::Matchers::StartsWith("Warning: service/web: "));
    CHECK(outcome.code == 0);
    CHECK(podctl(podinit.socket(), {"apply", "-f", "-", "--dry-run=server"}, settings).out ==
          "configmap/settings configured (server dry run)\n");
    CHECK(podctl(podinit.socket(), {"apply", "-f", "-", "-oname"}, web + service).out == "pod/web\nservice/web\n");
    CHECK_THAT(podctl(podinit.socket(), {"apply", "-f", "-", "-o", "yaml"}, web).out,
               has_text("nodeName: box\n") && has_text("phase: Running\n"));
}

TEST_CASE("a dry run on the client prints objects with their defaults, and without a uid of ours") {
    const auto run = [](Words args, const std::string& input) {
        args.insert(args.begin() + 1, {"--dry-run=client", "-f", "-"});
        return podctl("/nonexistent/socket", args, input);
    };
    CHECK(run({"apply"}, web + settings + service).out ==
          "pod/web created (dry run)\nconfigmap/settings created (dry run)\nservice/web ignored (dry run)\n");
    CHECK(run({"create", "-o", "yaml"}, settings).out == "apiVersion: v1\n"
                                                         "data:\n"
                                                         "  a: one\n"
                                                         "  b: two\n"
                                                         "kind: ConfigMap\n"
                                                         "metadata:\n"
                                                         "  name: settings\n"
                                                         "  namespace: default\n");
    const std::string pod = run({"create", "-o", "json"}, web).out;
    CHECK_THAT(pod, has_text("\"restartPolicy\": \"Always\"") && !has_text("\"uid\""));
    CHECK_THAT(run({"create", "-o", "json", "-n", "site"}, web + service).out,
               has_text("\"kind\": \"List\"") && has_text("\"namespace\": \"site\""));
    CHECK(run({"apply", "-oname"}, web).out == "pod/web\n");
    CHECK(run({"apply", "-owide"}, web).err == "error: unable to match a printer suitable for the output format "
                                               "\"wide\", allowed formats are: json,name,yaml\n");
}

TEST_CASE("-R reads the directories of a directory in their places, and follows no link to one") {
    FakePodinit podinit(Keeper{});
    const std::string directory = podinit.directory() + "/site";
    REQUIRE(mkdir(directory.c_str(), 0700) == 0);
    REQUIRE(mkdir((directory + "/b").c_str(), 0700) == 0);
    std::ofstream(directory + "/a.yaml") << settings;
    std::ofstream(directory + "/b/x.yaml") << site;
    std::ofstream(directory + "/c.yaml") << web;
    REQUIRE(symlink("..", (directory + "/b/up").c_str()) == 0);
    const auto names = [&](Words more) {
        more.insert(more.begin(), {"apply", "-oname", "-f", directory});
        return podctl(podinit.socket(), more).out;
    };
    CHECK(names({}) == "configmap/settings\npod/web\n");
    CHECK(names({"-R"}) == "configmap/settings\nconfigmap/new\npod/web\n");
}

TEST_CASE("create leaves alone what is there, replace what is not") {
    FakePodinit podinit(Keeper{});
    const auto created = podctl(podinit.socket(), {"create", "-f", "-"}, web + site + service);
    CHECK(created.out == "configmap/new created\nservice/web ignored\n");
    CHECK_THAT(created.err,
               Catch::Matchers::StartsWith(
                   "Error from server (AlreadyExists): error when creating \"STDIN\": pods \"web\" already "
                   "exists\n"));
    CHECK(created.code == 1);
    const auto calls = podinit.calls();
    REQUIRE(calls.size() == 2);
    CHECK(std::get<spec::Apply>(calls[0].call).dry_run);
    CHECK_FALSE(std::get<spec::Apply>(calls[1].call).dry_run);
    CHECK(std::get<spec::Apply>(calls[1].call).manifests.size() == 2);

    const auto replaced = podctl(podinit.socket(), {"replace", "-f", "-"}, web + site);
    CHECK(replaced.out == "pod/web replaced\n");
    CHECK(replaced.err ==
          "Error from server (NotFound): error when replacing \"STDIN\": configmaps \"new\" not found\n");
    CHECK(replaced.code == 1);
}

TEST_CASE("diff shows what apply would change, and never a Secret's values") {
    FakePodinit podinit(Keeper{});
    const auto diff = [&](const std::string& input) { return podctl(podinit.socket(), {"diff", "-f", "-"}, input); };
    const auto pod = diff(web);
    CHECK(pod.out == "diff -u -N LIVE/v1.Pod.default.web MERGED/v1.Pod.default.web\n"
                     "--- LIVE/v1.Pod.default.web\n"
                     "+++ MERGED/v1.Pod.default.web\n"
                     "@@ -5,7 +5,7 @@\n"
                     "   namespace: default\n"
                     " spec:\n"
                     "   containers:\n"
                     "-  - image: nginx:0\n"
                     "+  - image: nginx:1\n"
                     "     imagePullPolicy: IfNotPresent\n"
                     "     name: app\n"
                     "     terminationMessagePath: /dev/termination-log\n");
    CHECK(pod.code == 1);
    const auto secret = diff(key);
    CHECK_THAT(secret.out,
               has_text("-  gone: '***'\n-  old: '*** (before)'\n+  old: '*** (after)'\n+  password: '***'\n"
                        "   user: '***'\n"));
    CHECK_THAT(secret.out, !has_text("bWU") && !has_text("hunter2"));
    const auto added = diff(site + service);
    CHECK_THAT(added.out, has_text("@@ -0,0 +1,7 @@\n+apiVersion: v1\n+data:\n+  c: three\n") && !has_text("Service"));
    CHECK(added.code == 1);
    const auto same = diff("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: one, b: \"2\"}\n");
    CHECK(same.out.empty());
    CHECK(same.code == 0);
    CHECK(diff("apiVersion: v1\nkind: Foo\n").code == 2);
    CHECK(podctl(podinit.socket(), {"diff"}).code == 2);
    CHECK(podctl(podinit.socket(), {"diff", "--foo"}).code == 2);
    for (const auto& call : podinit.calls())
        if (const auto* apply = std::get_if<spec::Apply>(&call.call))
            CHECK(apply->dry_run);
}

TEST_CASE("KUBECTL_EXTERNAL_DIFF is called with two directories, and its exit code is diff's") {
    FakePodinit podinit(Keeper{});
    const auto diff = [&](const char* program) {
        setenv("KUBECTL_EXTERNAL_DIFF", program, 1);
        auto outcome = podctl(podinit.socket(), {"diff", "-f", "-"}, settings + site);
        unsetenv("KUBECTL_EXTERNAL_DIFF");
        return outcome;
    };
    const auto listed = diff("ls  -1");
    CHECK_THAT(listed.out, has_text("/LIVE-") && has_text(":\nv1.ConfigMap.default.settings\n\n") &&
                               has_text("/MERGED-") &&
                               has_text(":\nv1.ConfigMap.default.new\nv1.ConfigMap.default.settings\n"));
    CHECK(listed.code == 0);
    const std::string directory = listed.out.substr(0, listed.out.find(':'));
    CHECK(access(directory.c_str(), F_OK) != 0);
    CHECK(diff("false").code == 1);
    CHECK(diff("sh -c exit\t3").code == 2);
    CHECK(diff("/nonexistent/program").code == 2);
}
