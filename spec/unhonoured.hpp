// SPDX-License-Identifier: Apache-2.0
// What this version reads, checks and shows, but does not act on yet: said aloud, never passed over.
//
// A field without which the container runs all the same (a limit, a name) is a warning. One that asks for a confinement
// that this version cannot give (a seccomp profile) also keeps the container from being started.
#pragma once

#include "spec/pod.hpp"
#include "spec/problem.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec {

// Appends a warning for each, at its pointer; of several alike in one list (two hostPorts of a container) the first.
// Defaults are filled in. `at` is the pointer of the pod: "", or that of a workload's template.
void warn_unhonoured(const Pod& pod, Problems& problems, std::string_view at = {});

// Why this version does not start the container of that index: the first such field, in words. nullopt: it does.
std::optional<std::string> unhonoured(const Pod& pod, std::size_t container);

// For the documentation: what the above is about.
struct Unhonoured {
    bool of_container;      // else of the pod's spec
    bool blocks;            // no container that it is for is started
    std::string_view field; // pointer below it; "*" is any index
    std::string_view instead;
};
std::vector<Unhonoured> unhonoured_fields();

} // namespace spec
