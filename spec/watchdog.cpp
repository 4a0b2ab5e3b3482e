// SPDX-License-Identifier: Apache-2.0
#include "spec/watchdog.hpp"

#include "spec/duration.hpp"
#include "spec/names.hpp"
#include "spec/prerequisites.hpp"

#include <algorithm>
#include <utility>

namespace spec {

namespace {

constexpr std::string_view watchdog_key = "podinit/watchdog";
constexpr std::string_view watchdog_after_key = "podinit/watchdog-after";
constexpr std::string_view watchdog_action_key = "podinit/watchdog-action";
constexpr std::int64_t least_after_ms = 1'000;

// Both return what is wrong; empty: nothing.
std::string take_after(Watchdog& watchdog, const std::string& text) {
    const auto after = parse_duration_ms(text);
    if (!after || *after < least_after_ms)
        return "must be a duration of at least 1s, as in \"120s\" or \"5m\"";
    watchdog.after_ms = *after;
    return {};
}

std::string take_action(Watchdog& watchdog, std::string_view text, const std::string& own_namespace) {
    constexpr std::string_view restart = "restart";
    watchdog.reboots = text == "reboot";
    if (watchdog.reboots || text == restart)
        return {};
    if (!text.starts_with(restart) || text[restart.size()] != ':')
        return "must be \"restart\", \"restart: NAME, ...\" or \"reboot\"";
    for (std::string_view rest = text.substr(restart.size() + 1); rest.data();) {
        const std::string_view item = next_item(rest);
        std::optional<std::string> target = target_of(item, own_namespace);
        if (!target)
            return quoted(item) + " names no pod: \"NAME\", \"NAMESPACE/NAME\" or \"deployment/NAME\" does, with "
                                  "commas between them";
        if (std::ranges::find(watchdog.restarts, *target) != watchdog.restarts.end())
            return quoted(item) + " is given twice";
        watchdog.restarts.push_back(std::move(*target));
    }
    return {};
}

} // namespace

std::optional<Watchdog> read_watchdog(const ObjectMeta& metadata, std::vector<AnnotationProblem>* problems) {
    const auto complain = [&](std::string_view key, std::string why) {
        if (problems && !why.empty())
            problems->push_back({key, std::move(why)});
    };
    const std::string* critical = find(metadata.annotations, watchdog_key);
    const std::string* after = find(metadata.annotations, watchdog_after_key);
    const std::string* action = find(metadata.annotations, watchdog_action_key);
    Watchdog watchdog;
    if (critical && *critical != "critical")
        complain(watchdog_key, "must be \"critical\"");
    if (after)
        complain(watchdog_after_key, take_after(watchdog, *after));
    if (action)
        complain(watchdog_action_key, take_action(watchdog, *action, metadata.namespace_));
    if (critical)
        return watchdog;
    for (const auto& [given, key] : {std::pair{after, watchdog_after_key}, std::pair{action, watchdog_action_key}})
        if (given)
            complain(key, "needs podinit/watchdog beside it");
    return std::nullopt;
}

} // namespace spec
