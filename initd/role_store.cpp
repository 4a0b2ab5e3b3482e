// SPDX-License-Identifier: Apache-2.0
#include "initd/role_mains.hpp"

#include "initd/files.hpp"
#include "ns/fd.hpp"

#include <cerrno>
#include <climits>
#include <cstdio>

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

// A dot-file, so that nobody takes it for a manifest. Names that differ only past the cut share it, and its lock.
std::string temporary_name(std::string_view name) {
    constexpr std::string_view suffix = ".tmp";
    return "." + std::string(name.substr(0, NAME_MAX - 1 - suffix.size())) + std::string(suffix);
}

// The temporary file, locked, so that two writers of one file take turns and what a dead one left behind is used again.
// The lock may have been waited for while its holder renamed the file away: then there is a new one to lock.
ns::Fd open_temporary(int directory, const char* name) {
    for (;;) {
        ns::Fd file(::openat(directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
        if (!file || ::flock(file.get(), LOCK_EX) != 0)
            return {};
        struct stat ours {
        }, there{};
        if (::fstat(file.get(), &ours) != 0)
            return {};
        if (::fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_ino == ours.st_ino &&
            there.st_dev == ours.st_dev)
            return file;
    }
}

bool copy_all(int from, int to) {
    char block[64 << 10];
    for (;;) {
        const ssize_t got = ::read(from, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        for (ssize_t done = 0; done < got;) {
            const ssize_t put = ::write(to, block + done, static_cast<std::size_t>(got - done));
            if (put < 0 && errno != EINTR)
                return false;
            done += put > 0 ? put : 0;
        }
    }
}

} // namespace

int store_main(const char* file, int content_fd) {
    if (auto made = make_directories(parent_of(file), 0755); !made)
        return complain(file, made.error().err);
    const Place place = open_place(file);
    if (!place.directory)
        return complain(file, errno);
    const std::string temporary = temporary_name(place.name);
    const ns::Fd out = open_temporary(place.directory.get(), temporary.c_str());
    if (!out)
        return complain(file, errno);
    // The content must be on the disk before the name points to it, and the name before anybody is told.
    if (::ftruncate(out.get(), 0) != 0 || ::fchmod(out.get(), 0600) != 0 || !copy_all(content_fd, out.get()) ||
        ::fsync(out.get()) != 0 ||
        ::renameat(place.directory.get(), temporary.c_str(), place.directory.get(), place.name.c_str()) != 0) {
        const int err = errno;
        ::unlinkat(place.directory.get(), temporary.c_str(), 0);
        return complain(file, err);
    }
    return ::fsync(place.directory.get()) == 0 ? 0 : complain(file, errno);
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
