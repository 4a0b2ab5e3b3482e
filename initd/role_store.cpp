// SPDX-License-Identifier: Apache-2.0
#include "initd/role_mains.hpp"

#include "initd/files.hpp"
#include "ns/fd.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string_view>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace initd {
namespace {

struct Place {
    ns::Fd directory;
    std::string name;
};

std::string parent_of(std::string_view file) {
    const std::size_t slash = file.rfind('/');
    if (slash == std::string_view::npos)
        return ".";
    return std::string(file.substr(0, slash == 0 ? 1 : slash));
}

Place open_place(std::string_view file) {
    const std::size_t slash = file.rfind('/');
    return {ns::Fd(::open(parent_of(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
            std::string(slash == std::string_view::npos ? file : file.substr(slash + 1))};
}

// A dot-file, so that nobody takes it for a manifest. What a dead helper left behind has the same name.
std::string temporary_name(std::size_t index) {
    return ".podinit-" + std::to_string(index) + ".tmp";
}

bool copy(int from, int to, std::size_t bytes) {
    char block[64 << 10];
    while (bytes > 0) {
        const ssize_t got = ::read(from, block, std::min(bytes, sizeof block));
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = ENODATA;
        if (got <= 0)
            return false;
        for (ssize_t done = 0; done < got;) {
            const ssize_t put = ::write(to, block + done, static_cast<std::size_t>(got - done));
            if (put < 0 && errno != EINTR)
                return false;
            done += put > 0 ? put : 0;
        }
        bytes -= static_cast<std::size_t>(got);
    }
    return true;
}

// The next `bytes` of the content, on the disk under a name that nobody reads.
bool write_temporary(int directory, const std::string& name, int content_fd, std::size_t bytes) {
    if (::unlinkat(directory, name.c_str(), 0) != 0 && errno != ENOENT)
        return false;
    const ns::Fd file(::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    return file && ::fchmod(file.get(), 0600) == 0 && copy(content_fd, file.get(), bytes) && ::fsync(file.get()) == 0;
}

// Would a rename onto this name work? What else can go wrong with one is the disk's end.
bool can_be_replaced(int directory, const char* name) {
    struct stat there {};
    if (::fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    errno = EISDIR;
    return !S_ISDIR(there.st_mode);
}

} // namespace

int store_main(const char* directory, std::span<char* const> names_and_sizes, int content_fd) {
    if (auto made = make_directories(directory, 0755); !made)
        return complain(directory, made.error().err);
    const ns::Fd place(::open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Those who write into one directory take turns.
    if (!place || ::flock(place.get(), LOCK_EX) != 0)
        return complain(directory, errno);
    const std::size_t count = names_and_sizes.size() / 2;
    const auto name = [&](std::size_t i) { return names_and_sizes[2 * i]; };
    const auto give_up = [&](std::size_t at) {
        const int err = errno;
        for (std::size_t i = 0; i < count; ++i)
            ::unlinkat(place.get(), temporary_name(i).c_str(), 0);
        return complain(std::string(directory) + "/" + name(at), err);
    };

    // All contents must be on the disk before the first name points to one, and the names before anybody is told.
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t size = 0;
        const std::string_view digits = names_and_sizes[2 * i + 1];
        std::from_chars(digits.begin(), digits.end(), size);
        if (!can_be_replaced(place.get(), name(i)) ||
            !write_temporary(place.get(), temporary_name(i), content_fd, size))
            return give_up(i);
    }
    for (std::size_t i = 0; i < count; ++i)
        if (::renameat(place.get(), temporary_name(i).c_str(), place.get(), name(i)) != 0)
            return give_up(i);
    return ::fsync(place.get()) == 0 ? 0 : complain(directory, errno);
}

int remove_main(std::span<char* const> files) {
    int code = 0;
    for (const char* file : files) {
        const Place place = open_place(file);
        if (!place.directory && errno == ENOENT)
            continue;
        if (!place.directory || (::unlinkat(place.directory.get(), place.name.c_str(), 0) != 0 && errno != ENOENT) ||
            ::fsync(place.directory.get()) != 0)
            code = complain(file, errno);
    }
    return code;
}

} // namespace initd
