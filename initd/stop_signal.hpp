// SPDX-License-Identifier: Apache-2.0
// The signal that asks a container to end, by the name that an image or a manifest has for it.
#pragma once

#include <string_view>

namespace initd {

// "SIGTERM", "TERM", "15", "SIGRTMIN+3", "SIGRTMAX-1"; SIGTERM when it says nothing we know.
int signal_number(std::string_view name) noexcept;

} // namespace initd
