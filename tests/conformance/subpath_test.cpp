// SPDX-License-Identifier: Apache-2.0
// Parts of a volume: made, found, and never outside it.
#include "tests/conformance/row.hpp"

#include <filesystem>
#include <fstream>

using namespace conformance;
namespace fs = std::filesystem;

namespace {

std::string mounts(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& mount : list)
        text += (text.empty() ? "" : ", ") + ("{" + mount + "}");
    return R"("volumeMounts": [)" + text + "]";
}

std::string part(const std::string& sub_path, const std::string& path = "/mnt", const std::string& more = "") {
    return fields({R"("name": "v", "mountPath": ")" + path + R"(", "subPath": ")" + sub_path + "\"", more});
}

std::string by_expression(const std::string& expression) {
    return fields({R"("name": "v", "mountPath": "/mnt", "subPathExpr": ")" + expression + "\""});
}

// A directory of the machine, with what a test has put there.
std::string data(Row& row) {
    fs::create_directories(row.dir("data"));
    return R"("volumes": [{"name": "v", "hostPath": {"path": ")" + row.dir("data") + "\"}}]";
}

void put(Row& row, const std::string& file, const std::string& text) {
    fs::create_directories(fs::path(row.dir(file)).parent_path());
    std::ofstream(row.dir(file)) << text << '\n';
}

const std::string scratch = R"("volumes": [{"name": "v", "emptyDir": {}}])";

std::string variable(const std::string& name, const std::string& value) {
    return R"("env": [{"name": ")" + name + R"(", "value": ")" + value + "\"}]";
}

// A link in the volume that leads to `target`: no container that asks for it, or for something below it, starts.
void check_refused(Row& row, const std::string& target, const std::string& below = "") {
    const std::string volume = data(row);
    fs::create_symlink(target, row.dir("data/link"));
    const std::string output = row.output_of("ls /mnt", mounts({part("link" + below)}), volume);
    INFO(output);
    CHECK(output.starts_with("Pending: waiting CreateContainerConfigError: failed to prepare subPath"));
}

// A part of a volume in a container whose first run ends badly: its next run finds it again.
void check_restart(Row& row, const std::string& what, const std::string& look) {
    const std::string probe = R"("livenessProbe": {"periodSeconds": 1, "failureThreshold": 1, )" +
                              exec_of("await c+ 1; [ $(grep -c ' c+' $S) = 2 ]").substr(1);
    row.has({},
            {runs("c", "trap 'say c-; exit 0' TERM; say $(" + look + "); say c+; forever",
                  fields({mounts({part(what, row.dir("mnt"))}), probe}))},
            fields({data(row), grace(2)}));
    CHECK(row.hears("c+", 2));
    CHECK(row.words() == "text c+ c- text c+");
    CHECK(restarts_of(row.view(), "c") == 1);
}

const std::string said_by_pod = R"({"path": "name", "fieldRef": {"fieldPath": "metadata.name"}})";

} // namespace

ROW("subpathexpr-ok", "subpath") {
    const std::string name =
        R"("env": [{"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])";
    CHECK(row.output_of("echo text > /mnt/f; cat /mnt/f", fields({mounts({by_expression("$(POD_NAME)")}), name}),
                        data(row)) == "text");
    CHECK(read_text(row.dir("data/p/f")) == "text\n");
}

ROW("subpathexpr-backticks", "subpath") {
    const std::string output =
        row.output_of("ls", fields({mounts({by_expression("$(X)")}), variable("X", "..")}), data(row));
    CHECK(output.starts_with("Pending: waiting CreateContainerConfigError: "));
}

ROW("subpathexpr-absolute", "subpath") {
    const std::string output =
        row.output_of("ls", fields({mounts({by_expression("$(X)")}), variable("X", "/tmp")}), data(row));
    CHECK(output.starts_with("Pending: waiting CreateContainerConfigError: "));
}

ROW("subpathexpr-modify", "subpath") {
    // The manifest is put right, and with it the pod.
    const auto has = [&](const std::string& value) {
        return row.apply_one(
            pod_text("p", {},
                     {lives("c", fields({mounts({by_expression("$(X)")}),
                                         R"("env": [{"name": "X", "valueFrom": {"fieldRef": {"fieldPath": )"
                                         R"("metadata.annotations['at']"}}}])"}))},
                     data(row), R"("annotations": {"at": ")" + value + "\"}"));
    };
    CHECK(has("/absolute") == "created");
    CHECK(row.until([](const View& pod) { return state_of(pod, "c") == "waiting CreateContainerConfigError"; }));
    CHECK(has("fine") == "configured");
    CHECK(row.hears("c+"));
    CHECK(exists(row.dir("data/fine")));
}

ROW("subpathexpr-write", "subpath") {
    const std::string whole = R"("name": "v", "mountPath": ")" + row.dir("whole") + "\"";
    CHECK(row.output_of("echo text > /mnt/f; cat " + row.dir("whole") + "/deep/down/f",
                        fields({mounts({by_expression("deep/$(X)"), whole}), variable("X", "down")}),
                        scratch) == "text");
}

ROW("subpath-nonexist", "subpath") {
    CHECK(row.output_of("stat -c '%A %F' /mnt; ls -A /mnt", mounts({part("new")}), scratch) == "drwxrwxrwx directory");
}

ROW("subpath-dir", "subpath") {
    put(row, "data/sub/f", "text");
    CHECK(row.output_of("ls /mnt; cat /mnt/f", mounts({part("sub")}), data(row)) == "f text");
}

ROW("subpath-file", "subpath") {
    put(row, "data/f", "text");
    put(row, "over", "covered");
    CHECK(row.output_of("cat " + row.dir("over"), mounts({part("f", row.dir("over"))}), data(row)) == "text");
    CHECK(read_text(row.dir("over")) == "covered\n");
}

ROW("subpath-single-file", "subpath") {
    put(row, "data/sub/deep/f", "text");
    CHECK(row.output_of("cat /mnt/deep/f", mounts({part("sub")}), data(row)) == "text");
}

ROW("subpath-outside-dir", "subpath") {
    fs::create_directory(row.dir("outside"));
    check_refused(row, row.dir("outside"));
}

ROW("subpath-outside-file", "subpath") {
    put(row, "outside", "secret");
    check_refused(row, row.dir("outside"));
}

ROW("subpath-outside-nonexist", "subpath") {
    fs::create_directory(row.dir("outside"));
    check_refused(row, row.dir("outside"), "/new");
    CHECK_FALSE(exists(row.dir("outside/new")));
}

ROW("subpath-backstep", "subpath") {
    fs::create_directory(row.dir("outside"));
    check_refused(row, "../outside");
}

ROW("subpath-multi", "subpath") {
    std::vector<std::string> list{R"("name": "v", "mountPath": "/mnt")"};
    std::string script;
    for (int i = 0; i < 10; ++i) {
        const std::string n = std::to_string(i);
        list.push_back(part("sub" + n, row.dir("at" + n)));
        script += "echo " + n + " > " + row.dir("at" + n) + "/f; ";
    }
    CHECK(row.output_of(script + "cat /mnt/sub*/f", mounts(list), scratch) == "0 1 2 3 4 5 6 7 8 9");
}

ROW("subpath-restart-dir", "subpath") {
    put(row, "data/sub/f", "text");
    check_restart(row, "sub", "cat " + row.dir("mnt") + "/f");
}

ROW("subpath-restart-file", "subpath") {
    put(row, "data/f", "text");
    check_restart(row, "f", "cat " + row.dir("mnt"));
}

ROW("subpath-ro-dir", "subpath") {
    put(row, "data/sub/f", "text");
    CHECK(row.output_of("cat /mnt/f; touch /mnt/g || echo no", mounts({part("sub", "/mnt", R"("readOnly": true)")}),
                        data(row)) == "text no");
}

ROW("subpath-ro-file", "subpath") {
    put(row, "data/f", "text");
    const std::string at = row.dir("at");
    CHECK(row.output_of("cat " + at + "; (echo x > " + at + ") || echo no",
                        mounts({part("f", at, R"("readOnly": true)")}), data(row)) == "text no");
}

ROW("subpath-ro-write", "subpath") {
    const std::string volume = R"("volumes": [{"name": "v", "hostPath": {"path": ")" + row.dir("data") + "\"}}]";
    put(row, "data/sub/f", "text");
    CHECK(row.output_of("(echo x > /mnt/f) || echo no; rm /mnt/f || echo no; cat /mnt/f",
                        mounts({part("sub", "/mnt", R"("readOnly": true)")}), volume) == "no no text");
    CHECK(read_text(row.dir("data/sub/f")) == "text\n");
}

ROW("subpath-unmount-deleted", "subpath") {
    put(row, "data/sub/f", "text");
    row.has({},
            {runs("c", "trap 'exit 0' TERM; rm -r " + row.dir("whole") + "/sub; say gone; forever",
                  mounts({part("sub"), R"("name": "v", "mountPath": ")" + row.dir("whole") + "\""}))},
            data(row));
    CHECK(row.hears("gone"));
    CHECK_FALSE(exists(row.dir("data/sub")));
    CHECK(row.remove("p") == "gone");
    CHECK(row.mounts() == 0);
    CHECK(exists(row.dir("data")));
}

ROW("subpath-downward", "subpath") {
    CHECK(row.output_of("cat " + row.dir("at"), mounts({part("name", row.dir("at"))}),
                        R"("volumes": [{"name": "v", "downwardAPI": {"items": [)" + said_by_pod + "]}}]") == "p");
}

ROW("subpath-projected", "subpath") {
    CHECK(row.output_of("cat " + row.dir("at"), mounts({part("name", row.dir("at"))}),
                        R"("volumes": [{"name": "v", "projected": {"sources": [{"downwardAPI": {"items": [)" +
                            said_by_pod + "]}}]}}]") == "p");
}
