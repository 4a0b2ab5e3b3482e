// SPDX-License-Identifier: Apache-2.0
// What podctl says, and how it gives up. Results go to standard output, everything else to standard error.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace ctl {

// Ends the command: `message` is a whole line for standard error, as kubectl words it ("error: ...").
struct Failure {
    std::string message;
    int exit_code = 1;
};
[[noreturn]] void fail(std::initializer_list<std::string_view> parts); // "error: " before them

void print(std::initializer_list<std::string_view> parts);    // to standard output, as it is
void complain(std::initializer_list<std::string_view> parts); // a line to standard error
void warn(std::initializer_list<std::string_view> parts);     // the same with "Warning: " before it, as kubectl's

// Sees that all of standard output has been written; false if it could not be (a full disk, a closed pipe).
bool flush_output();

} // namespace ctl
