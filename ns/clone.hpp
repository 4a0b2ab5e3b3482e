// SPDX-License-Identifier: Apache-2.0
// clone3(2) that runs a function in the child, which no C library offers without waiting for it.
#pragma once

#include <linux/sched.h>

namespace ns::raw {

// The child runs `entry(argument)` on the stack that `args` names, or, when it names none, on a copy of the caller's;
// `entry` does not return. The child's pid, or -errno.
long clone3(clone_args& args, void (*entry)(void*) noexcept, void* argument) noexcept;

} // namespace ns::raw
