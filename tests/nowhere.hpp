// SPDX-License-Identifier: Apache-2.0
// A state file that keeps nothing, for tests in which nobody dies.
#pragma once

#include "initd/state/state_file.hpp"

inline initd::StateFile nowhere;
