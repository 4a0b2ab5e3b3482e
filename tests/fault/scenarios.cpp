// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/scenarios.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>

namespace fault {

using namespace initd;

namespace {

const std::string again = R"(, "restartPolicy": "Never")";

// A script that says nothing to anybody: what crashes podinit twice is not tried again, and each pod is another one.
std::string stays() {
    static int number = 0;
    return until_term + " # " + std::to_string(++number);
}

bool put(Trial& t, const std::string& manifest) {
    std::string said;
    return t.step("apply", [&] {
        said = t.podinit.apply_one(manifest);
        return said == "created" || said == "unchanged" || said == "configured";
    });
}

bool remove(Trial& t, const std::string& name, const std::string& resource = "") {
    return t.step("delete", [&] {
        const std::string said = t.podinit.remove(name, 1, resource);
        return said == "gone" || said.starts_with("io.podinit.NotFound");
    });
}

bool running(Trial& t, const std::string& name) {
    return t.step("running", [&] { return t.podinit.status(name).ready; });
}

std::size_t lines(const std::string& path) {
    const std::string text = read_text(path);
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

// Pods that are the scenario's.
std::size_t guests(Trial& t) {
    return static_cast<std::size_t>(std::ranges::count_if(
        t.podinit.list(), [](const spec::PodView& pod) { return pod.pod.metadata.name.starts_with('x'); }));
}

void list(Trial& t) {
    for (int i = 0; i < 3; ++i)
        t.check("list", t.podinit.list().size() >= 10);
}

void pod_of(Trial& t, const std::string& spec) {
    if (put(t, pod_json("x", script(stays()), spec)) && running(t, "x"))
        remove(t, "x");
}

void host_pod(Trial& t) {
    pod_of(t, on_host);
}

void private_pod(Trial& t) {
    pod_of(t, "");
}

void shared_pod(Trial& t) {
    pod_of(t, R"("shareProcessNamespace": true)");
}

// Each of them ran once, and its code is known.
void exits(Trial& t) {
    const std::string mark = t.podinit.dir("runs");
    std::remove(mark.c_str());
    std::vector<std::string> manifests;
    for (int i = 0; i < 3; ++i)
        manifests.push_back(pod_json("x" + std::to_string(i),
                                     script("echo ran >> " + mark + "; exit " + std::to_string(7 + i)),
                                     (i == 1 ? on_host : R"("hostNetwork": true)") + again));
    bool good = true;
    for (const std::string& manifest : manifests)
        good = good && put(t, manifest);
    for (int i = 0; i < 3 && good; ++i)
        good = t.step("its exit is known", [&] {
            const auto state = t.podinit.status("x" + std::to_string(i)).state;
            return state.terminated && state.terminated->exit_code == 7 + i;
        });
    t.check("each ran once", !good || lines(mark) == 3);
    for (int i = 0; i < 3 && good; ++i)
        good = remove(t, "x" + std::to_string(i));
}

// The count of restarts is that of its runs, whatever happened in between.
void restarts(Trial& t) {
    const std::string mark = t.podinit.dir("runs");
    std::remove(mark.c_str());
    if (!put(t,
             pod_json("x", script("echo ran >> " + mark + "; test $(wc -l < " + mark + ") -gt 1 || exit 1; " + stays()),
                      on_host)))
        return;
    if (!t.step("restarted", [&] { // ready by its start, and its script may be a little behind that
            const auto status = t.podinit.status("x");
            return status.restart_count == 1 && status.ready && lines(mark) >= 2;
        }))
        return;
    t.check("started as often as it counts", lines(mark) == 2);
    remove(t, "x");
}

void hooks(Trial& t) {
    const std::string mark = t.podinit.dir("hooks");
    std::remove(mark.c_str());
    const auto says = [&](const std::string& word) {
        return R"({"exec": {"command": ["/bin/sh", "-c", "echo )" + word + " >> " + mark + R"("]}})";
    };
    if (put(t, pod_json("x",
                        script(stays()) + R"(, "lifecycle": {"postStart": )" + says("begun") + R"(, "preStop": )" +
                            says("ends") + "}",
                        on_host)) &&
        running(t, "x") && remove(t, "x"))
        t.check("each hook ran once", read_text(mark) == "begun\nends\n");
}

void probes(Trial& t) {
    const std::string probe = R"(, "readinessProbe": {"periodSeconds": 1, "exec": {"command": ["/bin/true"]}})";
    if (put(t, pod_json("x", script(stays()) + probe, on_host)) && running(t, "x"))
        remove(t, "x");
}

void output(Trial& t) {
    if (!put(t, pod_json("x", script("i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo line$i; done; " + stays()),
                         on_host)) ||
        !running(t, "x"))
        return;
    if (t.step("every line is in its log", [&] {
            std::set<std::string> seen;
            const std::string text = t.podinit.logs("x");
            for (std::size_t from = 0, to; (to = text.find('\n', from)) != text.npos; from = to + 1)
                seen.insert(text.substr(from, to - from));
            return seen.size() == 500;
        }))
        remove(t, "x");
}

void exec(Trial& t) {
    t.step("exec", [&] { return t.podinit.exec("w0", {"/bin/echo", "fine"}) == "fine\n|0"; });
}

void file(Trial& t) {
    const std::string path = t.podinit.dir("manifests/file.json");
    std::ofstream(path) << pod_json("x", script(stays()), on_host);
    if (!running(t, "x"))
        return;
    std::remove(path.c_str());
    t.step("gone with its file", [&] { return !t.podinit.get("x"); });
}

std::string config_map(const std::string& value) {
    return R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"key": ")" + value + "\"}}";
}

void objects(Trial& t) {
    const std::string volume = R"("volumes": [{"name": "v", "configMap": {"name": "x"}}])";
    if (!put(t, config_map("one")) ||
        !put(t, pod_json("x", script(stays()) + R"(, "volumeMounts": [{"name": "v", "mountPath": "/mnt"}])", volume)) ||
        !running(t, "x") || !put(t, config_map("two")))
        return;
    if (t.step("the volume shows it", [&] { return t.podinit.exec("x", {"/bin/cat", "/mnt/key"}) == "two|0"; }))
        remove(t, "x") && remove(t, "x", "configmap");
}

void reload(Trial& t) {
    t.podinit.signal(SIGHUP);
    list(t);
}

void notifying(Trial& t) {
    const std::string manifest =
        R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "annotations": {"podinit/notify": "c"}}, )"
        R"("spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "c", "image": "host", )"
        R"("command": [")" TALKER R"(", "notify", "READY=1", "stay"]}]}})";
    if (put(t, manifest) && running(t, "x"))
        remove(t, "x");
}

void stubborn(Trial& t) {
    if (put(t, pod_json("x", script("trap '' TERM; echo up; while :; do sleep 1; done"), on_host)) && running(t, "x") &&
        t.step("up", [&] { return t.podinit.logs("x") == "stdout up\n"; }))
        remove(t, "x");
}

void orphans(Trial& t) {
    if (put(t,
            pod_json("x", script("i=0; while [ $i -lt 50 ]; do i=$((i+1)); (true &) ; done; " + stays()), on_host)) &&
        running(t, "x"))
        remove(t, "x");
}

void garbage(Trial& t) {
    Connection client(t.podinit.dir("run/control.sock"));
    client.send_bytes(std::string("garbage\0", 8));
    Connection other(t.podinit.dir("run/control.sock"));
    other.send_bytes(R"({"method":"io.podinit.Apply","parameters":{"manifests":[{"kind":)");
    list(t);
}

void events(Trial& t) {
    t.check("there are events", !t.podinit.objects("event").empty());
}

void workload(Trial& t) {
    const std::string labels = R"({"app": "x"})";
    const auto deployment = [&](int replicas) {
        return R"({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": )" +
               std::to_string(replicas) + R"(, "selector": {"matchLabels": )" + labels +
               R"(}, "template": {"metadata": {"labels": )" + labels +
               R"(}, "spec": {"hostNetwork": true, "hostPID": true, "terminationGracePeriodSeconds": 1, )"
               R"("containers": [{"name": "c", "image": "host", )" +
               script(stays()) + "}]}}}}";
    };
    if (put(t, deployment(2)) && t.step("two", [&] { return guests(t) == 2; }) && put(t, deployment(1)) &&
        t.step("one", [&] { return guests(t) == 1; }) && remove(t, "x", "deployment.apps"))
        t.step("none", [&] { return guests(t) == 0; });
}

constexpr Scenario scenarios[] = {
    {"list", list},
    {"host-pod", host_pod},
    {"private-pod", private_pod},
    {"shared-pod", shared_pod},
    {"exits", exits},
    {"restarts", restarts},
    {"hooks", hooks},
    {"probes", probes},
    {"output", output},
    {"exec", exec},
    {"file", file},
    {"objects", objects},
    {"reload", reload},
    {"notify", notifying},
    {"stubborn", stubborn},
    {"orphans", orphans},
    {"garbage", garbage},
    {"events", events},
    {"workload", workload},
};

} // namespace

const Scenario* find_scenario(const std::string& name) {
    const auto found = std::ranges::find_if(scenarios, [&](const Scenario& s) { return name == s.name; });
    return found == std::end(scenarios) ? nullptr : found;
}

void clean_up(Trial& trial) {
    std::remove(trial.podinit.dir("manifests/file.json").c_str());
    remove(trial, "x", "deployment.apps");
    remove(trial, "x", "configmap");
    for (const char* name : {"x", "x0", "x1", "x2"})
        remove(trial, name);
    trial.step("the ten are alone", [&] { return guests(trial) == 0; });
}

} // namespace fault
