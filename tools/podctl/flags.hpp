// SPDX-License-Identifier: Apache-2.0
// A command line read as kubectl's library (spf13/pflag) reads it, so that habits and scripts carry over:
// flags and arguments in any order; --name=value and --name value; -n value, -nvalue and -n=value; -it is -i -t;
// a switch alone is true, and --switch=false is false; behind "--" nothing is a flag.
//
// By hand because CLI11 costs 850 kB in a static program (it takes iostream, and that every locale facet), half of
// podctl.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ctl {

struct Flag {
    char letter = '\0'; // '\0': it has none
    std::string_view name;
    std::variant<bool*, std::string*, std::vector<std::string>*> value; // a list takes one more each time
};

struct Arguments {
    std::vector<std::string> words;  // neither flags nor their values
    std::vector<std::string> behind; // what came after "--"
    bool dashes = false;             // there was a "--"
};

// Stores what flags say where they point to. Throws Failure in kubectl's words.
Arguments parse_flags(std::span<char* const> args, std::span<const Flag> flags);

} // namespace ctl
