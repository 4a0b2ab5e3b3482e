// SPDX-License-Identifier: Apache-2.0
// The files of one run of a container: the live one, and beside it those that it was before a rotation, in order.
// Rotation renames: a file that is open stays readable, and is found again by its inode.
#pragma once

#include "tools/podctl/fd.hpp"

#include <string>
#include <vector>

namespace ctl {

// "DIR/0.log" -> "DIR/0.log.20260102-030405", ..., "DIR/0.log"; those that exist, oldest first.
std::vector<std::string> log_files(const std::string& path);

// The file that comes after an open one; empty when that is the newest.
std::string file_after(const std::string& path, int fd);

} // namespace ctl
