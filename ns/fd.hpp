// SPDX-License-Identifier: Apache-2.0
// Fd owns a file descriptor; a borrowed one is an int.
#pragma once

#include <unistd.h>
#include <utility>

namespace ns {

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
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    void reset(int fd = -1) noexcept {
        // EINTR from close() is not retried: Linux has released the descriptor by then (close(2)).
        if (int old = std::exchange(fd_, fd); old >= 0)
            ::close(old);
    }

  private:
    int fd_ = -1;
};

} // namespace ns
