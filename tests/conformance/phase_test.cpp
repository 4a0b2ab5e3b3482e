// SPDX-License-Identifier: Apache-2.0
// What a pod comes to, as far as one word says it.
#include "tests/conformance/row.hpp"

using namespace conformance;

ROW("restart-never-success-pending", "phase") {
    for (int round = 1; round <= 9; ++round) {
        row.has({}, {works("c", "", 1, "0.0" + std::to_string(round))}, fields({policy("Never"), grace(1)}));
        row.fill_volume(10 * round); // the moment is the point
        row.begin_remove();
        row.watch([](const View& pod) {
            CHECK(pod.status.phase != "Succeeded");
            const auto terminated = status_of(pod, "c").state.terminated;
            CHECK((!terminated || terminated->exit_code != 0));
        });
    }
}

ROW("restart-never-init-success", "phase") {
    for (int round = 1; round <= 9; ++round) {
        row.has({works("i", "", 1, "0.0" + std::to_string(round))}, {works("c")}, fields({policy("Never"), grace(1)}));
        row.fill_volume(10 * round); // the moment is the point
        row.begin_remove();
        row.watch([](const View& pod) {
            CHECK(pod.status.phase != "Succeeded");
            CHECK(state_of(pod, "c").starts_with("waiting"));
            CHECK(status_of(pod, "c").container_id.empty());
        });
    }
    CHECK(row.count("c+") == 0);
}

ROW("deleted-pending-failed", "phase") {
    row.has({}, {imageless("c")});
    CHECK(row.until([](const View& pod) { return state_of(pod, "c").starts_with("waiting ErrImage"); }));
    CHECK(row.view().status.phase == "Pending");
    CHECK(row.remove_and_watch().status.phase == "Failed");
}

ROW("deleted-nonzero-failed", "phase") {
    const std::string name = GENERATE("Always", "OnFailure", "Never");
    row.has({}, {lives("c", "", 3)}, policy(name));
    CHECK(row.hears("c+"));
    const View last = row.remove_and_watch();
    CHECK(last.status.phase == "Failed");
    CHECK(state_of(last, "c") == "terminated Error 3");
    CHECK(restarts_of(last, "c") == 0);
}

ROW("deleted-zero-succeeded", "phase") {
    const std::string name = GENERATE("Always", "OnFailure", "Never");
    row.has({}, {lives("c")}, policy(name));
    CHECK(row.hears("c+"));
    const View last = row.remove_and_watch();
    CHECK(last.status.phase == "Succeeded");
    CHECK(state_of(last, "c") == "terminated Completed 0");
}

TEST_CASE("delete-terminated", "[phase]") {
    if (!initd::can_supervise())
        return;
    // While it runs, while it ends, and in a back-off that would last for minutes.
    Row row(R"({"crashLoopBackOff": {"initialRestartPeriod": "300s"}})");
    for (std::size_t runs = 1; runs <= 2; ++runs) {
        row.has({}, {works("c", "", 1)}, grace(1));
        CHECK(row.hears("c-", runs));
        if (runs == 2)
            CHECK(row.until([](const View& pod) { return state_of(pod, "c") == "waiting CrashLoopBackOff"; }));
        const double began = now();
        CHECK(row.remove("p") == "gone");
        CHECK(now() - began < 5);
        CHECK_FALSE(row.get("p"));
    }
}

ROW("active-deadline", "phase") {
    row.has({}, {lives("c")}, R"("activeDeadlineSeconds": 1)");
    CHECK(row.until_phase("Failed"));
    const View pod = row.view();
    CHECK(pod.status.reason == "DeadlineExceeded");
    CHECK(pod.status.message == "Pod was active on the node longer than the specified deadline");
    CHECK(row.words() == "c+ c-");
    CHECK(row.at("c-") - row.at("c+") > 0.5);
}

ROW("terminated-reason", "phase") {
    row.has({},
            {works("ok"), works("bad", "", 5), runs("hit", "kill -9 $$$$"),
             R"({"name": "none", "image": "host", "command": ["/no/such/file"]})"},
            fields({policy("Never"), R"("hostPID": true)"}));
    CHECK(row.until_phase("Failed"));
    const View pod = row.view();
    CHECK(state_of(pod, "ok") == "terminated Completed 0");
    CHECK(state_of(pod, "bad") == "terminated Error 5");
    CHECK(state_of(pod, "hit") == "terminated Error 137");
    CHECK(state_of(pod, "none") == "terminated StartError 128");
}

namespace {

// The machine's address, which is the pod's too on its network; "" without any.
std::string address_of(Row& row, const std::string& container, const std::string& spec) {
    row.has({}, {container}, fields({R"("hostNetwork": true)", spec}));
    CHECK(row.until([](const View& pod) { return !state_of(pod, "c").starts_with("waiting"); }));
    const View pod = row.view();
    if (pod.status.host_ip.empty())
        WARN("skipped: the machine has no address");
    CHECK(pod.status.pod_ip == pod.status.host_ip);
    return pod.status.pod_ip;
}

void check_address(const View& pod, const std::string& address) {
    CHECK(pod.status.pod_ip == address);
    REQUIRE(pod.status.pod_ips.size() == (address.empty() ? 0 : 1));
    if (!address.empty())
        CHECK(pod.status.pod_ips[0].ip == address);
}

} // namespace

ROW("podips-succeeded", "phase") {
    const std::string address = address_of(row, works("c"), policy("Never"));
    CHECK(row.until_phase("Succeeded"));
    check_address(row.view(), address);
}

ROW("podips-failed", "phase") {
    const std::string address = address_of(row, works("c", "", 1), policy("Never"));
    CHECK(row.until_phase("Failed"));
    check_address(row.view(), address);
}

ROW("podips-terminating", "phase") {
    const std::string address = address_of(row, lives("c"), "");
    CHECK(row.hears("c+"));
    row.fill_volume();
    row.begin_remove();
    row.watch([&](const View& pod) { check_address(pod, address); });
}
