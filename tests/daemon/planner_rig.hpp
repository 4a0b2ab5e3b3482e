// SPDX-License-Identifier: Apache-2.0
// Pods for the planner, from as little JSON as says what they are about.
#pragma once

#include "initd/planner.hpp"
#include "spec/manifest.hpp"
#include "tests/catch.hpp"
#include "tests/nowhere.hpp"

#include <string>
#include <vector>

namespace initd {

using Words = std::vector<std::string>;

inline const NodeFacts node{.hostname = "box", .run_dir = "/run/p", .state_dir = "/var/p"};
inline const ObjectStore nothing{nowhere};

// A pod "web" of one container "c". What is given goes into the pod's spec and into the container, as JSON fields.
inline spec::Pod pod_with(const std::string& spec_fields, const std::string& container_fields = "",
                          const std::string& metadata_fields = "") {
    auto fields = [](const std::string& given) { return given.empty() ? "" : ", " + given; };
    auto read =
        spec::read_manifest(R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "uid": "u1")" +
                            fields(metadata_fields) + R"(}, "spec": {"containers": [{"name": "c", "image": "host")" +
                            fields(container_fields) + "}]" + fields(spec_fields) + "}}");
    if (!read)
        FAIL(spec::to_text("manifest", read.error().front()));
    return read->pod;
}

inline const std::string sh = R"("command": ["sh"])";

inline void put(ObjectStore& store, spec::Kind kind, const std::string& name, spec::StringMap data) {
    spec::Object object;
    object.kind = kind;
    object.metadata.name = name;
    object.data = std::move(data);
    store.put(object, Millis{0});
}

} // namespace initd
