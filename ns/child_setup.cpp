// SPDX-License-Identifier: Apache-2.0
#include "ns/child.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace ns {
namespace {

long mount_new(const Setup& setup) noexcept {
    const std::string& name = setup.source.empty() ? setup.fstype : setup.source;
    return raw::call(SYS_mount, name.c_str(), setup.target.c_str(), setup.fstype.c_str(), setup.flags,
                     setup.data.empty() ? nullptr : setup.data.c_str());
}

// A mount point for what is to be put there: a directory for a directory, an empty file for anything else.
long make_mount_point(int tree, char* target) noexcept {
    struct statx what;
    if (const long result = raw::call(SYS_statx, tree, "", AT_EMPTY_PATH, STATX_TYPE, &what); result < 0)
        return result;
    return (what.stx_mode & S_IFMT) == S_IFDIR ? make_directories(target, 0755) : make_file(target, 0644, true);
}

// The flags go onto the tree while it is still detached: nobody sees it without them.
long place(const Child& child, Setup& setup) noexcept {
    if (setup.index >= child.plan->sources.size())
        return -EINVAL;
    const int tree = child.sources[setup.index];
    if (const long result = add_mount_flags(tree, "", AT_EMPTY_PATH, setup.flags); result < 0)
        return result;
    const auto move = [&] {
        return raw::call(SYS_move_mount, tree, "", AT_FDCWD, setup.target.c_str(),
                         MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
    };
    const long moved = move();
    if (moved != -ENOENT)
        return moved;
    const long made = make_mount_point(tree, setup.target.data());
    return made < 0 ? made : move();
}

long bind(const char* source, const char* target, std::uint64_t flags) noexcept {
    if (const long result = raw::call(SYS_mount, source, target, nullptr, MS_BIND | (flags & MS_REC), nullptr);
        result < 0)
        return result;
    return add_mount_flags(AT_FDCWD, target, 0, flags);
}

// A mount needs no bind over itself first; mount_setattr says EINVAL of what is none.
long make_read_only(const char* target) noexcept {
    const long result = add_mount_flags(AT_FDCWD, target, 0, MS_REC | MS_RDONLY);
    return result == -EINVAL ? bind(target, target, MS_REC | MS_RDONLY) : result;
}

// Asks first what the target is: a bind that the kernel refuses costs it 50 us (an expedited RCU grace period). One
// empty file system hides all directories.
long mask(Child& child, const char* target) noexcept {
    struct statx what;
    if (const long result = raw::call(SYS_statx, AT_FDCWD, target, 0, STATX_TYPE, &what); result < 0)
        return result == -ENOENT ? 0 : result;
    if (!S_ISDIR(what.stx_mode))
        return raw::call(SYS_mount, "/dev/null", target, nullptr, MS_BIND, nullptr);
    if (child.empty_directory)
        return raw::call(SYS_mount, child.empty_directory, target, nullptr, MS_BIND, nullptr);
    const long result =
        raw::call(SYS_mount, "tmpfs", target, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0");
    if (result >= 0)
        child.empty_directory = target;
    return result;
}

long passing(long result, long fine) noexcept {
    return result == fine ? 0 : result;
}

Step step_of(Setup::Op op) noexcept {
    switch (op) {
    case Setup::Op::Directory:
    case Setup::Op::File:
    case Setup::Op::Symlink:
    case Setup::Op::Node: return Step::MakePath;
    case Setup::Op::Mount:
    case Setup::Op::Place:
    case Setup::Op::Bind:
    case Setup::Op::Mask:
    case Setup::Op::ReadOnly: return Step::Mount;
    }
    return Step::Mount;
}

long carry_out(Child& child, Setup& setup) noexcept {
    char* target = setup.target.data();
    switch (setup.op) {
    case Setup::Op::Directory: return make_directories(target, setup.mode);
    case Setup::Op::File: return make_file(target, setup.mode, true);
    case Setup::Op::Symlink: return passing(raw::call(SYS_symlinkat, setup.source.c_str(), AT_FDCWD, target), -EEXIST);
    case Setup::Op::Node: return raw::call(SYS_mknodat, AT_FDCWD, target, setup.mode, setup.device);
    case Setup::Op::Mount: return mount_new(setup);
    case Setup::Op::Place: return place(child, setup);
    case Setup::Op::Bind: return bind(setup.source.c_str(), target, setup.flags);
    case Setup::Op::Mask: return mask(child, target);
    case Setup::Op::ReadOnly: return passing(make_read_only(target), -ENOENT);
    }
    return -EINVAL;
}

} // namespace

void run_setup(Child& child) noexcept {
    for (Setup& setup : child.plan->setup)
        if (const long result = carry_out(child, setup); result < 0 && !setup.optional)
            fail(child, step_of(setup.op), result);
}

} // namespace ns
