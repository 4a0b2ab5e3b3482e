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

// What `content_fd` holds becomes files of `directory` with mode 0600: for each a name and its size in bytes, decimal,
// in the order of the content. Missing directories are made. When one cannot be written none is, and however many do it
// at once, each file holds the whole old content or the whole new one.
int store_main(const char* directory, std::span<char* const> names_and_sizes, int content_fd);
int remove_main(std::span<char* const> files);
int sweep_main(std::span<char* const> trees);

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
