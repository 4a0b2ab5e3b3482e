// SPDX-License-Identifier: Apache-2.0
#include "initd/projection_files.hpp"

#include "initd/sweep.hpp"
#include "ns/fd.hpp"
#include "spec/status.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace initd {

namespace {

using Done = std::expected<void, ns::Error>;

constexpr const char* data_link = "..data";
constexpr const char* next_link = "..data_tmp";

std::unexpected<ns::Error> failure(int err = errno) {
    return std::unexpected(ns::Error{err, ns::Step::Write});
}

// Until it is set here, nobody else may look.
bool give(int fd, mode_t mode, std::optional<gid_t> group) {
    return (!group || fchown(fd, static_cast<uid_t>(-1), *group) == 0) && fchmod(fd, mode) == 0;
}

std::expected<ns::Fd, ns::Error> make_directory(int parent, const std::string& name, std::optional<gid_t> group) {
    if (name.empty() || name == "." || name == "..")
        return failure(EINVAL);
    const bool made = mkdirat(parent, name.c_str(), 0700) == 0;
    if (!made && errno != EEXIST)
        return failure();
    ns::Fd fd(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd || (made && !give(fd.get(), group ? 02755 : 0755, group)))
        return failure();
    return fd;
}

Done write_file(int parent, const std::string& name, const ProjectedFile& file, std::optional<gid_t> group) {
    const ns::Fd fd(openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd)
        return failure();
    for (std::string_view rest = file.bytes; !rest.empty();) {
        const ssize_t written = write(fd.get(), rest.data(), rest.size());
        if (written < 0)
            return failure();
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    if (!give(fd.get(), group ? file.mode | 0440 : file.mode, group))
        return failure();
    return {};
}

Done write_below(int top, const ProjectedFile& file, std::optional<gid_t> group) {
    ns::Fd parent;
    std::size_t begin = 0;
    for (std::size_t slash; (slash = file.path.find('/', begin)) != std::string::npos; begin = slash + 1) {
        auto made = make_directory(parent ? parent.get() : top, file.path.substr(begin, slash - begin), group);
        if (!made)
            return std::unexpected(made.error());
        parent = std::move(*made);
    }
    return write_file(parent ? parent.get() : top, file.path.substr(begin), file, group);
}

Done swap_link(int directory, const std::string& stamp) {
    unlinkat(directory, next_link, 0);
    if (symlinkat(stamp.c_str(), directory, next_link) != 0 ||
        renameat(directory, next_link, directory, data_link) != 0)
        return failure();
    return {};
}

std::string first_element(std::string_view path) {
    return std::string(path.substr(0, path.find('/')));
}

Done make_links(int directory, const Projection& files) {
    std::string last;
    for (const ProjectedFile& file : files) {
        std::string name = first_element(file.path);
        if (name != last && symlinkat((std::string(data_link) + "/" + name).c_str(), directory, name.c_str()) != 0 &&
            errno != EEXIST)
            return failure();
        last = std::move(name);
    }
    return {};
}

bool has_element(const Projection& files, const std::string& name) {
    const std::string below = name + "/";
    const auto at = std::ranges::lower_bound(files, below, {}, &ProjectedFile::path);
    return (at != files.end() && at->path.starts_with(below)) ||
           std::ranges::binary_search(files, name, {}, &ProjectedFile::path);
}

// Is this what the volume has no use for any more?
bool is_stale(std::string_view name, std::string_view stamp, const Projection& files) {
    if (name == "." || name == ".." || name == data_link || name == stamp)
        return false;
    return name.starts_with("..") || !has_element(files, std::string(name));
}

struct CloseDir {
    void operator()(DIR* dir) const noexcept { closedir(dir); }
};

void clean(const std::string& directory, std::string_view stamp, const Projection& files) {
    const std::unique_ptr<DIR, CloseDir> dir(opendir(directory.c_str()));
    while (const dirent* entry = dir ? readdir(dir.get()) : nullptr)
        if (is_stale(entry->d_name, stamp, files))
            remove_tree(directory + "/" + entry->d_name);
}

std::string stamp_now() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    std::string stamp = ".." + spec::rfc3339(static_cast<std::int64_t>(now.tv_sec) * 1000 + 1); // 0 would be no time
    std::ranges::replace_if(
        stamp, [](char c) { return c == '-' || c == ':' || c == 'T'; }, '_');
    stamp.back() = '.'; // "Z"
    return stamp + std::to_string(1'000'000'000 + now.tv_nsec).substr(1);
}

} // namespace

std::expected<void, ns::Error> write_projection(const std::string& directory, const Projection& files,
                                                std::optional<gid_t> group) {
    const ns::Fd top(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!top)
        return failure();
    const std::string stamp = stamp_now();
    auto data = make_directory(top.get(), stamp, group);
    Done done;
    if (!data)
        done = std::unexpected(data.error());
    for (const ProjectedFile& file : files)
        if (done)
            done = write_below(data->get(), file, group);
    if (done)
        done = swap_link(top.get(), stamp);
    if (!done) {
        remove_tree(directory + "/" + stamp);
        return done;
    }
    done = make_links(top.get(), files);
    clean(directory, stamp, files);
    return done;
}

} // namespace initd
