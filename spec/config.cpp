// SPDX-License-Identifier: Apache-2.0
#include "spec/config.hpp"

#include "spec/duration.hpp"
#include "spec/fields.hpp"
#include "spec/json.hpp"
#include "spec/names.hpp"
#include "spec/quantity.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec {

// Not in the header: every function that has a Config would get code for all of its members.
Config::Config() = default;
Config::Config(const Config&) = default;
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(const Config&) = default;
Config& Config::operator=(Config&&) noexcept = default;
Config::~Config() = default;

namespace {

using fields::Row;
using fields::Type;

constexpr std::size_t max_config_bytes = 1u << 20;
constexpr std::int64_t max_seconds = 2'147'483'647;

std::string_view read_hostname(std::string_view text, void* member) {
    if (!valid_hostname(text))
        return "not a host name: at most 64 of a-z, 0-9, '-' and '.', with a letter or digit at both ends";
    *static_cast<std::string*>(member) = text;
    return {};
}

std::string_view read_path(std::string_view text, void* member) {
    if (!text.starts_with('/'))
        return "must be an absolute path";
    *static_cast<std::string*>(member) = text;
    return {};
}

std::string_view read_duration(std::string_view text, void* member) {
    const auto value = parse_duration_ms(text);
    if (!value)
        return "not a duration: numbers with units are expected, as in \"10s\" or \"1m30s\"";
    *static_cast<std::int64_t*>(member) = *value;
    return {};
}

std::string_view read_restart_period(std::string_view text, void* member) {
    const std::string_view wrong = read_duration(text, member);
    const std::int64_t value = *static_cast<std::int64_t*>(member);
    if (wrong.empty() && (value < 1'000 || value > 300'000))
        return "must be between 1s and 300s";
    return wrong;
}

std::string_view read_size(std::string_view text, void* member) {
    const auto value = parse_quantity(text);
    if (!value)
        return "not a quantity: digits and one of Ki, Mi, Gi, k, M, G, ... are expected";
    if (*value < 1)
        return "must be greater than 0";
    *static_cast<std::int64_t*>(member) = *value;
    return {};
}

std::string_view check_api_version(std::string_view text, void*) {
    return text == "podinit/v1" ? std::string_view{} : "must be \"podinit/v1\"";
}

std::string_view check_kind(std::string_view text, void*) {
    return text == "Configuration" ? std::string_view{} : "must be \"Configuration\"";
}

// A list in the file takes the place of the one it is read over.
template <class T>
constexpr Type list_of(const Type& element) {
    Type list = fields::make_list_type<std::vector<T>>(&element);
    list.reserve = [](void* values, std::size_t n) {
        static_cast<std::vector<T>*>(values)->clear();
        static_cast<std::vector<T>*>(values)->reserve(n);
    };
    return list;
}

constexpr Type text_type(std::string_view (*parse)(std::string_view, void*)) {
    return {.kind = Type::Kind::Text, .parse = parse};
}

constexpr Type api_version = text_type(check_api_version);
constexpr Type kind = text_type(check_kind);
constexpr Type hostname = text_type(read_hostname);
constexpr Type path = text_type(read_path);
constexpr Type duration = text_type(read_duration);
constexpr Type restart_period = text_type(read_restart_period);
constexpr Type strings = list_of<std::string>(fields::type_of<std::string>);
constexpr Type paths = list_of<std::string>(path);
constexpr Type size = [] {
    Type type = text_type(read_size);
    type.numbers = true;
    return type;
}();

// A row whose value is kept nowhere, or in members of the Config itself.
constexpr Row row_in_place(std::string_view name, const Type& type) {
    return {.name = name, .type = &type, .member = [](void* config) { return config; }};
}

constexpr auto backoff_rows = std::array{
    fields::field<&Config::backoff_initial_ms>("initialRestartPeriod", &restart_period),
    fields::field<&Config::backoff_max_ms>("maxContainerRestartPeriod", &restart_period),
};
constexpr Type backoff = fields::make_struct_type({}, backoff_rows);

constexpr auto priority_rows = std::array{
    fields::field<&PriorityGrace::priority>("priority"),
    fields::field<&PriorityGrace::seconds>("shutdownGracePeriodSeconds"),
};
constexpr Type priority_grace = fields::make_struct_type({}, priority_rows);
constexpr Type priority_graces = list_of<PriorityGrace>(priority_grace);

constexpr auto watchdog_rows = std::array{
    fields::required<&WatchdogConfig::device>("device", &path),
    fields::field<&WatchdogConfig::timeout_seconds>("timeoutSeconds"),
    fields::field<&WatchdogConfig::pretimeout_seconds>("pretimeoutSeconds"),
};
constexpr Type watchdog_config = fields::make_struct_type({}, watchdog_rows);

constexpr auto config_rows = std::array{
    row_in_place("apiVersion", api_version),
    row_in_place("kind", kind),
    fields::field<&Config::hostname>("hostname", &hostname),
    fields::field<&Config::modules>("modules", &strings),
    fields::field<&Config::manifest_dirs>("staticPodPaths", &paths),
    fields::field<&Config::image_dirs>("imageDirectories", &paths),
    fields::field<&Config::log_dir>("podLogsDir", &path),
    fields::field<&Config::log_max_bytes>("containerLogMaxSize", &size),
    fields::field<&Config::log_max_files>("containerLogMaxFiles"),
    row_in_place("crashLoopBackOff", backoff),
    fields::field<&Config::shutdown_grace_ms>("shutdownGracePeriod", &duration),
    fields::field<&Config::shutdown_critical_ms>("shutdownGracePeriodCriticalPods", &duration),
    fields::field<&Config::shutdown_by_priority>("shutdownGracePeriodByPodPriority", &priority_graces),
    fields::field<&Config::shutdown_deadline_ms>("shutdownDeadline", &duration),
    fields::field<&Config::boot_deadline_seconds>("bootDeadlineSeconds"),
    fields::field<&Config::max_failed_boots>("maxFailedBoots"),
    fields::field<&Config::fallback_manifest_dir>("fallbackManifestDir", &path),
    fields::field<&Config::emergency_manifest_dir>("emergencyManifestDir", &path),
    fields::field<&Config::hang_ms>("hangTimeout", &duration),
    fields::field<&Config::crash_reboot_ms>("crashRebootDelay", &duration),
    fields::field<&Config::watchdog>("watchdog", &watchdog_config),
    fields::field<&Config::readers_gid>("readersGroup"),
    fields::field<&Config::rescue>("rescue", &strings),
};
constexpr Type config_type = fields::make_struct_type({}, config_rows);

// As the kubelet's validation: zero or a second and more, and one of two ways to say it.
void check_shutdown(const Config& config, Problems& problems) {
    const auto add = [&](std::string pointer, std::string_view message) {
        problems.push_back({.pointer = std::move(pointer), .message = std::string(message)});
    };
    if (config.shutdown_grace_ms > 0 && config.shutdown_grace_ms < 1'000)
        add("/shutdownGracePeriod", "must be 0 or at least 1s");
    if (config.shutdown_critical_ms > 0 && config.shutdown_critical_ms < 1'000)
        add("/shutdownGracePeriodCriticalPods", "must be 0 or at least 1s");
    if (config.shutdown_critical_ms > config.shutdown_grace_ms)
        add("/shutdownGracePeriodCriticalPods", "must not be longer than shutdownGracePeriod, of which it is a part");
    if (!config.shutdown_by_priority.empty() && (config.shutdown_grace_ms > 0 || config.shutdown_critical_ms > 0))
        add("/shutdownGracePeriodByPodPriority", "must not be given together with shutdownGracePeriod");
    if (config.shutdown_deadline_ms > 0 && config.shutdown_deadline_ms < 1'000)
        add("/shutdownDeadline", "must be 0 or at least 1s");
    for (std::size_t i = 0; i < config.shutdown_by_priority.size(); ++i)
        if (const std::int64_t seconds = config.shutdown_by_priority[i].seconds; seconds < 0 || seconds > max_seconds)
            add("/shutdownGracePeriodByPodPriority/" + std::to_string(i) + "/shutdownGracePeriodSeconds",
                "must be between 0 and 2147483647");
}

// It is fed at half its time. A pretimeout is of use only before the end.
void check_watchdog(const WatchdogConfig& watchdog, Problems& problems) {
    if (watchdog.timeout_seconds < 2 || watchdog.timeout_seconds > 86'400)
        problems.push_back({.pointer = "/watchdog/timeoutSeconds", .message = "must be between 2 and 86400"});
    if (watchdog.pretimeout_seconds < 0 || watchdog.pretimeout_seconds >= watchdog.timeout_seconds)
        problems.push_back(
            {.pointer = "/watchdog/pretimeoutSeconds", .message = "must be 0 or more, and less than timeoutSeconds"});
}

void check_crash(std::string_view pointer, std::int64_t ms, Problems& problems) {
    if (ms != 0 && (ms < 1'000 || ms > 86'400'000))
        problems.push_back({.pointer = std::string(pointer), .message = "must be 0s, or between 1s and 24h"});
}

// What the table cannot say.
void check(const Config& config, Problems& problems) {
    constexpr std::int64_t max_gid = std::numeric_limits<std::uint32_t>::max() - 1LL; // the last one means "none"
    if (config.log_max_files < 2)
        problems.push_back({.pointer = "/containerLogMaxFiles", .message = "must be 2 or more"});
    if (config.readers_gid < -1 || config.readers_gid > max_gid)
        problems.push_back({.pointer = "/readersGroup", .message = "not a group id"});
    check_shutdown(config, problems);
    check_watchdog(config.watchdog, problems);
    if (config.boot_deadline_seconds < 1 || config.boot_deadline_seconds > max_seconds)
        problems.push_back({.pointer = "/bootDeadlineSeconds", .message = "must be between 1 and 2147483647"});
    check_crash("/hangTimeout", config.hang_ms, problems);
    check_crash("/crashRebootDelay", config.crash_reboot_ms, problems);
    if (config.max_failed_boots < 0)
        problems.push_back({.pointer = "/maxFailedBoots", .message = "must be 0 or more"});
    if (config.rescue.empty())
        problems.push_back({.pointer = "/rescue", .message = "must name a command"});
}

} // namespace

bool valid_hostname(std::string_view name) noexcept {
    constexpr std::size_t longest = 64; // sethostname(2)
    return name.size() <= longest && is_dns_subdomain(name);
}

std::expected<Config, Problems> read_config(std::string_view json, Config base) noexcept try {
    auto document = json::parse(json, max_config_bytes);
    if (!document)
        return std::unexpected(std::move(document.error()));
    fields::Reader reader{.root = document->root()};
    reader.read(document->root(), config_type, &base);
    check(base, reader.problems);
    if (has_errors(reader.problems))
        return std::unexpected(std::move(reader.problems));
    return base;
} catch (const std::exception&) {
    return std::unexpected(json::out_of_memory());
}

} // namespace spec
