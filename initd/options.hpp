// SPDX-License-Identifier: Apache-2.0
// From the command line, config.json and the kernel's command line to what the daemon is to do.
//
// A machine's PID 1 never fails here: what is wrong is reported and the default is taken.
#pragma once

#include "initd/daemon.hpp"

#include <expected>

namespace initd {

// The error is an exit code; what there was to say has been said (--help, --version, a bad option, a bad config.json).
// When it is resumed after a crash the configuration is the one that was in force, which `state` keeps, and so it is
// when podinit was told to execute itself again and config.json is no good now.
std::expected<DaemonOptions, int> read_options(int argc, char** argv, Standing standing, StateFile& state,
                                               bool resumed);

} // namespace initd
