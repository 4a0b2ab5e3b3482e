// SPDX-License-Identifier: Apache-2.0
// Hooks: when they run, where, and what comes before and after them.
#include "tests/conformance/web.hpp"

using namespace conformance;

namespace {

std::string sleep_of(int seconds) {
    return R"({"sleep": {"seconds": )" + std::to_string(seconds) + "}}";
}

// postStart of "c" asks the server "s", which is up by then.
void asked_after_start(Row& row, const std::string& options, const std::string& scheme) {
    row.has({}, {serves("s", options, lifecycle(exec_of(served))),
                 lives("c", lifecycle("{" + http_get("/echo?msg=poststart", scheme) + "}"))});
    CHECK(row.hears("/echo?msg=poststart 127.0.0.1:8080 kube-lifecycle/1.36"));
    CHECK(row.until_ready());
    CHECK(row.hears("c+"));
    CHECK(row.count("c+") == 1);
}

// preStop of "c" asks the server, which stays for as long as that takes.
void asked_before_stop(Row& row, const std::string& options, const std::string& scheme) {
    const std::string heard = "/echo?msg=prestop 127.0.0.1:8080 kube-lifecycle/1.36";
    row.has({}, {serves("s", options, lifecycle(exec_of(served), exec_of("await '/echo?msg=prestop' 1"))),
                 lives("c", lifecycle("", "{" + http_get("/echo?msg=prestop", scheme) + "}"))});
    CHECK(row.until_ready());
    CHECK(row.hears("c+"));
    CHECK(row.count(heard) == 0);
    CHECK(row.remove("p") == "gone");
    CHECK(row.in_order({heard, "c-"}));
    CHECK(row.count(heard) == 1);
}

const std::string https = R"("scheme": "HTTPS")";

// A probe that fails brings preStop before the signal; the pod is not started again.
void hooked_when_failed(Row& row, const std::string& kind) {
    row.has({},
            {lives("c", fields({probe_by(kind, "await c+ 1; say asked; false", failures(1)),
                                lifecycle("", exec_of("say hooked"))}))},
            policy("Never"));
    CHECK(row.until_phase("Succeeded"));
    CHECK(row.in_order({"asked", "hooked", "c-"}));
    CHECK(restarts_of(row.view(), "c") == 0);
}

} // namespace

ROW("poststart-serial", "lifecycle") {
    row.has({}, {lives("a", lifecycle(exec_of("await a+ 1; sleep 0.3; say hooked"))), lives("b")}, policy("Never"));
    CHECK(row.until_ready());
    CHECK(row.hears("b+"));
    CHECK(row.in_order({"a+", "hooked", "b+"}));
}

ROW("poststart-exec", "lifecycle") {
    const std::string where = "$(readlink /proc/self/ns/pid)$(readlink /proc/self/ns/mnt)";
    row.has({}, {runs("c", "say c-in-" + where + "; forever",
                      lifecycle(exec_of("await c-in 1; say hook-in-" + where + "; say hooked"))),
                 runs("d", "say d-in-" + where + "; say done; forever")});
    CHECK(row.until_ready());
    CHECK(row.hears("hooked"));
    CHECK(row.hears("done"));
    const std::string all = row.words();
    const auto place = [&](const std::string& whose) {
        const std::size_t at = all.find(whose + "-in-") + whose.size();
        return all.substr(at, all.find(' ', at) - at);
    };
    CHECK(place("hook") == place("c"));
    CHECK(place("hook") != place("d"));
}

ROW("prestop-exec", "lifecycle") {
    row.has({}, {lives("c", lifecycle("", exec_of("say hooked")))});
    CHECK(row.hears("c+"));
    CHECK(row.until_ready());
    CHECK(row.count("hooked") == 0);
    CHECK(row.remove("p") == "gone");
    CHECK(row.words() == "c+ hooked c-");
}

ROW("poststart-http", "lifecycle") {
    asked_after_start(row, "", "");
}

ROW("poststart-https", "lifecycle") {
    asked_after_start(row, "--tls", https);
}

ROW("prestop-http", "lifecycle") {
    asked_before_stop(row, "", "");
}

ROW("prestop-https", "lifecycle") {
    asked_before_stop(row, "--tls", https);
}

ROW("prestop-e2e", "lifecycle") {
    row.has({},
            {serves("s", "", lifecycle(exec_of(served), exec_of("await /prestop 1"))),
             stubborn("c", lifecycle("", "{" + http_get("/prestop") + "}"))},
            grace(5));
    CHECK(row.until_ready());
    CHECK(row.remove("p") == "gone"); // SIGKILL for who does not hear, after the call
    CHECK(row.count("/prestop 127.0.0.1:8080 kube-lifecycle/1.36") == 1);
}

ROW("prestop-waits", "lifecycle") {
    row.has({}, {lives("c", lifecycle("", exec_of("say begun; sleep 1.5; say hooked")))});
    CHECK(row.until_ready());
    CHECK(row.hears("c+"));
    row.begin_remove();
    CHECK(row.hears("begun"));
    const View seen = row.view();
    if (row.count("hooked") == 0) { // it was still under way
        CHECK(seen.status.phase == "Running");
        CHECK(state_of(seen, "c") == "running");
    }
    row.watch();
    CHECK(row.words() == "c+ begun hooked c-");
}

ROW("prestop-sleep", "lifecycle") {
    row.has({}, {lives("c", lifecycle("", sleep_of(2)))});
    CHECK(row.until_ready());
    CHECK(row.hears("c+"));
    const double began = now();
    CHECK(row.remove("p") == "gone");
    CHECK(row.at("c-") - began > 1.9);
    CHECK(row.at("c-") - began < 8);
}

ROW("prestop-sleep-shorten", "lifecycle") {
    row.has({}, {lives("c", lifecycle("", sleep_of(60)))}, grace(90));
    CHECK(row.until_ready());
    CHECK(row.hears("c+"));
    const double began = now();
    row.begin_remove();
    row.begin_remove(1);
    row.watch();
    CHECK(row.count("c-") == 1);
    CHECK(now() - began < 20);
}

ROW("prestop-sleep-terminated", "lifecycle") {
    row.has({}, {runs("c", "say c+; await go 1; say c-", lifecycle("", sleep_of(60)))},
            fields({policy("Never"), grace(90)}));
    CHECK(row.hears("c+"));
    CHECK(row.until_ready());
    const double began = now();
    row.begin_remove();
    row.say("go");
    row.watch();
    CHECK(row.count("c-") == 1);
    CHECK(now() - began < 20);
}

ROW("prestop-sleep-zero", "lifecycle") {
    row.has({}, {lives("c", lifecycle("", sleep_of(0)))});
    CHECK(row.until_ready());
    CHECK(row.hears("c+"));
    const double began = now();
    CHECK(row.remove("p") == "gone");
    CHECK(row.count("c-") == 1);
    CHECK(now() - began < 8);
}

ROW("stop-signal", "lifecycle") {
    const auto hears = [](const std::string& name, const std::string& signal, const std::string& trapped) {
        return runs(
            name, "trap 'say " + name + "-; exit 0' " + trapped + "; trap 'say term' TERM; say " + name + "+; forever",
            R"("lifecycle": {"stopSignal": ")" + signal + "\"}");
    };
    row.has({}, {hears("c", "SIGUSR1", "USR1"), hears("d", "SIGRTMIN+3", "37")}, R"("os": {"name": "linux"})");
    CHECK(row.until_ready());
    CHECK(row.hears("c+"));
    CHECK(row.hears("d+"));
    CHECK(row.remove("p") == "gone");
    CHECK(row.count("c-") == 1);
    CHECK(row.count("d-") == 1);
    CHECK(row.count("term") == 0);
}

ROW("prestop-on-startup-fail", "lifecycle") {
    hooked_when_failed(row, "startup");
}

ROW("prestop-on-liveness-fail", "lifecycle") {
    hooked_when_failed(row, "liveness");
}
