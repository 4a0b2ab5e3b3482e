// SPDX-License-Identifier: Apache-2.0
#include "initd/sweep.hpp"

#include "ns/fd.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace initd {
namespace {

struct CloseDir {
    void operator()(DIR* dir) const noexcept { ::closedir(dir); }
};
using Dir = std::unique_ptr<DIR, CloseDir>;

// A directory right below `parent`, on the same mount, and no link.
Dir open_below(int parent, const char* name) {
    open_how how{};
    how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    ns::Fd fd(static_cast<int>(::syscall(SYS_openat2, parent, name, &how, sizeof how)));
    if (!fd)
        return {};
    DIR* dir = ::fdopendir(fd.get());
    if (dir)
        (void)fd.release();
    return Dir(dir);
}

// Removes a file, a link or an empty directory. ENOTEMPTY: a directory with something in it.
int remove_one(int parent, const dirent& entry) {
    const bool directory = entry.d_type == DT_DIR;
    if (::unlinkat(parent, entry.d_name, directory ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT)
        return 0;
    if (entry.d_type == DT_UNKNOWN && errno == EISDIR) // a file system that does not tell types
        return ::unlinkat(parent, entry.d_name, AT_REMOVEDIR) == 0 ? 0 : errno;
    return errno;
}

bool is_dots(const char* name) {
    return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

class Sweep {
  public:
    explicit Sweep(Dir root)
        : root_(std::move(root)) {}

    // Passes over the root until it is empty (0) or nothing more can be done (the last errno).
    int run() {
        do {
            progress_ = false;
            err_ = 0;
            ::rewinddir(root_.get());
            while (const dirent* entry = ::readdir(root_.get()))
                if (!is_dots(entry->d_name))
                    remove_tree(*entry);
        } while (progress_);
        return err_;
    }

  private:
    void remove_tree(const dirent& entry) {
        int err = remove_one(fd(), entry);
        if (err == ENOTEMPTY || err == EEXIST) {
            err = empty(entry.d_name);
            if (err == 0 && ::unlinkat(fd(), entry.d_name, AT_REMOVEDIR) != 0)
                err = errno;
        }
        note(err);
    }

    // Removes what is in a directory of the root, and moves up what is not empty itself.
    int empty(const char* name) {
        const Dir dir = open_below(fd(), name);
        if (!dir)
            return errno;
        int failed = 0;
        while (const dirent* entry = ::readdir(dir.get())) {
            if (is_dots(entry->d_name))
                continue;
            int err = remove_one(::dirfd(dir.get()), *entry);
            if (err == ENOTEMPTY || err == EEXIST)
                err = move_up(::dirfd(dir.get()), entry->d_name);
            if (err == 0)
                progress_ = true;
            else
                failed = err;
        }
        return failed;
    }

    int move_up(int from, const char* name) {
        const std::string to = ".swept-" + std::to_string(moved_++);
        return ::renameat(from, name, fd(), to.c_str()) == 0 ? 0 : errno;
    }

    void note(int err) {
        if (err == 0)
            progress_ = true;
        else
            err_ = err;
    }

    int fd() const { return ::dirfd(root_.get()); }

    Dir root_;
    unsigned long moved_ = 0;
    bool progress_ = false;
    int err_ = 0;
};

} // namespace

int remove_tree(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    const std::size_t slash = path.rfind('/');
    const std::string name(slash == std::string_view::npos ? path : path.substr(slash + 1));
    const std::string above = slash == std::string_view::npos ? "." : std::string(path.substr(0, slash + 1));
    if (name.empty() || is_dots(name.c_str()))
        return EINVAL;
    const ns::Fd parent(::open(above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!parent)
        return errno == ENOENT ? 0 : errno;
    if (::unlinkat(parent.get(), name.c_str(), 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR)
        return errno;
    Dir root = open_below(parent.get(), name.c_str());
    if (!root)
        return errno;
    if (const int err = Sweep(std::move(root)).run(); err != 0)
        return err;
    return ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0 ? 0 : errno;
}

} // namespace initd
