// SPDX-License-Identifier: Apache-2.0
// Fd owns a file descriptor; a borrowed one is an int. (ns/fd.hpp is another room's.)
#pragma once

#include <unistd.h>
#include <utility>

namespace ctl {

class Fd {
  public:
    Fd() noexcept = default;
    explicit Fd(int fd) noexcept
        : fd_(fd) {}
    Fd(Fd&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other)
            reset(std::exchange(other.fd_, -1));
        return *this;
    }
    ~Fd() { reset(); }

    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    void reset(int fd = -1) noexcept {
        if (const int old = std::exchange(fd_, fd); old >= 0)
            ::close(old);
    }

  private:
    int fd_ = -1;
};

} // namespace ctl
