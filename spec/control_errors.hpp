// SPDX-License-Identifier: Apache-2.0
// The errors that reading a message makes, besides those of control.hpp (internal to spec).
#pragma once

#include "spec/control.hpp"
#include "spec/problem.hpp"

#include <string_view>

namespace spec {

ControlError unknown_method(std::string_view method);   // or an unknown interface, as the name has it
ControlError invalid_parameter(const Problem& problem); // its pointer starts at the parameters
ControlError malformed(const Problems& problems);       // no Varlink message at all

// An error that came without a message for people, with one.
ControlError with_message(ControlError error);

} // namespace spec
