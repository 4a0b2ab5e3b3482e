// SPDX-License-Identifier: Apache-2.0
// A pod's conditions: which of them come true, and in which order.
#include "tests/conformance/row.hpp"

#include <algorithm>
#include <ctime>

using namespace conformance;

namespace {

std::string since(const View& pod, const std::string& type) {
    const auto found = std::ranges::find(pod.status.conditions, type, &spec::PodCondition::type);
    return found == pod.status.conditions.end() ? "" : found->last_transition_time;
}

// All True, each no earlier than the one before.
void check_ready_in_order(const View& pod) {
    std::string before;
    for (const char* type : {"PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"}) {
        INFO(type);
        CHECK(condition_of(pod, type) == "True");
        const std::string at = since(pod, type);
        CHECK_FALSE(at.empty());
        if (before != "" && type != std::string("Initialized")) // without init containers it is true from the first
            CHECK(at >= before);
        before = at;
    }
}

} // namespace

ROW("conditions-order", "conditions") {
    row.has({}, {lives("c", R"("readinessProbe": {"periodSeconds": 1, "initialDelaySeconds": 2, )" +
                                exec_of("exit 0").substr(1))});
    CHECK(row.until([](const View& pod) { return state_of(pod, "c") == "running"; }));
    CHECK(condition_of(row.view(), "Initialized") == "True");
    CHECK(condition_of(row.view(), "Ready") == "False ContainersNotReady");
    CHECK(row.until_ready());
    check_ready_in_order(row.view());
    CHECK(since(row.view(), "PodScheduled") < since(row.view(), "Ready"));
    CHECK(since(row.view(), "Initialized") < since(row.view(), "Ready"));
}

ROW("conditions-order-init", "conditions") {
    row.has({runs("i", "say i+; await go 1; say i-")}, {lives("c")});
    CHECK(row.until([](const View& pod) { return state_of(pod, "i") == "running"; }));
    CHECK(condition_of(row.view(), "PodReadyToStartContainers") == "True");
    CHECK(condition_of(row.view(), "Initialized") == "False ContainersNotInitialized");
    const std::string began = since(row.view(), "Initialized");
    CHECK(eventually([&] { return spec::rfc3339(static_cast<std::int64_t>(std::time(nullptr)) * 1000) > began; }));
    row.say("go");
    CHECK(row.until_ready());
    check_ready_in_order(row.view());
    CHECK(since(row.view(), "Initialized") > began);
    CHECK(since(row.view(), "Initialized") > since(row.view(), "PodScheduled"));
}

ROW("conditions-ready-before-pull", "conditions") {
    row.has({}, {imageless("c")});
    CHECK(row.until([](const View& pod) { return condition_of(pod, "PodReadyToStartContainers") == "True"; }));
    CHECK(row.view().status.phase == "Pending");
    CHECK(condition_of(row.view(), "ContainersReady") == "False ContainersNotReady");
    CHECK(row.until([](const View& pod) { return state_of(pod, "c").starts_with("waiting ErrImage"); }));
    CHECK(condition_of(row.view(), "PodReadyToStartContainers") == "True");
}

namespace {

// A volume of something that is not there.
const std::string unmountable = R"("volumes": [{"name": "v", "configMap": {"name": "missing"}}])";
const std::string mount = R"("volumeMounts": [{"name": "v", "mountPath": "/mnt"}])";

// What holds of a pod whose volumes cannot be mounted.
void check_unmounted(const View& pod) {
    CHECK(pod.status.phase == "Pending");
    CHECK(condition_of(pod, "PodScheduled") == "True");
    CHECK(condition_of(pod, "PodReadyToStartContainers").starts_with("False"));
    CHECK(condition_of(pod, "ContainersReady") == "False ContainersNotReady");
    CHECK(condition_of(pod, "Ready") == "False ContainersNotReady");
}

} // namespace

ROW("conditions-volume-fail", "conditions") {
    row.has({}, {lives("c", mount)}, unmountable);
    CHECK(row.until([](const View& pod) { return !status_of(pod, "c").state.waiting->message.empty(); }));
    check_unmounted(row.view());
    CHECK(state_of(row.view(), "c") == "waiting ContainerCreating");
    CHECK(condition_of(row.view(), "Initialized") == "True");
    CHECK(row.count("c+") == 0);
}

ROW("conditions-volume-fail-init", "conditions") {
    row.has({works("i", mount)}, {lives("c")}, unmountable);
    CHECK(row.until([](const View& pod) { return !status_of(pod, "i").state.waiting->message.empty(); }));
    check_unmounted(row.view());
    CHECK(state_of(row.view(), "i") == "waiting PodInitializing");
    CHECK(state_of(row.view(), "c") == "waiting PodInitializing");
    CHECK(condition_of(row.view(), "Initialized") == "False ContainersNotInitialized");
    CHECK(row.words().empty());
}
