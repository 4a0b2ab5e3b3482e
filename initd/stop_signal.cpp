// SPDX-License-Identifier: Apache-2.0
#include "initd/stop_signal.hpp"

#include <csignal>
#include <cstring>

namespace initd {
namespace {

// As container runtimes number them, whatever a C library keeps for itself.
constexpr int first_real_time = 34, last_real_time = 64;

// A whole number from 0 to 64; -1: none.
int small_number(std::string_view text) noexcept {
    int number = text.empty() ? -1 : 0;
    for (const char c : text)
        number = c >= '0' && c <= '9' && number >= 0 && number <= last_real_time ? number * 10 + (c - '0') : -1;
    return number > last_real_time ? -1 : number;
}

// "RTMIN+3" and "RTMAX-1"; -1: none of those.
int real_time(std::string_view name) noexcept {
    const bool up = name.starts_with("RTMIN");
    if (!up && !name.starts_with("RTMAX"))
        return -1;
    const int from = up ? first_real_time : last_real_time;
    name.remove_prefix(5);
    if (name.empty())
        return from;
    const int by = name.front() == (up ? '+' : '-') ? small_number(name.substr(1)) : -1;
    return by < 0 || by > last_real_time - first_real_time ? -1 : up ? from + by : from - by;
}

} // namespace

int signal_number(std::string_view name) noexcept {
    if (name.starts_with("SIG"))
        name.remove_prefix(3);
    if (const int number = small_number(name); number > 0)
        return number;
    if (const int number = real_time(name); number > 0)
        return number;
    for (int signo = 1; signo < 32; ++signo)
        if (const char* abbreviation = sigabbrev_np(signo); abbreviation && name == abbreviation)
            return signo;
    return SIGTERM;
}

} // namespace initd
