// SPDX-License-Identifier: Apache-2.0
#include "initd/state/descriptors.hpp"

#include <cstdlib>
#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace initd {

void Descriptors::look() {
    DIR* const directory = ::opendir("/proc/self/fd");
    if (!directory)
        return; // then nothing can be claimed
    try {
        while (const dirent* entry = ::readdir(directory)) {
            const int number = std::atoi(entry->d_name);
            if (number < 3 || number == ::dirfd(directory))
                continue;
            if (static_cast<std::size_t>(number) >= left_.size())
                left_.resize(static_cast<std::size_t>(number) + 1, 0);
            left_[static_cast<std::size_t>(number)] = 1;
        }
    } catch (...) {
        ::closedir(directory);
        throw;
    }
    ::closedir(directory);
}

ns::Fd Descriptors::claim(int number, mode_t type) noexcept {
    const auto at = static_cast<std::size_t>(number);
    struct stat what {};
    if (number < 0 || at >= left_.size() || !left_[at] || ::fstat(number, &what) != 0 ||
        (what.st_mode & S_IFMT) != type)
        return {};
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
