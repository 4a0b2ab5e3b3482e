// SPDX-License-Identifier: Apache-2.0
// Paths of the machine in a container.
#include "tests/conformance/row.hpp"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/sysmacros.h>

using namespace conformance;
namespace fs = std::filesystem;

namespace {

std::string host_path(const std::string& path, const std::string& type) {
    return R"("volumes": [{"name": "v", "hostPath": {)" +
           fields({R"("path": ")" + path + "\"", type.empty() ? "" : R"("type": ")" + type + "\""}) + "}}]";
}

std::string at(const std::string& path, const std::string& more = "") {
    return R"("volumeMounts": [{)" + fields({R"("name": "v", "mountPath": ")" + path + "\"", more}) + "}]";
}

// What a container finds that gets the path, as stat(1) names it; or that it does not start.
std::string kind_of(Row& row, const std::string& path, const std::string& type) {
    return row.output_of("stat -c %F " + row.dir("mnt"), at(row.dir("mnt")), host_path(path, type));
}

bool is_refused(const std::string& output) {
    INFO(output);
    CHECK(output.starts_with("Pending: waiting ContainerCreating: MountVolume.SetUp failed"));
    return output.find("volume") != output.npos;
}

// Node `name` in the row's directory, of a device that nobody has to have.
std::string device(Row& row, const std::string& name, mode_t type) {
    REQUIRE(::mknod(row.dir(name).c_str(), type | 0600, makedev(89, 1)) == 0);
    return row.dir(name);
}

} // namespace

ROW("hostpath-mode", "hostpath") {
    fs::create_directory(row.dir("data"));
    REQUIRE(::chmod(row.dir("data").c_str(), 01751) == 0);
    REQUIRE(::chown(row.dir("data").c_str(), 12, 34) == 0);
    CHECK(row.output_of("stat -c '%a %u %g' /mnt", at("/mnt"),
                        fields({host_path(row.dir("data"), ""), R"("securityContext": {"fsGroup": 123})"})) ==
          "1751 12 34");
    struct stat now {};
    REQUIRE(::stat(row.dir("data").c_str(), &now) == 0);
    CHECK((now.st_mode & 07777) == 01751);
    CHECK(now.st_gid == 34);
}

ROW("hostpath-rw", "hostpath") {
    fs::create_directory(row.dir("data"));
    row.has({},
            {runs("a", "echo from-a > /mnt/a; say a; await c 1; cat /mnt/c; echo end", at("/mnt")),
             runs("c", "echo from-c > /mnt/c; say c; await a 1; cat /mnt/a; echo end", at("/mnt"))},
            fields({policy("Never"), host_path(row.dir("data"), "")}));
    CHECK(row.printed("a") == "from-c");
    CHECK(row.printed("c") == "from-a");
    CHECK(read_text(row.dir("data/a")) == "from-a\n");
}

ROW("hostpath-subpath", "hostpath") {
    fs::create_directory(row.dir("data"));
    CHECK(row.output_of("echo text > /mnt/f; ls /mnt", at("/mnt", R"("subPath": "sub")"),
                        host_path(row.dir("data"), "")) == "f");
    CHECK(read_text(row.dir("data/sub/f")) == "text\n");
}

ROW("hostpath-dir-missing", "hostpath") {
    CHECK(is_refused(kind_of(row, row.dir("missing"), "Directory")));
    CHECK_FALSE(exists(row.dir("missing")));
    // It comes, and the pod goes on.
    row.has({}, {lives("c", at("/mnt"))}, host_path(row.dir("late"), "Directory"));
    CHECK(row.until([](const View& pod) { return !status_of(pod, "c").state.waiting->message.empty(); }));
    CHECK(state_of(row.view(), "c") == "waiting ContainerCreating");
    fs::create_directory(row.dir("late"));
    CHECK(row.hears("c+"));
    CHECK(restarts_of(row.view(), "c") == 0);
}

ROW("hostpath-dir-ok", "hostpath") {
    fs::create_directory(row.dir("data"));
    CHECK(kind_of(row, row.dir("data"), "Directory") == "directory");
}

ROW("hostpath-dir-unset", "hostpath") {
    fs::create_directory(row.dir("data"));
    std::ofstream(row.dir("file"));
    CHECK(kind_of(row, row.dir("data"), "") == "directory");
    CHECK(kind_of(row, row.dir("made"), "") == "directory");
}

ROW("hostpath-dir-as-file", "hostpath") {
    fs::create_directory(row.dir("data"));
    CHECK(is_refused(kind_of(row, row.dir("data"), "File")));
}

ROW("hostpath-file-missing", "hostpath") {
    CHECK(is_refused(kind_of(row, row.dir("missing"), "File")));
    CHECK_FALSE(exists(row.dir("missing")));
}

ROW("hostpath-file-ok", "hostpath") {
    std::ofstream(row.dir("file")) << "text\n";
    CHECK(kind_of(row, row.dir("file"), "File") == "regular file");
    CHECK(row.output_of("cat " + row.dir("file-mnt"), at(row.dir("file-mnt")), host_path(row.dir("file"), "File")) ==
          "text");
}

ROW("hostpath-file-as-dir", "hostpath") {
    std::ofstream(row.dir("file")) << "text\n";
    CHECK(is_refused(kind_of(row, row.dir("file"), "Directory")));
}

ROW("hostpath-socket-ok", "hostpath") {
    CHECK(kind_of(row, row.dir("run/control.sock"), "Socket") == "socket");
}

ROW("hostpath-socket-missing", "hostpath") {
    CHECK(is_refused(kind_of(row, row.dir("missing"), "Socket")));
    CHECK_FALSE(exists(row.dir("missing")));
}

ROW("hostpath-chardev-ok", "hostpath") {
    CHECK(kind_of(row, device(row, "c", S_IFCHR), "CharDevice") == "character special file");
}

ROW("hostpath-blockdev-ok", "hostpath") {
    CHECK(kind_of(row, device(row, "b", S_IFBLK), "BlockDevice") == "block special file");
}

ROW("hostpath-chardev-as-block", "hostpath") {
    CHECK(is_refused(kind_of(row, device(row, "c", S_IFCHR), "BlockDevice")));
}
