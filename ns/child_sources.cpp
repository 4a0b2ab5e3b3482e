// SPDX-License-Identifier: Apache-2.0
#include "ns/child.hpp"

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace ns {
namespace {

long clone_tree(int directory, const char* path, const Source& source) noexcept {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
    if (*path == '\0')
        flags |= AT_EMPTY_PATH;
    if (source.recursive)
        flags |= AT_RECURSIVE;
    return raw::call(SYS_open_tree, directory, path, flags);
}

long open_beneath(int directory, const char* path, std::uint64_t flags) noexcept {
    open_how how{};
    how.flags = flags | O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    return raw::call(SYS_openat2, directory, path, &how, sizeof how);
}

// A set-group-ID bit needs a chmod(2) of its own: mkdir(2) leaves it out.
long make_source(Source& source) noexcept {
    if (source.kind == Source::Kind::File)
        return make_file(source.path.data(), source.create_mode, false);
    const char* path = source.path.c_str();
    long result = make_directories(source.path.data(), source.create_mode);
    if (result >= 0 && source.create_group != keep_group)
        result = raw::call(SYS_fchownat, AT_FDCWD, path, -1, source.create_group, AT_SYMLINK_NOFOLLOW);
    if (result >= 0 && source.create_group != keep_group)
        result = raw::call(SYS_fchmodat, AT_FDCWD, path, source.create_mode | S_ISGID);
    return result;
}

// Opens `path` below `base`, making the directories that are missing. Each is made in its opened parent by its bare
// name, so that no link on the way can lead the making outside.
long open_or_make_beneath(int base, char* path, mode_t mode) noexcept {
    int parent = base;
    char* name = path;
    for (char* at = path;; ++at) {
        if (*at != '/' && *at != '\0')
            continue;
        const char end = *at;
        *at = '\0';
        long next = open_beneath(base, path, O_DIRECTORY);
        if (next == -ENOENT) {
            next = raw::call(SYS_mkdirat, parent, name, mode);
            if (next >= 0 || next == -EEXIST)
                next = open_beneath(base, path, O_DIRECTORY);
        }
        *at = end;
        if (parent != base)
            raw::call(SYS_close, parent);
        if (next < 0 || end == '\0')
            return next;
        parent = static_cast<int>(next);
        name = at + 1;
    }
}

long open_sub_path(Source& source) noexcept {
    long base = raw::call(SYS_openat, AT_FDCWD, source.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (base == -ENOENT && source.create) {
        if (const long made = make_source(source); made < 0)
            return made;
        base = raw::call(SYS_openat, AT_FDCWD, source.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    if (base < 0)
        return base;
    const int directory = static_cast<int>(base);
    long below = open_beneath(directory, source.sub_path.c_str(), 0);
    if (below == -ENOENT && source.create)
        below = open_or_make_beneath(directory, source.sub_path.data(), source.create_mode);
    raw::call(SYS_close, directory);
    if (below < 0)
        return below;
    const long tree = clone_tree(static_cast<int>(below), "", source);
    raw::call(SYS_close, below);
    return tree;
}

long open_path(Source& source) noexcept {
    const long tree = clone_tree(AT_FDCWD, source.path.c_str(), source);
    if (tree != -ENOENT || !source.create)
        return tree;
    const long made = make_source(source);
    return made < 0 ? made : clone_tree(AT_FDCWD, source.path.c_str(), source);
}

long check_kind(int fd, Source::Kind kind) noexcept {
    mode_t wanted = 0;
    switch (kind) {
    case Source::Kind::Any: return 0;
    case Source::Kind::Directory: wanted = S_IFDIR; break;
    case Source::Kind::File: wanted = S_IFREG; break;
    case Source::Kind::Socket: wanted = S_IFSOCK; break;
    case Source::Kind::CharDevice: wanted = S_IFCHR; break;
    case Source::Kind::BlockDevice: wanted = S_IFBLK; break;
    }
    struct statx what;
    if (const long result = raw::call(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &what); result < 0)
        return result;
    if ((what.stx_mode & S_IFMT) == wanted)
        return 0;
    return wanted == S_IFDIR ? -ENOTDIR : -EINVAL;
}

long set_propagation(int tree, Propagation propagation) noexcept {
    mount_attr attributes{};
    switch (propagation) {
    case Propagation::Private: return 0;
    case Propagation::Slave: attributes.propagation = MS_SLAVE; break;
    case Propagation::Shared: attributes.propagation = MS_SHARED; break;
    }
    return raw::call(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes);
}

} // namespace

void open_sources(Child& child, bool is_private) noexcept {
    for (std::size_t i = 0; i < child.plan->sources.size(); ++i) {
        Source& source = child.plan->sources[i];
        if ((source.propagation == Propagation::Private) != is_private)
            continue;
        const int fd = static_cast<int>(
            must(child, Step::OpenSource, source.sub_path.empty() ? open_path(source) : open_sub_path(source)));
        must(child, Step::OpenSource, check_kind(fd, source.kind));
        must(child, Step::OpenSource, set_propagation(fd, source.propagation));
        child.sources[i] = fd;
    }
}

} // namespace ns
