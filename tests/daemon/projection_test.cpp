// SPDX-License-Identifier: Apache-2.0
// The files of a configMap, secret, downwardAPI or projected volume: what they are, and how they come about.
#include "initd/projection.hpp"
#include "initd/projection_files.hpp"
#include "tests/daemon/log_rig.hpp"
#include "tests/daemon/planner_rig.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace initd;
namespace fs = std::filesystem;

namespace {

ObjectStore some_objects() {
    ObjectStore store{nowhere};
    put(store, spec::Kind::ConfigMap, "cm", {{"a", "1"}, {"b", "2"}, {"c", std::string("\0\xff", 2)}});
    put(store, spec::Kind::Secret, "s", {{"b", "hidden"}, {"key", "k"}});
    return store;
}

// "PATH MODE BYTES; ..." or the error.
std::string projected(const std::string& volume, const std::string& metadata = "", const std::string& container = "") {
    const ObjectStore objects = some_objects();
    const spec::Pod pod = pod_with(R"("volumes": [{"name": "v", )" + volume + "}]", sh + container, metadata);
    REQUIRE(is_projected(pod.spec.volumes.front()));
    const auto files = project(pod.spec.volumes.front(), pod, node, objects);
    if (!files)
        return files.error();
    std::string text;
    for (const ProjectedFile& file : *files) {
        char mode[8];
        std::snprintf(mode, sizeof mode, "%o", static_cast<unsigned>(file.mode));
        text += (text.empty() ? "" : "; ") + file.path + " " + mode + " " + file.bytes;
    }
    return text;
}

std::string text_of(const fs::path& path) {
    std::ifstream in(path);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

mode_t mode_of(const std::string& path) {
    struct stat st {};
    REQUIRE(::lstat(path.c_str(), &st) == 0);
    return st.st_mode & 07777;
}

} // namespace

TEST_CASE("a volume of an object has a file for each key, or for each item") {
    const std::string all = std::string("a 644 1; b 644 2; c 644 ") + std::string("\0\xff", 2);
    struct {
        const char* volume;
        std::string files;
    } const table[] = {
        {R"("configMap": {"name": "cm"})", all},
        {R"("configMap": {"name": "cm", "defaultMode": 256, "items": [{"key": "b", "path": "x/y"}, {"key": "a", "path": "z", "mode": 511}]})",
         "x/y 400 2; z 777 1"},
        {R"("secret": {"secretName": "s", "defaultMode": 288})", "b 440 hidden; key 440 k"},
        {R"("configMap": {"name": "no"})", "configmap \"no\" not found"},
        {R"("configMap": {"name": "no", "optional": true})", ""},
        {R"("secret": {"secretName": "cm"})", "secret \"cm\" not found"},
        {R"("secret": {"secretName": "no", "optional": true, "items": [{"key": "b", "path": "x"}]})", ""},
        {R"("configMap": {"name": "cm", "items": [{"key": "no", "path": "x"}]})",
         "configmap references non-existent config key: no"},
        {R"("secret": {"secretName": "s", "items": [{"key": "no", "path": "x"}, {"key": "b", "path": "y"}]})",
         "references non-existent secret key: no"},
        {R"("secret": {"secretName": "s", "optional": true, "items": [{"key": "no", "path": "x"}, {"key": "b", "path": "y"}]})",
         "y 644 hidden"},
    };
    for (const auto& row : table) {
        INFO(row.volume);
        CHECK(projected(row.volume) == row.files);
    }
}

TEST_CASE("a downwardAPI volume tells of the pod, lines sorted and quoted") {
    const std::string metadata = R"("labels": {"z": "1", "a": "two"}, "annotations": {"note": "say \"hi\"\n"})";
    CHECK(projected(R"("downwardAPI": {"items": [
              {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
              {"path": "notes", "fieldRef": {"fieldPath": "metadata.annotations"}, "mode": 256},
              {"path": "d/name", "fieldRef": {"fieldPath": "metadata.name"}},
              {"path": "one", "fieldRef": {"fieldPath": "metadata.labels['a']"}},
              {"path": "cpu", "resourceFieldRef": {"containerName": "c", "resource": "limits.cpu", "divisor": "1m"}}]})",
                    metadata, R"(, "resources": {"limits": {"cpu": "1.5"}})") ==
          "cpu 644 1500; d/name 644 web; labels 644 a=\"two\"\nz=\"1\"; notes 400 note=\"say \\\"hi\\\"\\n\"; one 644 "
          "two");
}

TEST_CASE("a projected volume has all its sources' files, and of two by one path the later") {
    CHECK(projected(R"("projected": {"defaultMode": 292, "sources": [
              {"configMap": {"name": "cm", "items": [{"key": "a", "path": "a"}, {"key": "b", "path": "b"}]}},
              {"secret": {"name": "s"}},
              {"downwardAPI": {"items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}, "mode": 384}]}},
              {"configMap": {"name": "no", "optional": true}}]})") == "a 444 1; b 444 hidden; key 444 k; name 600 web");
    CHECK(projected(R"("projected": {"sources": [{"configMap": {"name": "cm"}}, {"secret": {"name": "no"}}]})") ==
          "secret \"no\" not found");
}

TEST_CASE("what PID 1 would write for too long is refused") {
    ObjectStore store{nowhere};
    spec::StringMap many;
    for (int i = 10'000; i < 20'000; ++i)
        many.emplace_back(std::to_string(i), "");
    put(store, spec::Kind::ConfigMap, "many", std::move(many));
    put(store, spec::Kind::ConfigMap, "big", {{"k", std::string(1 << 20, 'x')}});
    std::string items;
    for (int i = 0; i < 20; ++i)
        items += (i ? "," : "") + (R"({"key": "k", "path": ")" + std::to_string(i)) + "\"}";
    const spec::Pod pod = pod_with(R"("volumes": [{"name": "v", "configMap": {"name": "many"}},
                                      {"name": "w", "configMap": {"name": "big", "items": [)" +
                                       items + "]}}]",
                                   sh);
    CHECK(project(pod.spec.volumes[0], pod, node, store).error() == "more than 4096 files");
    CHECK(project(pod.spec.volumes[1], pod, node, store).error() == "more than 16 MiB");
}

TEST_CASE("a volume and an environment know what they come from") {
    const spec::Pod pod = pod_with(
        R"("volumes": [{"name": "a", "configMap": {"name": "x"}}, {"name": "b", "projected": {"sources": [{"secret": {"name": "y"}}]}}])",
        sh + R"(, "envFrom": [{"secretRef": {"name": "z"}}],
                "env": [{"name": "V", "valueFrom": {"configMapKeyRef": {"name": "w", "key": "k"}}}])");
    using spec::Kind;
    CHECK(refers_to(pod.spec.volumes[0], Kind::ConfigMap, "x"));
    CHECK_FALSE(refers_to(pod.spec.volumes[0], Kind::Secret, "x"));
    CHECK_FALSE(refers_to(pod.spec.volumes[0], Kind::ConfigMap, "y"));
    CHECK(refers_to(pod.spec.volumes[1], Kind::Secret, "y"));
    CHECK(refers_to(pod.spec.containers[0], Kind::Secret, "z"));
    CHECK(refers_to(pod.spec.containers[0], Kind::ConfigMap, "w"));
    CHECK_FALSE(refers_to(pod.spec.containers[0], Kind::ConfigMap, "z"));
}

TEST_CASE("files are written below a directory that is put in place by one rename") {
    const TempDir temp;
    const std::string dir = temp.path();
    REQUIRE(write_projection(dir, {{"a", 0640, "one"}, {"d/e/f", 0600, "deep"}, {"d/g", 0444, ""}}, std::nullopt));
    CHECK(text_of(dir + "/a") == "one");
    CHECK(text_of(dir + "/d/e/f") == "deep");
    CHECK(fs::read_symlink(dir + "/a") == "..data/a");
    CHECK(fs::read_symlink(dir + "/d") == "..data/d");
    const fs::path first = fs::read_symlink(dir + "/..data");
    CHECK(first.string().starts_with("..2"));
    CHECK(mode_of(dir + "/..data/a") == 0640);
    CHECK(mode_of(dir + "/..data/d/g") == 0444);
    CHECK(mode_of(dir + "/..data/d/e") == 0755);
    CHECK(mode_of(dir + "/" + first.string()) == 0755);

    const std::ifstream open_before(dir + "/a");
    REQUIRE(write_projection(dir, {{"a", 0640, "two"}, {"new", 0644, "n"}}, std::nullopt));
    CHECK(text_of(dir + "/a") == "two");
    CHECK(text_of(dir + "/new") == "n");
    CHECK(fs::read_symlink(dir + "/..data") != first);
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir))
        names.insert(entry.path().filename());
    CHECK(names == std::set<std::string>{"..data", fs::read_symlink(dir + "/..data").string(), "a", "new"});

    REQUIRE(write_projection(dir, {}, std::nullopt));
    CHECK_FALSE(fs::exists(fs::symlink_status(dir + "/a")));
}

TEST_CASE("a group may read what it is given") {
    const TempDir temp;
    const gid_t group = ::geteuid() == 0 ? 2000 : ::getegid();
    REQUIRE(write_projection(temp.path(), {{"b", 0600, "y"}, {"d/a", 0400, "x"}}, group));
    CHECK(mode_of(temp.path() + "/..data/d/a") == 0440);
    CHECK(mode_of(temp.path() + "/..data/b") == 0640);
    CHECK(mode_of(temp.path() + "/..data/d") == 02755);
    struct stat st {};
    REQUIRE(::stat((temp.path() + "/d/a").c_str(), &st) == 0);
    CHECK(st.st_gid == group);
}

TEST_CASE("a write that fails leaves the old files, and no link leads it astray") {
    const TempDir temp;
    const std::string dir = temp.path() + "/v", outside = temp.path() + "/outside";
    fs::create_directory(dir);
    fs::create_directory(outside);
    REQUIRE(write_projection(dir, {{"a", 0644, "old"}}, std::nullopt));
    for (const Projection& bad : {Projection{{"a", 0644, "new"}, {"a/b", 0644, "x"}}, Projection{{"../b", 0644, "x"}},
                                  Projection{{"x//y", 0644, "x"}}, Projection{{"./y", 0644, "x"}}}) {
        CHECK_FALSE(write_projection(dir, bad, std::nullopt));
        CHECK(text_of(dir + "/a") == "old");
        CHECK(std::distance(fs::directory_iterator(dir), {}) == 3);
    }
    // What a container with too much power could have put there.
    fs::create_symlink(outside, dir + "/..evil");
    fs::create_symlink(outside, dir + "/..data_tmp");
    fs::remove(dir + "/..data");
    fs::create_symlink(outside, dir + "/..data");
    REQUIRE(write_projection(dir, {{"a", 0644, "new"}, {"b/c", 0644, "x"}}, std::nullopt));
    CHECK(text_of(dir + "/a") == "new");
    CHECK(fs::is_empty(outside));
    CHECK_FALSE(fs::exists(fs::symlink_status(dir + "/..evil")));
}
