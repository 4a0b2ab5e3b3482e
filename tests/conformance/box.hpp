// SPDX-License-Identifier: Apache-2.0
// An image of the row's own, "box", that holds nothing but BusyBox: nothing of this machine's root helps.
#pragma once

#include "tests/conformance/row.hpp"

#include <string>

namespace conformance {

// Makes the image; returns its root. `config` are members of its OCI configuration's "config".
std::string make_box(Row& row, const std::string& config = "");
// A container of that image which runs a script. `fields` are more of its JSON.
std::string box_runs(const std::string& name, const std::string& script, const std::string& fields = "");

// "POINTER: MESSAGE" for which a pod of one container with these fields is refused; empty when it is taken.
std::string refused(Row& row, const std::string& container, const std::string& spec = "");

} // namespace conformance
