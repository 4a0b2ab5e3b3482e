// SPDX-License-Identifier: Apache-2.0
// The edges of a machine's life, as far as they can be seen without being one: decisions, tables, and what needs no
// more than namespaces of its own.
#include "tests/catch.hpp"

#include "initd/boot.hpp"
#include "initd/early_mounts.hpp"
#include "initd/rescue.hpp"
#include "initd/shutdown.hpp"
#include "initd/signals.hpp"
#include "initd/unmount.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using initd::SignalMeaning;
using initd::Standing;

namespace {

// Runs `body` as PID 1 of a PID and mount namespace of its own; its exit code, or 77 when that is not to be had.
int as_pid1(const std::function<int()>& body) {
    const pid_t outer = ::fork();
    if (outer == 0) {
        if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            ::_exit(77);
        const pid_t inner = ::fork();
        if (inner == 0) {
            for (int signo : {SIGTERM, SIGINT, SIGSEGV, SIGABRT}) // Catch2's handlers
                std::signal(signo, SIG_DFL);
            ::_exit(body());
        }
        int status = 0;
        ::waitpid(inner, &status, 0);
        ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status));
    }
    int status = 0;
    ::waitpid(outer, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool skipped(int code) {
    if (code == 77)
        WARN("skipped: needs root for PID and mount namespaces");
    return code == 77;
}

bool is_mount(const char* path) {
    struct statx st {};
    return ::statx(AT_FDCWD, path, 0, 0, &st) == 0 && (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

} // namespace

TEST_CASE("a signal means what other inits let it mean, and less where podinit is a guest") {
    struct Row {
        int signo;
        std::optional<SignalMeaning> machine, container, supervisor;
    };
    const Row rows[] = {
        {SIGHUP, SignalMeaning::Reload, SignalMeaning::Reload, SignalMeaning::Reload},
        {SIGINT, SignalMeaning::Reboot, SignalMeaning::Exit, SignalMeaning::Exit},
        {SIGTERM, SignalMeaning::Reboot, SignalMeaning::Exit, SignalMeaning::Exit},
        {SIGUSR1, SignalMeaning::Halt, {}, {}},
        {SIGUSR2, SignalMeaning::PowerOff, {}, {}},
        {SIGPWR, SignalMeaning::PowerOff, SignalMeaning::Exit, {}},
        {SIGRTMIN + 3, SignalMeaning::Halt, SignalMeaning::Exit, {}},
        {SIGRTMIN + 4, SignalMeaning::PowerOff, SignalMeaning::Exit, {}},
        {SIGRTMIN + 5, SignalMeaning::Reboot, {}, {}},
        {SIGRTMIN + 6, SignalMeaning::Kexec, {}, {}},
        {SIGCHLD, {}, {}, {}},
        {SIGPIPE, {}, {}, {}},
        {SIGSEGV, {}, {}, {}},
    };
    for (const Row& row : rows) {
        INFO("signal " << row.signo);
        CHECK(initd::meaning(row.signo, Standing::Machine) == row.machine);
        CHECK(initd::meaning(row.signo, Standing::Container) == row.container);
        CHECK(initd::meaning(row.signo, Standing::Supervisor) == row.supervisor);
    }
}

TEST_CASE("the signals to read are those with a meaning, and SIGCHLD") {
    for (Standing standing : {Standing::Machine, Standing::Container, Standing::Supervisor}) {
        const sigset_t set = initd::signals_of(standing);
        for (int signo = 1; signo <= SIGRTMAX; ++signo) {
            INFO("signal " << signo);
            CHECK((::sigismember(&set, signo) == 1) ==
                  (signo == SIGCHLD || initd::meaning(signo, standing).has_value()));
        }
    }
}

TEST_CASE("an early mount is made when it is missing; in a foreign container only when nothing stands in for it") {
    const initd::EarlyMount api{"/proc", "proc", nullptr, 0, "self"};
    const initd::EarlyMount place{"/run", "tmpfs", nullptr, 0, nullptr};
    struct Row {
        initd::MountFacts facts;
        bool machine, api, place;
    };
    const Row rows[] = {
        {{.mounted = true}, true, false, false},
        {{.mounted = false}, true, true, true},
        {{.mounted = false, .witness = true, .writable = true}, true, true, true},
        {{.mounted = true}, false, false, false},
        {{.mounted = false}, false, true, true},
        {{.mounted = false, .writable = true}, false, true, false},
        {{.mounted = false, .witness = true}, false, false, true},
    };
    for (const Row& row : rows) {
        CHECK(initd::wants_mount(api, row.facts, row.machine) == row.api);
        CHECK(initd::wants_mount(place, row.facts, row.machine) == row.place);
    }
}

TEST_CASE("a mount comes after the one it is below") {
    const auto rows = initd::early_mounts();
    for (std::size_t i = 0; i < rows.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            CHECK_FALSE(std::string_view(rows[j].path).starts_with(std::string(rows[i].path) + "/"));
}

TEST_CASE("an empty root gets every file system, once") {
    char root[] = "/tmp/podinit-boot-XXXXXX";
    REQUIRE(::mkdtemp(root));
    const int code = as_pid1([&] {
        if (::mount("tmpfs", root, "tmpfs", 0, nullptr) != 0 || ::chroot(root) != 0 || ::chdir("/") != 0)
            return 1;
        initd::mount_early(initd::early_mounts().first(1), false);
        if (initd::standing() != Standing::Container) // told by the /proc that was just mounted
            return 2;
        initd::mount_early(initd::early_mounts(), true);
        for (const char* path : {"/proc", "/sys", "/dev", "/dev/pts", "/dev/shm", "/run", "/tmp"})
            if (!is_mount(path))
                return 3;
        for (const char* path : {"/proc/self/exe", "/dev/null", "/dev/pts/ptmx"})
            if (::access(path, F_OK) != 0)
                return 4;
        struct stat st {};
        if (::stat("/run", &st) != 0 || (st.st_mode & 07777) != 0755 || ::stat("/tmp", &st) != 0 ||
            (st.st_mode & 07777) != 01777)
            return 5;
        struct statx once {
        }, twice{};
        ::statx(AT_FDCWD, "/tmp", 0, STATX_BASIC_STATS, &once);
        initd::mount_early(initd::early_mounts(), true);
        ::statx(AT_FDCWD, "/tmp", 0, STATX_BASIC_STATS, &twice);
        return once.stx_dev_minor == twice.stx_dev_minor ? 0 : 6;
    });
    ::rmdir(root);
    if (!skipped(code))
        CHECK(code == 0);
}

TEST_CASE("in a PID namespace that shares the machine's mounts nothing is mounted over them") {
    const int code = as_pid1([] {
        struct statx before {
        }, after{};
        for (const char* path : {"/tmp", "/run", "/dev", "/sys"}) {
            ::statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &before);
            initd::mount_early(initd::early_mounts(), false);
            ::statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &after);
            if (before.stx_dev_major != after.stx_dev_major || before.stx_dev_minor != after.stx_dev_minor)
                return 1;
        }
        return 0;
    });
    if (!skipped(code))
        CHECK(code == 0);
}

TEST_CASE("only the first process of the machine is the machine's init") {
    CHECK(initd::standing() == Standing::Supervisor);
    CHECK(initd::kernel_command_line() == "");
    const int code = as_pid1([] { return initd::standing() == Standing::Container ? 0 : 1; });
    if (!skipped(code))
        CHECK(code == 0);
}

TEST_CASE("everything but what the shutdown itself needs is unmounted, last mounted first") {
    const std::string_view mountinfo = "22 1 254:1 / / rw,relatime - ext4 /dev/root rw\n"
                                       "23 22 0:21 / /proc rw - proc proc rw\n"
                                       "24 22 0:22 / /sys rw - sysfs sysfs rw\n"
                                       "25 24 0:23 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                                       "26 22 0:5 / /dev rw - devtmpfs devtmpfs rw\n"
                                       "27 26 0:24 / /dev/pts rw - devpts devpts rw\n"
                                       "28 22 0:25 / /run rw - tmpfs tmpfs rw\n"
                                       "29 22 254:2 / /data rw,relatime shared:7 master:1 - xfs /dev/vdb rw\n"
                                       "30 29 0:26 / /data/with\\040space\\134 rw - tmpfs tmpfs rw\n"
                                       "31 28 254:3 / /run/media rw - vfat /dev/vdc rw\n"
                                       "32 22 254:4 / /develop rw - ext4 /dev/vdd rw\n"
                                       "garbage\n\n33 22 0:1 / nowhere rw - ext4 x rw\n"
                                       "34 22 0:40 / /mnt rw propagate_from:2 - fuse.sshfs host: rw";
    const auto mounts = initd::to_unmount(mountinfo);
    std::string got;
    for (const initd::Mounted& mount : mounts)
        got += mount.path + "|" + mount.fstype + "\n";
    CHECK(got == "/mnt|fuse.sshfs\n/develop|ext4\n/run/media|vfat\n/data/with space\\|tmpfs\n/data|xfs\n");
}

TEST_CASE("a file system that can be written to is told from one that is only mounted so") {
    const auto mounts = initd::mounts_in("29 22 254:2 / /data rw - xfs /dev/vdb ro\n"
                                         "30 29 254:3 / /proc/x ro - ext4 /dev/vdc rw,errors=panic\n");
    REQUIRE(mounts.size() == 2);
    CHECK(mounts[0].path == "/proc/x");
    CHECK(mounts[0].writable);
    CHECK_FALSE(mounts[1].writable);
}

TEST_CASE("only file systems on a disk of ours are remounted read-only") {
    for (const char* name : {"ext4", "xfs", "vfat", "btrfs", "f2fs", "ubifs"})
        CHECK(initd::has_disk(name));
    for (const char* name : {"tmpfs", "overlay", "proc", "nfs", "nfs4", "fuse.sshfs", "9p", "squashfs", "cifs"})
        CHECK_FALSE(initd::has_disk(name));
}

TEST_CASE("swap areas are read with their escapes") {
    const auto areas = initd::swap_areas("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
                                         "/dev/vdb                                partition\t1048572\t0\t-2\n"
                                         "/swap\\040file                          file\t1024\t0\t-3\n");
    CHECK(areas == std::vector<std::string>{"/dev/vdb", "/swap file"});
    CHECK(initd::swap_areas("").empty());
}

TEST_CASE("the rescue shell gets the console as its terminal and all of the machine") {
    spec::Config config;
    config.rescue = {"/bin/busybox", "ash", "-l"};
    const ns::Plan plan = initd::rescue_plan(config, 42);
    CHECK(plan.programs == std::vector<std::string>{"/bin/busybox"});
    CHECK(plan.argv == config.rescue);
    CHECK(plan.stdin_fd == 42);
    CHECK(plan.stdout_fd == 42);
    CHECK(plan.stderr_fd == 42);
    CHECK(plan.controlling_terminal);
    CHECK_FALSE(plan.limit_capabilities);
    CHECK_FALSE(plan.create_mount);
    CHECK(std::ranges::any_of(plan.env, [](const std::string& one) { return one.starts_with("TERM="); }));
    config.rescue.clear();
    CHECK(initd::rescue_plan(config, 0).argv == std::vector<std::string>{"/bin/sh"});
}

TEST_CASE("going down ends every process, also one that ignores SIGTERM and SIGHUP, is stopped, or is an orphan") {
    const int code = as_pid1([] {
        for (int i = 0; i < 3; ++i) {
            for (int signo : {SIGTERM, SIGHUP})
                std::signal(signo, i == 0 ? SIG_IGN : SIG_DFL); // inherited
            if (::fork() == 0) {
                if (i == 1)
                    ::raise(SIGSTOP);
                if (i == 2 && ::fork() != 0)
                    ::_exit(0); // its child is an orphan now
                for (;;)
                    ::pause();
            }
        }
        const auto start = std::chrono::steady_clock::now();
        initd::go_down(spec::PowerAction::PowerOff, -1); // returns: this is not the machine
        const auto took = std::chrono::steady_clock::now() - start;
        if (::waitpid(-1, nullptr, 0) != -1)
            return 1;
        // SIGTERM's two seconds, cut short by nothing since one ignores it; SIGKILL works at once.
        return took >= std::chrono::seconds(2) && took < std::chrono::milliseconds(2900) ? 0 : 2;
    });
    if (!skipped(code))
        CHECK(code == 0);
}

TEST_CASE("going down waits for nobody when nobody is left") {
    const int code = as_pid1([] {
        if (::fork() == 0)
            for (;;)
                ::pause();
        const auto start = std::chrono::steady_clock::now();
        initd::go_down(spec::PowerAction::Reboot, -1);
        return std::chrono::steady_clock::now() - start < std::chrono::seconds(1) ? 0 : 1;
    });
    if (!skipped(code))
        CHECK(code == 0);
}

TEST_CASE("going down is refused to anybody but PID 1") {
    // In a PID namespace, where the test can do no harm when it fails.
    const int code = as_pid1([] {
        const pid_t bystander = ::fork();
        if (bystander == 0)
            for (;;)
                ::pause();
        if (const pid_t other = ::fork(); other == 0) {
            initd::go_down(spec::PowerAction::Reboot, -1);
            ::_exit(0);
        } else {
            ::waitpid(other, nullptr, 0);
        }
        return ::waitpid(bystander, nullptr, WNOHANG) == 0 ? 0 : 1;
    });
    if (!skipped(code))
        CHECK(code == 0);
}
