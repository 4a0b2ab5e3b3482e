// SPDX-License-Identifier: Apache-2.0
#include "spec/status.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec {

namespace chrono = std::chrono;

namespace {

constexpr std::string_view layout = "0000-00-00T00:00:00Z";

void put(std::string& text, std::size_t at, int digits, unsigned value) {
    for (std::size_t i = at + static_cast<std::size_t>(digits); i > at; value /= 10)
        text[--i] = static_cast<char>('0' + value % 10);
}

int number(std::string_view text, std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
}

bool has_layout(std::string_view text) noexcept {
    if (text.size() != layout.size())
        return false;
    for (std::size_t i = 0; i < layout.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (layout[i] == '0' ? !digit : text[i] != layout[i])
            return false;
    }
    return true;
}

} // namespace

std::string rfc3339(std::int64_t epoch_ms) {
    if (epoch_ms == 0)
        return {};
    // Only years of four digits can be written; a clock that far off is one that was never set.
    constexpr chrono::sys_days first = chrono::year{0} / 1 / 1, end = chrono::year{10000} / 1 / 1;
    const chrono::sys_time<chrono::milliseconds> time{chrono::milliseconds{epoch_ms}};
    if (time < first || time >= end)
        return {};
    const auto day = chrono::floor<chrono::days>(time);
    const chrono::year_month_day date{day};
    const chrono::hh_mm_ss clock{chrono::floor<chrono::seconds>(time - day)};

    std::string text{layout};
    put(text, 0, 4, static_cast<unsigned>(static_cast<int>(date.year())));
    put(text, 5, 2, static_cast<unsigned>(date.month()));
    put(text, 8, 2, static_cast<unsigned>(date.day()));
    put(text, 11, 2, static_cast<unsigned>(clock.hours().count()));
    put(text, 14, 2, static_cast<unsigned>(clock.minutes().count()));
    put(text, 17, 2, static_cast<unsigned>(clock.seconds().count()));
    return text;
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
    if (!has_layout(text))
        return std::nullopt;
    const chrono::year_month_day date{chrono::year{number(text, 0, 4)},
                                      chrono::month{static_cast<unsigned>(number(text, 5, 2))},
                                      chrono::day{static_cast<unsigned>(number(text, 8, 2))}};
    const int hour = number(text, 11, 2), minute = number(text, 14, 2), second = number(text, 17, 2);
    if (!date.ok() || hour > 23 || minute > 59 || second > 59)
        return std::nullopt;
    const auto time = chrono::sys_days{date} + chrono::hours{hour} + chrono::minutes{minute} + chrono::seconds{second};
    return chrono::duration_cast<chrono::milliseconds>(time.time_since_epoch()).count();
}

} // namespace spec
