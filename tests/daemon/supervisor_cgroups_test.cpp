// SPDX-License-Identifier: Apache-2.0
// A container without a PID namespace leaves nothing behind, with podinit itself.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <algorithm>
#include <string>

using namespace initd;

namespace {

// Where the cgroups of this podinit's containers are; "" without cgroup v2.
std::string cgroups_of(const Supervisor& podinit) {
    std::string name = "/podinit" + podinit.dir("run");
    std::replace(name.begin() + 1, name.end(), '/', '-');
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"})
        if (exists(root + name))
            return root + name;
    WARN("skipped: no cgroup v2 here");
    return "";
}

std::size_t runs_in(const std::string& cgroups) {
    const auto names = names_in(cgroups);
    return static_cast<std::size_t>(
        std::ranges::count_if(names, [](const std::string& name) { return name[0] >= '0' && name[0] <= '9'; }));
}

} // namespace

TEST_CASE("what a container on the machine's PIDs leaves in sessions of its own ends with it") {
    if (!can_supervise())
        return;
    Supervisor podinit;
    const std::string pids = podinit.dir("pids");
    const std::string leaves = "setsid sh -c 'trap \"\" TERM HUP; echo >> " + pids +
                               "; while :; do sleep 0.1; done' & while [ ! -s " + pids + " ]; do sleep 0.05; done; ";
    REQUIRE(podinit.apply_one(pod_json("once", script(leaves + "exit 0"), on_host + R"(, "restartPolicy": "Never")")) ==
            "created");
    REQUIRE(eventually([&] { return podinit.phase("once") == "Succeeded"; }));
    const std::string cgroups = cgroups_of(podinit); // the first run has made it
    if (cgroups.empty())
        return;
    CHECK(eventually([&] { return podinit.processes() == 0; })); // reaped, too
    CHECK(runs_in(cgroups) == 0);

    REQUIRE(podinit.apply_one(pod_json("stays", script(leaves + until_term), on_host)) == "created");
    REQUIRE(podinit.running("stays"));
    CHECK(runs_in(cgroups) == 1);
    CHECK(podinit.exec("stays", {"/bin/sh", "-c", "setsid sleep 1000 > /dev/null 2>&1 < /dev/null & exit 0"}) == "|0");
    CHECK(podinit.remove("stays") == "gone");
    CHECK(eventually([&] { return podinit.processes() == 0; })); // reaped, too
    CHECK(runs_in(cgroups) == 0);

    REQUIRE(podinit.apply_one(pod_json("own", script(until_term))) == "created"); // its PID namespace sees to it
    REQUIRE(podinit.running("own"));
    CHECK(runs_in(cgroups) == 0);
    podinit.signal(15);
    CHECK(podinit.ended() == 0);
    CHECK_FALSE(exists(cgroups));
}
