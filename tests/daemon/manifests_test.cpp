// SPDX-License-Identifier: Apache-2.0
// Manifest directories with the kernel's own inotify. What happened is told as text: "+default/web" is a pod to be as a
// file now says, "-default/web" one to be removed; objects of other kinds have theirs before the name.
#include "initd/manifest_names.hpp"
#include "initd/manifests.hpp"

#include "tests/catch.hpp"
#include "tests/daemon/log_rig.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace initd;
namespace fs = std::filesystem;

namespace {

std::string pod(const std::string& name, const std::string& image = "host") {
    return R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ")" + name +
           R"("}, "spec": {"containers": [{"name": "c", "image": ")" + image + "\"}]}}";
}

std::string config_map(const std::string& name, const std::string& value = "v") {
    return R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": ")" + name + R"("}, "data": {"k": ")" +
           value + "\"}}";
}

class Rig {
  public:
    TempDir temp;
    std::string low = temp.path() + "/low", high = temp.path() + "/high";
    Poller poller = std::move(*Poller::open());
    StateFile nowhere;
    Asides asides{nowhere};
    std::optional<Manifests> manifests;
    std::vector<spec::Object> wanted; // of the last text that was told
    Millis now{0};

    Rig() {
        fs::create_directory(low);
        fs::create_directory(high);
    }
    void write(const std::string& path, std::string_view text) {
        const ns::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
        REQUIRE(fd);
        write_text(fd.get(), text);
    }
    std::string load(const std::string& reserve = "", bool reserve_in_force = false) {
        manifests.emplace(poller, asides, std::vector{low, high}, reserve, reserve_in_force);
        std::vector<ObjectChange> changes;
        while (manifests->load_next(changes)) {
        }
        return text(changes);
    }
    std::string changes() {
        std::vector<ObjectChange> changes;
        manifests->tick(now += Millis{1'000}, changes);
        for (auto ready = poller.wait(0); !ready.empty(); ready = poller.wait(0))
            manifests->on_change(now, changes);
        return text(changes);
    }
    std::string rescan() {
        std::vector<ObjectChange> changes;
        manifests->rescan(changes);
        return text(changes);
    }
    std::string look_at(const std::string& path) {
        std::vector<ObjectChange> changes;
        manifests->look_at(path, changes);
        return text(changes);
    }
    std::string image() const {
        return wanted.empty() ? "" : wanted.back().pods.front().pod.spec.containers.front().image;
    }
    std::vector<std::string> problems() const {
        std::vector<std::string> all;
        for (const spec::RejectedManifest& rejected : manifests->rejected())
            for (const std::string& problem : rejected.problems)
                all.push_back(fs::path(rejected.file).filename().string() + ": " + problem);
        return all;
    }

  private:
    std::string text(std::vector<ObjectChange>& changes) {
        std::string text;
        wanted.clear();
        for (ObjectChange& change : changes) {
            const std::string kind(change.kind == spec::Kind::Pod ? "" : spec::resource_of(change.kind));
            text += (text.empty() ? "" : " ") + std::string(change.wanted ? "+" : "-") + kind +
                    (kind.empty() ? "" : ":") + change.name;
            if (change.wanted)
                wanted.push_back(std::move(change.object));
        }
        return text;
    }
};

} // namespace

TEST_CASE("what the directories hold at the start is read in the order of names") {
    Rig rig;
    rig.write(rig.low + "/b.json", pod("b"));
    rig.write(rig.low + "/a.json", pod("z"));
    rig.write(rig.high + "/c.json", pod("c"));
    CHECK(rig.load() == "+default/z +default/b +default/c");
    CHECK(rig.changes().empty());
}

TEST_CASE("temporary files, hidden files and files of other kinds are not read") {
    Rig rig;
    for (const char* name : {"/.web.json", "/web.json~", "/web.json.swp", "/web.yaml", "/json", "/.json"})
        rig.write(rig.low + name, pod("web"));
    CHECK(rig.load().empty());
    for (const char* name : {"/.web.json.tmp", "/4913", "/web.json.XXXX"})
        rig.write(rig.low + name, pod("web"));
    CHECK(rig.changes().empty());
    CHECK(rig.problems().empty());
}

TEST_CASE("a file is read when its writer has closed it, not before") {
    Rig rig;
    rig.load();
    ns::Fd fd(::open((rig.low + "/web.json").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    const std::string whole = pod("web");
    write_text(fd.get(), whole.substr(0, 40));
    CHECK(rig.changes().empty());
    CHECK(rig.problems().empty());
    write_text(fd.get(), whole.substr(40));
    CHECK(rig.changes().empty());
    fd.reset();
    CHECK(rig.changes() == "+default/web");
}

TEST_CASE("a file is read when a rename brings it in, and gone when one takes it away") {
    Rig rig;
    rig.load();
    rig.write(rig.low + "/.web.json.tmp", pod("web"));
    fs::rename(rig.low + "/.web.json.tmp", rig.low + "/web.json");
    CHECK(rig.changes() == "+default/web");
    fs::rename(rig.low + "/web.json", rig.low + "/web.json.off");
    CHECK(rig.changes() == "-default/web");
    fs::rename(rig.low + "/web.json.off", rig.temp.path() + "/elsewhere.json");
    CHECK(rig.changes().empty());
}

TEST_CASE("a file that changes is read again, and one that is removed takes its pod along") {
    Rig rig;
    rig.write(rig.low + "/web.json", pod("web", "a"));
    rig.load();
    rig.write(rig.low + "/web.json", pod("web", "b"));
    CHECK(rig.changes() == "+default/web");
    CHECK(rig.image() == "b");
    fs::remove(rig.low + "/web.json");
    CHECK(rig.changes() == "-default/web");
    CHECK(rig.manifests->files_of(spec::Kind::Pod, "default/web").empty());
}

TEST_CASE("a file that comes to hold another pod ends the one before") {
    Rig rig;
    rig.write(rig.low + "/x.json", pod("one"));
    rig.load();
    rig.write(rig.low + "/x.json", pod("two"));
    CHECK(rig.changes() == "-default/one +default/two");
}

TEST_CASE("a file that moves within the directory keeps its pod") {
    Rig rig;
    rig.write(rig.low + "/a.json", pod("web"));
    rig.load();
    fs::rename(rig.low + "/a.json", rig.low + "/b.json");
    CHECK(rig.changes() == "+default/web");
    CHECK(rig.manifests->files_of(spec::Kind::Pod, "default/web") == std::vector{rig.low + "/b.json"});
}

TEST_CASE("of two files with one pod in a directory the first by name counts") {
    Rig rig;
    rig.write(rig.low + "/a.json", pod("web", "a"));
    rig.write(rig.low + "/b.json", pod("web", "b"));
    CHECK(rig.load() == "+default/web");
    CHECK(rig.image() == "a");
    rig.write(rig.low + "/b.json", pod("web", "b2"));
    CHECK(rig.changes().empty());
    fs::remove(rig.low + "/a.json");
    CHECK(rig.changes() == "+default/web");
    CHECK(rig.image() == "b2");
}

TEST_CASE("a later directory wins, and what it hid comes into force when it goes") {
    Rig rig;
    rig.write(rig.low + "/web.json", pod("web", "low"));
    rig.write(rig.high + "/web.json", pod("web", "high"));
    CHECK(rig.load() == "+default/web +default/web");
    CHECK(rig.image() == "high");
    rig.write(rig.low + "/web.json", pod("web", "low2"));
    CHECK(rig.changes().empty());
    CHECK(rig.manifests->files_of(spec::Kind::Pod, "default/web").size() == 2);
    fs::remove(rig.high + "/web.json");
    CHECK(rig.changes() == "+default/web");
    CHECK(rig.image() == "low2");
}

TEST_CASE("a file that hid another one and now holds another pod gives it back") {
    Rig rig;
    rig.write(rig.low + "/web.json", pod("web", "low"));
    rig.write(rig.high + "/x.json", pod("web", "high"));
    rig.load();
    rig.write(rig.high + "/x.json", pod("other"));
    CHECK(rig.changes() == "+default/web +default/other");
    CHECK(rig.wanted.front().pods.front().pod.spec.containers.front().image == "low");
}

TEST_CASE("a bad file is reported with its place and leaves the pod as it was") {
    Rig rig;
    rig.write(rig.low + "/web.json", pod("web"));
    rig.load();
    std::string bad = pod("web");
    bad.replace(bad.find("image"), 5, "imag_");
    rig.write(rig.low + "/web.json", bad);
    CHECK(rig.changes().empty());
    REQUIRE(rig.problems().size() >= 1);
    CHECK(rig.problems()[0].starts_with("web.json: /spec/containers/0"));
    CHECK(rig.manifests->files_of(spec::Kind::Pod, "default/web").size() == 1);
    rig.write(rig.low + "/web.json", pod("web"));
    CHECK(rig.changes() == "+default/web");
    CHECK(rig.problems().empty());
}

TEST_CASE("a bad file that is removed takes along the pod that it held before") {
    Rig rig;
    rig.write(rig.low + "/web.json", pod("web"));
    rig.load();
    rig.write(rig.low + "/web.json", "{");
    CHECK(rig.changes().empty());
    fs::remove(rig.low + "/web.json");
    CHECK(rig.changes() == "-default/web");
    CHECK(rig.problems().empty());
}

TEST_CASE("one bad file costs only itself") {
    Rig rig;
    rig.write(rig.low + "/a.json", "");
    rig.write(rig.low + "/b.json", "\xff\xfe");
    rig.write(rig.low + "/c.json", pod("c"));
    CHECK(rig.load() == "+default/c");
    CHECK(rig.manifests->rejected().size() == 2);
}

TEST_CASE("what is no regular file is reported, not waited for") {
    Rig rig;
    REQUIRE(::mkfifo((rig.low + "/fifo.json").c_str(), 0600) == 0);
    fs::create_directory(rig.low + "/dir.json");
    fs::create_symlink("/dev/zero", rig.low + "/zero.json");
    fs::create_symlink("nowhere", rig.low + "/dangling.json");
    CHECK(rig.load().empty());
    auto problems = rig.problems();
    std::ranges::sort(problems);
    REQUIRE(problems.size() == 4);
    CHECK(problems[0].starts_with("dangling.json: "));
    CHECK(problems[1] == "dir.json: no regular file");
    CHECK(problems[2] == "fifo.json: no regular file");
    CHECK(problems[3] == "zero.json: no regular file");
}

TEST_CASE("a file longer than any manifest is not read") {
    Rig rig;
    rig.write(rig.low + "/huge.json", "{");
    fs::resize_file(rig.low + "/huge.json", 1ull << 40);
    rig.write(rig.low + "/ok.json", pod("ok"));
    CHECK(rig.load() == "+default/ok");
    REQUIRE(rig.problems().size() == 1);
    CHECK(rig.problems()[0].find("EFBIG") != std::string::npos);
}

TEST_CASE("a directory that is missing is read once it is there and something asks for it") {
    Rig rig;
    fs::remove(rig.low);
    rig.write(rig.high + "/b.json", pod("b"));
    CHECK(rig.load() == "+default/b");
    fs::create_directory(rig.low);
    rig.write(rig.low + "/a.json", pod("a"));
    SECTION("SIGHUP") {
        CHECK(rig.rescan() == "+default/a +default/b");
    }
    SECTION("a helper has written a file") {
        CHECK(rig.look_at(rig.low + "/a.json") == "+default/a");
    }
    rig.write(rig.low + "/c.json", pod("c"));
    CHECK(rig.changes().ends_with("+default/c"));
}

TEST_CASE("a directory that was replaced is looked at where it is now") {
    Rig rig;
    rig.write(rig.low + "/a.json", pod("a"));
    rig.load();
    fs::rename(rig.low, rig.temp.path() + "/old");
    fs::create_directory(rig.low);
    rig.changes();
    rig.write(rig.low + "/b.json", pod("b"));
    CHECK(rig.look_at(rig.low + "/b.json") == "+default/b");
    rig.write(rig.low + "/c.json", pod("c"));
    CHECK(rig.changes().ends_with("+default/c"));
    CHECK(rig.rescan().starts_with("+default/b +default/c"));
    CHECK(rig.manifests->files_of(spec::Kind::Pod, "default/a").empty());
}

TEST_CASE("a directory that cannot be read any more says nothing about its pods") {
    Rig rig;
    rig.write(rig.low + "/a.json", pod("a"));
    rig.load();
    fs::rename(rig.low, rig.temp.path() + "/away");
    CHECK(rig.changes().empty());
    CHECK(rig.rescan().empty());
    CHECK(rig.manifests->files_of(spec::Kind::Pod, "default/a").size() == 1);
}

TEST_CASE("a rescan finds what is new, changed and gone") {
    Rig rig;
    rig.write(rig.low + "/changed.json", pod("changed", "a"));
    rig.write(rig.low + "/gone.json", pod("gone"));
    rig.load();
    rig.write(rig.low + "/changed.json", pod("changed", "b"));
    rig.write(rig.low + "/new.json", pod("new"));
    fs::remove(rig.low + "/gone.json");
    CHECK(rig.rescan() == "-default/gone +default/changed +default/new");
    CHECK(rig.wanted.front().pods.front().pod.spec.containers.front().image == "b");
}

TEST_CASE("more changes than inotify has room for are found all the same") {
    Rig rig;
    rig.load();
    std::string limit = read_text("/proc/sys/fs/inotify/max_queued_events");
    const int events = std::atoi(limit.c_str());
    if (events > 40'000) {
        WARN("skipped: inotify's queue holds " << events << " events, more than this test likes to make");
        return;
    }
    for (int i = 0; i <= events / 2; ++i) { // two different events each, so that none is merged with the last
        rig.write(rig.low + "/.x", "");
        fs::rename(rig.low + "/.x", rig.low + "/.y");
    }
    rig.write(rig.low + "/web.json", pod("web"));
    CHECK(rig.changes() == "+default/web");
}

TEST_CASE("a job's file is looked at when asked, wherever it is") {
    Rig rig;
    rig.load();
    rig.write(rig.low + "/web.json", pod("web"));
    CHECK(rig.look_at(rig.low + "/web.json") == "+default/web");
    fs::remove(rig.low + "/web.json");
    CHECK(rig.look_at(rig.low + "/web.json") == "-default/web");
    CHECK(rig.look_at(rig.temp.path() + "/elsewhere/web.json").empty());
}

TEST_CASE("a writer that never stops does not keep PID 1 in one place") {
    Rig rig;
    rig.load();
    for (int i = 0; i < 500; ++i) {
        rig.write(rig.low + "/web.json", pod("web"));
        rig.write(rig.low + "/.x", "");
    }
    std::vector<ObjectChange> changes;
    rig.manifests->on_change(rig.now, changes);
    CHECK(changes.size() < 500);
    CHECK_FALSE(rig.poller.wait(0).empty());
}

TEST_CASE("a file written a hundred times is looked at once, and its last content counts") {
    Rig rig;
    rig.load();
    for (int i = 0; i < 100; ++i) {
        rig.write(rig.low + "/web.json", pod("web", "v" + std::to_string(i)));
        fs::rename(rig.low + "/web.json", rig.low + "/.x"); // two different events each, so that none is merged
        fs::rename(rig.low + "/.x", rig.low + "/web.json");
    }
    std::vector<ObjectChange> changes;
    rig.manifests->on_change(rig.now, changes);
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].object.pods.front().pod.spec.containers.front().image == "v99");
}

TEST_CASE("after a look the next one waits for a tenth of a second, and the poller has no wake-up before") {
    Rig rig;
    rig.load();
    CHECK(rig.manifests->next_deadline() == never);
    rig.write(rig.low + "/web.json", pod("web", "a"));
    CHECK(rig.changes() == "+default/web");
    CHECK(rig.manifests->next_deadline() == rig.now + Millis{100});
    rig.write(rig.low + "/web.json", pod("web", "b"));
    CHECK(rig.poller.wait(0).empty());
    std::vector<ObjectChange> none;
    rig.manifests->tick(rig.now + Millis{99}, none);
    CHECK(rig.poller.wait(0).empty());
    CHECK(rig.changes() == "+default/web");
    CHECK(rig.image() == "b");
    rig.manifests->tick(rig.now + Millis{100}, none);
    CHECK(rig.manifests->next_deadline() == never);
    CHECK(rig.poller.wait(0).empty());
}

TEST_CASE("a mistake that is written again and again is said once") {
    Rig rig;
    rig.load();
    const ns::Fd output(::open((rig.temp.path() + "/said").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const ns::Fd own(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
    REQUIRE(::dup2(output.get(), STDERR_FILENO) == STDERR_FILENO);
    for (int i = 0; i < 3; ++i) {
        rig.write(rig.low + "/web.json", "{");
        rig.changes();
    }
    REQUIRE(::dup2(own.get(), STDERR_FILENO) == STDERR_FILENO);
    const std::string said = read_text(rig.temp.path() + "/said");
    CHECK(said.find("/low/web.json:1:2: not JSON") != said.npos);
    CHECK(said.find("/low/web.json") == said.rfind("/low/web.json"));
    CHECK(rig.problems().size() == 1);
}

TEST_CASE("a file that is linked in is read at once, one that is only made when it is closed") {
    Rig rig;
    rig.write(rig.temp.path() + "/web", pod("web"));
    rig.load();
    SECTION("a symbolic link") {
        fs::create_symlink(rig.temp.path() + "/web", rig.low + "/web.json");
        CHECK(rig.changes() == "+default/web");
        rig.write(rig.temp.path() + "/web", pod("web", "b"));
        CHECK(rig.changes() == "+default/web");
        CHECK(rig.image() == "b");
    }
    SECTION("a hard one") {
        fs::create_hard_link(rig.temp.path() + "/web", rig.low + "/web.json");
        CHECK(rig.changes() == "+default/web");
    }
    SECTION("one that is made and given its mode before anything is in it") {
        ns::Fd fd(::open((rig.low + "/web.json").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        REQUIRE(::fchmod(fd.get(), 0644) == 0);
        CHECK(rig.changes().empty());
        CHECK(rig.problems().empty());
        write_text(fd.get(), pod("web"));
        fd.reset();
        CHECK(rig.changes() == "+default/web");
    }
}

TEST_CASE("files behind a link that is swapped by rename are all read again, and no pod goes meanwhile") {
    Rig rig;
    const std::string first = rig.low + "/..2026_1", second = rig.low + "/..2026_2", data = rig.low + "/..data";
    fs::create_directory(first);
    rig.write(first + "/web.json", pod("web", "a"));
    rig.write(first + "/old.json", pod("old"));
    fs::create_directory_symlink("..2026_1", data);
    for (const char* name : {"web.json", "old.json"})
        fs::create_symlink(fs::path("..data") / name, fs::path(rig.low) / name);
    CHECK(rig.load() == "+default/old +default/web");

    fs::create_directory(second);
    rig.write(second + "/web.json", pod("web", "b"));
    rig.write(second + "/new.json", pod("new"));
    fs::create_directory_symlink("..2026_2", data + "_tmp");
    fs::rename(data + "_tmp", data);
    fs::create_symlink("..data/new.json", rig.low + "/new.json");
    fs::remove(rig.low + "/old.json");
    fs::remove_all(first);
    CHECK(rig.changes() == "-default/old +default/web +default/new");
    CHECK(rig.wanted.front().pods.front().pod.spec.containers.front().image == "b");
    // And again, now that other directories are watched.
    fs::create_directory(first);
    rig.write(first + "/web.json", pod("web", "c"));
    rig.write(first + "/new.json", pod("new"));
    fs::create_directory_symlink("..2026_1", data + "_tmp");
    fs::rename(data + "_tmp", data);
    CHECK(rig.changes() == "+default/new +default/web");
    CHECK(rig.image() == "c");
}

TEST_CASE("a directory whose way leads through a link is looked at where the link points now") {
    Rig rig;
    const std::string releases = rig.temp.path() + "/releases", current = rig.temp.path() + "/current";
    for (const char* name : {"/1/manifests", "/2/manifests"})
        fs::create_directories(releases + name);
    rig.write(releases + "/1/manifests/web.json", pod("web", "a"));
    rig.write(releases + "/1/manifests/old.json", pod("old"));
    rig.write(releases + "/2/manifests/web.json", pod("web", "b"));
    fs::create_directory_symlink("releases/1", current);
    rig.low = current + "/manifests";
    CHECK(rig.load() == "+default/old +default/web");
    fs::create_directory_symlink("releases/2", current + ".new");
    fs::rename(current + ".new", current);
    CHECK(rig.changes() == "-default/old +default/web");
    CHECK(rig.image() == "b");
    rig.write(releases + "/1/manifests/web.json", pod("web", "c"));
    CHECK(rig.changes().empty());
    rig.write(releases + "/2/manifests/web.json", pod("web", "d"));
    CHECK(rig.changes() == "+default/web");
    CHECK(rig.image() == "d");
}

TEST_CASE("a directory that is removed takes its pods along, and is followed again once it is made again") {
    Rig rig;
    const std::string deep = rig.temp.path() + "/a/b/c";
    fs::create_directories(deep);
    rig.low = deep;
    rig.write(deep + "/web.json", pod("web"));
    CHECK(rig.load() == "+default/web");
    fs::remove_all(rig.temp.path() + "/a");
    CHECK(rig.changes() == "-default/web");
    CHECK(rig.problems().empty());
    for (const char* part : {"/a", "/a/b", "/a/b/c"}) {
        CHECK(rig.changes().empty());
        fs::create_directory(rig.temp.path() + part);
    }
    rig.write(deep + "/web.json", pod("web"));
    CHECK(rig.changes() == "+default/web");
    rig.write(deep + "/web.json", pod("web", "b"));
    CHECK(rig.changes() == "+default/web");
}

TEST_CASE("a directory that is moved away keeps its pods, says so, and is seen when it is back") {
    Rig rig;
    rig.write(rig.low + "/web.json", pod("web"));
    rig.load();
    fs::rename(rig.low, rig.temp.path() + "/away");
    CHECK(rig.changes().empty());
    CHECK(rig.problems() ==
          std::vector<std::string>{
              "low: its objects stay as they are: opening a file: No such file or directory (ENOENT)"});
    SECTION("as it was") {
        fs::rename(rig.temp.path() + "/away", rig.low);
        CHECK(rig.changes() == "+default/web");
    }
    SECTION("another one") {
        fs::create_directory(rig.low);
        CHECK(rig.changes() == "-default/web");
    }
    SECTION("a file has its place meanwhile") {
        rig.write(rig.low, "");
        CHECK(rig.changes().empty());
        CHECK(rig.problems().size() == 1);
        fs::remove(rig.low);
        fs::create_directory_symlink("away", rig.low);
        CHECK(rig.changes() == "+default/web");
    }
    CHECK(rig.problems().empty());
}

TEST_CASE("a directory removed and made again between two looks has only changed") {
    Rig rig;
    rig.write(rig.low + "/web.json", pod("web", "a"));
    rig.write(rig.low + "/old.json", pod("old"));
    rig.load();
    fs::remove_all(rig.low);
    fs::create_directory(rig.low);
    rig.write(rig.low + "/web.json", pod("web", "b"));
    CHECK(rig.changes() == "-default/old +default/web");
    CHECK(rig.image() == "b");
}

TEST_CASE("one file in two directories is one pod, whichever goes first") {
    Rig rig;
    rig.write(rig.low + "/web.json", pod("web"));
    fs::create_hard_link(rig.low + "/web.json", rig.high + "/web.json");
    rig.load();
    const bool low_first = GENERATE(true, false);
    fs::remove((low_first ? rig.low : rig.high) + "/web.json");
    const std::string told = rig.changes();
    CHECK(told == (low_first ? "" : "+default/web"));
    fs::remove((low_first ? rig.high : rig.low) + "/web.json");
    CHECK(rig.changes() == "-default/web");
}

TEST_CASE("a reserve is not looked at until it is called in") {
    Rig rig;
    const std::string reserve = rig.temp.path() + "/reserve";
    fs::create_directory(reserve);
    rig.write(reserve + "/aid.json", pod("aid"));
    CHECK(rig.load(reserve) == "");
    CHECK_FALSE(rig.manifests->is_in_force(0));
    rig.write(reserve + "/aid.json", pod("aid"));
    CHECK(rig.changes() == "");
    std::vector<ObjectChange> changes;
    CHECK(rig.manifests->call_in_reserve(changes));
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].name == "default/aid");
    changes.clear();
    CHECK_FALSE(rig.manifests->call_in_reserve(changes));
    rig.write(reserve + "/more.json", pod("more"));
    CHECK(rig.changes() == "+default/more");
}

TEST_CASE("with a reserve in force files of the others count once they change, and transient ones at once") {
    Rig rig;
    const std::string reserve = rig.temp.path() + "/reserve";
    fs::create_directory(reserve);
    rig.write(reserve + "/aid.json", pod("aid"));
    rig.write(rig.low + "/web.json", pod("web"));
    rig.write(rig.low + "/other.json", pod("other"));
    rig.write(rig.high + "/passing.json", pod("passing"));
    CHECK(rig.load(reserve, true) == "+default/aid +default/passing");
    std::vector<ObjectChange> changes;
    rig.manifests->rescan(changes);
    CHECK(std::ranges::none_of(changes, [](const ObjectChange& c) { return c.name == "default/web"; }));
    rig.write(rig.low + "/web.json", pod("web"));
    CHECK(rig.changes() == "+default/web");
    rig.write(rig.low + "/new.json", pod("new"));
    CHECK(rig.changes() == "+default/new");
    CHECK(rig.manifests->files_of(spec::Kind::Pod, "default/other").empty());
}

TEST_CASE("a watch that cannot be had is told with its directory, which is read all the same") {
    Rig rig;
    rig.write(rig.low + "/web.json", pod("web"));
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const ns::Fd next(::open("/", O_PATH | O_CLOEXEC));
    // inotify's instances count against open files: none is left for it.
    const rlimit none{static_cast<rlim_t>(next.get()), before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    rig.manifests.emplace(rig.poller, rig.asides, std::vector{rig.low});
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    std::vector<ObjectChange> changes;
    while (rig.manifests->load_next(changes)) {
    }
    CHECK(changes.size() == 1);
    const auto problems = rig.problems();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0] == "low: changes are seen late: watching a directory: Too many open files (EMFILE)");
    rig.write(rig.low + "/late.json", pod("late"));
    changes.clear();
    REQUIRE(rig.manifests->next_deadline() != never);
    rig.manifests->tick(rig.manifests->next_deadline(), changes);
    CHECK(std::ranges::count(changes, "default/late", &ObjectChange::name) == 1);
}

TEST_CASE("objects of two kinds by one name are two objects, each with its own precedence") {
    Rig rig;
    rig.write(rig.low + "/a.json", pod("web"));
    rig.write(rig.low + "/b.json", config_map("web", "low"));
    rig.write(rig.high + "/c.json", config_map("web", "high"));
    CHECK(rig.load() == "+default/web +configmap:default/web +configmap:default/web");
    CHECK(rig.wanted.back().data == spec::StringMap{{"k", "high"}});
    CHECK(rig.manifests->files_of(spec::Kind::Pod, "default/web") == std::vector{rig.low + "/a.json"});
    CHECK(rig.manifests->files_of(spec::Kind::ConfigMap, "default/web").size() == 2);
    CHECK(rig.manifests->object_in(rig.low + "/b.json") == "configmap default/web");
    CHECK(rig.manifests->object_in(rig.low + "/none.json").empty());
    fs::remove(rig.high + "/c.json");
    CHECK(rig.changes() == "+configmap:default/web");
    CHECK(rig.wanted.back().data == spec::StringMap{{"k", "low"}});
    fs::remove(rig.low + "/b.json");
    CHECK(rig.changes() == "-configmap:default/web");
}

TEST_CASE("a file that comes to hold another kind ends what it held") {
    Rig rig;
    rig.write(rig.low + "/x.json", pod("web"));
    rig.load();
    rig.write(rig.low + "/x.json", config_map("web"));
    CHECK(rig.changes() == "-default/web +configmap:default/web");
}

TEST_CASE("a kind that only a cluster gives a meaning is no object of the file's, and no problem") {
    Rig rig;
    const std::string service =
        R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}})";
    rig.write(rig.low + "/x.json", service);
    CHECK(rig.load().empty());
    CHECK(rig.problems().empty());
    CHECK(rig.manifests->object_in(rig.low + "/x.json").empty());
    rig.write(rig.low + "/x.json", pod("web"));
    CHECK(rig.changes() == "+default/web");
    rig.write(rig.low + "/x.json", service);
    CHECK(rig.changes() == "-default/web");
    fs::remove(rig.low + "/x.json");
    CHECK(rig.changes().empty());
}

TEST_CASE("what cannot come into force is reported until it is read again") {
    Rig rig;
    rig.write(rig.low + "/web.json", pod("web"));
    rig.load();
    std::vector<ObjectChange> changes;
    rig.manifests->retry_refused(changes);
    CHECK(changes.empty());
    rig.manifests->refuse(spec::Kind::Pod, "default/web", "there is one");
    CHECK(rig.problems() == std::vector<std::string>{"web.json: /metadata/name: there is one"});
    CHECK(rig.manifests->files_of(spec::Kind::Pod, "default/web").size() == 1);
    rig.manifests->retry_refused(changes);
    CHECK(changes.size() == 1);
    CHECK(rig.problems().empty());
    rig.manifests->retry_refused(changes);
    CHECK(changes.size() == 1);
}

TEST_CASE("the name of a kept object's file tells kind, namespace and name apart") {
    struct {
        spec::Kind kind;
        const char* namespace_;
        const char* name;
        const char* file;
    } const table[] = {
        {spec::Kind::Pod, "default", "web", "default_web.json"},
        {spec::Kind::Pod, "a", "b.c", "a_b.c.json"},
        {spec::Kind::ConfigMap, "default", "web", "ConfigMap_default_web.json"},
        {spec::Kind::Secret, "default", "web", "Secret_default_web.json"},
        {spec::Kind::DaemonSet, "kube-system", "web", "DaemonSet_kube-system_web.json"},
        {spec::Kind::Deployment, "default", "web", "Deployment_default_web.json"},
        {spec::Kind::StatefulSet, "default", "web", "StatefulSet_default_web.json"},
    };
    for (const auto& row : table) {
        CHECK(manifest_file_name(row.kind, row.namespace_, row.name) == row.file);
        CHECK(is_manifest_name(row.file));
    }
    CHECK_FALSE(is_manifest_name(".json"));
    CHECK_FALSE(is_manifest_name("web.json.tmp"));
}

TEST_CASE("the file of a long name has one that a directory can hold, and no other's") {
    const std::string namespace_(63, 'n'), name(253, 'a');
    const std::string file = manifest_file_name(spec::Kind::StatefulSet, namespace_, name);
    CHECK(file.size() == 255);
    CHECK(is_manifest_name(file));
    CHECK(file != manifest_file_name(spec::Kind::StatefulSet, namespace_, name.substr(1) + "b"));
    CHECK(file != manifest_file_name(spec::Kind::StatefulSet, namespace_, name.substr(1)));
    // The longest that is written in full.
    const std::string fits = manifest_file_name(spec::Kind::Pod, "default", std::string(242, 'a'));
    CHECK(fits == "default_" + std::string(242, 'a') + ".json");
    CHECK(manifest_file_name(spec::Kind::Pod, "default", std::string(243, 'a')).size() == 255);
    Rig rig;
    rig.write(rig.low + "/" + file, pod("web"));
    CHECK(rig.load() == "+default/web");
}
