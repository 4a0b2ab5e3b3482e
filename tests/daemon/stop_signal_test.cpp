// SPDX-License-Identifier: Apache-2.0
#include "initd/stop_signal.hpp"
#include "tests/catch.hpp"

#include <csignal>

using namespace initd;

TEST_CASE("a stop signal is a name or a number, real-time ones too, else SIGTERM") {
    const struct {
        const char* name;
        int number;
    } cases[] = {
        {"SIGTERM", SIGTERM}, {"TERM", SIGTERM},    {"15", SIGTERM},        {"SIGQUIT", SIGQUIT}, {"SIGUSR1", SIGUSR1},
        {"64", 64},           {"65", SIGTERM},      {"SIGRTMIN", 34},       {"SIGRTMIN+3", 37},   {"RTMIN+15", 49},
        {"SIGRTMAX-14", 50},  {"SIGRTMAX", 64},     {"SIGRTMIN-1", 15},     {"SIGRTMAX+1", 15},   {"SIGRTMIN+31", 15},
        {"SIGRTMIN+x", 15},   {"SIGRTMIN+", 15},    {"", SIGTERM},          {"SIG", SIGTERM},     {"-1", SIGTERM},
        {"SIGNONE", SIGTERM}, {"999999999999", 15}, {"SIGRTMIN3", SIGTERM},
    };
    for (const auto& c : cases) {
        INFO(c.name);
        CHECK(signal_number(c.name) == c.number);
    }
}
