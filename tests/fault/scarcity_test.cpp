// SPDX-License-Identifier: Apache-2.0
// What podinit needs of the machine runs out, really: whoever asks for more of it is told so, nobody else notices, and
// when it is there again all goes on.
#include "tests/catch.hpp"
#include "tests/fault/scenarios.hpp"
#include "tests/fault/stage.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace fault;
using namespace initd;
using std::chrono::seconds;

namespace {

// In podinit's mount namespace.
template <class Do>
bool there(const Stage& stage, Do act) {
    const std::string path = "/proc/" + std::to_string(stage.podinit().pid()) + "/ns/mnt";
    const pid_t child = ::fork();
    if (child == 0) {
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        ::_exit(::setns(fd, CLONE_NEWNS) == 0 && act() ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status == 0;
}

// What it says since then.
bool says(Stage& stage, const std::string& words) {
    std::string all;
    const bool said = eventually([&] { return (all += stage.news()).find(words) != all.npos; });
    INFO("podinit said: " << all);
    CHECK(said);
    return said;
}

// All scenarios that matter work, and nobody has been lost.
void all_is_well(Stage& stage) {
    for (const char* name : {"host-pod", "private-pod", "exits", "output", "exec", "objects"}) {
        Trial trial(stage.podinit());
        clean_up(trial);
        find_scenario(name)->run(trial);
        INFO(name);
        CHECK(trial.wrong == "");
    }
    CHECK(stage.alive());
    CHECK(stage.lost() == "");
}

rlimit64 limit(const Stage& stage, int resource, const rlimit64* set = nullptr) {
    rlimit64 before{};
    ::prlimit64(stage.podinit().pid(), static_cast<__rlimit_resource>(resource), set, &before);
    return before;
}

// A function: what another file defines may not be there yet when this one's constants are made.
std::string one() {
    return pod_json("x", script(until_term), on_host);
}

// A cgroup of version 1 with PID 1 in it, where this machine has that controller.
class OldCgroup {
  public:
    OldCgroup(const std::string& controller, pid_t pid)
        : path_("/sys/fs/cgroup/" + controller + "/podinit-test-" + std::to_string(::getpid())) {
        if (::mkdir(path_.c_str(), 0755) == 0)
            there_ = write("cgroup.procs", std::to_string(pid));
    }
    ~OldCgroup() { ::rmdir(path_.c_str()); }
    bool write(const std::string& file, const std::string& text) const {
        std::ofstream out(path_ + "/" + file);
        return static_cast<bool>(out << text << std::flush);
    }
    void leave(const std::string& controller, pid_t pid) const {
        std::ofstream("/sys/fs/cgroup/" + controller + "/cgroup.procs") << pid << std::flush;
    }
    explicit operator bool() const noexcept { return there_; }

  private:
    std::string path_;
    bool there_ = false;
};

} // namespace

TEST_CASE("without a free descriptor nothing starts, clients are told so, and all goes on when there are some again") {
    if (!can_supervise())
        return;
    Stage stage;
    Supervisor& podinit = stage.podinit();
    const rlimit64 before = limit(stage, RLIMIT_NOFILE);
    Connection held(podinit.dir("run/control.sock")); // one that is there already
    REQUIRE(held.send({spec::List{}, true, false}));
    const rlimit64 few{3, before.rlim_max};
    limit(stage, RLIMIT_NOFILE, &few);
    podinit.lenient = true;
    CHECK(podinit.apply_one(one()) != "created");
    podinit.signal(SIGHUP);
    CHECK(says(stage, "EMFILE"));
    CHECK(stage.alive());
    limit(stage, RLIMIT_NOFILE, &before);
    podinit.lenient = false;
    all_is_well(stage);
}

TEST_CASE("without a free page nothing more is taken in, and all goes on when there are some again") {
    if (!can_supervise())
        return;
    Stage stage;
    Supervisor& podinit = stage.podinit();
    const rlimit64 before = limit(stage, RLIMIT_AS);
    const rlimit64 none{4096, before.rlim_max};
    limit(stage, RLIMIT_AS, &none);
    std::vector<std::string> many;
    for (int i = 0; i < 300; ++i)
        many.push_back(
            pod_json("x" + std::to_string(i), script(until_term + " # " + std::string(10'000, 'x')), on_host));
    podinit.lenient = true;
    podinit.patience = seconds{2};
    podinit.apply(many);
    CHECK(stage.alive());
    podinit.lenient = false;
    podinit.patience = seconds{30};
    limit(stage, RLIMIT_AS, &before);
    REQUIRE(eventually([&] { // what it did take in goes as it came
        for (const auto& pod : podinit.list())
            if (pod.pod.metadata.name.starts_with('x'))
                podinit.call(spec::Delete{"default", pod.pod.metadata.name, 0, ""});
        return podinit.list().size() == 10;
    }));
    all_is_well(stage);
}

TEST_CASE("without a free process nothing starts, the pod says why, and starts when there is one again") {
    if (!can_supervise())
        return;
    Stage stage;
    Supervisor& podinit = stage.podinit();
    const OldCgroup pids("pids", podinit.pid());
    if (!pids) {
        WARN("skipped: no pids controller of cgroup version 1 here");
        return;
    }
    REQUIRE(pids.write("pids.max", "1"));
    CHECK(podinit.apply_one(one(), true) != "created"); // the helper that writes it cannot be started
    std::ofstream(podinit.dir("manifests/file.json")) << one();
    CHECK(eventually([&] { return podinit.get("x").has_value(); }));
    CHECK(says(stage, "EAGAIN"));
    CHECK(stage.lost() == "");
    REQUIRE(pids.write("pids.max", "max"));
    CHECK(podinit.running("x"));
    std::remove(podinit.dir("manifests/file.json").c_str());
    all_is_well(stage);
    pids.leave("pids", podinit.pid());
}

TEST_CASE("a disk that is full or read-only refuses what is to be kept, by its name, and costs no running pod") {
    if (!can_supervise())
        return;
    struct {
        const char *what, *error;
        unsigned long flags;
        const char* options;
    } const disks[] = {{"full", "No space left on device", 0, "nr_inodes=1"},
                       {"read-only", "Read-only file system", MS_RDONLY, ""}};
    for (const auto& disk : disks) {
        INFO(disk.what);
        Stage stage;
        Supervisor& podinit = stage.podinit();
        const auto cover = [&](const std::string& name, unsigned long flags, const char* options) {
            const std::string path = podinit.dir(name);
            return there(stage, [&] { return ::mount("none", path.c_str(), "tmpfs", flags, options) == 0; });
        };
        const auto uncover = [&](const std::string& name) {
            const std::string path = podinit.dir(name);
            return there(stage, [&] { return ::umount2(path.c_str(), MNT_DETACH) == 0; });
        };
        REQUIRE(cover("manifests", disk.flags, disk.options));
        const std::string said = podinit.apply_one(one());
        INFO(said);
        CHECK(said.find(disk.error) != said.npos);
        REQUIRE(uncover("manifests"));
        podinit.signal(SIGHUP);

        REQUIRE(cover("run/log/pods", disk.flags, disk.options));
        CHECK(podinit.apply_one(pod_json("x", script("echo lost; " + until_term), on_host), true) == "created");
        CHECK(podinit.running("x"));
        CHECK(says(stage, disk.error));
        CHECK(podinit.remove("x") == "gone");
        REQUIRE(uncover("run/log/pods"));

        REQUIRE(cover("run/pods", disk.flags, disk.options)); // where sandboxes are made
        CHECK(podinit.apply_one(pod_json("x", script(until_term)), true) == "created");
        CHECK(says(stage, disk.error));
        CHECK(stage.lost() == "");
        REQUIRE(uncover("run/pods"));
        CHECK(podinit.running("x"));
        CHECK(podinit.remove("x") == "gone");
        all_is_well(stage);
    }
}

TEST_CASE("10,000 processes that end at once are reaped, and no exit of a container is missed among them") {
    if (!can_supervise())
        return;
    Stage stage;
    Supervisor& podinit = stage.podinit();
    const std::size_t before = podinit.processes();
    REQUIRE(podinit.apply_one(R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": )"
                              R"({"hostNetwork": true, "hostPID": true, "hostIPC": true, "containers": [{"name": "c", )"
                              R"("image": "host", "command": [")" TALKER
                              R"(", "orphan", "10000", "stay"]}], "terminationGracePeriodSeconds": 1}})") == "created");
    for (int i = 0; i < 3; ++i)
        REQUIRE(podinit.apply_one(pod_json("x" + std::to_string(i), script("exit " + std::to_string(i + 4)),
                                           on_host + R"(, "restartPolicy": "Never")")) == "created");
    CHECK(eventually([&] { return podinit.logs("x") == "stdout orphaned 10000\n"; }, seconds{120}));
    for (int i = 0; i < 3; ++i)
        CHECK(eventually(
            [&] {
                const auto state = podinit.status("x" + std::to_string(i)).state;
                return state.terminated && state.terminated->exit_code == i + 4;
            },
            seconds{120}));
    Trial trial(podinit);
    clean_up(trial);
    CHECK(eventually([&] { return podinit.processes() <= before + 2; }, seconds{120}));
    all_is_well(stage);
}

TEST_CASE("a pod that writes without end keeps nobody waiting") {
    if (!can_supervise())
        return;
    Stage stage;
    Supervisor& podinit = stage.podinit();
    REQUIRE(podinit.apply_one(pod_json("flood", R"("command": ["/usr/bin/yes"])", on_host)) == "created");
    REQUIRE(podinit.running("flood"));
    all_is_well(stage);
    CHECK(podinit.remove("flood") == "gone");
}

TEST_CASE("a console that takes nothing keeps nobody waiting") {
    if (!can_supervise())
        return;
    const TempDir dir;
    const std::string fifo = dir.path() + "/console";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const ns::Fd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    const ns::Fd writer(::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    char junk[4096]{};
    while (::write(writer.get(), junk, sizeof junk) > 0) {
    }
    Stage stage(fifo);
    for (int i = 0; i < 20; ++i) { // each of which has something said
        std::ofstream(stage.podinit().dir("manifests/bad.json")) << "{" << i;
        stage.podinit().signal(SIGHUP);
    }
    std::remove(stage.podinit().dir("manifests/bad.json").c_str());
    all_is_well(stage);
}

TEST_CASE("without /dev/pts a container that wants a terminal says so, and the others do without") {
    if (!can_supervise())
        return;
    Stage stage;
    Supervisor& podinit = stage.podinit();
    REQUIRE(there(stage, [] {
        bool gone = false;
        while (::umount2("/dev/pts", MNT_DETACH) == 0)
            gone = true;
        return gone;
    }));
    REQUIRE(podinit.apply_one(pod_json("x", script(until_term) + R"(, "tty": true)", on_host)) == "created");
    CHECK(says(stage, "default/x/c: "));
    CHECK(stage.lost() == "");
    all_is_well(stage);
}

TEST_CASE("a container that not even SIGKILL ends holds up its own pod alone") {
    if (!can_supervise())
        return;
    Stage stage;
    Supervisor& podinit = stage.podinit();
    REQUIRE(podinit.apply_one(pod_json("x", script("echo $$$$; " + until_term), on_host)) == "created");
    REQUIRE(podinit.running("x"));
    std::string log;
    REQUIRE(eventually([&] { return (log = podinit.logs("x")).starts_with("stdout "); }));
    // Its number is one of podinit's namespace: here it is found as the child that has it there.
    const std::string wanted = "\t" + log.substr(7, log.size() - 8) + "\n";
    const std::string children =
        read_text("/proc/" + std::to_string(podinit.pid()) + "/task/" + std::to_string(podinit.pid()) + "/children");
    pid_t stuck = 0;
    for (std::size_t at = 0, end; (end = children.find(' ', at)) != children.npos; at = end + 1) {
        const std::string child = children.substr(at, end - at);
        const std::string status = read_text("/proc/" + child + "/status");
        const auto line = status.find("NSpid:");
        if (status.substr(line, status.find('\n', line) - line + 1).ends_with(wanted))
            stuck = std::atoi(child.c_str());
    }
    REQUIRE(stuck > 0);
    OldCgroup freezer("freezer", stuck);
    if (!freezer || !freezer.write("freezer.state", "FROZEN")) {
        WARN("skipped: no freezer of cgroup version 1 here");
        return;
    }
    REQUIRE(podinit.call(spec::Delete{"default", "x", 0, ""}));
    CHECK(eventually(
        [&] {
            return std::ranges::any_of(podinit.objects("event"), [](const std::string& event) {
                return event.find("has not ended 10 s after SIGKILL") != event.npos;
            });
        },
        seconds{60}));
    CHECK(stage.lost() == "");
    Trial trial(podinit);
    find_scenario("exits")->run(trial); // others come and go
    CHECK(trial.wrong == "");
    CHECK(podinit.get("x"));
    REQUIRE(freezer.write("freezer.state", "THAWED"));
    CHECK(eventually([&] { return !podinit.get("x"); }));
    all_is_well(stage);
}
