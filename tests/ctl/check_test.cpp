// SPDX-License-Identifier: Apache-2.0
// podctl check, as a program: what a machine would take is found out before there is one.
#include "tests/catch.hpp"
#include "tests/ctl/fake_podinit.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

using tests::Outcome;
using tests::podctl;

namespace {

namespace fs = std::filesystem;

// A directory of files, gone when the test is.
class Files {
  public:
    Files() {
        std::string name = (fs::temp_directory_path() / "podctl-check-XXXXXX").string();
        root_ = mkdtemp(name.data());
    }
    ~Files() { fs::remove_all(root_); }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    std::string path(const std::string& name = "") const { return name.empty() ? root_ : root_ + "/" + name; }
    std::string add(const std::string& name, const std::string& text) const {
        fs::create_directories(fs::path(path(name)).parent_path());
        std::ofstream(path(name)) << text;
        return path(name);
    }

    // check's lines, with the directory's name cut away.
    std::string check(std::vector<std::string> args, int code) const {
        args.insert(args.begin(), "check");
        const Outcome outcome = podctl("", std::move(args));
        CHECK(outcome.code == code);
        CHECK(outcome.err.empty());
        std::string out = outcome.out;
        for (std::size_t at; (at = out.find(root_ + "/")) != std::string::npos;)
            out.erase(at, root_.size() + 1);
        return out;
    }

  private:
    std::string root_;
};

std::string pod(const std::string& name, const std::string& more = "", const std::string& image = "host") {
    return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
           R"("},"spec":{"containers":[{"name":"a","image":")" + image + "\"" + more + "}]}}";
}

std::string config_map(const std::string& name, const std::string& data) {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + R"("},"data":)" + data + "}";
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("check takes what a machine would take, and sums up") {
    const Files files;
    const std::string good = files.add("good.json", pod("web"));
    const std::string two =
        files.add("two.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: v}\n---\n" + pod("db"));
    CHECK(files.check({"-f", good, "-f", two}, 0) == "2 files, 3 objects: 0 errors, 0 warnings\n");
    const Outcome piped = podctl("", {"check", "-f", "-"}, pod("web"));
    CHECK(piped.out == "1 file, 1 object: 0 errors, 0 warnings\n");
    CHECK(piped.code == 0);
}

TEST_CASE("check tells every problem of every file with its place") {
    const Files files;
    const std::string bad = files.add("bad.yaml", "apiVersion: v1\n"
                                                  "kind: Pod\n"
                                                  "metadata:\n"
                                                  "  name: Web\n"
                                                  "spec:\n"
                                                  "  hostNetwrk: true\n"
                                                  "  containers:\n"
                                                  "  - name: a\n"
                                                  "    image: host\n"
                                                  "---\n"
                                                  "apiVersion: batch/v1\n"
                                                  "kind: Job\n"
                                                  "metadata: {name: j}\n");
    const std::string broken = files.add("broken.json", "{\"apiVersion\": \"v1\",\n \"kind\": }");
    const std::string empty = files.add("empty.yaml", "# nothing\n");
    const std::string out = files.check({"-f", bad, "-f", broken, "-f", empty}, 1);
    CHECK(has(out, "bad.yaml:4:3: /metadata/name: "));
    CHECK(has(out, "bad.yaml:6:3: /spec/hostNetwrk: unknown field \"hostNetwrk\"; did you mean \"hostNetwork\"?\n"));
    CHECK(has(out, "bad.yaml:12:1: /kind: "));
    CHECK(has(out, "broken.json:2:"));
    CHECK(has(out, "empty.yaml: holds no object\n"));
    CHECK(out.ends_with("3 files, 3 objects: 5 errors, 0 warnings\n"));
}

TEST_CASE("check tells warnings, and --strict makes them count") {
    const Files files;
    const std::string file = files.add(
        "pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  tolerations: [{operator: Exists}]\n"
                    "  containers: [{name: a, image: host}]\n---\n"
                    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {}\n");
    const std::string out = files.check({"-f", file}, 0);
    CHECK(has(out, "pod.yaml:5:3: /spec/tolerations: warning: ignored: "));
    CHECK(has(out, "pod.yaml:8:1: warning: service \"web\": ignored: "));
    CHECK(out.ends_with("1 file, 2 objects: 0 errors, 2 warnings\n"));
    CHECK(files.check({"-f", file, "--strict"}, 1) == out);
}

TEST_CASE("check reads a directory as the machine does") {
    const Files files;
    files.add("dir/a.json", pod("a"));
    files.add("dir/b.yaml", "not read");
    files.add("dir/.hidden.json", "not read");
    files.add("dir/deeper/c.json", pod("c"));
    files.add("dir/list.json", R"({"apiVersion":"v1","kind":"List","items":[)" + pod("l") + "]}");
    files.add("dir/stream.json", pod("s") + pod("t"));
    const std::string out = files.check({"-f", files.path("dir")}, 1);
    CHECK(has(out, "dir/b.yaml: warning: passed over: "));
    CHECK(has(out, "dir/deeper: warning: passed over: "));
    CHECK(has(out, "dir/list.json: a manifest of a directory holds one object, not a List\n"));
    CHECK(has(out, "dir/stream.json: a manifest of a directory holds one document, not 2\n"));
    CHECK_FALSE(has(out, "hidden"));
    CHECK(has(out, "3 files, 4 objects: 2 errors, 2 warnings\n"));

    CHECK(has(files.check({"-R", "-f", files.path("dir")}, 1), "4 files, 5 objects: 2 errors, 1 warning\n"));
    // A file that is named is read whatever it is called, unless it is meant for such a directory.
    const std::string yaml = files.add("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: why}\n"
                                                   "spec: {containers: [{name: a, image: host}]}\n");
    files.check({"-f", yaml}, 0);
    CHECK(has(files.check({"-f", yaml, "--boot"}, 1), "pod.yaml: in its directories podinit reads *.json only\n"));
    fs::create_directory(files.path("none"));
    CHECK(has(files.check({"-f", files.path("none")}, 1), "none: holds no manifest: podinit reads *.json\n"));
}

TEST_CASE("check sees what comes twice") {
    const Files files;
    const std::string one = files.add("one/web.json", pod("web"));
    const std::string other = files.add("other/web.json", pod("web"));
    CHECK(has(files.check({"-f", one, "-f", other}, 1),
              "other/web.json:1:45: /metadata/name: pod \"web\" comes twice, first in one/web.json\n"));
    // A later directory is meant to win.
    CHECK(has(files.check({"-f", files.path("one"), "-f", files.path("other")}, 0),
              "/metadata/name: warning: pod \"web\" takes the place of the one in one/web.json\n"));
    const std::string set = files.add("set.yaml", "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\n"
                                                  "spec:\n  replicas: 2\n  serviceName: web\n"
                                                  "  podManagementPolicy: Parallel\n"
                                                  "  selector: {matchLabels: {a: b}}\n"
                                                  "  template:\n    metadata: {labels: {a: b}}\n"
                                                  "    spec: {containers: [{name: a, image: host}]}\n");
    const std::string clash = files.add("clash.json", pod("web-1"));
    CHECK(has(
        files.check({"-f", set, "-f", one, "-f", clash}, 1),
        "clash.json:1:45: /metadata/name: its pod \"web-1\" is also one of statefulset.apps \"web\" in set.yaml\n"));
}

TEST_CASE("check sees references to ConfigMaps, Secrets and keys that nobody defines") {
    const Files files;
    const std::string map = files.add("map.json", config_map("here", R"({"k":"v"})"));
    struct Case {
        std::string reference; // in the container
        std::string expected;  // in the output; empty: nothing is said
    };
    const Case cases[] = {
        {R"("envFrom":[{"configMapRef":{"name":"here"}}])", ""},
        {R"("envFrom":[{"configMapRef":{"name":"gone"}}])",
         "/spec/containers/0/envFrom/0/configMapRef: warning: configmap \"gone\" is not among these files"},
        {R"("envFrom":[{"configMapRef":{"name":"gone","optional":true}}])", ""},
        {R"("envFrom":[{"secretRef":{"name":"here"}}])", "/envFrom/0/secretRef: warning: secret \"here\" is not among"},
        {R"("env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"here","key":"k"}}}])", ""},
        {R"("env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"here","key":"x"}}}])",
         "/env/0/valueFrom/configMapKeyRef: warning: configmap \"here\" has no key \"x\""},
        {R"("env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s","key":"x","optional":true}}}])", ""},
    };
    for (const Case& each : cases) {
        CAPTURE(each.reference);
        const std::string file = files.add("pod.json", pod("web", "," + each.reference));
        const std::string out = files.check({"-f", map, "-f", file}, 0);
        CHECK(has(out, each.expected.empty() ? ": 0 errors, 0 warnings\n" : each.expected));
    }
    const std::string volumes =
        files.add("volumes.yaml",
                  "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec:\n"
                  "  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n"
                  "      containers: [{name: a, image: host}]\n      volumes:\n"
                  "      - {name: a, configMap: {name: here, items: [{key: z, path: z}]}}\n"
                  "      - {name: b, secret: {secretName: gone}}\n"
                  "      - {name: c, projected: {sources: [{configMap: {name: gone}}, {secret: {name: gone}}]}}\n");
    const std::string out = files.check({"-f", map, "-f", volumes}, 0);
    CHECK(has(out,
              "volumes.yaml:11:52: /spec/template/spec/volumes/0/configMap/items/0/key: warning: configmap \"here\" "
              "has no key \"z\""));
    CHECK(has(out, "/spec/template/spec/volumes/1/secret: warning: secret \"gone\""));
    CHECK(has(out, "/spec/template/spec/volumes/2/projected/sources/0/configMap: warning: configmap \"gone\""));
    CHECK(has(out, "/spec/template/spec/volumes/2/projected/sources/1/secret: warning: secret \"gone\""));
}

TEST_CASE("check looks into an image store") {
    const Files files;
    fs::create_directories(files.path("store/registry.example/shop/app:1/rootfs"));
    fs::create_directories(files.path("store/plain/rootfs"));
    fs::create_directories(files.path("store/Upper/rootfs"));
    fs::create_directories(files.path("store/nothing"));
    files.add("store/plain/config.json", R"({"config":{"Cmd":["sh"]}})");
    files.add("store/packed", "hsqs rest");
    const auto with = [&](const std::string& image) { return files.add("pod.json", pod("web", "", image)); };
    const std::string out =
        files.check({"-f", with("registry.example/shop/app:1"), "--images", files.path("store")}, 1);
    CHECK(has(out, "store/Upper: \"Upper\" is no image name"));
    CHECK(has(out, "store/nothing: warning: no image: it holds no directory rootfs"));
    CHECK(has(out, "store/packed: warning: squashfs images are not read by this version"));
    CHECK(has(out, "1 file, 1 object: 1 error, 2 warnings\n"));
    fs::remove_all(files.path("store/Upper"));
    files.check({"-f", with("plain"), "--images", files.path("store")}, 0);
    files.check({"-f", with("host"), "--images", files.path("store")}, 0);
    CHECK(has(files.check({"-f", with("plain:2"), "--images", files.path("store")}, 1),
              "/spec/containers/0/image: image \"plain:2\" is not in the image store, and images are never pulled\n"));
    files.add("store/plain/config.json", R"({"config":{"Cmd":"sh"}})");
    CHECK(has(files.check({"--images", files.path("store")}, 1),
              "store/plain/config.json: /config/Cmd: expected an array, not a string\n"));
}

TEST_CASE("check reads a config.json") {
    const Files files;
    const std::string good = files.add("good.json", R"({"hostname":"box"})");
    const std::string bad = files.add("bad.json", "{\n  \"hostnam\": \"box\",\n  \"containerLogMaxFiles\": 1\n}");
    CHECK(files.check({"--config", good}, 0) == "1 file, 0 objects: 0 errors, 0 warnings\n");
    const std::string out = files.check({"--config", bad}, 1);
    CHECK(has(out, "bad.json:2:3: /hostnam: unknown field \"hostnam\"; did you mean \"hostname\"?\n"));
    CHECK(has(out, "bad.json:3:3: /containerLogMaxFiles: must be 2 or more\n"));
}

TEST_CASE("check has a report for machines") {
    const Files files;
    const std::string bad =
        files.add("bad.json", "{\"apiVersion\":\"batch/v1\",\n\"kind\":\"Job\",\"metadata\":{\"name\":\"x\"}}");
    CHECK(files.check({"-f", bad, "-o", "json"}, 1)
              .starts_with("{\n    \"apiVersion\": \"podinit/v1\",\n"
                           "    \"kind\": \"CheckReport\",\n"
                           "    \"files\": 1,\n"
                           "    \"objects\": 1,\n"
                           "    \"errors\": 1,\n"
                           "    \"warnings\": 0,\n"
                           "    \"problems\": [\n"
                           "        {\n"
                           "            \"severity\": \"error\",\n"
                           "            \"file\": \"bad.json\",\n"
                           "            \"line\": 2,\n"
                           "            \"column\": 1,\n"
                           "            \"pointer\": \"/kind\",\n"
                           "            \"message\": \""));
}

TEST_CASE("check goes on behind a file that cannot be read") {
    const Files files;
    fs::create_directory_symlink("/nonexistent", files.path("lost.json"));
    files.add("web.json", pod("web"));
    fs::create_directories(files.path("store/odd/rootfs"));
    fs::create_directories(files.path("store/odd/config.json"));
    const std::string out =
        files.check({"-f", files.path(), "--config", "/nonexistent", "--images", files.path("store")}, 1);
    CHECK(has(out, "lost.json: "));
    CHECK(has(out, "/nonexistent: reading /nonexistent: No such file or directory\n"));
    CHECK(has(out, "store/odd/config.json: "));
}

TEST_CASE("check says what it cannot do") {
    CHECK(podctl("", {"check"}).err == "error: must specify -f, --config or --images\n");
    CHECK(podctl("", {"check", "-f", "/nonexistent"}).err ==
          "error: reading /nonexistent: No such file or directory\n");
    CHECK(podctl("", {"check", "-f", "-", "-o", "yaml"}).code == 1);
}

TEST_CASE("who waits for itself is an error, and who waits for nobody among the files is told") {
    const Files files;
    const auto add = [&](const std::string& name, const std::string& annotation) {
        files.add("m/" + name + ".json", R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
                                             R"(","annotations":{)" + annotation +
                                             R"(}},"spec":{"containers":[{"name":"c","image":"host"}]}})");
    };
    add("a", R"("podinit/after":"b")");
    add("b", R"("podinit/requires":"a")");
    add("c", R"("podinit/after":"a, stranger")");
    const std::string out = files.check({"-f", files.path("m")}, 1);
    INFO(out);
    CHECK(out.find("/metadata/annotations/podinit~1after: waits for itself: pod default/a -> pod default/b -> "
                   "pod default/a") != std::string::npos);
    CHECK(out.find("/metadata/annotations/podinit~1after: warning: pod default/stranger is not among these files: the "
                   "pod waits until there is one") != std::string::npos);
    CHECK(out.find("error") == out.rfind("error")); // the circle is one
}
