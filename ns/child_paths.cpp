// SPDX-License-Identifier: Apache-2.0
#include "ns/child.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace ns {
namespace {

long make_one(const char* path, mode_t mode) noexcept {
    const long result = raw::call(SYS_mkdirat, AT_FDCWD, path, mode);
    return result == -EEXIST ? 0 : result;
}

// The directories above the path's last component.
long make_parents(char* path) noexcept {
    for (char* at = path + 1; *at; ++at) {
        if (*at != '/')
            continue;
        *at = '\0';
        const long result = make_one(path, 0755);
        *at = '/';
        if (result < 0)
            return result;
    }
    return 0;
}

} // namespace

long make_directories(char* path, mode_t mode) noexcept {
    long result = make_one(path, mode); // most often only the last one is missing, or none
    if (result != -ENOENT)
        return result;
    result = make_parents(path);
    return result < 0 ? result : make_one(path, mode);
}

long make_file(char* path, mode_t mode, bool parents) noexcept {
    long result = raw::call(SYS_mknodat, AT_FDCWD, path, S_IFREG | mode, 0);
    if (result == -ENOENT && parents) {
        result = make_parents(path);
        if (result >= 0)
            result = raw::call(SYS_mknodat, AT_FDCWD, path, S_IFREG | mode, 0);
    }
    return result == -EEXIST ? 0 : result;
}

long add_mount_flags(int directory, const char* path, unsigned at, std::uint64_t flags) noexcept {
    static_assert(MS_RDONLY == MOUNT_ATTR_RDONLY && MS_NOSUID == MOUNT_ATTR_NOSUID && MS_NODEV == MOUNT_ATTR_NODEV &&
                  MS_NOEXEC == MOUNT_ATTR_NOEXEC);
    mount_attr attributes{};
    attributes.attr_set = flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
    if (attributes.attr_set == 0)
        return 0;
    return raw::call(SYS_mount_setattr, directory, path, at | (flags & MS_REC ? AT_RECURSIVE : 0), &attributes,
                     sizeof attributes);
}

} // namespace ns
