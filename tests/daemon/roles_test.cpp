// SPDX-License-Identifier: Apache-2.0
// The helpers, each run in a process of its own on a temporary directory.
#include "tests/catch.hpp"

#include "initd/role_mains.hpp"
#include "ns/fd.hpp"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct TempDir {
    std::string path;
    TempDir() {
        char name[] = "/tmp/podinit-roles-XXXXXX";
        REQUIRE(::mkdtemp(name));
        path = name;
    }
    ~TempDir() { (void)!std::system(("rm -rf --one-file-system " + path).c_str()); }
    std::string operator/(const std::string& name) const { return path + "/" + name; }
};

void write_file(const std::string& path, std::string_view text) {
    ns::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    REQUIRE(fd);
    REQUIRE(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::string read_file(const std::string& path) {
    ns::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(4 << 20, '\0');
    const ssize_t got = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
    return got < 0 ? "(none)" : text.substr(0, static_cast<std::size_t>(got));
}

bool exists(const std::string& path) {
    struct stat st {};
    return ::lstat(path.c_str(), &st) == 0;
}

ns::Fd content(std::string_view text) {
    ns::Fd fd(::memfd_create("content", MFD_CLOEXEC));
    REQUIRE(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::lseek(fd.get(), 0, SEEK_SET);
    return fd;
}

struct Outcome {
    int code;
    std::string said;
};

pid_t start(const std::function<int()>& role, int stderr_fd) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        for (int signo : {SIGTERM, SIGINT, SIGSEGV, SIGABRT}) // Catch2 handles them; an exec would have reset that
            std::signal(signo, SIG_DFL);
        ::dup2(stderr_fd, STDERR_FILENO);
        ::_exit(role());
    }
    return pid;
}

Outcome run(const std::function<int()>& role) {
    int pipe[2];
    REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
    ns::Fd read_end(pipe[0]), write_end(pipe[1]);
    const pid_t pid = start(role, write_end.get());
    write_end.reset();
    std::string said;
    char text[4096];
    for (ssize_t got; (got = ::read(read_end.get(), text, sizeof text)) > 0;)
        said.append(text, static_cast<std::size_t>(got));
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, said};
}

struct Piece {
    std::string name;
    std::string text;
};

int store_now(const std::string& directory, const std::vector<Piece>& pieces, int content_fd,
              const std::vector<std::string>& removed = {}, bool trial = false) {
    std::vector<std::string> words = {directory, trial ? "trial" : ""};
    for (const Piece& piece : pieces) {
        words.push_back(piece.name);
        words.push_back(std::to_string(piece.text.size()));
    }
    words.emplace_back("--");
    words.insert(words.end(), removed.begin(), removed.end());
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    return initd::store_main(argv, content_fd);
}

Outcome store(const std::string& directory, const std::vector<Piece>& pieces,
              const std::vector<std::string>& removed = {}, bool trial = false) {
    std::string all;
    for (const Piece& piece : pieces)
        all += piece.text;
    const ns::Fd fd = content(all);
    return run([&] { return store_now(directory, pieces, fd.get(), removed, trial); });
}

Outcome store(const std::string& file, const std::string& text) {
    const auto slash = file.rfind('/');
    return store(file.substr(0, slash), {{file.substr(slash + 1), text}});
}

Outcome with_arguments(int (*role)(std::span<char* const>), std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    return run([&] { return role(argv); });
}

Outcome settle(const std::string& directory, const char* how) {
    return run([&] {
        std::string copy = directory;
        char* argument = copy.data();
        return initd::settle_main(how, {&argument, 1});
    });
}

} // namespace

TEST_CASE("store makes the file and its missing directories, readable by nobody else") {
    TempDir dir;
    const std::string file = dir / "a/b/default_web.json";
    CHECK(store(file, "{}").code == 0);
    CHECK(read_file(file) == "{}");
    struct stat st {};
    REQUIRE(::stat(file.c_str(), &st) == 0);
    CHECK((st.st_mode & 07777) == 0600);
    REQUIRE(::stat((dir / "a/b").c_str(), &st) == 0);
    CHECK((st.st_mode & 07777) == 0755);
}

TEST_CASE("store replaces a file and leaves nothing beside it, whatever a dead one left behind") {
    TempDir dir;
    write_file(dir / "web.json", "old");
    REQUIRE(::mkdir((dir / ".podinit-new").c_str(), 0700) == 0);
    write_file(dir / ".podinit-new/web.json", "half of something longer");
    CHECK(store(dir / "web.json", "new").code == 0);
    CHECK(read_file(dir / "web.json") == "new");
    CHECK(!exists(dir / ".podinit-new"));
}

TEST_CASE("store accepts the longest name there is") {
    TempDir dir;
    const std::string file = dir / std::string(NAME_MAX, 'n');
    CHECK(store(file, "1").code == 0);
    CHECK(store(file, "22").code == 0);
    CHECK(read_file(file) == "22");
}

TEST_CASE("store says in one line why it failed, and keeps the old file") {
    TempDir dir;
    REQUIRE(::mkdir((dir / "web.json").c_str(), 0755) == 0);
    const Outcome outcome = store(dir / "web.json", "new");
    CHECK(outcome.code == 1);
    CHECK(outcome.said == (dir / "web.json") + ": Is a directory\n");
    CHECK(!exists(dir / ".podinit-new"));
}

TEST_CASE("store writes several files, or none of them when one cannot be written") {
    TempDir dir;
    CHECK(store(dir.path, {{"a.json", "one"}, {"b.json", ""}, {"c.json", "three"}}).code == 0);
    CHECK(read_file(dir / "a.json") == "one");
    CHECK(read_file(dir / "b.json") == "");
    CHECK(read_file(dir / "c.json") == "three");
    REQUIRE(::mkdir((dir / "d.json").c_str(), 0755) == 0);
    const std::string too_long(NAME_MAX + 1, 'n');
    for (const std::string& bad : {std::string("d.json"), too_long}) {
        const Outcome outcome = store(dir.path, {{"a.json", "new"}, {"e.json", "new"}, {bad, "new"}});
        CHECK(outcome.code == 1);
        CHECK(outcome.said.find(bad) != std::string::npos);
        CHECK(read_file(dir / "a.json") == "one");
        CHECK(!exists(dir / "e.json"));
        CHECK(!exists(dir / ".podinit-new"));
    }
}

TEST_CASE("store does not take less content than it was told of") {
    TempDir dir;
    const ns::Fd fd = content("half");
    CHECK(run([&] { return store_now(dir.path, {{"a.json", "half"}, {"b.json", "more"}}, fd.get()); }).code == 1);
    CHECK(!exists(dir / "a.json"));
    CHECK(!exists(dir / "b.json"));
}

TEST_CASE("store does not write through a link in the temporary's place") {
    TempDir dir;
    write_file(dir / "victim", "untouched");
    REQUIRE(::mkdir((dir / "elsewhere").c_str(), 0755) == 0);
    for (const char* target : {"victim", "elsewhere"}) {
        REQUIRE(::symlink(target, (dir / ".podinit-new").c_str()) == 0);
        CHECK(store(dir / "web.json", "new").code == 0);
        CHECK(read_file(dir / "victim") == "untouched");
        CHECK(!exists(dir / "elsewhere/web.json"));
    }
}

TEST_CASE("a store that is killed at any moment leaves the old content or the new, and both are whole") {
    TempDir dir;
    const std::string file = dir / "web.json";
    const std::string texts[] = {std::string(300'000, 'a'), std::string(200'000, 'b')};
    REQUIRE(store(file, texts[0]).code == 0);
    const ns::Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    int replaced = 0, kept = 0;
    for (int round = 0; round < 120; ++round) {
        const std::string before = read_file(file);
        const std::string& wanted = texts[round % 2];
        const ns::Fd fd = content(wanted);
        const pid_t pid = start([&] { return store_now(dir.path, {{"web.json", wanted}}, fd.get()); }, null.get());
        ::usleep(static_cast<useconds_t>(round * 25));
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        const std::string now = read_file(file);
        REQUIRE((now == before || now == wanted));
        (now == wanted && wanted != before ? replaced : kept) += 1;
    }
    CHECK(kept > 0);
    CHECK(store(file, "last").code == 0);
    CHECK(read_file(file) == "last");
}

TEST_CASE("two stores of one file at once leave one of the two contents, whole") {
    TempDir dir;
    const std::string file = dir / "web.json";
    const std::string texts[] = {std::string(500'000, 'a'), std::string(400'000, 'b')};
    const ns::Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    for (int round = 0; round < 20; ++round) {
        const ns::Fd one = content(texts[0]), two = content(texts[1]);
        const pid_t first = start([&] { return store_now(dir.path, {{"web.json", texts[0]}}, one.get()); }, null.get());
        const pid_t second = start(
            [&] {
                return store_now(dir.path, {{"web.json", texts[1]}}, two.get());
            },
            null.get());
        for (pid_t pid : {first, second}) {
            int status = -1;
            REQUIRE(::waitpid(pid, &status, 0) == pid);
            CHECK(status == 0);
        }
        const std::string now = read_file(file);
        REQUIRE((now == texts[0] || now == texts[1]));
    }
}

TEST_CASE("store removes files wherever they are, and one that is missing is no error") {
    TempDir dir, other;
    write_file(dir / "a.json", "a");
    write_file(other / "b.json", "b");
    CHECK(store(dir.path, {{"c.json", "c"}}, {dir / "a.json", dir / "gone.json", "/no/such/dir.json", other / "b.json"})
              .code == 0);
    CHECK(!exists(dir / "a.json"));
    CHECK(!exists(other / "b.json"));
    CHECK(read_file(dir / "c.json") == "c");
    // One alone needs no directory to write to.
    write_file(other / "b.json", "b");
    CHECK(store("/no/such/directory", {}, {other / "b.json"}).code == 0);
    CHECK(!exists(other / "b.json"));
    CHECK(store("/no/such/directory", {}, {other / "b.json"}).code == 0);
}

TEST_CASE("a change of several files that is killed at any moment is made as a whole by whoever comes next, or not") {
    TempDir dir;
    const auto pieces = [](char letter) {
        return std::vector<Piece>{{"a.json", std::string(50'000, letter)}, {"b.json", std::string(1, letter)}};
    };
    REQUIRE(store(dir.path, pieces('0')).code == 0);
    const ns::Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    int made = 0, dropped = 0;
    for (int round = 0; round < 120; ++round) {
        const char before = read_file(dir / "b.json")[0], letter = static_cast<char>('a' + round % 2);
        write_file(dir / "gone.json", "x");
        const ns::Fd fd = content(std::string(50'001, letter));
        const pid_t pid =
            start([&] { return store_now(dir.path, pieces(letter), fd.get(), {dir / "gone.json"}); }, null.get());
        ::usleep(static_cast<useconds_t>(round * 25));
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        REQUIRE(settle(dir.path, "finish").code == 0);
        const char now = read_file(dir / "b.json")[0];
        REQUIRE((now == before || now == letter));
        REQUIRE(read_file(dir / "a.json") == std::string(50'000, now));
        REQUIRE(!exists(dir / ".podinit-new"));
        REQUIRE(!exists(dir / ".podinit-commit"));
        if (before == letter)
            continue;
        REQUIRE(exists(dir / "gone.json") == (now == before));
        (now == letter ? made : dropped) += 1;
    }
    CHECK(made + dropped > 0);
}

TEST_CASE("a trial is taken back: what it changed is as it was, what it made is gone") {
    TempDir dir;
    write_file(dir / "a.json", "old");
    REQUIRE(::chmod((dir / "a.json").c_str(), 0640) == 0);
    CHECK(store(dir.path, {{"a.json", "new"}, {"b.json", "new"}}, {}, true).code == 0);
    CHECK(read_file(dir / "a.json") == "new");
    CHECK(read_file(dir / "b.json") == "new");
    SECTION("asked for") {
        CHECK(settle(dir.path, "rollback").code == 0);
    }
    SECTION("after a later change, of which nothing is lost") {
        CHECK(store(dir.path, {{"c.json", "later"}}).code == 0);
        CHECK(settle(dir.path, "rollback").code == 0);
        CHECK(read_file(dir / "c.json") == "later");
    }
    CHECK(read_file(dir / "a.json") == "old");
    struct stat st {};
    REQUIRE(::stat((dir / "a.json").c_str(), &st) == 0);
    CHECK((st.st_mode & 07777) == 0640);
    CHECK(!exists(dir / "b.json"));
    CHECK(settle(dir.path, "rollback").code == 0); // there is none any more
    CHECK(read_file(dir / "a.json") == "old");
}

TEST_CASE("a trial that is confirmed stays, and one at a time is kept") {
    TempDir dir;
    write_file(dir / "a.json", "1");
    CHECK(store(dir.path, {{"a.json", "2"}}, {}, true).code == 0);
    CHECK(store(dir.path, {{"a.json", "3"}}, {}, true).code == 1);
    CHECK(read_file(dir / "a.json") == "2");
    CHECK(settle(dir.path, "confirm").code == 0);
    CHECK(settle(dir.path, "rollback").code == 0);
    CHECK(read_file(dir / "a.json") == "2");
    CHECK(store(dir.path, {{"a.json", "3"}}, {}, true).code == 0);
    CHECK(settle(dir.path, "rollback").code == 0);
    CHECK(read_file(dir / "a.json") == "2");
}

TEST_CASE("sweep removes a tree with everything in it") {
    TempDir dir;
    for (const char* sub : {"t", "t/a", "t/a/b", "t/a/b/c", "t/empty", "t/a/.swept-0"})
        REQUIRE(::mkdir((dir / sub).c_str(), 0755) == 0);
    for (const char* file : {"t/1", "t/a/2", "t/a/b/3", "t/a/b/c/4", "t/.swept-0", "t/a/.swept-0/5"})
        write_file(dir / file, "x");
    REQUIRE(::mkfifo((dir / "t/a/fifo").c_str(), 0600) == 0);
    const Outcome outcome = with_arguments(initd::sweep_main, {dir / "t", dir / "missing", dir / "no/parent"});
    CHECK(outcome.code == 0);
    CHECK(outcome.said == "");
    CHECK(!exists(dir / "t"));
}

TEST_CASE("sweep follows no link, neither inside the tree nor as the tree") {
    TempDir dir;
    REQUIRE(::mkdir((dir / "outside").c_str(), 0755) == 0);
    write_file(dir / "outside/kept", "x");
    REQUIRE(::mkdir((dir / "t").c_str(), 0755) == 0);
    REQUIRE(::symlink("../outside", (dir / "t/link").c_str()) == 0);
    REQUIRE(::symlink("outside", (dir / "tree").c_str()) == 0);
    CHECK(with_arguments(initd::sweep_main, {dir / "t", dir / "tree"}).code == 0);
    CHECK(exists(dir / "outside/kept"));
    CHECK(!exists(dir / "t"));
    CHECK(!exists(dir / "tree"));
}

TEST_CASE("sweep removes a tree deeper than any path and wider than one pass") {
    TempDir dir;
    REQUIRE(::mkdir((dir / "t").c_str(), 0755) == 0);
    ns::Fd at(::open((dir / "t").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (int depth = 0; depth < 5000; ++depth) {
        REQUIRE(::mkdirat(at.get(), "a-directory", 0755) == 0);
        at = ns::Fd(::openat(at.get(), "a-directory", O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    for (int i = 0; i < 500; ++i) {
        REQUIRE(::mkdirat(at.get(), std::to_string(i).c_str(), 0755) == 0);
        REQUIRE(::mkdirat(at.get(), (std::to_string(i) + "/x").c_str(), 0755) == 0);
    }
    CHECK(with_arguments(initd::sweep_main, {dir / "t"}).code == 0);
    CHECK(!exists(dir / "t"));
}

TEST_CASE("sweep leaves a mount alone, of another file system or of the same one, and removes the rest") {
    if (::geteuid() != 0) {
        WARN("skipped: needs root for mounts");
        return;
    }
    TempDir dir;
    for (const char* sub : {"outside", "t", "t/a", "t/a/bind", "t/a/tmpfs", "t/b"})
        REQUIRE(::mkdir((dir / sub).c_str(), 0755) == 0);
    write_file(dir / "outside/kept", "x");
    write_file(dir / "t/b/file", "x");
    const Outcome outcome = run([&] {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount((dir / "outside").c_str(), (dir / "t/a/bind").c_str(), nullptr, MS_BIND, nullptr) != 0 ||
            ::mount("tmpfs", (dir / "t/a/tmpfs").c_str(), "tmpfs", 0, nullptr) != 0)
            return 100;
        std::string tree = dir / "t";
        char* argv[] = {tree.data()};
        return initd::sweep_main(argv);
    });
    CHECK(outcome.code == 1);
    CHECK(outcome.said == (dir / "t") + ": Device or resource busy\n");
    CHECK(exists(dir / "outside/kept"));
    CHECK(exists(dir / "t/a/bind"));
    CHECK(!exists(dir / "t/b"));
}

TEST_CASE("pause reaps what is left to it and outlives SIGTERM from inside its namespace") {
    if (::geteuid() != 0) {
        WARN("skipped: needs root for a PID namespace");
        return;
    }
    // A child of ours makes the namespace; its first child is the pause process, the second an inhabitant.
    const Outcome outcome = run([] {
        if (::unshare(CLONE_NEWPID) != 0)
            return 100;
        const pid_t holder = ::fork();
        if (holder == 0)
            ::_exit(initd::pause_main());
        const pid_t inhabitant = ::fork();
        if (inhabitant == 0) {
            int pipe[2];
            if (::pipe(pipe) != 0)
                ::_exit(3);
            const pid_t between = ::fork();
            if (between == 0) { // leaves an orphan to the holder, and tells us its number
                const pid_t orphan = ::fork();
                if (orphan != 0) {
                    (void)!::write(pipe[1], &orphan, sizeof orphan);
                    ::_exit(0);
                }
                ::pause();
            }
            pid_t orphan = 0;
            ::waitpid(between, nullptr, 0);
            if (::read(pipe[0], &orphan, sizeof orphan) != sizeof orphan)
                ::_exit(4);
            ::kill(1, SIGTERM);
            ::kill(orphan, SIGKILL);
            for (int i = 0; i < 2000; ++i, ::usleep(1000))
                if (::kill(orphan, 0) != 0)
                    ::_exit(errno == ESRCH ? 0 : 5);
            ::_exit(6); // still a zombie
        }
        int status = -1;
        ::waitpid(inhabitant, &status, 0);
        const bool alive = ::waitpid(holder, nullptr, WNOHANG) == 0;
        ::kill(holder, SIGKILL);
        ::waitpid(holder, nullptr, 0);
        return status == 0 && alive ? 0 : 1 + WEXITSTATUS(status);
    });
    CHECK(outcome.code == 0);
}

TEST_CASE("modules are loaded after what they need, each once, in the order asked for") {
    const std::string_view dep = "kernel/net/core/failover.ko:\n"
                                 "kernel/drivers/net/net_failover.ko: kernel/net/core/failover.ko\n"
                                 "kernel/drivers/virtio/virtio_ring.ko.xz:\n"
                                 "kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net_failover.ko "
                                 "kernel/net/core/failover.ko kernel/drivers/virtio/virtio_ring.ko.xz\n"
                                 "kernel/net/802/stp.ko:\n"
                                 "kernel/net/bridge/br-netfilter.ko: kernel/net/802/stp.ko";
    const std::string_view builtin = "kernel/fs/ext4/ext4.ko\nkernel/drivers/tty/serial-core.ko\n";
    using Names = std::vector<std::string_view>;
    struct Row {
        Names asked, files, unknown;
    };
    const Row rows[] = {
        {{"virtio_net"},
         {"kernel/drivers/virtio/virtio_ring.ko.xz", "kernel/net/core/failover.ko",
          "kernel/drivers/net/net_failover.ko", "kernel/drivers/net/virtio_net.ko"},
         {}},
        {{"br_netfilter", "virtio-ring", "stp"},
         {"kernel/net/802/stp.ko", "kernel/net/bridge/br-netfilter.ko", "kernel/drivers/virtio/virtio_ring.ko.xz"},
         {}},
        {{"ext4", "serial_core"}, {}, {}},
        {{"virtio", "", "failover"}, {"kernel/net/core/failover.ko"}, {"virtio", ""}},
        {{}, {}, {}},
    };
    for (const Row& row : rows) {
        const initd::ModuleOrder order = initd::module_order(dep, builtin, row.asked);
        CHECK(order.files == row.files);
        CHECK(order.unknown == row.unknown);
    }
    CHECK(initd::module_order("", "", Names{"x"}).unknown == Names{"x"});
    CHECK(initd::module_order(":::\n\n: a", "\n", Names{"x"}).unknown == Names{"x"});
}

TEST_CASE("a module that is nowhere to be found is named") {
    TempDir dir;
    write_file(dir / "modules.dep", "kernel/gone.ko:\n");
    std::string unknown = "nowhere", gone = "gone";
    char* names[] = {unknown.data(), gone.data()};
    const Outcome outcome = run([&] { return initd::modules_main(dir.path, names); });
    CHECK(outcome.code == 1);
    CHECK(outcome.said ==
          "nowhere: no such module for this kernel\n" + (dir / "kernel/gone.ko") + ": No such file or directory\n");
}
