// SPDX-License-Identifier: Apache-2.0
#include "initd/termination.hpp"

#include "initd/files.hpp"
#include "initd/log.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace initd {

namespace {

constexpr std::size_t tail_bytes = 2048;
constexpr std::size_t tail_lines = 80;
// Holds the tail with the heads of its lines, and one line of 16 KiB before it.
constexpr std::size_t tail_window = 24 << 10;

constexpr int look_flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

// "TIME STREAM TAG TEXT": a partial line (P) goes on in the next.
std::string_view text_of(std::string_view line, bool& partial) {
    for (int heads = 0; heads < 3; ++heads) {
        const std::size_t space = line.find(' ');
        partial = line.starts_with('P');
        line.remove_prefix(space == line.npos ? line.size() : space + 1);
    }
    return line;
}

std::string tail_of(std::string_view log) {
    std::string tail;
    log = log.substr(0, log.rfind('\n') + 1); // half a line is being written
    for (std::size_t lines = 0; lines < tail_lines && tail.size() < tail_bytes && !log.empty(); ++lines) {
        log.remove_suffix(1);
        const std::size_t begin = log.rfind('\n') + 1;
        bool partial = false;
        const std::string_view text = text_of(log.substr(begin), partial);
        if (!partial)
            tail.insert(tail.begin(), '\n');
        tail.insert(0, text);
        log = log.substr(0, begin);
    }
    tail.erase(0, tail.size() - std::min(tail.size(), tail_bytes));
    return tail;
}

// Without waiting for a disk, where the file system knows how; the others are in memory.
ssize_t read_now(int file, iovec to, off_t at) noexcept {
    const ssize_t n = ::preadv2(file, &to, 1, at, RWF_NOWAIT);
    return n < 0 && errno == EOPNOTSUPP ? ::preadv(file, &to, 1, at) : n;
}

} // namespace

void MessageFiles::open(const std::string& run_dir, bool own_file_system) noexcept try {
    path_ = run_dir + "/messages/";
    if (auto made = make_directories(path_, 0700); !made)
        return log(Level::Warning, {path_, ": ", ns::to_text(made.error())});
    if (own_file_system &&
        ::mount("tmpfs", path_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700,size=16m") != 0)
        log(Level::Warning, {path_, ": ", ns::to_text({errno, ns::Step::Mount})});
    directory_ = ns::raise(ns::Fd(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)));
} catch (...) { // out of memory: without messages, then
}

std::string MessageFiles::make(RunId run) {
    if (!directory_)
        return "";
    const std::string name = std::to_string(run.cookie());
    // A former podinit may have left one by that name; whatever it is, it goes.
    ::unlinkat(directory_.get(), name.c_str(), 0);
    const ns::Fd file(
        ::openat(directory_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!file || ::fchmod(file.get(), 0666) != 0) { // past our umask
        log(Level::Warning, {path_, name, ": ", ns::to_text({errno, ns::Step::Open})});
        return "";
    }
    return path_ + name;
}

std::string MessageFiles::read(RunId run) const noexcept try {
    std::string text;
    if (!directory_)
        return text;
    const std::string name = std::to_string(run.cookie());
    struct stat st {};
    const bool empty = ::fstatat(directory_.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_size == 0;
    const ns::Fd file(empty ? -1 : ::openat(directory_.get(), name.c_str(), look_flags));
    if (!file || ::fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode))
        return text;
    text.resize(max_message);
    const ssize_t n =
        ::pread(file.get(), text.data(), text.size(), std::max<off_t>(0, st.st_size - static_cast<off_t>(max_message)));
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, n)));
    return text;
} catch (...) { // out of memory: nobody hears it
    return {};
}

void MessageFiles::remove(RunId run) noexcept try {
    if (directory_)
        ::unlinkat(directory_.get(), std::to_string(run.cookie()).c_str(), 0);
} catch (...) { // out of memory: it stays until the run's number comes again
}

std::optional<std::string> log_tail(const std::string& path) noexcept try {
    const ns::Fd file(::open(path.c_str(), look_flags));
    struct stat st {};
    if (!file || ::fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode))
        return "";
    const off_t at = std::max<off_t>(0, st.st_size - static_cast<off_t>(tail_window));
    std::string window(static_cast<std::size_t>(std::min<off_t>(st.st_size, tail_window)), '\0');
    const ssize_t n = read_now(file.get(), {window.data(), window.size()}, at);
    if (n < 0 && errno == EAGAIN) {
        ::posix_fadvise(file.get(), at, static_cast<off_t>(window.size()), POSIX_FADV_WILLNEED);
        return std::nullopt;
    }
    const std::string_view read = std::string_view(window).substr(0, static_cast<std::size_t>(std::max<ssize_t>(0, n)));
    // A window into a longer log starts in the middle of a line.
    return tail_of(at > 0 ? read.substr(read.find('\n') + 1) : read);
} catch (...) { // out of memory
    return "";
}

} // namespace initd
