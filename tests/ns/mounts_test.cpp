// SPDX-License-Identifier: Apache-2.0
#include "ns/container_fs.hpp"
#include "tests/ns/harness.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace ns;
using namespace ns::test;
using Op = Setup::Op;

namespace {

Setup directory(std::string target) {
    return {.op = Op::Directory, .target = std::move(target)};
}
Setup place(std::string target, std::uint64_t flags = 0) {
    return {.op = Op::Place, .target = std::move(target), .flags = flags};
}

// The payload with a source on /v.
Plan with_source(const std::string& image, Source source, std::vector<std::string> verbs) {
    Plan plan = image_plan(image, std::move(verbs));
    plan.setup = {{.op = source.kind == Source::Kind::File ? Op::File : Op::Directory, .target = "/v"}, place("/v")};
    plan.sources = {std::move(source)};
    return plan;
}

Plan container_plan(const std::string& image, ContainerFs fs, std::vector<std::string> verbs) {
    Plan plan = image_plan(image, std::move(verbs));
    plan.create_pid = true;
    plan.setup = container_mounts(fs);
    return plan;
}

} // namespace

TEST_CASE("an image's directory is the root and nothing of the machine is left under it") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    Plan one = container_plan(image, {}, {"ls", "/", "cwd", "cat", "/proc/self/mountinfo", "cat", "/etc/hostname"});
    const Outcome outcome = machine.run(std::move(one));
    CHECK(outcome.code == 0);
    CHECK(outcome.says("payload\n"));
    CHECK(outcome.line("error") == std::to_string(-ENOENT));
    CHECK_FALSE(outcome.says("/dev/vda / / "));
    CHECK_FALSE(outcome.says(temporary.path + " "));
    CHECK_FALSE(read_file("/proc/self/mountinfo").find(image) != std::string::npos); // nor did the machine get anything
}

TEST_CASE("what is written in an overlay's layer does not reach the image") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    // A name with everything that is special in overlayfs's options.
    const std::string odd = temporary / "a:v1,b\\c";
    std::filesystem::create_directory(odd);
    std::filesystem::rename(make_image(temporary), odd + "/image");
    const std::string image = odd + "/image";
    Plan one = image_plan(image, {"write", "/new", "text", "cat", "/new", "ls", "/"});
    one.root_overlay = true;
    one.overlay_size = "1m";
    const Outcome outcome = machine.run(std::move(one));
    CHECK(outcome.report.err == 0);
    CHECK(outcome.says("text"));
    CHECK(outcome.says("payload\n"));
    CHECK_FALSE(std::filesystem::exists(image + "/new"));
}

TEST_CASE("a read-only root refuses writes but has its mount points") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    for (const bool overlay : {false, true}) {
        Plan one = with_source(image, {.path = temporary / "volume", .create = true},
                               {"write", "/new", "x", "write", "/v/new", "y"});
        one.root_read_only = true;
        one.root_overlay = overlay;
        const Outcome outcome = machine.run(std::move(one));
        CHECK(outcome.output == "wrote=" + std::to_string(-EROFS) + "\nwrote=1\n");
    }
    CHECK(read_file(temporary / "volume/new") == "y");
}

TEST_CASE("a source is what its kind says, or the launch fails at it") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    std::filesystem::create_directory(temporary / "directory");
    write_file(temporary / "file", "content");
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    (temporary / "socket").copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);

    using Kind = Source::Kind;
    const struct {
        std::string path;
        Kind kind;
        bool create;
        int err;
    } rows[] = {
        {temporary / "directory", Kind::Directory, false, 0},
        {temporary / "directory", Kind::Any, false, 0},
        {temporary / "directory", Kind::File, false, EINVAL},
        {temporary / "file", Kind::File, false, 0},
        {temporary / "file", Kind::Directory, false, ENOTDIR},
        {temporary / "file", Kind::Socket, false, EINVAL},
        {temporary / "socket", Kind::Socket, false, 0},
        {"/dev/null", Kind::CharDevice, false, 0},
        {"/dev/null", Kind::BlockDevice, false, EINVAL},
        {temporary / "missing", Kind::Directory, false, ENOENT},
        {temporary / "missing", Kind::File, false, ENOENT},
        {temporary / "made/with/parents", Kind::Directory, true, 0},
        {temporary / "made-file", Kind::File, true, 0},
        {temporary / "no-parent/file", Kind::File, true, ENOENT},
    };
    for (const auto& row : rows) {
        CAPTURE(row.path);
        Plan one = image_plan(image, {"exit", "0"});
        one.sources = {{.path = row.path, .kind = row.kind, .create = row.create, .create_mode = 0751}};
        const Outcome outcome = machine.run(std::move(one));
        CHECK(outcome.report.step == (row.err ? Step::OpenSource : Step::Exec));
        CHECK(outcome.report.err == row.err);
    }
    CHECK(std::filesystem::is_directory(temporary / "made/with/parents"));
    CHECK(std::filesystem::is_regular_file(temporary / "made-file"));
    struct stat status;
    REQUIRE(stat((temporary / "made-file").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0751);
}

TEST_CASE("a sub-path stays below its source, whatever links say") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    const std::string volume = temporary / "volume";
    std::filesystem::create_directories(volume + "/a/b");
    std::filesystem::create_directory(temporary / "outside");
    write_file(temporary / "outside/secret", "secret");
    write_file(volume + "/a/b/file", "mine");
    std::filesystem::create_symlink("a/b", volume + "/good");
    std::filesystem::create_symlink("../../outside", volume + "/a/up");
    std::filesystem::create_symlink("/etc", volume + "/absolute");

    const struct {
        std::string sub_path;
        bool create;
        int err;
    } rows[] = {
        {"a/b", false, 0},
        {"good", false, 0},
        {"a/../a/b", false, 0},
        {"a/b/file", false, 0},
        {"..", false, EXDEV},
        {"a/up", false, EXDEV},
        {"absolute", false, EXDEV},
        {"/etc", false, EXDEV},
        {"a/up/new", true, EXDEV},
        {"missing", false, ENOENT},
        {"absolute/new", true, EXDEV},
        {"good/new/deep", true, 0},
    };
    for (const auto& row : rows) {
        CAPTURE(row.sub_path);
        Plan one = with_source(image, {.path = volume, .sub_path = row.sub_path, .create = row.create}, {"ls", "/v"});
        if (row.sub_path == "a/b/file")
            one.setup[0].op = Op::File, one.setup[0].target = one.setup[1].target = "/f";
        const Outcome outcome = machine.run(std::move(one));
        CHECK(outcome.report.err == row.err);
        CHECK(outcome.report.step == (row.err ? Step::OpenSource : Step::Exec));
    }
    CHECK(std::filesystem::is_directory(volume + "/a/b/new/deep"));
    CHECK_FALSE(std::filesystem::exists(temporary / "outside/new"));
}

TEST_CASE("a mount's target that is a link leads into the container, not out to the machine") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    std::filesystem::create_directories(image + temporary.path + "/inside");
    std::filesystem::create_directory(temporary / "inside");
    std::filesystem::create_symlink(temporary / "inside", image + "/link");
    std::filesystem::create_symlink("../../../../../..", image + "/up");
    std::filesystem::create_directory(temporary / "volume");
    write_file(temporary / "volume/mark", "here");
    Plan one = image_plan(image, {"cat", (temporary / "inside/mark"), "ls", "/up"});
    one.sources = {{.path = temporary / "volume"}};
    one.setup = {directory("/link"), place("/link"), {.op = Op::Symlink, .target = "/up/made", .source = "x"}};
    const Outcome outcome = machine.run(std::move(one));
    CHECK(outcome.says("here"));
    CHECK(outcome.says("payload\n"));
    CHECK(std::filesystem::is_empty(temporary / "inside"));
    CHECK(std::filesystem::is_symlink(image + "/made"));
}

TEST_CASE("a mount's flags hold, below it too when asked") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    const std::string volume = temporary / "volume";
    std::filesystem::create_directories(volume + "/below");
    REQUIRE(mount("tmpfs", (volume + "/below").c_str(), "tmpfs", 0, nullptr) == 0);
    for (const bool recursively : {false, true}) {
        Plan one = with_source(image, {.path = volume}, {"write", "/v/x", "1", "write", "/v/below/x", "1"});
        one.setup[1].flags = MS_RDONLY | (recursively ? MS_REC : 0);
        const std::string refused = "wrote=" + std::to_string(-EROFS) + "\n";
        CHECK(machine.run(std::move(one)).output == refused + (recursively ? refused : "wrote=1\n"));
    }
    REQUIRE(umount((volume + "/below").c_str()) == 0);
}

TEST_CASE("mounts pass between the machine and a container as the source says") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    const std::string volume = temporary / "volume", machines = volume + "/machine", containers = volume + "/container";
    std::filesystem::create_directory(volume);
    for (const Propagation propagation : {Propagation::Private, Propagation::Slave, Propagation::Shared}) {
        CAPTURE(static_cast<int>(propagation));
        REQUIRE(mount("tmpfs", volume.c_str(), "tmpfs", 0, nullptr) == 0);
        REQUIRE(mount(nullptr, volume.c_str(), nullptr, MS_SHARED, nullptr) == 0);
        std::filesystem::create_directory(machines);
        std::filesystem::create_directory(containers);
        int in[2], out[2];
        REQUIRE((pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0));
        Fd stdin_read(in[0]), stdin_write(in[1]), stdout_read(out[0]), stdout_write(out[1]);
        Plan one = with_source(image, {.path = volume, .propagation = propagation},
                               {"tmpfs", "/v/container", "input", "ls", "/v/machine"});
        one.stdin_fd = stdin_read.get();
        one.stdout_fd = stdout_write.get();
        const pid_t pid = machine.start(std::move(one));
        stdout_write.reset();
        std::string output;
        for (char byte; output.find('\n') == output.npos && read(stdout_read.get(), &byte, 1) == 1;)
            output += byte;
        CHECK(output == "tmpfs=0\n");
        const bool came_out = read_file("/proc/self/mountinfo").find(containers) != std::string::npos;
        CHECK(came_out == (propagation == Propagation::Shared));

        REQUIRE(mount("tmpfs", machines.c_str(), "tmpfs", 0, nullptr) == 0);
        write_file(machines + "/mark", "x");
        stdin_write.reset();
        for (char byte; read(stdout_read.get(), &byte, 1) == 1;)
            output += byte;
        CHECK((output.find("mark") != output.npos) == (propagation != Propagation::Private));
        CHECK(wait_for(pid) == 0);
        CHECK(umount2(volume.c_str(), MNT_DETACH) == 0);
    }
}

TEST_CASE("a directory that is made for a group belongs to it, and so does what is made below") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    struct stat status;
    for (const std::string sub_path : {"", "sub"}) {
        const std::string volume = temporary / ("volume" + sub_path);
        Plan one = with_source(
            image, {.path = volume, .sub_path = sub_path, .create = true, .create_mode = 0777, .create_group = 2000},
            {"write", "/v/file", "x"});
        one.uid = one.gid = 1000;
        CHECK(machine.run(std::move(one)).line("wrote") == "1");
        const std::string shown = sub_path.empty() ? volume : volume + "/" + sub_path;
        for (const std::string& path : {volume, shown}) {
            REQUIRE(stat(path.c_str(), &status) == 0);
            CHECK((status.st_mode & 07777) == 02777);
            CHECK(status.st_gid == 2000);
        }
        REQUIRE(stat((shown + "/file").c_str(), &status) == 0);
        CHECK(status.st_gid == 2000);
    }
}

TEST_CASE("a container finds its own /proc, /dev and /sys") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    const Outcome outcome =
        machine.run(container_plan(image, {},
                                   {"ids", "write", "/dev/null", "x", "mode", "/dev/null", "mode", "/dev/shm", "ls",
                                    "/dev", "cat", "/proc/self/mountinfo", "cat", "/proc/self/comm"}));
    CHECK(outcome.line("pid") == "1");
    CHECK(outcome.line("wrote") == "1");
    CHECK(outcome.line("mode") == std::to_string(S_IFCHR | 0666));
    CHECK(outcome.says("mode=" + std::to_string(S_IFDIR | 01777)));
    for (const char* name : {"null", "zero", "full", "random", "urandom", "tty", "fd", "stdin", "stdout", "stderr",
                             "ptmx", "pts", "shm", "mqueue"})
        CHECK(outcome.says(std::string(name) + "\n"));
    CHECK(outcome.says("/ /proc rw,nosuid,nodev,noexec"));
    CHECK(outcome.says("/ /sys ro,nosuid,nodev,noexec"));
    CHECK(outcome.says("payload\n"));
}

TEST_CASE("a container cannot change the kernel's settings or read what is masked, a privileged one can") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    for (const bool privileged : {false, true}) {
        const Outcome outcome = machine.run(container_plan(
            image, {.privileged = privileged},
            {"cat", "/proc/timer_list", "ls", "/sys/firmware", "write", "/proc/sys/kernel/printk_delay", "0"}));
        CHECK(outcome.code == 0);
        CHECK(outcome.line("wrote") == (privileged ? "1" : std::to_string(-EROFS)));
        CHECK(outcome.says("now at") == privileged);
    }
}

TEST_CASE("on the machine's root a container keeps the machine's files and gets its own /proc") {
    if (!is_root())
        return;
    Machine machine;
    Plan one = plan(
        {"ids", "cat", "/proc/self/stat", "cat", "/etc/hostname", "ls", "/dev", "write", "/sys/kernel/profiling", "0"});
    one.create_mount = one.create_pid = true;
    one.setup = container_mounts({.own_root = false});
    const Outcome outcome = machine.run(std::move(one));
    CHECK(outcome.line("pid") == "1");
    CHECK(outcome.says("1 (payload) R 0 1 1 "));
    CHECK(outcome.says(read_file("/etc/hostname")));
    CHECK(outcome.says("kmsg\n"));
    CHECK(outcome.line("wrote") == std::to_string(-EROFS));
}

TEST_CASE("a failed mount says so unless it is optional") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    for (const bool optional : {false, true}) {
        Plan one = image_plan(image, {"exit", "4"});
        one.setup = {{.op = Op::Mount, .target = "/payload", .fstype = "tmpfs", .optional = optional}};
        const Outcome outcome = machine.run(std::move(one));
        CHECK(outcome.code == (optional ? 4 : 127));
        CHECK(outcome.report.step == (optional ? Step::Exec : Step::Mount));
        CHECK(outcome.report.err == (optional ? 0 : ENOTDIR));
    }
}

TEST_CASE("an image that is missing or no directory is named as such") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    for (const bool overlay : {false, true}) {
        Plan one = image_plan(temporary / "missing", {"exit", "0"});
        one.root_overlay = overlay;
        const Outcome outcome = machine.run(std::move(one));
        CHECK(outcome.report.step == Step::RootImage);
        CHECK(outcome.report.err == ENOENT);
    }
}

TEST_CASE("chroot and dot-dot, which the default capabilities allow, do not lead out of the container") {
    if (!is_root())
        return;
    Machine machine;
    TemporaryDirectory temporary;
    const std::string image = make_image(temporary);
    std::filesystem::create_directory(image + "/jail");
    std::vector<std::string> verbs = {"chdir", "/", "chroot", "/jail"};
    for (int i = 0; i < 40; ++i)
        verbs.insert(verbs.end(), {"chdir", ".."});
    verbs.insert(verbs.end(), {"ls", "."});
    const Outcome outcome = machine.run(container_plan(image, {}, verbs));
    CHECK(outcome.line("chroot") == "0");
    CHECK(outcome.says("jail\n"));
    CHECK_FALSE(outcome.says("home\n"));
}
