// SPDX-License-Identifier: Apache-2.0
// Who a container's processes are, and what they may do.
#include "tests/conformance/row.hpp"

#include <filesystem>

using namespace conformance;
namespace fs = std::filesystem;

namespace {

std::string context(const std::string& members) {
    return R"("securityContext": {)" + members + "}";
}

std::string run_as(const std::string& user, const std::string& group = "") {
    return fields({R"("runAsUser": )" + user, group.empty() ? "" : R"("runAsGroup": )" + group});
}

const std::string who = "id -u; id -g";
const std::string add_device = "ip link add d0 type dummy 2>&1 || ip link add d0 type bridge 2>&1";
const std::string privileged = R"("privileged": true)";

// Writes to the root and to a volume.
std::string writes(Row& row, const std::string& value) {
    return row.output_of("touch " + row.dir("made") + " && echo root; touch /mnt/f && echo volume",
                         fields({value.empty() ? "" : context(R"("readOnlyRootFilesystem": )" + value),
                                 R"("volumeMounts": [{"name": "v", "mountPath": "/mnt"}])"}),
                         R"("volumes": [{"name": "v", "emptyDir": {}}])");
}

// A program that says who it is, and belongs to root with the bit that says so.
std::string setuid_id(Row& row, const std::string& escalation) {
    fs::permissions(row.temp.path(), fs::perms(0755));
    fs::copy_file(fs::canonical("/usr/bin/id"), row.dir("id"));
    fs::permissions(row.dir("id"), fs::perms(04755));
    return row.output_of(
        row.dir("id") + " -u",
        context(fields({run_as("1000"), escalation.empty() ? "" : R"("allowPrivilegeEscalation": )" + escalation})));
}

const std::string unconfined = R"("seccompProfile": {"type": "Unconfined"})";

} // namespace

ROW("rofs-true", "security") {
    CHECK(writes(row, "true") == "volume");
}

ROW("rofs-true-busybox", "security") {
    if (!row.has_image("box"))
        return;
    CHECK(row.output_of("echo text > /file || echo no", context(R"("readOnlyRootFilesystem": true)"), "", "box") ==
          "no");
}

ROW("rofs-false", "security") {
    CHECK(writes(row, "false") == "root volume");
    CHECK(writes(row, "") == "root volume");
}

ROW("runasuser-65534", "security") {
    CHECK(row.output_of("id -u", context(run_as("65534"))) == "65534");
}

ROW("runasuser-0", "security") {
    CHECK(row.output_of("id -u", context(run_as("0"))) == "0");
}

ROW("nonroot-explicit", "security") {
    CHECK(row.output_of("id -u", context(R"("runAsNonRoot": true, )" + run_as("1234"))) == "1234");
}

ROW("nonroot-explicit-root", "security") {
    const std::string output = row.output_of("id -u", context(R"("runAsNonRoot": true, )" + run_as("0")));
    CHECK(output.starts_with("Pending: waiting CreateContainerConfigError: "));
    CHECK_THAT(output, has_text("container's runAsUser breaks non-root policy"));
}

ROW("nonroot-image-user", "security") {
    if (!row.has_image("box", R"("User": "1234")"))
        return;
    CHECK(row.output_of("id -u", context(R"("runAsNonRoot": true)"), "", "box") == "1234");
}

ROW("nonroot-no-user", "security") {
    if (!row.has_image("box"))
        return;
    const std::string output = row.output_of("id -u", context(R"("runAsNonRoot": true)"), "", "box");
    CHECK(output.starts_with("Pending: waiting CreateContainerConfigError: "));
    CHECK_THAT(output, has_text("container has runAsNonRoot and image will run as root"));
}

ROW("unpriv", "security") {
    CHECK_THAT(row.output_of(add_device + " || echo refused", context(R"("privileged": false)")), has_text("refused"));
}

ROW("priv", "security") {
    CHECK_THAT(row.output_of("(" + add_device + ") && echo made", context(privileged)), has_text("made"));
}

ROW("priv-commands", "security") {
    row.has({},
            {runs("plain", "(" + add_device + ") && echo made || echo refused; echo end"),
             runs("c", "(" + add_device + ") && echo made || echo refused; echo end", context(privileged))},
            policy("Never"));
    CHECK_THAT(row.printed("plain"), has_text("refused"));
    CHECK_THAT(row.printed("c"), has_text("made"));
}

ROW("nnp-unset", "security") {
    CHECK(setuid_id(row, "") == "0");
}

ROW("nnp-false", "security") {
    CHECK(setuid_id(row, "false") == "1000");
}

ROW("nnp-true", "security") {
    CHECK(setuid_id(row, "true") == "0");
}

ROW("sc-pod-user-group", "security") {
    CHECK(row.output_of(who, "", context(run_as("1001", "2002"))) == "1001 2002");
}

ROW("sc-ctr-user-group", "security") {
    CHECK(row.output_of(who, context(run_as("1001", "2002")), context(run_as("7", "8"))) == "1001 2002");
}

ROW("sc-pod-user", "security") {
    CHECK(row.output_of(who, "", context(run_as("1001"))) == "1001 0");
    if (row.has_image("box"))
        CHECK(row.output_of(who, "", context(run_as("1000")), "box") == "1000 1000");
}

ROW("sc-ctr-user", "security") {
    CHECK(row.output_of(who, context(run_as("1002")), context(run_as("1001"))) == "1002 0");
}

ROW("sc-suppl", "security") {
    CHECK(row.output_of("id -G", "", context(run_as("1001", "2002") + R"(, "supplementalGroups": [1234, 5678])")) ==
          "2002 1234 5678");
}

ROW("sc-suppl-merge", "security") {
    if (!row.has_image("box"))
        return;
    CHECK(row.output_of("id -G", "", context(run_as("1000") + R"(, "supplementalGroups": [60000])"), "box") ==
          "1000 50000 60000");
}

ROW("sc-suppl-policy-merge", "security") {
    if (!row.has_image("box"))
        return;
    const std::string merge = R"(, "supplementalGroups": [60000], "supplementalGroupsPolicy": "Merge")";
    CHECK(row.output_of("id -G", "", context(run_as("1000") + merge), "box") == "1000 50000 60000");
}

ROW("seccomp-unconf-ctr", "security") {
    CHECK(row.output_of("grep ^Seccomp: /proc/self/status", context(unconfined)) == "Seccomp:\t0");
}

ROW("seccomp-unconf-pod", "security") {
    CHECK(row.output_of("grep ^Seccomp: /proc/self/status", "", context(unconfined)) == "Seccomp:\t0");
}

ROW("procmount-default", "security") {
    // Of what the machine has, some is masked, which is to be there and empty, and some is not written to.
    int read_only = 0;
    for (const char* name : {"bus", "fs", "irq", "sys", "sysrq-trigger"})
        read_only += exists(std::string("/proc/") + name);
    CHECK(row.output_of("for f in kcore keys timer_list latency_stats; do "
                        "[ ! -e /proc/$f ] || head -c 1 /proc/$f; done; ls -A /sys/firmware; "
                        "grep -E ' /proc/(bus|fs|irq|sys|sysrq-trigger) ' /proc/mounts | grep -c ' ro'; "
                        "(echo 1 > /proc/sys/kernel/panic) 2> /dev/null || echo refused") ==
          std::to_string(read_only) + " refused");
}

ROW("procmount-unmasked-nouserns", "security") {
    CHECK_THAT(row.apply_one(pod_text("p", {}, {lives("c", context(R"("procMount": "Unmasked")"))})),
               has_text("io.podinit.Invalid"));
}

ROW("userns-true", "userns") {
    const std::string ours = fs::read_symlink("/proc/self/ns/user").string();
    for (const char* spec : {"", R"("hostUsers": true)"})
        CHECK(row.output_of("readlink /proc/self/ns/user", "", spec) == ours);
}

ROW("sysctl-invalid", "sysctl") {
    for (const char* name : {"foo-", "kernel.shmmax.", "safe.sysctl!", "net..ipv4", ""})
        CHECK_THAT(row.apply_one(
                       pod_text("p", {}, {lives("c")},
                                context(R"("sysctls": [{"name": ")" + std::string(name) + R"(", "value": "bar"}])"))),
                   has_text("io.podinit.Invalid"));
}

ROW("qos-guaranteed", "qos") {
    const std::string both = R"({"cpu": "100m", "memory": "100Mi"})";
    const auto has = [&](const std::string& name, const std::string& requests, const std::string& limits) {
        REQUIRE(row.apply_one(pod_text(name, {},
                                       {lives("c", R"("resources": {)" +
                                                       fields({requests.empty() ? "" : R"("requests": )" + requests,
                                                               limits.empty() ? "" : R"("limits": )" + limits}) +
                                                       "}")})) == "created");
        return row.view(name).status.qos_class;
    };
    CHECK(has("guaranteed", both, both) == "Guaranteed");
    CHECK(has("by-limits", "", both) == "Guaranteed");
    CHECK(has("burstable", both, "") == "Burstable");
    CHECK(has("best-effort", "", "") == "BestEffort");
}
