// SPDX-License-Identifier: Apache-2.0
// podinit: store and podinit: settle, over the sets of file_set.hpp.
#include "initd/role_mains.hpp"

#include "initd/file_set.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace initd {
namespace {

struct Change {
    const char* directory;
    bool trial;
    std::span<char* const> names_and_sizes;
    std::vector<std::string> removed;

    std::size_t files() const { return names_and_sizes.size() / 2; }
    const char* name(std::size_t i) const { return names_and_sizes[2 * i]; }
    std::size_t size(std::size_t i) const {
        const std::string_view digits = names_and_sizes[2 * i + 1];
        std::size_t size = 0;
        std::from_chars(digits.begin(), digits.end(), size);
        return size;
    }
};

Change read_change(std::span<char* const> arguments) {
    Change change{arguments[0], std::string_view(arguments[1]) == "trial", arguments.subspan(2), {}};
    for (std::size_t i = 0; i < change.names_and_sizes.size(); ++i)
        if (std::string_view(change.names_and_sizes[i]) == end_of_files) {
            const auto removed = change.names_and_sizes.subspan(i + 1);
            change.removed.assign(removed.begin(), removed.end());
            change.names_and_sizes = change.names_and_sizes.first(i);
        }
    return change;
}

// Would a rename onto this name work? What else can go wrong with one is the disk's end.
bool can_be_replaced(int directory, const char* name) {
    struct stat there {};
    if (::fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    errno = EISDIR;
    return !S_ISDIR(there.st_mode);
}

int complain_of(const Change& change, std::size_t file) {
    return complain(std::string(change.directory) + "/" + change.name(file), errno);
}

// A copy rather than a link: not every file system has those, and a file that was written by hand may not have been
// synced.
bool keep_old(int place, int set, const char* name, std::vector<std::string>& removed, const char* directory) {
    const ns::Fd old(::openat(place, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!old && errno == ENOENT) {
        removed.push_back(std::string(directory) + "/" + name);
        return true;
    }
    struct stat status {};
    return old && ::fstat(old.get(), &status) == 0 &&
           add_to_set(set, name, old.get(), static_cast<std::size_t>(status.st_size), status.st_mode & 07777);
}

// What takes the change back, before there is one.
int prepare_trial(const Change& change, int place) {
    const ns::Fd set = begin_set(place);
    std::vector<std::string> removed;
    for (std::size_t i = 0; i < change.files(); ++i)
        if (!set || !keep_old(place, set.get(), change.name(i), removed, change.directory))
            return complain_of(change, i);
    if (!set || !end_set(set.get(), removed) || !rename_set(place, new_set, trial_set))
        return complain(change.directory, errno);
    return 0;
}

int prepare(const Change& change, int place, int content_fd) {
    const ns::Fd set = begin_set(place);
    for (std::size_t i = 0; i < change.files(); ++i)
        if (!set || !can_be_replaced(place, change.name(i)) ||
            !add_to_set(set.get(), change.name(i), content_fd, change.size(i), 0600))
            return complain_of(change, i);
    return set && end_set(set.get(), change.removed) ? 0 : complain(change.directory, errno);
}

// One file is moved by one rename, and needs nobody to decide.
bool carry_out(const Change& change, int place) {
    if (change.files() != 1 || !change.removed.empty())
        return rename_set(place, new_set, decided_set) && finish_set(place);
    const std::string file = std::string(new_set) + "/" + change.name(0);
    if (::renameat(place, file.c_str(), place, change.name(0)) != 0 || ::fsync(place) != 0)
        return false;
    drop_set(place, new_set);
    return true;
}

// One file needs no set: to remove it even works where nothing can be written beside it.
int remove_one(const std::string& path) {
    const std::string parent = path.substr(0, path.rfind('/') + 1);
    const ns::Fd place(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!place)
        return errno == ENOENT ? 0 : complain(path, errno);
    const bool gone = ::unlink(path.c_str()) == 0 || errno == ENOENT;
    return gone && ::fsync(place.get()) == 0 ? 0 : complain(path, errno);
}

} // namespace

int store_main(std::span<char* const> arguments, int content_fd) {
    const Change change = read_change(arguments);
    if (change.files() == 0 && change.removed.size() == 1)
        return remove_one(change.removed.front());
    const ns::Fd place = open_changing(change.directory);
    if (!place)
        return complain(change.directory, errno);
    if (change.trial)
        if (const int code = prepare_trial(change, place.get()); code != 0) {
            drop_set(place.get(), new_set);
            return code;
        }
    const int code = prepare(change, place.get(), content_fd);
    if (code == 0)
        return carry_out(change, place.get()) ? 0 : complain(change.directory, errno);
    drop_set(place.get(), new_set);
    if (change.trial)
        drop_set(place.get(), trial_set);
    return code;
}

int settle_main(std::string_view how, std::span<char* const> directories) {
    int code = 0;
    std::string taken_back;
    for (const char* directory : directories) {
        const ns::Fd place = open_changing(directory);
        bool done = static_cast<bool>(place);
        if (done && how == "rollback")
            done = rename_set(place.get(), trial_set, decided_set) && finish_set(place.get(), &taken_back);
        else if (done && how == "confirm")
            done = rename_set(place.get(), trial_set, new_set);
        if (!done)
            code = complain(directory, errno);
        else if (how == "confirm")
            drop_set(place.get(), new_set);
    }
    (void)!::write(STDERR_FILENO, taken_back.data(), taken_back.size());
    return code;
}

} // namespace initd
