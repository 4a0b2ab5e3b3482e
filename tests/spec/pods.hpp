// SPDX-License-Identifier: Apache-2.0
// Pods for tests, written as the part that matters.
#pragma once

#include "spec/manifest.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tests {

// A Pod with these members; metadata and spec are harmless ones when `members` has none.
inline std::string pod_with(std::string_view members) {
    std::string json = R"({"apiVersion":"v1","kind":"Pod",)" + std::string(members);
    if (members.find("\"metadata\":") == std::string_view::npos)
        json += R"(,"metadata":{"name":"p"})";
    if (members.find("\"spec\":") == std::string_view::npos)
        json += R"(,"spec":{"containers":[{"name":"c","image":"host"}]})";
    return json + '}';
}

inline std::string spec_with(std::string_view members) {
    return pod_with(R"("spec":{"containers":[{"name":"c","image":"host"}],)" + std::string(members) + '}');
}

inline std::string container_with(std::string_view members, std::string_view of_spec = R"("hostIPC":false)") {
    return pod_with(R"("spec":{"containers":[{"name":"c","image":"host",)" + std::string(members) + "}]," +
                    std::string(of_spec) + '}');
}

inline spec::Problems problems_of(std::string_view json) {
    auto manifest = spec::read_manifest(json);
    return manifest ? spec::Problems{} : std::move(manifest.error());
}

inline std::vector<std::string> pointers(const spec::Problems& problems) {
    std::vector<std::string> out;
    for (const spec::Problem& problem : problems)
        out.push_back(problem.pointer);
    return out;
}

// A line a problem: "POINTER: MESSAGE"
inline std::string describe(const spec::Problems& problems) {
    std::string out;
    for (const spec::Problem& problem : problems)
        out += problem.pointer + ": " + problem.message + '\n';
    return out;
}

} // namespace tests
