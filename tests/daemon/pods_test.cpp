// SPDX-License-Identifier: Apache-2.0
#include "initd/pod_facts.hpp"
#include "initd/pods.hpp"

#include "tests/catch.hpp"
#include "tests/nowhere.hpp"

#include <cstdint>
#include <limits>
#include <string>

using namespace initd;

namespace {

spec::Manifest manifest(const std::string& name, const std::string& fields = "") {
    auto read = spec::read_manifest(R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ")" + name +
                                    R"("}, "spec": {"containers": [{"name": "c", "image": "host"}])" + fields + "}}");
    REQUIRE(read);
    return std::move(*read);
}

} // namespace

TEST_CASE("a grace period of any number of seconds is one the core can add to a time") {
    CHECK(seconds_of(30) == Millis{30'000});
    CHECK(seconds_of(0) == Millis{0});
    CHECK(seconds_of(-5) == Millis{0});
    for (std::int64_t seconds : {std::numeric_limits<std::int64_t>::max(), std::int64_t{1} << 60}) {
        CHECK(seconds_of(seconds) > std::chrono::hours{24 * 365});
        CHECK(seconds_of(seconds) < Millis::max() / 2);
        const auto facts =
            facts_of(manifest("web", R"(, "terminationGracePeriodSeconds": )" + std::to_string(seconds)).pod, no_slot)
                .pod;
        CHECK(facts.grace == seconds_of(seconds));
    }
}

TEST_CASE("a pod is found by its name; of two the one that is not leaving, else the one that came last") {
    PodStore pods{nowhere};
    const auto first = pods.add(manifest("web"));
    CHECK(pods.find("default/web") == first);
    pods.leave(first);
    CHECK_FALSE(pods.find("default/web"));
    CHECK(pods.find_any("default/web") == first);
    const auto second = pods.add(manifest("web"));
    CHECK(pods.find("default/web") == second);
    CHECK(pods.find_any("default/web") == second);
    pods.leave(second);
    CHECK(pods.find_any("default/web") == second);
    CHECK_FALSE(pods.find_any("default/we"));
    CHECK(pods.count() == 2);
}

TEST_CASE("a slot that is free is used again, and the store shrinks with its last pods") {
    PodStore pods{nowhere};
    const auto a = pods.add(manifest("a"));
    const auto b = pods.add(manifest("b"));
    pods.free(a);
    CHECK(pods.slots() == 2);
    CHECK(pods.pod(b).metadata.name == "b");
    CHECK(pods.add(manifest("c")) == a);
    CHECK(pods.pod(a).metadata.name == "c");
    pods.free(a);
    pods.free(b);
    CHECK(pods.slots() == 0);
    CHECK(pods.count() == 0);
}

TEST_CASE("a pod is made from its text again, also when another one was looked at or memory was given back") {
    PodStore pods{nowhere};
    const auto a = pods.add(manifest("a", R"(, "hostname": "one")"));
    const auto b = pods.add(manifest("b", R"(, "hostname": "two")"));
    for (int i = 0; i < 2; ++i) {
        CHECK(pods.pod(a).spec.hostname == "one");
        CHECK(pods.pod(b).spec.hostname == "two");
        pods.trim();
    }
    pods.free(b);
    CHECK(pods.pod(pods.add(manifest("c"))).spec.hostname.empty());
}

TEST_CASE("of a container only the last failure to start is kept") {
    PodStore pods{nowhere};
    const auto slot = pods.add(manifest("web"));
    pods.set_failure(slot, {0, "ErrImageNeverPull", "a"});
    pods.set_failure(slot, {1, "StartError", "b"});
    pods.set_failure(slot, {0, "StartError", "c"});
    REQUIRE(pods.at(slot).failures.size() == 2);
    CHECK(pods.at(slot).failures.back().message == "c");
    pods.clear_failure(slot, 1);
    CHECK(pods.at(slot).failures.size() == 1);
}
