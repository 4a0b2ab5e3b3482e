// SPDX-License-Identifier: Apache-2.0
// The rescue shell: for podinit.rescue on the kernel command line, and for a machine that has nothing to run.
//
// The daemon launches it and launches it again whenever it ends, until it exits with 0; after that the boot goes on
// (with pods) or the machine reboots (without).
#pragma once

#include "ns/plan.hpp"
#include "spec/config.hpp"

namespace initd {

// `console` is open_console()'s, to be kept until the launch is reported. A session of its own with the console as its
// controlling terminal, every capability, all of the machine's namespaces.
ns::Plan rescue_plan(const spec::Config& config, int console);

} // namespace initd
