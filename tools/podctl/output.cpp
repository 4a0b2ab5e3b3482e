// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/output.hpp"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace ctl {

namespace {

std::string join(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts)
        text += part;
    return text;
}

} // namespace

void fail(std::initializer_list<std::string_view> parts) {
    throw Failure{"error: " + join(parts)};
}

void print(std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts)
        std::fwrite(part.data(), 1, part.size(), stdout);
}

void complain(std::initializer_list<std::string_view> parts) {
    std::fflush(stdout); // so that both streams on one terminal keep their order
    const std::string line = join(parts) + '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

void warn(std::initializer_list<std::string_view> parts) {
    const char* term = std::getenv("TERM");
    const bool colours =
        isatty(STDERR_FILENO) == 1 && !std::getenv("NO_COLOR") && term && term != std::string_view("dumb");
    complain({colours ? "\x1b[33;1mWarning:\x1b[0m " : "Warning: ", join(parts)});
}

bool flush_output() {
    return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

} // namespace ctl
