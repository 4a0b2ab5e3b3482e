// SPDX-License-Identifier: Apache-2.0
// Files that say of the pod what it is: a volume of their own, or a part of another one.
#include "tests/conformance/row.hpp"

#include <utility>

using namespace conformance;

namespace {

const std::string at_mnt = R"("volumeMounts": [{"name": "v", "mountPath": "/mnt"}])";
const std::string resources =
    R"("resources": {"limits": {"cpu": "1250m", "memory": "64Mi"}, "requests": {"cpu": "250m", "memory": "32Mi"}})";

std::string field(const std::string& file, const std::string& path, const std::string& more = "") {
    return "{" + fields({R"("path": ")" + file + R"(", "fieldRef": {"fieldPath": ")" + path + "\"}", more}) + "}";
}

std::string resource(const std::string& name) {
    return R"({"path": "f", "resourceFieldRef": {"containerName": "c", "resource": ")" + name + "\"}}";
}

// The volume itself, and the same in one that can show other things too.
std::string plain(const std::string& item, const std::string& mode) {
    return R"("volumes": [{"name": "v", "downwardAPI": {)" +
           fields({mode.empty() ? "" : R"("defaultMode": )" + mode, R"("items": [)" + item + "]"}) + "}}]";
}

std::string projected(const std::string& item, const std::string& mode) {
    return R"("volumes": [{"name": "v", "projected": {)" +
           fields({mode.empty() ? "" : R"("defaultMode": )" + mode,
                   R"("sources": [{"downwardAPI": {"items": [)" + item + "]}}]"}) +
           "}}]";
}

// Both behave alike, so that each row of the one is a row of the other.
using Volume = std::string (*)(const std::string& item, const std::string& mode);

std::string file_of(Row& row, Volume volume, const std::string& item, const std::string& container = "") {
    return row.output_of("cat /mnt/f", fields({at_mnt, container}), volume(item, ""));
}

std::string mode_of(Row& row, Volume volume, const std::string& item, const std::string& mode,
                    const std::string& container = "", const std::string& spec = "") {
    return row.output_of("stat -L -c '%A %u %g' /mnt/f; cat /mnt/f", fields({at_mnt, container}),
                         fields({volume(item, mode), spec}));
}

void check_names(Row& row, Volume volume) {
    CHECK(file_of(row, volume, field("f", "metadata.name")) == "p");
    CHECK(file_of(row, volume, field("f", "metadata.namespace")) == "default");
}

void check_modes(Row& row, Volume volume) {
    CHECK(mode_of(row, volume, field("f", "metadata.name"), "256") == "-r-------- 0 0 p");
    CHECK(mode_of(row, volume, field("f", "metadata.name"), "") == "-rw-r--r-- 0 0 p");
}

void check_item_mode(Row& row, Volume volume) {
    CHECK(mode_of(row, volume, field("f", "metadata.name", R"("mode": 256)"), "420") == "-r-------- 0 0 p");
}

// What the machine has, which is a limit where there is no other.
spec::NodeInfo node_of(Row& row) {
    const auto node = row.call(spec::Node{});
    REQUIRE(node);
    return std::get<spec::NodeInfo>(node->reply);
}

// A changed manifest is a new pod, and that one shows what has changed.
void check_changes(Row& row, Volume volume, const std::string& kind) {
    const auto has = [&](const std::string& value) {
        return row.apply_one(pod_text("p", {}, {runs("c", "trap 'exit 0' TERM; say $(cat /mnt/f); forever", at_mnt)},
                                      volume(field("f", "metadata." + kind), ""),
                                      "\"" + kind + R"(": {"key": ")" + value + "\"}"));
    };
    CHECK(has("one") == "created");
    CHECK(row.hears(R"(key="one")"));
    CHECK(has("two") == "configured");
    CHECK(row.hears(R"(key="two")"));
    CHECK(row.words() == R"(key="one" key="two")");
}

const std::string owned = R"("securityContext": {"runAsUser": 1001, "fsGroup": 2000})";

} // namespace

ROW("dapivol-podname", "downwardvol") {
    check_names(row, plain);
}

ROW("dapivol-defaultmode", "downwardvol") {
    check_modes(row, plain);
}

ROW("dapivol-itemmode", "downwardvol") {
    check_item_mode(row, plain);
}

ROW("dapivol-fsgroup", "downwardvol") {
    CHECK(mode_of(row, plain, field("f", "metadata.name"), "", "", owned) == "-rw-r--r-- 0 2000 p");
}

ROW("dapivol-fsgroup-mode", "downwardvol") {
    CHECK(mode_of(row, plain, field("f", "metadata.name"), "288", "", owned) == "-r--r----- 0 2000 p");
}

ROW("dapivol-labels", "downwardvol") {
    check_changes(row, plain, "labels");
}

ROW("dapivol-annotations", "downwardvol") {
    check_changes(row, plain, "annotations");
}

ROW("dapivol-cpulimit", "downwardvol") {
    CHECK(file_of(row, plain, resource("limits.cpu"), resources) == "2");
}

ROW("dapivol-memlimit", "downwardvol") {
    CHECK(file_of(row, plain, resource("limits.memory"), resources) == "67108864");
}

ROW("dapivol-cpureq", "downwardvol") {
    CHECK(file_of(row, plain, resource("requests.cpu"), resources) == "1");
}

ROW("dapivol-memreq", "downwardvol") {
    CHECK(file_of(row, plain, resource("requests.memory"), resources) == "33554432");
}

ROW("dapivol-cpualloc", "downwardvol") {
    CHECK(file_of(row, plain, resource("limits.cpu")) == std::to_string(node_of(row).cpus));
}

ROW("dapivol-memalloc", "downwardvol") {
    CHECK(file_of(row, plain, resource("limits.memory")) == std::to_string(node_of(row).memory_bytes));
}

ROW("projdapi-podname", "projected") {
    check_names(row, projected);
}

ROW("projdapi-modes", "projected") {
    check_modes(row, projected);
}

ROW("projdapi-itemmode", "projected") {
    check_item_mode(row, projected);
}

ROW("projdapi-cpulimit", "projected") {
    CHECK(file_of(row, projected, resource("limits.cpu"), resources) == "2");
}

ROW("projdapi-memlimit", "projected") {
    CHECK(file_of(row, projected, resource("limits.memory"), resources) == "67108864");
}

ROW("projdapi-cpureq", "projected") {
    CHECK(file_of(row, projected, resource("requests.cpu"), resources) == "1");
}

ROW("projdapi-memreq", "projected") {
    CHECK(file_of(row, projected, resource("requests.memory"), resources) == "33554432");
}

ROW("projdapi-cpualloc", "projected") {
    CHECK(file_of(row, projected, resource("limits.cpu")) == std::to_string(node_of(row).cpus));
}

ROW("projdapi-memalloc", "projected") {
    CHECK(file_of(row, projected, resource("limits.memory")) == std::to_string(node_of(row).memory_bytes));
}

ROW("projdapi-labels", "projected") {
    check_changes(row, projected, "labels");
}

ROW("projdapi-annotations", "projected") {
    check_changes(row, projected, "annotations");
}

ROW("proj-combined", "projected") {
    REQUIRE(row.apply(
        {R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": "map"}})",
         R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"b": "hush"}})"}));
    CHECK(row.output_of("cd /mnt; ls; for f in all/a all/b name; do cat $f; echo; done", at_mnt,
                        R"("volumes": [{"name": "v", "projected": {"sources": [
                             {"configMap": {"name": "m", "items": [{"key": "a", "path": "all/a"}]}},
                             {"secret": {"name": "s", "items": [{"key": "b", "path": "all/b"}]}},
                             {"downwardAPI": {"items": [)" +
                            field("name", "metadata.name") + "]}}]}}]") == "all name map hush p");
}
