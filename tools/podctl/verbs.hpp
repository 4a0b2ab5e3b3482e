// SPDX-License-Identifier: Apache-2.0
// From the command line to the verb's work: which flags a verb has, how many words it takes, and what it then does.
#pragma once

#include <span>

namespace ctl {

// The whole command without its name; the exit code. Throws Failure.
int run(std::span<char* const> args);

} // namespace ctl
