// SPDX-License-Identifier: Apache-2.0
// How volumes are mounted: who sees what is mounted later, and what is read-only to its end.
#include "tests/conformance/row.hpp"

#include <filesystem>

using namespace conformance;
namespace fs = std::filesystem;

namespace {

std::string data(Row& row) {
    fs::create_directories(row.dir("data/sub"));
    return R"("volumes": [{"name": "v", "hostPath": {"path": ")" + row.dir("data") + "\"}}]";
}

std::string mounted(const std::string& more, const std::string& path = "/mnt") {
    return R"("volumeMounts": [{)" + fields({R"("name": "v", "mountPath": ")" + path + "\"", more}) + "}]";
}

const std::string privileged = R"("securityContext": {"privileged": true})";

std::string propagation(const std::string& kind) {
    return R"("mountPropagation": ")" + kind + "\"";
}

// The machine's directory with a file system of its own below it.
std::string nested(Row& row, const std::string& then) {
    return "mount -t tmpfs none " + row.dir("data/sub") + " && " + then;
}

std::string invalid(Row& row, const std::string& mount) {
    return row.apply_one(pod_text("p", {}, {lives("c", mounted(mount))}, data(row)));
}

} // namespace

ROW("mount-propagation", "volumes") {
    // Each mounts a file system that holds a file of its name, and then says which of them it sees. The machine's own
    // comes from a container that shares its mounts in both directions on the machine's root.
    const auto sees = [](const std::string& name, const std::string& kind, bool mounts = true) {
        const std::string mount = mounts ? "mkdir -p /mnt/" + name + "; mount -t tmpfs none /mnt/" + name +
                                               "; echo > /mnt/" + name + "/" + name + "; "
                                         : "";
        return runs(name,
                    "await begin 1; " + mount + "say mounted; await mounted 3; say " + name +
                        ": $(cd /mnt; ls -d */*); forever",
                    fields({mounted(kind), privileged}));
    };
    row.has({},
            {sees("both", propagation("Bidirectional")), sees("from", propagation("HostToContainer")),
             sees("none", propagation("None"))},
            fields({data(row), grace(1)}));
    CHECK(row.until_ready());
    row.say("begin");
    CHECK(row.hears("both: both/both"));
    CHECK(row.hears("from: both/both from/from"));
    CHECK(row.hears("none: none/none"));
    // What was mounted in both directions is the machine's too.
    REQUIRE(row.apply_one(pod_text("later", {}, {runs("d", "say d: $(cd /mnt; ls -d */*); forever", mounted(""))},
                                   fields({data(row), grace(1)}))) == "created");
    CHECK(row.hears("d: both/both"));
}

ROW("rro-ok", "volumes") {
    // A pod that shares its mounts makes one below the directory.
    REQUIRE(row.apply_one(pod_text("q", {},
                                   {runs("host", nested(row, "say mounted; forever"),
                                         fields({mounted(propagation("Bidirectional"), row.dir("data")), privileged}))},
                                   fields({data(row), grace(1)}))) == "created");
    REQUIRE(row.hears("mounted"));
    const std::string script = "touch /mnt/f || echo no; touch /mnt/sub/f || echo no";
    CHECK(row.output_of(script, mounted(R"("readOnly": true)"), data(row)) == "no");
    for (const char* kind : {"Enabled", "IfPossible"})
        CHECK(row.output_of(script, mounted(R"("readOnly": true, "recursiveReadOnly": ")" + std::string(kind) + "\""),
                            data(row)) == "no no");
    CHECK(row.output_of(script, mounted(R"("readOnly": true, "recursiveReadOnly": "Disabled")"), data(row)) == "no");
}

ROW("rro-invalid", "volumes") {
    const std::string enabled = R"("recursiveReadOnly": "Enabled")";
    CHECK_THAT(invalid(row, enabled), has_text("io.podinit.Invalid"));
    CHECK_THAT(invalid(row, R"("readOnly": false, )" + enabled), has_text("io.podinit.Invalid"));
    CHECK_THAT(invalid(row, R"("readOnly": true, "mountPropagation": "HostToContainer", )" + enabled),
               has_text("io.podinit.Invalid"));
    CHECK_THAT(invalid(row, R"("recursiveReadOnly": "IfPossible")"), has_text("io.podinit.Invalid"));
    CHECK(invalid(row, R"("readOnly": true, )" + enabled) == "created");
}

ROW("missing-volume-terminate", "volumes") {
    row.has({}, {lives("c", mounted(""))}, R"("volumes": [{"name": "v", "secret": {"secretName": "missing"}}])");
    CHECK(row.until([](const View& pod) { return !status_of(pod, "c").state.waiting->message.empty(); }));
    const double began = now();
    CHECK(row.remove("p") == "gone");
    CHECK(now() - began < 5);
    CHECK(row.words().empty());
}
