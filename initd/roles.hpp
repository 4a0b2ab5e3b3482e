// SPDX-License-Identifier: Apache-2.0
// The helpers: podinit itself, told by argv[0] which one it is. Each does what PID 1 must not wait for.
// A helper is told by its name alone: the first process of a shared PID namespace is one, and its pid there is 1.
#pragma once

#include "ns/plan.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

// "podinit: pause": the first process of a pod's shared PID namespace; reaps its orphans until it is killed.
// "podinit: store": a change of manifests, made durably and as one (file_set.hpp). "podinit: settle": what becomes of
// such a change that has not come to its end. "podinit: sweep": removes directory trees, never following a link or
// crossing a mount. "podinit: modules": loads kernel modules by name with what they depend on (modules.dep of the
// running kernel). Each exits 0, or 1 with a line "NAME: why" for each failure on standard error, which is the caller's
// to set in the plan.
ns::Plan pause_plan();
struct StoredFile {
    std::string name;
    std::size_t size = 0; // in bytes
};
struct FileChanges {
    std::string directory;            // where the files go
    std::vector<StoredFile> files;    // by their names
    std::vector<std::string> removed; // paths, anywhere
    bool trial = false;               // so that it can be taken back (settle_plan)
};
ns::Plan store_plan(const FileChanges& changes, int content_fd); // the content of all files, in their order

enum class Settle : unsigned char {
    Finish,   // what has been decided
    RollBack, // that, and then a trial is taken back
    Confirm,  // a trial is one no more
};
ns::Plan settle_plan(Settle how, std::span<const std::string> directories);
ns::Plan sweep_plan(std::span<const std::string> trees);
ns::Plan modules_plan(std::span<const std::string> modules);
// "podinit: check" of the program that `program` is a descriptor of: could it go on from the state file on its standard
// input, which is its own? Says so as role_mains.hpp has it.
ns::Plan check_plan(int program);

// The exit code when argv[0] names a helper, and it has done its work.
std::optional<int> run_role(int argc, char** argv) noexcept;

} // namespace initd
