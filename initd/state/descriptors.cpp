// SPDX-License-Identifier: Apache-2.0
#include "initd/state/descriptors.hpp"

#include <charconv>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/socket.h>
#include <sys/stat.h>

namespace initd {

namespace {

struct CloseDir {
    void operator()(DIR* dir) const noexcept { ::closedir(dir); }
};

} // namespace

void Descriptors::look(std::initializer_list<int> taken) {
    looked_ = true;
    const std::unique_ptr<DIR, CloseDir> directory(::opendir("/proc/self/fd"));
    while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr) {
        int number = -1; // "." and ".." are none
        std::from_chars(entry->d_name, entry->d_name + std::strlen(entry->d_name), number);
        const int flags = number < 3 ? -1 : ::fcntl(number, F_GETFD);
        if (flags < 0 || (flags & FD_CLOEXEC))
            continue;
        if (static_cast<std::size_t>(number) >= left_.size())
            left_.resize(static_cast<std::size_t>(number) + 1, 0);
        left_[static_cast<std::size_t>(number)] = 1;
    }
    for (const int number : taken)
        if (number >= 0 && static_cast<std::size_t>(number) < left_.size())
            left_[static_cast<std::size_t>(number)] = 0;
}

ns::Fd Descriptors::claim(int number, mode_t type) noexcept {
    const auto at = static_cast<std::size_t>(number);
    struct stat what {};
    if (number < 3 || (looked_ && (at >= left_.size() || !left_[at])) || ::fstat(number, &what) != 0 ||
        (type != 0 && (what.st_mode & S_IFMT) != type))
        return {};
    if (looked_)
        left_[at] = 0;
    return ns::Fd(number);
}

// Whoever closes a socket last may have to wait until what it holds is sent (SO_LINGER): not we.
void Descriptors::close_rest() noexcept {
    for (std::size_t i = 0; i < left_.size(); ++i)
        if (left_[i]) {
            const linger none{};
            ::setsockopt(static_cast<int>(i), SOL_SOCKET, SO_LINGER, &none, sizeof none);
            ::close(static_cast<int>(i));
        }
    left_ = {};
}

} // namespace initd
