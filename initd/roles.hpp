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

namespace initd {

// "podinit: pause": the first process of a pod's shared PID namespace; reaps its orphans until it is killed.
// "podinit: store": standard input becomes files of DIRECTORY, all or none of them, durably: written beside them,
// fsync, rename, fsync of the directory. Its other arguments are a name and a size for each. "podinit: remove": unlinks
// FILEs durably (fsync of the directory); a missing one is fine. "podinit: sweep": removes directory trees, never
// following a link or crossing a mount. "podinit: modules": loads kernel modules by name with what they depend on
// (modules.dep of the running kernel). Each exits 0, or 1 with a line "NAME: why" for each failure on standard error,
// which is the caller's to set in the plan.
ns::Plan pause_plan();
struct StoredFile {
    std::string name;
    std::size_t size = 0; // in bytes
};
ns::Plan store_plan(std::string_view directory, std::span<const StoredFile> files, int content_fd);
ns::Plan remove_plan(std::span<const std::string> files);
ns::Plan sweep_plan(std::span<const std::string> trees);
ns::Plan modules_plan(std::span<const std::string> modules);

// The exit code when argv[0] names a helper, and it has done its work.
std::optional<int> run_role(int argc, char** argv) noexcept;

} // namespace initd
