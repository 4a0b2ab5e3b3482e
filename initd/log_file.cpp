// SPDX-License-Identifier: Apache-2.0
#include "initd/log_file.hpp"

#include "initd/log_dir.hpp"
#include "spec/status.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace initd {
namespace {

constexpr mode_t file_mode = 0640;
// O_NONBLOCK: should the name be a FIFO by now, opening it must not wait for a reader.
constexpr int file_flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

constexpr std::size_t max_batch = IOV_MAX / 4; // lines a writev()

// Where the last whole line ends: a writer that was killed, or a machine that lost power, may have left half a line,
// or zeros. What is cut here is either still in its pipe or was never complete.
std::int64_t end_of_lines(int file, std::int64_t size) noexcept {
    char block[4096];
    while (size > 0) {
        const std::int64_t begin = size > std::int64_t{sizeof block} ? size - std::int64_t{sizeof block} : 0;
        const ssize_t got = ::pread(file, block, static_cast<std::size_t>(size - begin), begin);
        if (got <= 0)
            return size;
        if (const void* newline = ::memrchr(block, '\n', static_cast<std::size_t>(got)))
            return begin + (static_cast<const char*>(newline) - block) + 1;
        size = begin;
    }
    return 0;
}

} // namespace

std::string cri_time(const timespec& time) {
    std::string text = spec::rfc3339(std::max<std::int64_t>(time.tv_sec, 1) * 1000);
    text.pop_back();
    if (time.tv_nsec != 0) {
        std::string fraction = std::to_string(1'000'000'000 + time.tv_nsec); // a one and nine digits
        fraction.erase(fraction.find_last_not_of('0') + 1);
        fraction[0] = '.';
        text += fraction;
    }
    return text += 'Z';
}

bool LogFile::fail(int err) noexcept {
    err_ = err;
    return false;
}

// Files of runs other than this one and the one before: they would add up for as long as a container crashes.
void LogFile::prune(int dir) {
    for (const LogName& log : list_logs(dir))
        if (log.attempt != target_.attempt && log.attempt + 1 != target_.attempt)
            ::unlinkat(dir, log_name(log.attempt, log.stamp).c_str(), 0);
}

bool LogFile::open() {
    if (file_)
        return true;
    const auto dir = open_container_dir(log_dir_, target_.pod_dir, target_.container);
    if (!dir)
        return fail(dir.error().err);
    if (newest)
        prune(dir->get());
    ns::Fd file(::openat(dir->get(), log_name(target_.attempt, "").c_str(), file_flags, file_mode));
    if (!file)
        return fail(errno);
    return adopt(std::move(file));
}

bool LogFile::adopt(ns::Fd file) {
    struct stat info {};
    if (::fstat(file.get(), &info) != 0)
        return fail(errno);
    if (!S_ISREG(info.st_mode))
        return fail(EEXIST);
    if (limits_.readers != static_cast<gid_t>(-1) && info.st_gid != limits_.readers)
        (void)!::fchown(file.get(), static_cast<uid_t>(-1), limits_.readers);
    size_ = end_of_lines(file.get(), info.st_size);
    if (size_ != info.st_size && ::ftruncate(file.get(), size_) != 0)
        return fail(errno);
    file_ = std::move(file);
    return true;
}

// The live file gets a name with the time, the oldest go, and the next write makes a new one. If that cannot be done,
// lines are lost until it can: a limit on the disk's use is a promise.
bool LogFile::rotate(const timespec& now) {
    const auto dir = open_container_dir(log_dir_, target_.pod_dir, target_.container);
    if (!dir)
        return fail(dir.error().err);
    std::vector<LogName> rotated = list_logs(dir->get());
    std::erase_if(rotated, [&](const LogName& log) { return log.attempt != target_.attempt || log.stamp.empty(); });
    std::ranges::sort(rotated, {}, &LogName::stamp);
    const auto keep = static_cast<std::size_t>(limits_.max_files) - 2;
    for (std::size_t i = 0; i + keep < rotated.size(); ++i)
        ::unlinkat(dir->get(), log_name(target_.attempt, rotated[i].stamp).c_str(), 0);
    const std::string stamp = rotation_stamp(now.tv_sec, rotated.empty() ? "" : std::string_view(rotated.back().stamp));
    const std::string live = log_name(target_.attempt, "");
    const std::string old = log_name(target_.attempt, stamp);
    // ENOENT: somebody removed it while we wrote; a new one is what is wanted.
    if (::renameat(dir->get(), live.c_str(), dir->get(), old.c_str()) != 0 && errno != ENOENT)
        return fail(errno);
    file_.reset();
    size_ = 0;
    return open();
}

// Writes what it can in one call; the number of lines that are in the file. A line that was cut short is taken back.
std::size_t LogFile::write(std::span<const LogLine> lines) {
    static_assert(sizeof(LogLine) == sizeof(LogLine::piece));
    const auto* pieces = reinterpret_cast<const iovec*>(lines.data());
    const ssize_t written = ::writev(file_.get(), pieces, static_cast<int>(lines.size() * std::size(lines[0].piece)));
    std::int64_t left = std::max<ssize_t>(written, 0);
    std::size_t whole = 0;
    for (; whole < lines.size() && left >= static_cast<std::int64_t>(lines[whole].size()); ++whole) {
        left -= static_cast<std::int64_t>(lines[whole].size());
        size_ += static_cast<std::int64_t>(lines[whole].size());
    }
    err_ = written < 0 ? errno : whole < lines.size() ? ENOSPC : 0; // a regular file is only cut short by its disk
    if (left > 0)
        (void)!::ftruncate(file_.get(), size_);
    return whole;
}

// A line longer than max_bytes gets a file of its own.
bool LogFile::is_full(std::size_t more) const noexcept {
    return size_ > 0 && size_ + static_cast<std::int64_t>(more) > limits_.max_bytes;
}

bool LogFile::tell_lost(const timespec& now) {
    if (lost_ == 0)
        return true;
    const char* why = ::strerrordesc_np(lost_err_);
    std::string text = cri_time(now) + " stderr F podinit: " + std::to_string(lost_) +
                       (lost_ == 1 ? " line was lost: " : " lines were lost: ") + (why ? why : "unknown error") + "\n";
    const LogLine line{{{text.data(), text.size()}, {}, {}, {}}};
    if (is_full(text.size()) && !rotate(now))
        return false;
    if (write({&line, 1}) == 0)
        return false;
    lost_ = 0;
    return true;
}

void LogFile::append(std::span<const LogLine> lines, const timespec& now) {
    while (!lines.empty()) {
        if (!open() || !tell_lost(now))
            break;
        if (is_full(lines.front().size()) && !rotate(now))
            break;
        std::size_t fit = 1;
        std::int64_t size = size_ + static_cast<std::int64_t>(lines.front().size());
        while (fit < std::min(lines.size(), max_batch) &&
               (size += static_cast<std::int64_t>(lines[fit].size())) <= limits_.max_bytes)
            ++fit;
        const std::size_t whole = write(lines.first(fit));
        lines = lines.subspan(whole);
        if (whole < fit)
            break;
    }
    if (!lines.empty()) {
        lost_ += lines.size();
        lost_err_ = err_;
    }
}

} // namespace initd
