// SPDX-License-Identifier: Apache-2.0
// What the helpers of roles.hpp do once they are told apart. They are plain programs: they may block, they read and
// write what they please, and the kernel cleans up after them. Each returns its exit code.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

int pause_main() noexcept;

// DIRECTORY, "trial" or "", then for each file its name and its size in bytes, decimal, in the order in which
// `content_fd` holds them, then "--", then the paths of files that are to go. Missing directories are made, files get
// mode 0600, and it all is there after a power cut, or nothing of it. What is missing anyway is gone.
inline constexpr const char* end_of_files = "--"; // no manifest's name
int store_main(std::span<char* const> arguments, int content_fd);
// "rollback" (a trial is taken back, and what that has changed is told on standard error), "confirm" (it is one no
// more) or "finish", and then directories.
int settle_main(std::string_view how, std::span<char* const> directories);
int sweep_main(std::span<char* const> trees);

// Another version's PID 1 runs this. Any program may end with 0, so what passes says so: these words and the version,
// on standard error, and 1. What would not go on says why.
inline constexpr std::string_view check_passed = "resumes: podinit ";
int check_main();

// `dir` is /lib/modules/RELEASE.
int modules_main(const std::string& dir, std::span<char* const> names);

struct ModuleOrder {
    std::vector<std::string_view> files;   // relative to `dir`, in the order to load, each once
    std::vector<std::string_view> unknown; // names that neither modules.dep nor modules.builtin has
};
// "-" and "_" are the same in a module's name. `names` live as long as the result, and so do the texts.
ModuleOrder module_order(std::string_view modules_dep, std::string_view modules_builtin,
                         std::span<const std::string_view> names);

// "NAME: why" as one write to standard error, which is all that PID 1 gets to know; returns 1.
int complain(std::string_view name, int err);
int complain(std::string_view name, std::string_view why);

} // namespace initd
