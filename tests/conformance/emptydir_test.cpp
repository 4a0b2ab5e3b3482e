// SPDX-License-Identifier: Apache-2.0
// Directories that come and go with their pod.
#include "tests/conformance/row.hpp"

using namespace conformance;

namespace {

const std::string at_mnt = R"("volumeMounts": [{"name": "v", "mountPath": "/mnt"}])";
const std::string as_user = R"("securityContext": {"runAsUser": 1001})";

std::string volume(const std::string& medium, const std::string& more = "") {
    return R"("volumes": [{"name": "v", "emptyDir": {)" +
           fields({medium.empty() ? "" : R"("medium": ")" + medium + "\"", more}) + "}}]";
}

std::string owned_by(int group) {
    return R"("securityContext": {"fsGroup": )" + std::to_string(group) + "}";
}

// A file that is made with a mode, and read back: its mode, owner and content, and the kind of file system.
std::string file_of(Row& row, const std::string& mode, const std::string& medium, const std::string& container,
                    const std::string& spec = "") {
    return row.output_of("cd /mnt; echo text > f; chmod " + mode +
                             " f; stat -c '%A %u %g' f; cat f; stat -f -c %T . | sed s/^ext.*/disk/",
                         fields({at_mnt, container}), fields({volume(medium), spec}));
}

} // namespace

ROW("emptydir-default-mode", "emptydir") {
    CHECK(row.output_of("stat -c '%A %u' /mnt", at_mnt, volume("")) == "drwxrwxrwx 0");
}

ROW("emptydir-tmpfs-mode", "emptydir") {
    CHECK(row.output_of("stat -c '%A %u' /mnt; stat -f -c %T /mnt", at_mnt, volume("Memory")) == "drwxrwxrwx 0 tmpfs");
}

ROW("emptydir-root-0644-tmpfs", "emptydir") {
    CHECK(file_of(row, "0644", "Memory", "") == "-rw-r--r-- 0 0 text tmpfs");
}

ROW("emptydir-root-0666-tmpfs", "emptydir") {
    CHECK(file_of(row, "0666", "Memory", "") == "-rw-rw-rw- 0 0 text tmpfs");
}

ROW("emptydir-root-0777-tmpfs", "emptydir") {
    CHECK(file_of(row, "0777", "Memory", "") == "-rwxrwxrwx 0 0 text tmpfs");
}

ROW("emptydir-nonroot-0644-tmpfs", "emptydir") {
    CHECK(file_of(row, "0644", "Memory", as_user) == "-rw-r--r-- 1001 0 text tmpfs");
}

ROW("emptydir-nonroot-0666-tmpfs", "emptydir") {
    CHECK(file_of(row, "0666", "Memory", as_user) == "-rw-rw-rw- 1001 0 text tmpfs");
}

ROW("emptydir-nonroot-0777-tmpfs", "emptydir") {
    CHECK(file_of(row, "0777", "Memory", as_user) == "-rwxrwxrwx 1001 0 text tmpfs");
}

ROW("emptydir-root-0644", "emptydir") {
    CHECK(file_of(row, "0644", "", "").starts_with("-rw-r--r-- 0 0 text "));
}

ROW("emptydir-root-0666", "emptydir") {
    CHECK(file_of(row, "0666", "", "").starts_with("-rw-rw-rw- 0 0 text "));
}

ROW("emptydir-root-0777", "emptydir") {
    CHECK(file_of(row, "0777", "", "").starts_with("-rwxrwxrwx 0 0 text "));
}

ROW("emptydir-nonroot-0644", "emptydir") {
    CHECK(file_of(row, "0644", "", as_user).starts_with("-rw-r--r-- 1001 0 text "));
}

ROW("emptydir-nonroot-0666", "emptydir") {
    CHECK(file_of(row, "0666", "", as_user).starts_with("-rw-rw-rw- 1001 0 text "));
}

ROW("emptydir-nonroot-0777", "emptydir") {
    CHECK(file_of(row, "0777", "", as_user).starts_with("-rwxrwxrwx 1001 0 text "));
}

ROW("emptydir-shared", "emptydir") {
    row.has({},
            {runs("a", "echo hello > /mnt/f; say written", at_mnt),
             runs("c", "await written 1; cat /mnt/f; echo end", at_mnt)},
            fields({policy("Never"), volume("")}));
    CHECK(row.printed() == "hello");
    CHECK(row.until_phase("Succeeded"));
}

ROW("emptydir-size", "emptydir") {
    CHECK(row.output_of("df -k --output=size /mnt | tail -1 | tr -d ' '; "
                        "head -c 11000000 /dev/zero > /mnt/f 2> /dev/null || echo full",
                        at_mnt, volume("Memory", R"("sizeLimit": "10Mi")")) == "10240 full");
}

ROW("emptydir-fsgroup-root", "emptydir") {
    CHECK(file_of(row, "0644", "Memory", "", owned_by(123)) == "-rw-r--r-- 0 123 text tmpfs");
}

ROW("emptydir-fsgroup-nonroot", "emptydir") {
    CHECK(file_of(row, "0644", "Memory", as_user, owned_by(123)) == "-rw-r--r-- 1001 123 text tmpfs");
}

ROW("emptydir-fsgroup-subpath", "emptydir") {
    for (const char* medium : {"", "Memory"})
        CHECK(row.output_of("stat -c '%A %u %g' /mnt",
                            R"("volumeMounts": [{"name": "v", "mountPath": "/mnt", "subPath": "sub"}])",
                            fields({volume(medium), owned_by(123)})) == "drwxrwsrwx 0 123");
}

ROW("emptydir-fsgroup-0644", "emptydir") {
    CHECK(file_of(row, "0644", "Memory", as_user, owned_by(123)).starts_with("-rw-r--r-- 1001 123 "));
    CHECK(file_of(row, "0644", "", "", owned_by(123)).starts_with("-rw-r--r-- 0 123 "));
}

ROW("emptydir-fsgroup-mode", "emptydir") {
    CHECK(row.output_of("stat -c '%A %u %g' /mnt", at_mnt, fields({volume(""), owned_by(123)})) == "drwxrwsrwx 0 123");
}

ROW("emptydir-fsgroup-tmpfs-mode", "emptydir") {
    CHECK(row.output_of("stat -c '%A %u %g' /mnt", at_mnt, fields({volume("Memory"), owned_by(123)})) ==
          "drwxrwsrwx 0 123");
}

ROW("emptydir-cleanup", "emptydir") {
    row.has({},
            {lives("c", R"("volumeMounts": [{"name": "m", "mountPath": "/mnt"}, {"name": "d", "mountPath": ")" +
                            row.dir("d") + "\"}]")},
            R"("volumes": [{"name": "m", "emptyDir": {"medium": "Memory"}}, {"name": "d", "emptyDir": {}}])");
    CHECK(row.hears("c+"));
    CHECK(row.mounts() > 0);
    CHECK(initd::names_in(row.dir("run/state/pods")).size() == 1);
    CHECK(row.remove("p") == "gone");
    CHECK(row.mounts() == 0);
    CHECK(initd::names_in(row.dir("run/state/pods")).empty());
    CHECK(initd::names_in(row.dir("run/pods")).empty());
}
