// SPDX-License-Identifier: Apache-2.0
#include "initd/file_set.hpp"

#include "initd/files.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace initd {

namespace {

constexpr const char* removals = "remove";
constexpr std::size_t max_removals = 1u << 20; // bytes

ns::Fd open_below(int place, const char* name) {
    return ns::Fd(::openat(place, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == path.npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

// A directory that is gone has nothing that could come back.
bool sync_directory(const std::string& path) {
    const ns::Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return directory ? ::fsync(directory.get()) == 0 : errno == ENOENT;
}

// mkdir -p that lasts: a new directory is there after a power cut only when its parent has been synced.
bool make_durable(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) != 0) {
        if (errno == EEXIST)
            return true;
        if (errno != ENOENT || parent_of(path) == path || !make_durable(parent_of(path)) ||
            (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST))
            return false;
    }
    return sync_directory(parent_of(path));
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

std::vector<std::string> files_in(const ns::Fd& set) {
    std::vector<std::string> names;
    ns::Fd copy_of_it(::fcntl(set.get(), F_DUPFD_CLOEXEC, 0));
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(copy_of_it.get()), ::closedir);
    if (!entries)
        return names;
    (void)copy_of_it.release();
    ::rewinddir(entries.get());
    while (const dirent* entry = ::readdir(entries.get()))
        if (std::string_view(entry->d_name) != "." && std::string_view(entry->d_name) != "..")
            names.emplace_back(entry->d_name);
    return names;
}

void add_name(std::string* names, std::string_view path) {
    if (names)
        names->append(names->empty() ? "" : ", ").append(path.substr(path.rfind('/') + 1));
}

// Paths of files that are to go; gone once they are removed and that lasts.
bool remove_all(std::string_view paths, std::string* names) {
    std::vector<std::string> parents;
    while (!paths.empty()) {
        const std::string path(paths.substr(0, paths.find('\0')));
        paths.remove_prefix(std::min(path.size() + 1, paths.size()));
        if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR)
            return false;
        add_name(names, path);
        if (std::string parent = parent_of(path); std::ranges::find(parents, parent) == parents.end())
            parents.push_back(std::move(parent));
    }
    return std::ranges::all_of(parents, sync_directory);
}

} // namespace

bool has_open_set(const char* directory) noexcept {
    const ns::Fd place(::open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC));
    bool any = false;
    for (const char* name : {new_set, decided_set, trial_set})
        any = any || (place && ::faccessat(place.get(), name, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    return any;
}

ns::Fd open_changing(const char* directory) {
    if (!make_durable(directory))
        return {};
    ns::Fd place(::open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!place || ::flock(place.get(), LOCK_EX) != 0 || !finish_set(place.get()))
        return {};
    drop_set(place.get(), new_set);
    return place;
}

ns::Fd begin_set(int place) {
    return ::mkdirat(place, new_set, 0700) == 0 ? open_below(place, new_set) : ns::Fd();
}

bool add_to_set(int set, const char* name, int content, std::size_t bytes, mode_t mode) {
    const ns::Fd file(::openat(set, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    return file && ::fchmod(file.get(), mode) == 0 && copy(content, file.get(), bytes) && ::fsync(file.get()) == 0;
}

bool end_set(int set, std::span<const std::string> removed) {
    std::string paths;
    for (const std::string& path : removed)
        paths.append(path) += '\0';
    if (!paths.empty()) {
        const auto content = memory_file(paths);
        if (!content || !add_to_set(set, removals, content->get(), paths.size(), 0600))
            return false;
    }
    return ::fsync(set) == 0;
}

bool rename_set(int place, const char* from, const char* to) {
    return (::renameat(place, from, place, to) == 0 || errno == ENOENT) && ::fsync(place) == 0;
}

// What has been moved is not in the set any more, and what is gone stays gone: it can be begun again anywhere.
bool finish_set(int place, std::string* names) {
    const ns::Fd set = open_below(place, decided_set);
    if (!set)
        return errno == ENOENT;
    const auto paths = read_file_at(set.get(), removals, max_removals);
    if (!paths && paths.error().err != ENOENT) {
        errno = paths.error().err;
        return false;
    }
    if (paths && !remove_all(*paths, names))
        return false;
    for (const std::string& name : files_in(set)) {
        if (name == removals)
            continue;
        if (::renameat(set.get(), name.c_str(), place, name.c_str()) != 0)
            return false;
        add_name(names, name);
    }
    if (::fsync(place) != 0)
        return false;
    drop_set(place, decided_set);
    // One that came back after a later change by hand would undo it.
    return ::fsync(place) == 0;
}

void drop_set(int place, const char* name) {
    if (const ns::Fd set = open_below(place, name))
        for (const std::string& file : files_in(set))
            ::unlinkat(set.get(), file.c_str(), 0);
    if (::unlinkat(place, name, AT_REMOVEDIR) != 0 && errno == ENOTDIR)
        ::unlinkat(place, name, 0); // somebody's link
}

} // namespace initd
