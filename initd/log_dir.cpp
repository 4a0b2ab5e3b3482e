// SPDX-License-Identifier: Apache-2.0
#include "initd/log_dir.hpp"

#include "spec/status.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <initializer_list>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace initd {
namespace {

constexpr std::int64_t last_second = 253'402'300'799; // of the year 9999, the last that four digits can show
constexpr mode_t dir_mode = 0755;
constexpr int dir_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct CloseDir {
    void operator()(DIR* dir) const noexcept { ::closedir(dir); }
};

// Calls `visit` with the name of each entry; a descriptor that is no directory has none.
template <class Visit>
void each_entry(ns::Fd fd, Visit visit) {
    const std::unique_ptr<DIR, CloseDir> dir(fd ? ::fdopendir(fd.get()) : nullptr);
    if (!dir)
        return;
    (void)fd.release();
    while (const dirent* entry = ::readdir(dir.get()))
        visit(entry->d_name);
}

ns::Fd reopen(int dir) noexcept {
    return ns::Fd(::openat(dir, ".", dir_flags));
}

// mkdir -p. Unlike what is below it, the log directory itself may lie behind links: the machine's owner named it.
void make_path(const std::string& path) {
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
        ::mkdir(path.substr(0, slash).c_str(), dir_mode);
    ::mkdir(path.c_str(), dir_mode);
}

ns::Fd make_and_open(int parent, const std::string& name) noexcept {
    ns::Fd dir(::openat(parent, name.c_str(), dir_flags));
    if (!dir && errno == ENOENT && ::mkdirat(parent, name.c_str(), dir_mode) == 0)
        dir.reset(::openat(parent, name.c_str(), dir_flags));
    return dir;
}

bool is_stamp(std::string_view text) noexcept {
    constexpr std::string_view layout = "00000000-000000";
    return std::ranges::equal(text, layout,
                              [](char c, char like) { return like == '0' ? c >= '0' && c <= '9' : c == like; });
}

std::string join(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (std::string_view part : parts)
        text += part;
    return text;
}

// "20060102-150405" from "2006-01-02T15:04:05Z", and back.
std::string stamp_of(std::string_view time) {
    return join({time.substr(0, 4), time.substr(5, 2), time.substr(8, 2), "-", time.substr(11, 2), time.substr(14, 2),
                 time.substr(17, 2)});
}

std::optional<std::int64_t> seconds_of(std::string_view stamp) {
    if (!is_stamp(stamp))
        return std::nullopt;
    const auto ms =
        spec::parse_rfc3339(join({stamp.substr(0, 4), "-", stamp.substr(4, 2), "-", stamp.substr(6, 2), "T",
                                  stamp.substr(9, 2), ":", stamp.substr(11, 2), ":", stamp.substr(13, 2), "Z"}));
    return ms ? std::optional(*ms / 1000) : std::nullopt;
}

} // namespace

bool is_plain_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

std::optional<LogName> parse_log_name(std::string_view name) {
    LogName log;
    const char* end = name.data() + name.size();
    const auto [rest, error] = std::from_chars(name.data(), end, log.attempt);
    if (error != std::errc())
        return std::nullopt;
    const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
    if (!suffix.starts_with(".log"))
        return std::nullopt;
    if (suffix.size() > 4) {
        if (suffix[4] != '.' || !is_stamp(suffix.substr(5)))
            return std::nullopt;
        log.stamp = suffix.substr(5);
    }
    // "007.log" is nobody's: only what log_name() makes is ours.
    return log_name(log.attempt, log.stamp) == name ? std::optional(std::move(log)) : std::nullopt;
}

std::string log_name(std::uint32_t attempt, std::string_view stamp) {
    std::string name = std::to_string(attempt);
    name += ".log";
    if (!stamp.empty())
        name.append(".").append(stamp);
    return name;
}

std::string rotation_stamp(std::int64_t now, std::string_view newest) {
    if (const auto last = seconds_of(newest); last && *last >= now)
        now = *last + 1;
    // A clock that was never set may show the epoch itself, which rfc3339() takes for no time at all.
    return stamp_of(spec::rfc3339(std::clamp<std::int64_t>(now, 1, last_second) * 1000));
}

std::expected<ns::Fd, ns::Error> open_container_dir(const std::string& log_dir, const std::string& pod_dir,
                                                    const std::string& container) {
    if (!is_plain_name(pod_dir) || !is_plain_name(container))
        return std::unexpected(ns::Error{EINVAL, ns::Step::Open});
    ns::Fd dir(::open(log_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!dir && errno == ENOENT) {
        make_path(log_dir);
        dir.reset(::open(log_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    if (dir)
        dir = make_and_open(dir.get(), pod_dir);
    if (dir)
        dir = make_and_open(dir.get(), container);
    if (!dir)
        return std::unexpected(ns::Error{errno, ns::Step::Open});
    return dir;
}

std::vector<LogName> list_logs(int dir) {
    std::vector<LogName> logs;
    each_entry(reopen(dir), [&](const char* name) {
        if (auto log = parse_log_name(name))
            logs.push_back(std::move(*log));
    });
    return logs;
}

void remove_pod_logs(const std::string& log_dir, const std::string& pod_dir) {
    if (!is_plain_name(pod_dir))
        return;
    const ns::Fd base(::open(log_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const ns::Fd pod(base ? ::openat(base.get(), pod_dir.c_str(), dir_flags) : -1);
    if (!pod)
        return;
    std::vector<std::string> containers;
    each_entry(reopen(pod.get()), [&](const char* name) {
        if (is_plain_name(name))
            containers.emplace_back(name);
    });
    for (const std::string& container : containers) {
        const ns::Fd dir(::openat(pod.get(), container.c_str(), dir_flags));
        if (!dir)
            continue;
        for (const LogName& log : list_logs(dir.get()))
            ::unlinkat(dir.get(), log_name(log.attempt, log.stamp).c_str(), 0);
        ::unlinkat(pod.get(), container.c_str(), AT_REMOVEDIR);
    }
    ::unlinkat(base.get(), pod_dir.c_str(), AT_REMOVEDIR);
}

} // namespace initd
