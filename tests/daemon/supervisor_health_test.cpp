// SPDX-License-Identifier: Apache-2.0
// Critical pods and the machine's watchdog, with podinit itself. The watchdog is a file, which takes the same bytes.
#include "spec/event.hpp"
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

using namespace initd;

namespace {

// A pod that is ready while there is the file `ready` in our directory, and counts its runs in the file NAME.
std::string critical_pod(const Supervisor& podinit, const std::string& name, const std::string& annotations) {
    return R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ")" + name + R"(", "annotations": {)" +
           annotations + R"(}}, "spec": {)" + on_host +
           R"(, "terminationGracePeriodSeconds": 1, "containers": [{"name": "c", "image": "host", )" +
           script("echo run >> " + podinit.dir(name) + "; " + until_term) +
           R"(, "readinessProbe": {"periodSeconds": 1, "failureThreshold": 1, "exec": {"command": ["/usr/bin/test", "-e", ")" +
           podinit.dir("ready-" + name) + R"("]}}}]}})";
}

bool tells(Supervisor& podinit, const std::string& pod, const std::string& message) {
    std::string all;
    const bool found = eventually([&] {
        all.clear();
        for (const std::string& text : podinit.objects("event", pod))
            if (const auto event = spec::read_event_object(text))
                all += event->type + " " + event->reason + ": " + event->message + "\n";
        return all.find(message) != all.npos;
    });
    UNSCOPED_INFO(all);
    return found;
}

std::size_t size_of(const std::string& path) {
    return read_text(path).size();
}

void touch(const std::string& path) {
    std::ofstream(path) << "";
}

} // namespace

TEST_CASE("a critical pod that stays unhealthy begins anew, and when that does not help it is given up") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    touch(podinit.dir("ready-radio"));
    REQUIRE(podinit.apply_one(critical_pod(
                podinit, "radio", R"("podinit/watchdog": "critical", "podinit/watchdog-after": "2s")")) == "created");
    REQUIRE(eventually([&] { return podinit.status("radio").ready; }));
    CHECK(podinit.objects("event", "radio").size() < 5);
    std::remove(podinit.dir("ready-radio").c_str());
    CHECK(tells(podinit, "radio",
                "Warning WatchdogRestart: critical pod has been unhealthy for 2 s: restarting pod default/radio"));
    CHECK(eventually([&] { return read_text(podinit.dir("radio")) == "run\nrun\n"; }));
    CHECK(tells(podinit, "radio",
                "Warning WatchdogReboot: critical pod has been unhealthy for 2 s: podinit is not PID 1"));
    CHECK(read_text(podinit.dir("radio")) == "run\nrun\n");
    CHECK(podinit.said().find("default/radio: critical pod has been unhealthy for 2 s: restarting") !=
          std::string::npos);
}

TEST_CASE("a critical pod may ask that others begin anew") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    for (const char* name : {"ready-radio", "ready-modem"})
        touch(podinit.dir(name));
    REQUIRE(podinit.apply_one(critical_pod(podinit, "modem", "")) == "created");
    REQUIRE(
        podinit.apply_one(critical_pod(
            podinit, "radio",
            R"("podinit/watchdog": "critical", "podinit/watchdog-after": "2s", "podinit/watchdog-action": "restart: modem, nobody")")) ==
        "created");
    REQUIRE(eventually([&] { return podinit.status("radio").ready && podinit.status("modem").ready; }));
    std::remove(podinit.dir("ready-radio").c_str());
    CHECK(tells(podinit, "radio", "restarting pod default/modem"));
    CHECK(tells(podinit, "radio", "there is nothing to restart: pod default/nobody"));
    CHECK(eventually([&] { return read_text(podinit.dir("modem")) == "run\nrun\n"; }));
    touch(podinit.dir("ready-radio"));
    CHECK(eventually([&] { return podinit.status("radio").ready; }));
    CHECK(read_text(podinit.dir("radio")) == "run\n");
}

TEST_CASE("the watchdog is fed at half of its time, and stopped when podinit ends") {
    if (!can_supervise())
        return;
    TempDir dir;
    const std::string device = dir.path() + "/watchdog";
    touch(device);
    Supervisor podinit(R"({"watchdog": {"device": ")" + device + R"(", "timeoutSeconds": 2}})");
    CHECK(eventually([&] { return size_of(device) >= 3; }));
    podinit.signal(SIGSEGV); // the next podinit feeds on, through the same descriptor
    CHECK(eventually([&] { return podinit.said().find("goes on with 0 pods") != std::string::npos; }));
    const std::size_t before = size_of(device);
    CHECK(eventually([&] { return size_of(device) >= before + 2; }));
    CHECK(read_text(device).find('V') == std::string::npos);
    podinit.signal(SIGTERM);
    CHECK(podinit.ended() == 0);
    CHECK(read_text(device).ends_with("kV"));
}

TEST_CASE("a watchdog that is not there is named") {
    if (!can_supervise())
        return;
    Supervisor podinit(R"({"watchdog": {"device": "/nowhere/watchdog0"}})");
    CHECK(eventually([&] {
        return podinit.said().find("watchdog: /nowhere/watchdog0: No such file or directory") != std::string::npos;
    }));
}
