// SPDX-License-Identifier: Apache-2.0
#include "initd/files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace initd {

namespace {

std::unexpected<ns::Error> failure(int err = errno) {
    return std::unexpected(ns::Error{err, ns::Step::Open});
}

// O_NONBLOCK: opening a FIFO must not wait for its writer.
constexpr int read_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::expected<std::string, ns::Error> read_all(ns::Fd fd, std::size_t limit) noexcept try {
    if (!fd)
        return failure();
    struct stat st {};
    if (fstat(fd.get(), &st) != 0)
        return failure();
    if (!S_ISREG(st.st_mode))
        return failure(EINVAL);
    if (static_cast<std::size_t>(st.st_size) > limit)
        return failure(EFBIG);
    // One byte more than the file has, so that a file that does not grow is read in one go and its end is seen.
    std::string text(static_cast<std::size_t>(st.st_size) + 1, '\0');
    std::size_t have = 0;
    for (;;) {
        ssize_t n = read(fd.get(), text.data() + have, text.size() - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failure();
        have += static_cast<std::size_t>(n);
        if (n == 0 || have < text.size())
            break;
        if (have > limit)
            return failure(EFBIG);
        text.resize(have * 2);
    }
    text.resize(have);
    return text;
} catch (...) {
    return failure(ENOMEM);
}

} // namespace

std::expected<std::string, ns::Error> read_file(const std::string& path, std::size_t limit) noexcept {
    return read_file_at(AT_FDCWD, path.c_str(), limit);
}

std::expected<std::string, ns::Error> read_file_at(int directory, const char* name, std::size_t limit) noexcept {
    return read_all(ns::Fd(openat(directory, name, read_flags)), limit);
}

std::expected<std::string, ns::Error> read_file_in_root(std::string_view root, const char* path,
                                                        std::size_t limit) noexcept try {
    ns::Fd top(open(root.empty() ? "/" : std::string(root).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!top)
        return failure();
    open_how how{};
    how.flags = read_flags;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return read_all(ns::Fd(static_cast<int>(syscall(SYS_openat2, top.get(), path, &how, sizeof how))), limit);
} catch (...) {
    return failure(ENOMEM);
}

std::string read_kernel_file(const char* path, std::size_t limit) noexcept try {
    ns::Fd fd(open(path, read_flags));
    std::string text;
    if (!fd)
        return text;
    text.resize(limit);
    ssize_t n = read(fd.get(), text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\0'))
        text.pop_back();
    return text;
} catch (...) {
    return {};
}

std::expected<void, ns::Error> make_directories(const std::string& path, mode_t mode) noexcept try {
    if (mkdir(path.c_str(), mode) == 0 || errno == EEXIST)
        return {};
    if (errno != ENOENT)
        return failure();
    auto slash = path.find_last_of('/');
    if (slash == path.npos || slash == 0)
        return failure();
    if (auto made = make_directories(path.substr(0, slash), mode); !made)
        return made;
    if (mkdir(path.c_str(), mode) == 0 || errno == EEXIST)
        return {};
    return failure();
} catch (...) {
    return failure(ENOMEM);
}

std::expected<ns::Fd, ns::Error> memory_file(std::string_view content) noexcept {
    ns::Fd fd(memfd_create("podinit", MFD_CLOEXEC));
    if (!fd)
        return failure();
    while (!content.empty()) {
        ssize_t n = write(fd.get(), content.data(), content.size());
        if (n < 0)
            return failure();
        content.remove_prefix(static_cast<std::size_t>(n));
    }
    if (lseek(fd.get(), 0, SEEK_SET) != 0)
        return failure();
    return fd;
}

} // namespace initd
