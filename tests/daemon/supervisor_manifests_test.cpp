// SPDX-License-Identifier: Apache-2.0
// Files that come, change and go while podinit runs.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

using namespace initd;
namespace fs = std::filesystem;

namespace {

// A pod that writes down each of its starts and lives on.
std::string marking(const std::string& mark, const std::string& word, const std::string& last_words = "exit 0") {
    return pod_json("web",
                    script("trap '" + last_words + "' TERM; echo " + word + " >> " + mark +
                           "; while :; do sleep 1000 & wait; done"),
                    on_host);
}

void put(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}

} // namespace

TEST_CASE("of hundreds of writes to a file the last counts, and a pod is not replaced for each") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string mark = podinit.dir("mark"), file = podinit.dir("manifests/web.json");
    for (int i = 0; i < 300; ++i)
        put(file, marking(mark, std::to_string(i)));
    CHECK(eventually([&] { return read_text(mark).ends_with("299\n"); }));
    const std::string starts = read_text(mark);
    CHECK(std::ranges::count(starts, '\n') < 20);
    CHECK(podinit.list().size() == 1);
}

TEST_CASE("whoever writes a file without end keeps nobody waiting") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string file = podinit.dir("manifests/web.json");
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (int i = 0; !stop; ++i)
            put(file, pod_json("web", script(until_term + " # " + std::to_string(i)), on_host));
    });
    int answered = 0;
    for (int i = 0; i < 30; ++i)
        answered += podinit.call(spec::Node{}).has_value();
    const std::string applied = podinit.apply_one(pod_json("other", script(until_term), on_host));
    stop = true;
    writer.join();
    CHECK(answered == 30);
    CHECK(applied == "created");
    CHECK(podinit.running("other"));
    CHECK(podinit.running("web"));
}

TEST_CASE("of several edits while the pod before is ending only the last is started") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string mark = podinit.dir("mark"), file = podinit.dir("manifests/web.json"), go = podinit.dir("go");
    put(file,
        marking(mark, "one", "while ! [ -e " + go + " ]; do sleep 0.05; done; echo one ended >> " + mark + "; exit 0"));
    REQUIRE(eventually([&] { return read_text(mark) == "one\n"; }));
    for (const char* word : {"two", "three", "four"}) {
        put(file, marking(mark, word));
        CHECK(eventually([&] { // it is the one that is to come
            const auto pod = podinit.get("web");
            return pod && pod->pod.spec.containers[0].command.back().find(word) != std::string::npos;
        }));
    }
    CHECK(read_text(mark) == "one\n");
    put(go, "");
    CHECK(podinit.running("web"));
    CHECK(eventually([&] { return read_text(mark) == "one\none ended\nfour\n"; }));
    CHECK(podinit.list().size() == 1);
}

TEST_CASE("a pod's file that is renamed, or written otherwise but with the same meaning, changes nothing") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string mark = podinit.dir("mark");
    put(podinit.dir("manifests/a.json"), marking(mark, "up"));
    REQUIRE(eventually([&] { return read_text(mark) == "up\n"; }));
    fs::rename(podinit.dir("manifests/a.json"), podinit.dir("manifests/b.json"));
    put(podinit.dir("manifests/b.json"), "\n " + marking(mark, "up") + "\n\n");
    put(podinit.dir("manifests/other.json"), pod_json("other", script(until_term), on_host));
    CHECK(podinit.running("other"));
    CHECK(podinit.status("web").restart_count == 0);
    CHECK(read_text(mark) == "up\n");
    CHECK(podinit.list().size() == 2);
    fs::remove(podinit.dir("manifests/b.json"));
    CHECK(eventually([&] { return !podinit.get("web"); }));
}

TEST_CASE("when the directory of the manifests is gone its pods go on, and it is told until it is back") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const auto rejected = [&] {
        const auto node = podinit.call(spec::Node{});
        return node ? std::get<spec::NodeInfo>(node->reply).rejected : std::vector<spec::RejectedManifest>{};
    };
    const std::string mark = podinit.dir("mark");
    put(podinit.dir("manifests/web.json"), marking(mark, "up"));
    REQUIRE(eventually([&] { return read_text(mark) == "up\n"; }));
    fs::rename(podinit.dir("manifests"), podinit.dir("away"));
    CHECK(eventually([&] { return rejected().size() == 1; }));
    CHECK(rejected().at(0).file == podinit.dir("manifests"));
    CHECK(podinit.phase("web") == "Running");
    fs::rename(podinit.dir("away"), podinit.dir("manifests"));
    CHECK(eventually([&] { return rejected().empty(); }));
    put(podinit.dir("manifests/other.json"), pod_json("other", script(until_term), on_host));
    CHECK(podinit.running("other"));
    CHECK(read_text(mark) == "up\n");
}
