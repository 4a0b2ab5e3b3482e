// SPDX-License-Identifier: Apache-2.0
// Upgrade in place, with podinit itself: who takes over goes on with every pod, and what could not is refused.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <csignal>
#include <cstdlib>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

using namespace initd;

namespace {

// A line for each time that it is started.
std::string witness(const std::string& file) {
    return script("echo $$ >> " + file + "; " + until_term);
}

std::string reexec(Supervisor& podinit, const std::string& binary) {
    const auto answer = podinit.call(spec::Reexec{binary});
    return answer ? "podinit " + std::get<spec::Reexecuted>(answer->reply).version : answer.error().message;
}

std::string copy(const Supervisor& podinit, const std::string& from, const std::string& name) {
    const std::string path = podinit.dir(name);
    REQUIRE(std::system(("cp " + from + " " + path + " && chmod 0755 " + path).c_str()) == 0);
    return path;
}

} // namespace

TEST_CASE("podinit becomes another program, and no pod notices") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string starts = podinit.dir("starts");
    REQUIRE(podinit.apply_one(pod_json("own", witness(starts))) == "created");
    REQUIRE(podinit.apply_one(pod_json("host", witness(starts), on_host)) == "created");
    REQUIRE(podinit.running("own"));
    REQUIRE(podinit.running("host"));
    REQUIRE(eventually([&] { return read_text(starts).size() > 3; }));
    const std::string before = read_text(starts), id = podinit.status("own").container_id;
    const std::string other = copy(podinit, PODINIT, "other");

    CHECK(reexec(podinit, other) == "podinit " PODINIT_VERSION);
    REQUIRE(podinit.running("own")); // asked of the other
    char program[4096];
    const ssize_t size =
        ::readlink(("/proc/" + std::to_string(podinit.pid()) + "/exe").c_str(), program, sizeof program);
    CHECK(std::string(program, size > 0 ? static_cast<std::size_t>(size) : 0) == other);
    for (const char* name : {"own", "host"}) {
        CHECK(podinit.running(name));
        CHECK(podinit.status(name).restart_count == 0);
    }
    CHECK(read_text(starts) == before);
    CHECK(podinit.status("own").container_id == id);

    // And what ends from now on is seen by it; after a crash it is the other that comes back.
    ::kill(podinit.pid(), SIGSEGV);
    REQUIRE(eventually([&] { return podinit.said().find("crash 1, ") != std::string::npos; }));
    CHECK(podinit.remove("own") == "gone");
    CHECK(podinit.remove("host") == "gone");
    CHECK(read_text(starts) == before);
    podinit.signal(SIGTERM);
    CHECK(podinit.ended() == 0);
}

TEST_CASE("a program that could not go on is refused, and nothing has changed") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    REQUIRE(podinit.apply_one(pod_json("web", script(until_term))) == "created");
    REQUIRE(podinit.running("web"));
    const std::string missing = podinit.dir("missing"), yes = copy(podinit, "/bin/true", "true"),
                      open = copy(podinit, PODINIT, "open"), plain = copy(podinit, PODINIT, "plain"),
                      foreign = copy(podinit, PODINIT, "foreign"), broken = copy(podinit, "/bin/false", "false");
    REQUIRE(::chmod(open.c_str(), 0775) == 0);
    REQUIRE(::chmod(plain.c_str(), 0644) == 0);
    REQUIRE(::chown(foreign.c_str(), 65534, 65534) == 0);
    CHECK(reexec(podinit, missing) == missing + ": No such file or directory");
    CHECK(reexec(podinit, podinit.dir("")) == podinit.dir("") + ": is no file");
    CHECK(reexec(podinit, yes) == yes + ": is no podinit");
    CHECK(reexec(podinit, broken) == broken + ": the helper ended with code 1");
    CHECK(reexec(podinit, open) == open + ": must not be writable by others than its owner");
    CHECK(reexec(podinit, plain) == plain + ": is not executable");
    CHECK(reexec(podinit, foreign) == foreign + ": must be owned by root");
    CHECK(podinit.running("web"));
    CHECK(podinit.status("web").restart_count == 0);
    CHECK(reexec(podinit, "") == "podinit " PODINIT_VERSION);
    CHECK(podinit.running("web"));
}

TEST_CASE("a program that does not say whether it could go on is given up") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string silent = podinit.dir("silent");
    REQUIRE(std::system(("printf '#!/bin/sh\\nexec sleep 1000\\n' > " + silent + "; chmod 755 " + silent).c_str()) ==
            0);
    CHECK(reexec(podinit, silent) == silent + ": does not say within 5 s that it could go on");
    CHECK(eventually([&] { return podinit.processes() == 0; }));
}
